"""Pages, JSON API, admin and health."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path, re_path

from tradeportal import api_errors
from trading.views.metrics import cache_counts, metrics

# Staff sign in where everybody does: the same limits, and no way round the second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("admin/caches/", admin.site.admin_view(cache_counts), name="cache_counts"),
    path("admin/", admin.site.urls),
    path("metrics", metrics, name="metrics"),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("trading.api.urls")),
    re_path(r"^api(?:/.*)?$", api_errors.unknown_address),
    path("", include("allauth.urls")),
    path("", include("accounts.urls")),
    path("", include("trading.urls")),
]

handler400 = "tradeportal.api_errors.bad_request"
handler403 = "tradeportal.api_errors.permission_denied"
handler404 = "tradeportal.api_errors.page_not_found"
handler500 = "tradeportal.api_errors.server_error"
# django-allauth asks for it when somebody tries too often.
handler429 = "tradeportal.error_pages.too_many_requests"
