"""Pages speak the trader's language in the trader's zone, and are the trader's alone."""

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control

from accounts.services.sessions import follow_key


class DeviceMiddleware:
    """Keeps the list of devices true where a session's key was changed while it answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        follow_key(request)
        return response


class TimeZoneMiddleware:
    """Activates the signed-in trader's time zone for the request. The API stays in UTC and needs no user row."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/") or not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(zoneinfo.ZoneInfo(request.user.time_zone)):
            return self.get_response(request)


#: Programs and staff read English: messages of the API are for logs and tests, and the admin is written in English.
_ALWAYS_ENGLISH = ("/api/", "/admin/")


class LanguageMiddleware:
    """Activates the language that the signed-in trader chose. Without a choice, LocaleMiddleware's stays: the browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = _language(request)
        if not language:
            return self.get_response(request)
        with translation.override(language):
            response = self.get_response(request)
        response["Content-Language"] = language
        return response


def _language(request: HttpRequest) -> str:
    if request.path.startswith(_ALWAYS_ENGLISH):
        return settings.LANGUAGE_CODE
    return request.user.language if request.user.is_authenticated else ""


class PrivatePagesMiddleware:
    """Marks what somebody signed in is shown: no proxy may keep it, and a browser asks before it shows it again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_cache=True)
        return response
