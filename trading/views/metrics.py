"""What a monitor reads: counts of all processes, in the text format of Prometheus."""

from ipaddress import ip_address

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from trading import cache

_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ABOUT_CACHES = (
    "# HELP tradeportal_cache_total Answers of each named cache, by what became of the question.",
    "# TYPE tradeportal_cache_total counter",
)
_RESULTS = ("hit", "waited", "stale", "miss", "build", "failure")
_ABOUT = (
    "Counted since Valkey started, by all processes together. Waited: another built it meanwhile. "
    "Stale: its time was over, and a new one under way."
)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Errors: 404 for whoever may not read them, as for an address that is not there."""
    if not _may_read(request):
        raise Http404
    counted = sorted(cache.counts().items())
    lines = (
        f'tradeportal_cache_total{{cache="{name}",result="{result}"}} {count}'
        for name, result, count in ((*what.rsplit(".", 1), count) for what, count in counted)
    )
    return HttpResponse("\n".join([*_ABOUT_CACHES, *lines, ""]), content_type=_TYPE)


def _may_read(request: HttpRequest) -> bool:
    """With METRICS_TOKEN its bearer; without, this machine itself, unless a proxy on it speaks for everybody."""
    if settings.METRICS_TOKEN:
        given = request.META.get("HTTP_AUTHORIZATION", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    return not settings.SECURE_PROXY_SSL_HEADER and _is_of_this_machine(request.META.get("REMOTE_ADDR", ""))


def _is_of_this_machine(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def cache_counts(request: HttpRequest) -> HttpResponse:
    """The counts as a table, in the admin, which is written in English."""
    counted = cache.counts()
    names = sorted({what.rsplit(".", 1)[0] for what in counted})
    rows = [_row(name, {result: counted.get(f"{name}.{result}", 0) for result in _RESULTS}) for name in names]
    context = {
        **admin.site.each_context(request),
        "title": "Caches",
        "about": _ABOUT,
        "table": {"headers": ["Cache", "Found", *(result.capitalize() for result in _RESULTS)], "rows": rows},
    }
    return TemplateResponse(request, "admin/caches.html", context)


def _row(name: str, counts: dict[str, int]) -> list[str]:
    found = counts["hit"] + counts["waited"] + counts["stale"]
    asked = found + counts["miss"]
    return [name, f"{found / asked:.1%}" if asked else "-", *(f"{count:,}" for count in counts.values())]
