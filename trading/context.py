"""What the frame of every page shows."""

from typing import Any

from django.http import HttpRequest
from tradeportal.middleware import current_request_id


def portal(request: HttpRequest) -> dict[str, Any]:
    return {"request_id": current_request_id()}
