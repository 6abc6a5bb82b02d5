"""What accounts keep in the cache: who a token speaks for. The only file of this app that imports django.core.cache.

A Redis failure is logged by the client and reads as "not there"; the answer then comes from the database.
"""

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.core.cache import cache

from accounts.models import SignIn, Trader
from accounts.stamps import password_stamp

#: How long a revocation may go unseen when it reached the database but neither the cache nor `revoked` below.
AUTH_FACTS_S = 15


@dataclass(frozen=True, slots=True)
class AuthFacts:
    """Whether tokens of one sign-in are good, and who their bearer is."""

    trader_id: UUID
    is_good: bool
    is_staff: bool


def answers() -> bool:
    """Whether the cache keeps what it is given."""
    token = uuid4().hex
    cache.set("ready", token, 10)
    return bool(cache.get("ready") == token)


def auth_facts(sign_in_id: UUID) -> AuthFacts | None:
    """The facts of one sign-in, from the cache or else from the database; None when there never was one."""
    key = _key(sign_in_id)
    facts: AuthFacts | None = cache.get(key)
    if facts is None:
        sign_in = SignIn.objects.select_related("trader").filter(pk=sign_in_id).first()
        if sign_in is None:
            return None
        facts = _facts(sign_in, sign_in.trader)
        # `add`, not `set`: a revocation that was written since the row was read must win.
        cache.add(key, facts, AUTH_FACTS_S)
    return facts


def write_auth_facts(trader: Trader) -> None:
    """Changes what the cache says about all sign-ins of this person, so that a revocation counts at once."""
    sign_ins = SignIn.objects.filter(trader=trader, ended_at__isnull=True)
    _write({sign_in.pk: _facts(sign_in, trader) for sign_in in sign_ins})


def write_ended(sign_in: SignIn) -> None:
    """Changes what the cache says about this sign-in: it is over."""
    _write({sign_in.pk: AuthFacts(sign_in.trader_id, is_good=False, is_staff=False)})


def _write(facts: dict[UUID, AuthFacts]) -> None:
    if facts:
        cache.set_many({_key(sign_in_id): found for sign_in_id, found in facts.items()}, AUTH_FACTS_S)


def _facts(sign_in: SignIn, trader: Trader) -> AuthFacts:
    is_good = trader.is_active and sign_in.ended_at is None and sign_in.password_stamp == password_stamp(trader)
    return AuthFacts(trader.pk, is_good=is_good, is_staff=trader.is_staff)


def _key(sign_in_id: UUID) -> str:
    return f"auth:1:{sign_in_id}"
