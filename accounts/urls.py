"""Pages that change accounts and settings."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("accounts/new/", views.account_create, name="account_create"),
    path("accounts/<uuid:account_id>/edit/", views.account_edit, name="account_edit"),
    path("accounts/<uuid:account_id>/archive/", views.account_archive, name="account_archive"),
    path("accounts/<uuid:account_id>/restore/", views.account_restore, name="account_restore"),
    path("settings/", views.settings, name="settings"),
    path("theme/", views.theme, name="theme"),
]
