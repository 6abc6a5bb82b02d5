"""Making, revoking and noting the use of API keys."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import cache
from accounts.errors import AccountsError
from accounts.models import ApiKey, BrokerAccount, Scope, SecurityAct, Trader
from accounts.services.security_log import record

DEFAULT_DAYS = 90
MAX_DAYS = 365
MAX_KEYS = 50
_PREFIX_BYTES, _SECRET_BYTES = 6, 32
_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. `text` is what its owner copies now or never."""

    key: ApiKey
    text: str


@transaction.atomic
def create_api_key(
    trader: Trader,
    name: str,
    scopes: Iterable[str],
    accounts: Collection[BrokerAccount],
    *,
    now: datetime,
    days: int = DEFAULT_DAYS,
) -> NewKey:
    """A new key for these accounts of the trader.

    Errors: AccountsError (api_key_invalid) for no scope, an account of somebody else, or too many keys; ValidationError.
    """
    chosen = sorted({Scope(scope) for scope in scopes}, key=list(Scope).index)
    own = set(BrokerAccount.objects.for_trader(trader).filter(pk__in=[account.pk for account in accounts]))
    if not chosen or not own or len(own) != len(set(accounts)) or not 1 <= days <= MAX_DAYS:
        raise AccountsError(
            "A key needs a scope, accounts of your own, and an expiry within a year.", code="api_key_invalid"
        )
    Trader.objects.select_for_update(no_key=True).get(pk=trader.pk)  # two at once count each other
    if ApiKey.objects.for_trader(trader).filter(revoked_at__isnull=True, expires_at__gt=now).count() >= MAX_KEYS:
        raise AccountsError(
            _("You have %(number)s keys. Revoke one first.") % {"number": MAX_KEYS}, code="api_key_invalid"
        )
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    key = ApiKey(
        trader=trader,
        name=name,
        prefix=f"tpk_{secrets.token_hex(_PREFIX_BYTES)}",
        secret_sha256=_digest(secret),
        scopes=chosen,
        expires_at=now + timedelta(days=days),
    )
    key.full_clean()
    key.save()
    key.accounts.set(own)
    record(trader, SecurityAct.KEY_MADE, now=now, key=key.prefix, scopes=chosen)
    return NewKey(key, f"{key.prefix}.{secret}")


def revoke_api_key(key: ApiKey, now: datetime) -> None:
    """Ends a key at once, for every process. Again: no change."""
    ended = ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now)
    key.refresh_from_db(fields=["revoked_at"])
    cache.write_key_ended(key)
    if ended:
        record(key.trader, SecurityAct.KEY_REVOKED, now=now, key=key.prefix)


def check_api_key(text: str, now: datetime) -> cache.KeyFacts | None:
    """The facts of the key that this text is; None for one that is unknown, wrong, revoked or expired."""
    prefix, _dot, secret = text.partition(".")
    facts = cache.key_facts(prefix) if secret and len(prefix) <= ApiKey.PREFIX_LENGTH else None
    if facts is None or not hmac.compare_digest(facts.secret_sha256, _digest(secret)):
        return None
    return facts if facts.is_good and facts.expires_at > now else None


def note_use(key_id: UUID, now: datetime) -> None:
    """Keeps when the key was last used, to the minute: at most one write a minute."""
    if cache.is_first_use(key_id, int(_USE_NOTED_EVERY.total_seconds())):
        long_ago = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - _USE_NOTED_EVERY)
        ApiKey.objects.filter(long_ago, pk=key_id).update(last_used_at=now)


def _digest(secret: str) -> str:
    """Plain SHA-256 will do: the secret is 256 random bits, which no dictionary holds."""
    return hashlib.sha256(secret.encode()).hexdigest()
