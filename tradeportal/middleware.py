"""A request id on every request, answer and log line, so that a trader's report leads straight to what happened."""

import logging
import re
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse
from uuid_utils.compat import uuid7

_current: ContextVar[str] = ContextVar("request_id", default="-")
_ACCEPTABLE = re.compile(r"[A-Za-z0-9_-]{8,64}")
_SHARED = re.compile(r"(/shared/)[^/\s]+")


def current_request_id() -> str:
    """The id of the request being answered, "-" outside one."""
    return _current.get()


class RequestIdMiddleware:
    """Takes a proxy's X-Request-ID when it is well-formed, else makes one; sends it back in the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ACCEPTABLE.fullmatch(given) else uuid7().hex
        token = _current.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(token)
        response["X-Request-ID"] = request_id
        return response


#: What no page of ours uses, no page may use; passkeys and copying are for this origin alone.
_PERMISSIONS = ", ".join(
    [f"{name}=()" for name in ("camera", "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment")]
    + ["accelerometer=()", "browsing-topics=()", "display-capture=()", "serial=()", "usb=()", "xr-spatial-tracking=()"]
    + [f"{name}=(self)" for name in ("publickey-credentials-create", "publickey-credentials-get", "clipboard-write")]
)


class BrowserPoliciesMiddleware:
    """On every answer, also on those that are kept: no other site may embed it, and it may use nothing of the device."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Permissions-Policy"] = _PERMISSIONS
        return response


class SharedTokenFilter(logging.Filter):
    """Takes the token out of the address of a shared record: whoever reads the log is not meant to read the record."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_SHARED.sub(r"\1...", arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


class RequestIdFilter(logging.Filter):
    """Adds `request_id` to each log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _current.get()
        return True
