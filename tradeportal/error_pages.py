"""The pages of errors: each stands alone, without database, session or context processors, and names the request."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tradeportal.middleware import current_request_id

_RETRY_AFTER_S = 5


def error_page(status: int, template: str = "") -> HttpResponse:
    text = render_to_string(template or f"{status}.html", {"request_id": current_request_id()})
    response = HttpResponse(text, status=status, headers={"Cache-Control": "no-store"})
    if status == 503:
        response["Retry-After"] = str(_RETRY_AFTER_S)
    return response


def failure_status() -> int:
    """503 when the exception at hand is a database that does not answer, else 500."""
    return 503 if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)) else 500


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(403, "403_csrf.html")


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return error_page(429)
