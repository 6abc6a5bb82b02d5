"""Pages of the own security: devices that are signed in, and the log of what happened around signing in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import SecurityEvent, SignIn, Trader, WebSession
from accounts.models.security import SecurityAct
from accounts.services.security_log import record
from accounts.services.sessions import device_name, end_everything, end_session, own_rows
from accounts.services.sign_in import end_sign_in
from accounts.stamps import password_stamp

_PER_PAGE = 50
_BAD = {SecurityAct.SIGN_IN_FAILED, SecurityAct.FACTOR_FAILED, SecurityAct.TOKEN_REUSED}


@dataclass(frozen=True, slots=True)
class Device:
    """A browser or program that is signed in. `act` is the name of the page that signs it out."""

    id: UUID
    name: str
    kind: str
    address: str
    since: datetime
    act: str
    is_this: bool = False


@login_required
@require_safe
def session_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    stamp = password_stamp(_trader(request))  # Sign-ins by another password are dead.
    own = set(own_rows(request).values_list("pk", flat=True))
    browsers = [
        Device(
            session.pk,
            device_name(session.client) or _("Unknown device"),
            _("Browser"),
            session.address or "",
            session.started_at,
            "session_end",
            session.pk in own,
        )
        for session in WebSession.objects.for_trader(request.user)
    ]
    programs = [
        Device(
            sign_in.pk,
            device_name(sign_in.client) or _("Unknown program"),
            _("API"),
            sign_in.address or "",
            sign_in.started_at,
            "sign_in_end",
        )
        for sign_in in SignIn.objects.for_trader(request.user).live(now).filter(password_stamp=stamp)
    ]
    devices = sorted(browsers + programs, key=lambda one: (not one.is_this, -one.since.timestamp()))
    return render(request, "accounts/session_list.html", {"devices": devices})


@login_required
@require_POST
def session_end(request: HttpRequest, session_id: UUID) -> HttpResponse:
    session = get_object_or_404(WebSession.objects.for_trader(request.user), pk=session_id)
    if own_rows(request).filter(pk=session.pk).exists():
        logout(request)
        return redirect("account_login")
    end_session(session)
    _tell_ended(request, device_name(session.client))
    return redirect("session_list")


@login_required
@require_POST
def sign_in_end(request: HttpRequest, sign_in_id: UUID) -> HttpResponse:
    sign_in = get_object_or_404(SignIn.objects.for_trader(request.user), pk=sign_in_id)
    end_sign_in(sign_in.pk, timezone.now())
    _tell_ended(request, device_name(sign_in.client))
    return redirect("session_list")


@login_required
@require_POST
def session_end_others(request: HttpRequest) -> HttpResponse:
    end_everything(_trader(request), timezone.now(), but=request)
    messages.success(request, _("Every other device is signed out. API keys go on until you revoke them."))
    return redirect("session_list")


@login_required
@require_safe
def security_log(request: HttpRequest) -> HttpResponse:
    """The trader's events, newest first; `before` names the last that was seen."""
    events = SecurityEvent.objects.for_trader(request.user)
    seen = events.filter(pk=_uuid(request.GET.get("before", ""))).first()
    if seen:
        events = events.filter(Q(at__lt=seen.at) | Q(at=seen.at, pk__lt=seen.pk), at__lte=seen.at)
    found = list(events.order_by("-at", "-id")[: _PER_PAGE + 1])
    shown = found[:_PER_PAGE]
    rows = [
        {"event": event, "device": device_name(event.client), "is_bad": event.act in _BAD, "told": _details(event)}
        for event in shown
    ]
    more = shown[-1].pk if len(found) > _PER_PAGE else None
    return render(request, "accounts/security_log.html", {"rows": rows, "more": more, "is_first": seen is None})


def _tell_ended(request: HttpRequest, name: str) -> None:
    record(_trader(request), SecurityAct.SESSION_ENDED, device=name)
    messages.success(request, _("%(name)s is signed out.") % {"name": name or _("The device")})


def _details(event: SecurityEvent) -> str:
    """Which key, device or kind of factor it was about, as far as it says."""
    known: dict[str, Any] = event.details
    return str(known.get("key") or known.get("device") or "")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _trader(request: HttpRequest) -> Trader:
    assert isinstance(request.user, Trader)
    return request.user
