"""Where a trader is signed in, by browser and by the API, and the end of it: at once, for every process that the cache tells.

While the cache can't be told, a browser may go on for SESSION_KEPT_S (accounts/session_store.py).

Whatever else keeps answers of a session calls `forget` below, or asks the store for the session: it is gone from there.
"""

import logging
import secrets
from datetime import datetime, timedelta
from importlib import import_module
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from accounts.models import SecurityAct, SecurityEvent, SignIn, Trader, WebSession
from accounts.services.security_log import caller_of, network_of, record
from accounts.services.sign_in import end_sign_in

logger = logging.getLogger(__name__)
_SIGN_INS = (SecurityAct.SIGNED_IN, SecurityAct.API_SIGNED_IN)
_DEVICE_KNOWN_DAYS = 90
# What a session says of its own row: which it is, and which key of the session stands in it.
_ROW, _ROW_KEY = "web_session", "web_session_key"


def start_session(request: HttpRequest, trader: Trader, now: datetime) -> None:
    """Notes that this browser is signed in now. Rows of sessions that have run out go."""
    stored = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)
    WebSession.objects.filter(~Exists(stored), trader=trader).delete()
    keep_session(request, trader, now)
    note_sign_in(trader, SecurityAct.SIGNED_IN, now)


def keep_session(request: HttpRequest, trader: Trader, now: datetime) -> None:
    """Notes this browser under the key that its session has now, and in the session which row is its own."""
    session = request.session
    if not session.session_key:
        session.save()
    caller = caller_of(request)
    values = {"address": caller.address, "client": caller.client, "started_at": now}
    row = own_rows(request).filter(trader=trader).first() or WebSession(trader=trader)
    row.session_key = str(session.session_key)
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    session[_ROW], session[_ROW_KEY] = str(row.pk), row.session_key


def own_rows(request: HttpRequest) -> QuerySet[WebSession]:
    """The row of this browser. The session says which: its key may be a new one since."""
    row_id = request.session.get(_ROW)
    if row_id:
        return WebSession.objects.filter(pk=row_id)
    return WebSession.objects.filter(session_key=request.session.session_key or "")


def follow_key(request: HttpRequest) -> None:
    """Gives the row of this browser the key that its session has now, where somebody gave it another.

    Django changes keys without a word, as when a session comes that was signed by a key of SECRET_KEY_FALLBACKS.
    """
    session = request.session
    key = session.session_key
    if key and session.accessed and session.get(_ROW_KEY, key) != key:
        own_rows(request).update(session_key=key)
        session[_ROW_KEY] = key


def password_changed(request: HttpRequest, trader: Trader, now: datetime) -> None:
    """The other sessions are dead by the new password; this one lives where it was told of it, as a reset does not."""
    told = request.session.get(HASH_SESSION_KEY) == trader.get_session_auth_hash()
    others = WebSession.objects.filter(trader=trader)
    if told and request.user.pk == trader.pk:
        keep_session(request, trader, now)
        others = others.exclude(session_key=request.session.session_key)
    others.delete()
    record(trader, SecurityAct.PASSWORD_CHANGED, now=now)


def note_sign_in(trader: Trader, act: SecurityAct, now: datetime) -> None:
    """Writes it down, and tells the trader by e-mail when this program was not seen in this network lately.

    Both count together: a known program in a strange network is told, and so is a strange one at home.
    """
    earlier = list(
        SecurityEvent.objects.for_trader(trader)
        .filter(act__in=_SIGN_INS, at__gt=now - timedelta(days=_DEVICE_KNOWN_DAYS))
        .values_list("client", "address")
        .distinct()
    )
    caller = record(trader, act, now=now)
    here = (caller.client, network_of(caller.address))
    if earlier and here not in {(client, network_of(address)) for client, address in earlier}:
        _tell_of_device(trader, caller.client)


def _tell_of_device(trader: Trader, client: str) -> None:
    try:
        get_adapter().send_notification_mail(
            "account/email/new_device", trader, {"device": device_name(client)}, email=trader.email
        )
    except (OSError, SMTPException):  # A dead mail server keeps nobody out.
        logger.warning("The notice of a sign-in could not be sent.", exc_info=True)


def end_session(session: WebSession) -> None:
    """Signs one browser out, whatever it asks for next."""
    forget(session.session_key)
    session.delete()


def forget(session_key: str) -> None:
    """Takes a session out of the store, cache and database alike."""
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    store.delete(session_key)


@transaction.atomic
def end_everything(trader: Trader, now: datetime, *, but: HttpRequest | None = None) -> None:
    """Signs all browsers and API clients out, also those that nobody wrote down; `but` is this one's request."""
    trader.session_salt = secrets.token_hex(8)
    trader.save(update_fields=["session_salt"])
    kept = None
    if but is not None:
        own = own_rows(but)
        update_session_auth_hash(but, trader)
        kept = but.session.session_key
        own.update(session_key=kept)
    for session in WebSession.objects.filter(trader=trader).exclude(session_key=kept or ""):
        end_session(session)
    for sign_in_id in SignIn.objects.filter(trader=trader).live(now).values_list("pk", flat=True):
        end_sign_in(sign_in_id, now)
    record(trader, SecurityAct.ALL_ENDED, now=now)


_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device_name(client: str) -> str:
    """What a program says of itself, short: Firefox, Windows."""
    named = [next((name for sign, name in kinds if sign in client), "") for kinds in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in named if name) or client[:60]
