"""What accounts keep in the cache: who a token or key speaks for.

A Redis failure is logged by the client and reads as "not there"; the answer then comes from the database.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from accounts.models import ApiKey, SignIn, Trader
from accounts.stamps import password_stamp, stamp_of

logger = logging.getLogger(__name__)

#: How long a revocation may go unseen when it reached the database but neither the cache nor `revoked` below.
AUTH_FACTS_S = 15
#: In SQL: the two whole rows, as models, cost as much as all else that such a request does before its view.
_FACTS = """
    SELECT s.trader_id, t.is_active AND s.ended_at IS NULL, s.password_stamp, t.password, t.is_staff
    FROM accounts_signin s JOIN accounts_trader t ON t.id = s.trader_id WHERE s.id = %s"""


@dataclass(frozen=True, slots=True)
class AuthFacts:
    """Whether tokens of one sign-in are good, and who their bearer is."""

    trader_id: UUID
    is_good: bool
    is_staff: bool


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What an API key may do and reach. `is_good`: neither revoked nor its owner's account closed."""

    key_id: UUID
    trader_id: UUID
    secret_sha256: str
    scopes: frozenset[str]
    account_ids: frozenset[UUID]
    expires_at: datetime
    is_good: bool


# What was written for a trader. `writes` counts the writes that have committed, `pending` stands while one is under way.
# Should a process die between its commit and `end_write`, `pending` outlives every mark of the state before it.

#: Twice the longest ANSWERS_MARK_S, and longer than what a transaction does after it has spoken of its write.
_PENDING_S = 120
_WRITES_S = 86_400
_UNTOLD = "Redis was not told of a write; what it keeps is good for some seconds at most."
_END_WRITE = """
    redis.call('INCR', KEYS[1])
    redis.call('EXPIRE', KEYS[1], ARGV[2])
    if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end"""


def state_keys(trader_id: UUID) -> tuple[str, str, str]:
    """Where the number of a trader's writes, the mark of their state and the write under way are kept."""
    return f"tp:writes:{trader_id}", f"tp:mark:{trader_id}", f"tp:pending:{trader_id}"


def page_mark_key(trader_id: UUID) -> str:
    """Where the mark of all that this trader's pages show is kept. The number is raised when its shape changes."""
    return f"tp:page-mark:2:{trader_id}"


def begin_write(trader_ids: Sequence[UUID], token: str | None = None) -> str:
    """Says that a write for these traders is under way. Returns the token that ends it: a new one, unless there is one."""
    token = token or uuid4().hex
    try:
        with _client().pipeline(transaction=False) as line:
            for trader_id in trader_ids:
                _writes, mark, pending = state_keys(trader_id)
                line.set(pending, token, ex=_PENDING_S)
                # A full cache refuses the word of a write, but lets go of what the write makes untrue.
                line.delete(mark, page_mark_key(trader_id))
            line.execute()
    except RedisError:
        logger.warning(_UNTOLD, exc_info=True)
    return token


def end_write(trader_ids: Sequence[UUID], token: str) -> None:
    """Says that the write is committed: what was kept before it is worth nothing any more."""
    try:
        with _client().pipeline(transaction=False) as line:
            for trader_id in trader_ids:
                writes, _mark, pending = state_keys(trader_id)
                line.eval(_END_WRITE, 2, writes, pending, token, _WRITES_S)
            line.execute()
    except RedisError:
        logger.warning(_UNTOLD, exc_info=True)


def _client() -> Any:
    return cache.client.get_client(write=True)  # type: ignore[attr-defined]


def answers() -> bool:
    """Whether the cache keeps what it is given."""
    token = uuid4().hex
    cache.set("ready", token, 10)
    return bool(cache.get("ready") == token)


def auth_facts(sign_in_id: UUID) -> AuthFacts | None:
    """The facts of one sign-in, from the cache or else from the database; None when there never was one."""
    key = facts_key(sign_in_id)
    facts: AuthFacts | None = cache.get(key)
    if facts is None:
        facts = _read_facts(sign_in_id)
        if facts is None:
            return None
        # `add`, not `set`: a revocation that was written since the row was read must win.
        cache.add(key, facts, AUTH_FACTS_S)
    return facts


def _read_facts(sign_in_id: UUID) -> AuthFacts | None:
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, [sign_in_id])
        row = cursor.fetchone()
    if row is None:
        return None
    trader_id, is_open, stamp, password, is_staff = row
    return AuthFacts(trader_id, is_good=is_open and stamp == stamp_of(password), is_staff=is_staff)


def write_auth_facts(trader: Trader) -> None:
    """Changes what the cache says about all sign-ins and keys of this person, so that a revocation counts at once."""
    sign_ins = SignIn.objects.filter(trader=trader, ended_at__isnull=True)
    keys = ApiKey.objects.filter(trader=trader, revoked_at__isnull=True).prefetch_related("accounts")
    _write(
        {facts_key(sign_in.pk): _facts(sign_in, trader) for sign_in in sign_ins}
        | {_key_of(key.prefix): _key_facts(key, trader) for key in keys}
    )


def write_ended(sign_in: SignIn) -> None:
    """Changes what the cache says about this sign-in: it is over."""
    _write({facts_key(sign_in.pk): AuthFacts(sign_in.trader_id, is_good=False, is_staff=False)})


def _write(facts: Mapping[str, AuthFacts | KeyFacts]) -> None:
    if facts:
        cache.delete_many(facts)  # a full cache takes nothing new, and must not go on saying the old
        cache.set_many(dict(facts), AUTH_FACTS_S)


def _facts(sign_in: SignIn, trader: Trader) -> AuthFacts:
    is_good = trader.is_active and sign_in.ended_at is None and sign_in.password_stamp == password_stamp(trader)
    return AuthFacts(trader.pk, is_good=is_good, is_staff=trader.is_staff)


def facts_key(sign_in_id: UUID) -> str:
    return f"auth:1:{sign_in_id}"


def key_facts(prefix: str) -> KeyFacts | None:
    """The facts of the API key of this prefix, from the cache or else from the database; None when there is none."""
    facts: KeyFacts | None = cache.get(_key_of(prefix))
    if facts is None:
        found = ApiKey.objects.filter(prefix=prefix).select_related("trader").prefetch_related("accounts").first()
        if found is None:
            return None
        facts = _key_facts(found, found.trader)
        cache.add(_key_of(prefix), facts, AUTH_FACTS_S)  # `add`: as for sign-ins
    return facts


def write_key_ended(key: ApiKey) -> None:
    """Changes what the cache says about this key: it is revoked."""
    _write({_key_of(key.prefix): replace(_key_facts(key, key.trader), is_good=False)})


def is_first_use(key_id: UUID, within_s: int) -> bool:
    """Whether the key was not used in the seconds before; true, too, while the cache is down."""
    return cache.add(f"key-used:{key_id}", 1, within_s) is not False


def _key_facts(key: ApiKey, trader: Trader) -> KeyFacts:
    return KeyFacts(
        key_id=key.pk,
        trader_id=trader.pk,
        secret_sha256=key.secret_sha256,
        scopes=frozenset(key.scopes),
        account_ids=frozenset(account.pk for account in key.accounts.all()),
        expires_at=key.expires_at,
        is_good=trader.is_active and key.revoked_at is None,
    )


def _key_of(prefix: str) -> str:
    return f"api-key:1:{prefix}"
