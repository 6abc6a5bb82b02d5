"""Signing in to the API, keeping signed in, signing out."""

from datetime import datetime
from uuid import UUID, uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from rest_framework_simplejwt.settings import api_settings

from accounts import cache
from accounts.errors import SignInEnded, SignInRefused, TooManyCodes
from accounts.models import EndReason, SecurityAct, SignIn, Trader
from accounts.services.security_log import record
from accounts.stamps import password_stamp

_SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)


def check_credentials(request: HttpRequest, email: str, password: str, otp: str) -> Trader:
    """The trader whose e-mail, password and, where there is one, second factor these are. Errors: SignInRefused."""
    trader = authenticate(request, username=email, password=password)
    if not isinstance(trader, Trader):
        raise SignInRefused
    if settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory" and not _has_verified_email(trader):
        raise SignInRefused(
            "Confirm your e-mail address first: sign in on the website, which sends you the link.",
            code="email_unverified",
        )
    try:
        _check_second_factor(trader, otp)
    except SignInRefused as refusal:
        if refusal.code == "otp_invalid":  # Here, as the check's own transaction is undone by its refusal.
            record(trader, SecurityAct.FACTOR_FAILED)
        raise
    return trader


@transaction.atomic
def _check_second_factor(trader: Trader, otp: str) -> None:
    """The lock keeps a recovery code from being used twice at once. Wrong codes count together with those of the page."""
    factors = list(Authenticator.objects.select_for_update().filter(user_id=trader.pk))
    if not factors:
        return
    if not otp:
        raise SignInRefused("Send the code of your second factor as `otp` as well.", code="otp_required")
    try:
        forget_failures = check_rate_limit(trader)
    except ValidationError as error:
        raise TooManyCodes from error
    if not any(factor.wrap().validate_code(otp) for factor in factors if factor.type in _SECOND_FACTORS):
        raise SignInRefused("This code is not right, or it has been used. Wait for the next one.", code="otp_invalid")
    forget_failures()


def _has_verified_email(trader: Trader) -> bool:
    addresses = EmailAddress.objects.filter(user_id=trader.pk, email__iexact=trader.email, verified=True)
    return bool(addresses.exists())


@transaction.atomic
def start_sign_in(trader: Trader, now: datetime, *, address: str | None = None, client: str = "") -> SignIn:
    """A new sign-in. The trader's expired ones go."""
    SignIn.objects.filter(trader=trader, expires_at__lte=now).delete()
    return SignIn.objects.create(
        trader=trader,
        token_id=uuid4().hex,
        password_stamp=password_stamp(trader),
        address=address,
        client=client[:200],
        started_at=now,
        refreshed_at=now,
        expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME,
    )


def refresh_sign_in(sign_in_id: UUID, token_id: str, now: datetime) -> SignIn:
    """The sign-in with a new refresh token; the one that was shown is used up.

    A used one that comes back was copied by somebody: the whole family ends. Errors: SignInEnded.
    """
    with transaction.atomic():
        sign_in = SignIn.objects.select_for_update(of=("self",)).select_related("trader").filter(pk=sign_in_id).first()
        if sign_in is None or sign_in.ended_at or not _owner_may_stay(sign_in):
            raise SignInEnded
        if sign_in.token_id == token_id:
            sign_in.token_id = uuid4().hex
            sign_in.refreshed_at = now
            sign_in.expires_at = now + api_settings.REFRESH_TOKEN_LIFETIME
            sign_in.save(update_fields=["token_id", "refreshed_at", "expires_at"])
            return sign_in
        _end(sign_in, EndReason.REUSED, now)
        record(sign_in.trader, SecurityAct.TOKEN_REUSED, now=now)
    raise SignInEnded(
        "This refresh token has been used before, so this sign-in was ended for safety. Sign in again.",
        code="token_reused",
    )


@transaction.atomic
def end_sign_in(sign_in_id: UUID, now: datetime) -> None:
    """Ends the family of tokens; nothing happens when it has ended already."""
    sign_in = SignIn.objects.select_for_update().filter(pk=sign_in_id, ended_at__isnull=True).first()
    if sign_in:
        _end(sign_in, EndReason.SIGNED_OUT, now)


def _end(sign_in: SignIn, reason: EndReason, now: datetime) -> None:
    sign_in.ended_at, sign_in.end_reason = now, reason
    sign_in.save(update_fields=["ended_at", "end_reason"])
    cache.write_ended(sign_in)


def _owner_may_stay(sign_in: SignIn) -> bool:
    return sign_in.trader.is_active and sign_in.password_stamp == password_stamp(sign_in.trader)
