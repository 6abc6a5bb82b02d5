"""Pages that change accounts and settings."""

from django.urls import path

from accounts import key_views, views

urlpatterns = [
    path("accounts/new/", views.account_create, name="account_create"),
    path("accounts/<uuid:account_id>/edit/", views.account_edit, name="account_edit"),
    path("accounts/<uuid:account_id>/archive/", views.account_archive, name="account_archive"),
    path("accounts/<uuid:account_id>/restore/", views.account_restore, name="account_restore"),
    path("settings/", views.settings, name="settings"),
    path("settings/time-zone/", views.zone_choose, name="zone_choose"),
    path("settings/time-zones/", views.zone_list, name="zone_list"),
    path("settings/first-steps/", views.first_steps, name="first_steps"),
    path("api-keys/", key_views.api_key_list, name="api_key_list"),
    path("api-keys/new/", key_views.api_key_create, name="api_key_create"),
    path("api-keys/<uuid:api_key_id>/revoke/", key_views.api_key_revoke, name="api_key_revoke"),
    path("theme/", views.theme, name="theme"),
]
