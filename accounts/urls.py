"""Pages that change accounts and settings."""

from django.urls import path

from accounts import key_views, security_views, views

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
    path("settings/devices/", security_views.session_list, name="session_list"),
    path("settings/devices/others/end/", security_views.session_end_others, name="session_end_others"),
    path("settings/devices/<uuid:session_id>/end/", security_views.session_end, name="session_end"),
    path("settings/devices/api/<uuid:sign_in_id>/end/", security_views.sign_in_end, name="sign_in_end"),
    path("settings/security-log/", security_views.security_log, name="security_log"),
    path("theme/", views.theme, name="theme"),
]
