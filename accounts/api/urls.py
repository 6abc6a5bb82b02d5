"""auth/ and accounts/ of the JSON API."""

from django.urls import path

from accounts.api.accounts import AccountsView, AccountView
from accounts.api.tokens import LogoutView, TokenRefreshView, TokenView

urlpatterns = [
    path("auth/token/", TokenView.as_view(), name="api_token"),
    path("auth/token/refresh/", TokenRefreshView.as_view(), name="api_token_refresh"),
    path("auth/logout/", LogoutView.as_view(), name="api_logout"),
    path("accounts/", AccountsView.as_view(), name="api_accounts"),
    path("accounts/<uuid:account_id>/", AccountView.as_view(), name="api_account"),
]
