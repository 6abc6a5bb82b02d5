"""Pages, JSON API, admin and health."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("trading.api.urls")),
    path("", include("allauth.urls")),
    path("", include("accounts.urls")),
    path("", include("trading.urls")),
]
