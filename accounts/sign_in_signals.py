"""What allauth and Django tell of signing in, written down: nobody else sees all of it."""

from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as factor_signals
from django.contrib.auth import signals as auth_signals
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import SecurityAct, Trader
from accounts.services import sessions
from accounts.services.security_log import record


def connect() -> None:
    account_signals.user_logged_in.connect(_signed_in, dispatch_uid="accounts.signed_in")
    auth_signals.user_logged_out.connect(_signed_out, dispatch_uid="accounts.signed_out")
    auth_signals.user_login_failed.connect(_failed, dispatch_uid="accounts.failed")
    for signal in (account_signals.password_changed, account_signals.password_set, account_signals.password_reset):
        signal.connect(_password_changed, dispatch_uid="accounts.password")
    for signal, act in (
        (account_signals.email_added, SecurityAct.EMAIL_ADDED),
        (account_signals.email_removed, SecurityAct.EMAIL_REMOVED),
        (account_signals.email_changed, SecurityAct.EMAIL_CHANGED),
        (factor_signals.authenticator_added, SecurityAct.FACTOR_ADDED),
        (factor_signals.authenticator_removed, SecurityAct.FACTOR_REMOVED),
        (factor_signals.authenticator_reset, SecurityAct.CODES_RENEWED),
        (factor_signals.authentication_failed, SecurityAct.FACTOR_FAILED),
    ):
        signal.connect(_recorder(act), weak=False, dispatch_uid=f"accounts.{act}")


def _signed_in(request: HttpRequest, user: Trader, **kwargs: Any) -> None:
    sessions.start_session(request, user, timezone.now())


def _signed_out(request: HttpRequest, user: Trader | None, **kwargs: Any) -> None:
    if user is None:
        return
    sessions.own_rows(request).delete()
    record(user, SecurityAct.SIGNED_OUT)


def _failed(credentials: dict[str, Any], **kwargs: Any) -> None:
    """As much work for an e-mail that nobody has as for one that somebody has."""
    email = str(credentials.get("email") or credentials.get("username") or "")
    record(Trader.objects.filter(email__iexact=email).first(), SecurityAct.SIGN_IN_FAILED)


def _password_changed(request: HttpRequest, user: Trader, **kwargs: Any) -> None:
    sessions.password_changed(request, user, timezone.now())


def _recorder(act: SecurityAct) -> Any:
    def receive(user: Trader, **kwargs: Any) -> None:
        factor = kwargs.get("authenticator")
        details: dict[str, Any] = {"type": str(factor.type)} if factor is not None else {}
        record(user, act, **details)

    return receive
