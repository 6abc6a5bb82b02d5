"""The admin's exception from the content security policy of the portal."""

from collections.abc import Callable

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse

ADMIN_PREFIX = "/admin/"
#: The admin's theme evaluates expressions in its markup (Alpine.js) and sets inline styles. Scripts stay our own files.
ADMIN_EXCEPTION = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]}


class AdminContentPolicyMiddleware:
    """Widens the policy below /admin/, for staff alone; everything that traders see keeps the strict one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(ADMIN_PREFIX):
            response._csp_update = ADMIN_EXCEPTION  # type: ignore[attr-defined]
        return response
