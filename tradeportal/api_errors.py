"""Domain and framework errors in the API's one shape."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler as framework_handler


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    return framework_handler(error, context)
