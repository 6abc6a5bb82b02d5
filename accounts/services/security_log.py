"""Writes the append-only record of signing in and of what may change who gets in."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import SecurityAct, SecurityEvent, Trader


@dataclass(frozen=True, slots=True)
class Caller:
    """Where the request that is being answered comes from; empty outside of one. `staff`: their e-mail."""

    address: str | None = None
    client: str = ""
    staff: str = ""


def caller_of(request: HttpRequest | None) -> Caller:
    if request is None or "REMOTE_ADDR" not in request.META:
        return Caller()
    try:
        address = get_adapter().get_client_ip(request)
    except (ImproperlyConfigured, PermissionDenied):
        address = None
    user = getattr(request, "user", None)
    staff = user.email if isinstance(user, Trader) and user.is_staff else ""
    return Caller(address, request.headers.get("User-Agent", "")[:200], staff)


def record(trader: Trader | None, act: SecurityAct, *, now: datetime | None = None, **details: Any) -> Caller:
    """Stores one step, and who asked for it from where. Returns the latter."""
    caller = caller_of(context.request)
    actor = caller.staff if trader is None or caller.staff != trader.email else ""
    SecurityEvent.objects.create(
        trader=trader,
        at=now or timezone.now(),
        act=act,
        actor=actor,
        address=caller.address,
        client=caller.client,
        details=details,
    )
    return caller


def network_of(address: str | None) -> str:
    """The neighbourhood of an address: a home that gets another number each day stays the same place."""
    if not address:
        return ""
    found = ip_address(address)
    return str(ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))
