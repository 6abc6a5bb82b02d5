"""Acts that could hand an account over ask for a sign-in of these last minutes, so that an open browser is not enough."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from allauth.account.authentication import get_authentication_records
from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.errors import StepUpRequired
from accounts.models import SignIn

_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])


def stepped_up(*, when: Callable[[HttpRequest], bool] | None = None) -> Callable[[_View], _View]:
    """Sends whoever signed in too long ago to confirm who they are; what they had sent is done afterwards."""
    decorator: Callable[[_View], _View] = reauthentication_required(enabled=when)
    return decorator


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person of this session has signed in, or confirmed who they are, in the last minutes."""
    oldest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(record["at"] > oldest for record in get_authentication_records(request, request.user))


def require_fresh(request: Any, now: datetime) -> None:
    """For a request of the API, by token or session. Errors: StepUpRequired."""
    sign_in_id = getattr(request.user, "sign_in_id", None)
    if sign_in_id is None:
        good = is_fresh(request._request)
    else:
        started_at = SignIn.objects.values_list("started_at", flat=True).get(pk=sign_in_id)
        good = (now - started_at).total_seconds() < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    if not good:
        raise StepUpRequired
