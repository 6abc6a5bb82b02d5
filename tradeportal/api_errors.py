"""Whatever goes wrong in the JSON API leaves in one shape:

    {"error": {"code", "message", "fields"}, "request_id"}

A message says what to do. Nothing internal leaks: the log has the rest, under the same request id.
"""

import logging
import math
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.errors import AccountsError
from tradeportal.error_pages import error_page, failure_status
from tradeportal.middleware import current_request_id
from tradeportal.rest.json import dumps
from trading.errors import TradingError

logger = logging.getLogger(__name__)
API_PREFIX = "/api/"
RETRY_AFTER_S = 5
#: Refusals of the domain that HTTP has a status of its own for.
_STATUS_OF_CODE = {"file_too_large": 413}

_SENTENCES = {
    400: ("invalid_request", "This request can't be understood. Check it against the API's description."),
    401: ("not_authenticated", "Sign in first: POST auth/token/, then send “Authorization: Bearer <access>”."),
    403: ("permission_denied", "You may not do this."),
    404: ("not_found", "There is nothing here. Check the address and the id."),
    405: ("method_not_allowed", "This address does not take this method. See the Allow header."),
    406: ("not_acceptable", "Answers are JSON. Send “Accept: application/json”."),
    409: ("conflict", "This has changed in the meantime. Read it again and retry."),
    413: ("too_large", "This request is too large."),
    415: ("unsupported_media_type", "Send JSON with “Content-Type: application/json”, files as multipart/form-data."),
    429: ("throttled", "Too many requests. Wait for the seconds in Retry-After."),
    500: (
        "server_error",
        "Something went wrong on our side. Try again, and name the request id when you ask for help.",
    ),
    503: ("unavailable", "A part of the portal is not available just now. Try again in a few seconds."),
}


def body(
    status: int, code: str = "", message: str = "", fields: Mapping[str, list[str]] | None = None
) -> dict[str, Any]:
    usual_code, usual_message = _SENTENCES[status]
    error = {"code": code or usual_code, "message": message or usual_message, "fields": dict(fields or {})}
    return {"error": error, "request_id": current_request_id()}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """The answer to anything that a view raised."""
    set_rollback()
    if isinstance(error, exceptions.APIException):
        return _framework_error(error)
    if isinstance(error, (TradingError, AccountsError)):
        status = _STATUS_OF_CODE.get(error.code, error.status)
        wait_s = getattr(error, "retry_after_s", None)
        shown = body(status, error.code, error.message, getattr(error, "fields", None))
        return _answer(status, shown, {"Retry-After": str(wait_s)} if wait_s else {})
    status, message = _known(error)
    if status >= 500:
        logger.error("Unanswered %s in %s", type(error).__name__, context.get("view"), exc_info=error)
    if isinstance(error, ValidationError):
        return _invalid(_form_errors(error))
    return _answer(status, body(status, message=message))


def _known(error: Exception) -> tuple[int, str]:
    """The status of an error that is not the API's own, and its sentence where it has one that may be shown."""
    if isinstance(error, (Http404, ObjectDoesNotExist)):
        return 404, ""
    if isinstance(error, PermissionDenied):
        return 403, ""
    if isinstance(error, RequestDataTooBig):
        return 413, str(error) if str(error).startswith("This") else ""
    if isinstance(error, (SuspiciousOperation, ValidationError, DataError)):
        return 400, ""
    if isinstance(error, (OperationalError, InterfaceError)):
        return 503, ""
    return 500, ""


def _framework_error(error: exceptions.APIException) -> Response:
    status = error.status_code if error.status_code in _SENTENCES else 400
    headers: dict[str, str] = {}
    if isinstance(error, exceptions.ValidationError):
        return _invalid(flatten(error.detail))
    wait_s = getattr(error, "wait", None)
    if wait_s:
        headers["Retry-After"] = str(math.ceil(wait_s))
    challenge = getattr(error, "auth_header", None)
    if challenge:
        headers["WWW-Authenticate"] = challenge
    message = str(error.detail) if _may_be_shown(error) else ""
    code = error.get_codes() if isinstance(error, exceptions.AuthenticationFailed) else ""
    return _answer(status, body(status, code if isinstance(code, str) else "token_invalid", message), headers)


def _invalid(fields: dict[str, list[str]]) -> Response:
    """What is wrong with the values; what is about all of them is the message."""
    general = fields.pop("", [])
    return _answer(400, body(400, "invalid", " ".join(general) or "Some values are not right.", fields))


def _may_be_shown(error: exceptions.APIException) -> bool:
    """Whether the error's own sentence says more than the usual one of its status."""
    if isinstance(error, (exceptions.ParseError, exceptions.AuthenticationFailed)):
        return isinstance(error.detail, str)
    return isinstance(error, exceptions.PermissionDenied) and error.detail != exceptions.PermissionDenied.default_detail


def flatten(detail: Any, name: str = "") -> dict[str, list[str]]:
    """Nested messages by dotted name; "" for those about the whole."""
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for key, value in detail.items():
            part = "" if key == "non_field_errors" else str(key)
            for path, messages in flatten(value, ".".join(filter(None, (name, part)))).items():
                found.setdefault(path, []).extend(messages)
        return found
    if isinstance(detail, (list, tuple)):
        if any(isinstance(part, (Mapping, list, tuple)) for part in detail):
            return flatten({index: part for index, part in enumerate(detail) if part}, name)
        return {name: [str(part) for part in detail]}
    return {name: [str(detail)]}


def _form_errors(error: ValidationError) -> dict[str, list[str]]:
    if not hasattr(error, "error_dict"):
        return {"": list(error.messages)}
    return {"" if name == "__all__" else name: messages for name, messages in error.message_dict.items()}


def _answer(status: int, data: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    usual = {"Cache-Control": "no-store"}
    if status == 503:
        usual["Retry-After"] = str(RETRY_AFTER_S)
    if status == 401:
        usual["WWW-Authenticate"] = 'Bearer realm="api"'
    return Response(data, status=status, headers={**usual, **(headers or {})})


# ---- Errors outside the API's own views: unknown addresses, refused hosts, failures in middleware ----------------------


@csrf_exempt  # there is nothing to forge here, and a program gets JSON whatever its verb
def unknown_address(request: HttpRequest) -> HttpResponse:
    """What every address below /api/ says that no endpoint has."""
    return plain(404)


def plain(status: int, message: str = "") -> HttpResponse:
    response = HttpResponse(dumps(body(status, message=message)), status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return plain(413 if isinstance(exception, RequestDataTooBig) else 400)
    return error_page(400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return plain(403) if request.path.startswith(API_PREFIX) else error_page(403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return plain(404) if request.path.startswith(API_PREFIX) else error_page(404)


def server_error(request: HttpRequest) -> HttpResponse:
    status = failure_status()
    return plain(status) if request.path.startswith(API_PREFIX) else error_page(status)
