"""Answers kept in Redis: their keys, lifetimes and counters at one glance.

A key holds a format version and the revision of what it is about, so that a write makes the old answer unreachable and
nothing ever has to be deleted. When Redis fails, the failure is logged and counted and the answer is computed.
"""

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache as once
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID, uuid4

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import NoScriptError, RedisError

from accounts.cache import page_mark_key, state_keys
from accounts.session_store import SessionStore
from tradeportal.cache_backend import Line

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Key = TypeVar("Key")

#: Raised when the shape of a kept answer changes, or what the same rows give.
FORMAT = 9

FIGURES_S = 86_400
FIGURE_SETS_S = 900
CURVE_S = 86_400
EQUITY_S = 30
PROOF_S = 86_400
QUALITY_S = 86_400
PERIODS_S = 900
RESULTS_S = 86_400
TRADE_TOTALS_S = 86_400
TRADE_CHOICES_S = 86_400
BREAKDOWNS_S = 86_400
CHAIN_S = 900
SEALED_S = 604_800
RECORD_S = 86_400
ANSWER_S = 900
PAGE_S = 900

#: A builder that dies keeps others waiting for this long at most.
BUILD_S = 10
#: How long an answer whose time is over may still be handed out while a new one is built.
STALE_S = 60
#: Those who wait look again after this long at first, then less and less often.
_POLL_S, _POLL_MOST_S = 0.01, 0.2

_counts: Counter[str] = Counter()
_lock = Lock()
_line = Line()


def remembered(name: str, parts: tuple[object, ...], ttl_s: int, compute: Callable[[], Answer]) -> Answer:
    """The kept answer for (name, parts), else the computed one, which is good for `ttl_s` seconds.

    One builds at a time, for all processes. Once the seconds are over, others go on getting the kept answer until the new one
    is there; where nothing is kept, they wait for it. See docs/decisions/0038.
    """
    key, token = ":".join([name, str(FORMAT), *map(str, parts)]), uuid4().hex
    waits_s = 0.0
    while True:
        state, kept = _ask(name, key, token)
        if state == _GOOD or (state == _TAKEN and kept is not None):
            _count(f"{name}.{'stale' if state == _TAKEN else 'waited' if waits_s else 'hit'}")
            return cast(Answer, cache.client.decode(kept))  # type: ignore[attr-defined]
        if state != _TAKEN:
            _count(f"{name}.{'miss' if state == _YOURS else 'failure'}")
            return _build(name, key, token, ttl_s, compute, is_asked=state == _YOURS)
        waits_s = min(1.5 * waits_s, _POLL_MOST_S) or _POLL_S
        time.sleep(waits_s)


#: Who builds an answer that is not good any more: nobody has to, whoever asked, another who is at it; or all, each for themselves.
_GOOD, _YOURS, _TAKEN, _UNASKED = 0, 1, 2, 3
#: An answer is good until STALE_S before it goes. A question that is sent twice finds its own lock.
_ASK = """
    local kept = redis.call('GET', KEYS[1])
    if kept and redis.call('PTTL', KEYS[1]) > tonumber(ARGV[3]) then return {0, kept} end
    local is_yours = redis.call('SET', KEYS[2], ARGV[1], 'NX', 'EX', ARGV[2])
        or redis.call('GET', KEYS[2]) == ARGV[1]
    return {is_yours and 1 or 2, kept}"""
_KEEP = """
    if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
    if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end"""


def _ask(name: str, key: str, token: str) -> tuple[int, bytes | None]:
    try:
        state, kept = _run(_ASK, [_raw(key), _raw(f"{key}:builder")], token, BUILD_S, STALE_S * 1000)
    except RedisError:
        logger.warning("Redis did not answer; %s is computed.", name, exc_info=True)
        return _UNASKED, None
    return state, kept


def _build(
    name: str, key: str, token: str, ttl_s: int, compute: Callable[[], Answer], *, is_asked: bool = True
) -> Answer:
    """The computed answer, which is kept and let go of. A question that failed is counted as that alone."""
    packed = b""
    try:
        answer = compute()
        _count(f"{name}.build", is_asked)
        packed = cache.client.encode(answer)  # type: ignore[attr-defined]
    finally:
        try:
            _run(_KEEP, [_raw(key), _raw(f"{key}:builder")], token, packed, ttl_s + STALE_S)
        except RedisError:
            logger.warning("Redis did not keep %s.", name, exc_info=True)
            _count(f"{name}.failure", is_asked)
    return answer


def remembered_each(
    name: str,
    parts: Mapping[Key, tuple[object, ...]],
    ttl_s: int,
    compute: Callable[[list[Key]], Mapping[Key, Answer]],
) -> dict[Key, Answer]:
    """The answer for each key, kept under its own parts; those that are not kept are computed together. Two round trips."""
    names = {key: ":".join([name, str(FORMAT), *map(str, of)]) for key, of in parts.items()}
    kept = _get_many(name, list(names.values())) if names else {}
    missing = [key for key, of in names.items() if of not in kept]
    computed = compute(missing) if missing else {}
    _count(f"{name}.build", len(computed))
    _set_many(name, {names[key]: answer for key, answer in computed.items()}, ttl_s)
    return {key: computed[key] if key in computed else cast(Answer, kept[of]) for key, of in names.items()}


def kept_answer(tag: str, compute: Callable[[], bytes]) -> bytes:
    """The bytes of an API answer. The tag names the trader, the address and the revisions of the accounts."""
    return remembered("answer", (tag.strip('"'),), ANSWER_S, compute)


def sealed_states(states: Collection[tuple[object, ...]]) -> set[tuple[object, ...]]:
    """Those of these states of accounts whose days were sealed already, in one call; none while Redis is down."""
    keys = {_sealed_key(state): state for state in states}
    try:
        return {keys[key] for key in cache.get_many(keys)}
    except Exception:
        logger.warning("Redis did not answer; days are sealed again.", exc_info=True)
        return set()


def note_sealed(state: tuple[object, ...]) -> None:
    _set("sealed", _sealed_key(state), True, SEALED_S)


def is_first_open(shared_id: object, within_s: int) -> bool:
    """Whether this shared record was not opened in the seconds before; false while Redis is down."""
    try:
        # Not by `cache.add`, to which every key is free while Redis is away.
        return _client().set(_raw(f"shared-open:{shared_id}"), 1, nx=True, ex=within_s) is True
    except RedisError:
        logger.warning("Redis did not answer; an open is not counted.", exc_info=True)
        return False


def _sealed_key(state: tuple[object, ...]) -> str:
    return ":".join(["sealed", str(FORMAT), *map(str, state)])


# Answers handed out before anything else of the request runs: see trading/front_door.py.
#
# `mark` names the state of the database at one count of the trader's writes (accounts/cache.py): a mark of another count is
# worth nothing, and none is kept while a write is under way.

#: How long a mark is good that no write has spoken of: rows changed by SQL alone are seen after this long.
MARK_S = settings.ANSWERS_MARK_S
_NO_DOOR = "Redis did not answer at the front door; the request goes the long way."
#: One trip: what is known of the caller and their state, the kept answer, and the number of this call in its window. An answer
#: whose tag the client names comes without its body.
_OPEN_DOOR = """
    local facts, writes, mark, pending, answer = unpack(
        redis.call('MGET', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]))
    local calls = 0
    if KEYS[6] then
        calls = redis.call('INCR', KEYS[6])
        if calls == 1 then redis.call('EXPIRE', KEYS[6], ARGV[1]) end
    end
    writes = writes or '0'
    local known = false
    if mark and not pending and string.sub(mark, 1, #writes + 1) == writes .. ':' then
        known = string.sub(mark, #writes + 2)
    end
    local is_hit = known and answer and string.sub(answer, 1, #known + 1) == known .. '\\n'
    if known and not is_hit then answer = false end
    if is_hit and ARGV[2] ~= '' then
        local tag_end = string.find(answer, '\\n', #known + 2, true)
        if string.find(ARGV[2], string.sub(answer, #known + 2, tag_end - 1), 1, true) then
            answer = string.sub(answer, 1, string.find(answer, '\\n', tag_end + 1, true) - 1)
        end
    end
    return {facts, writes, known, pending and 1 or 0, answer, calls}"""


@dataclass(frozen=True, slots=True)
class DoorKeys:
    """Where everything about one caller is kept. `answers` and `calls` are what the keys begin with."""

    facts: str
    writes: str
    mark: str
    pending: str
    answers: str
    calls: str = ""


def door_keys(facts_key: str, trader_id: UUID, calls_key: str) -> DoorKeys:
    return DoorKeys(_raw(facts_key), *state_keys(trader_id), f"tp:door:{FORMAT}:{trader_id}:", _raw(calls_key))


def page_door_keys(session_key: str, trader_id: UUID) -> DoorKeys:
    writes, _mark, pending = state_keys(trader_id)
    kept = f"tp:page-door:{FORMAT}:{trader_id}:"
    return DoorKeys(_session_key(session_key), writes, page_mark_key(trader_id), pending, kept)


def session_kept(session_key: str) -> bytes | None:
    """What is kept of a session, as it is kept; None for none, and while the cache does not answer."""
    try:
        kept: bytes | None = _client().get(_session_key(session_key))
    except RedisError:
        logger.warning(_NO_DOOR, exc_info=True)
        _count("door.failure")
        return None
    return kept


def _session_key(session_key: str) -> str:
    return _raw(SessionStore.cache_key_prefix + session_key)


class Door(NamedTuple):
    """What one trip found. `mark` is None where none is known or a write is under way; `calls` counts this one."""

    facts: bytes | None
    writes: bytes
    mark: bytes | None
    is_pending: bool
    answer: bytes | None
    calls: int


def open_door(keys: DoorKeys, address: str, window: int, window_s: int, tags: str = "") -> Door | None:
    """What is kept for this caller at this address; None while the cache does not answer.

    Where `tags` names that of the answer, its body is left out.
    """
    names = [keys.facts, keys.writes, keys.mark, keys.pending, keys.answers + address]
    if keys.calls:
        names.append(f"{keys.calls}{window}")
    try:
        found = _run(_OPEN_DOOR, names, window_s + 1, tags)
    except RedisError:
        logger.warning(_NO_DOOR, exc_info=True)
        _count("door.failure")
        return None
    facts, writes, mark, pending, answer, calls = found
    return Door(facts, writes, mark, bool(pending), answer, calls)


_UNCOUNT = "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECR', KEYS[1]) end"


def uncount_call(keys: DoorKeys, window: int) -> None:
    """Takes back that a call was counted: its bearer did not speak for the trader any more."""
    try:
        _run(_UNCOUNT, [f"{keys.calls}{window}"])
    except RedisError:
        logger.warning(_NO_DOOR, exc_info=True)
        _count("door.failure")


def count_at_door(door: str, what: str) -> None:
    """Counts a caller who is known to be good: `hit` where they got the kept answer, else `miss`."""
    _count(f"{door}-door.{what}")


@lru_cache(maxsize=10_000)
def decoded(facts: bytes) -> Any:
    """The same bytes say the same, and most calls are of callers who called a moment ago."""
    return cache.client.decode(facts)  # type: ignore[attr-defined]


def _run(script: str, keys: list[str], *arguments: Any) -> Any:
    """Runs a script, which stays in Redis under its digest."""
    client, given = _client(), (len(keys), *keys, *arguments)
    try:
        return _line.call(client, "EVALSHA", _digest(script), *given)
    except NoScriptError:
        return _line.call(client, "EVAL", script, *given)


@once
def _digest(script: str) -> str:
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()


def keep_mark(keys: DoorKeys, writes: bytes, mark: bytes) -> None:
    """Keeps a mark that was read from the database after `writes` was, and while no write was under way."""
    if not MARK_S:
        return
    try:
        _client().set(keys.mark, writes + b":" + mark, ex=MARK_S)
    except RedisError:
        logger.warning(_NO_DOOR, exc_info=True)
        _count("door.failure")


def keep_at_door(keys: DoorKeys, address: str, answer: bytes) -> None:
    try:
        _client().set(keys.answers + address, answer, ex=ANSWER_S)
    except RedisError:
        logger.warning(_NO_DOOR, exc_info=True)
        _count("door.failure")


def _raw(key: str) -> str:
    """The key as the client of django.core.cache writes it."""
    return str(cache.client.make_key(key))  # type: ignore[attr-defined]


def _client() -> Any:
    return cache.client.get_client(write=True)  # type: ignore[attr-defined]


# What is counted is sent to Redis now and then, so that the sums are those of all processes. What a process counted since is
# sent with its next count, or lost with the process.

_COUNTS = "tp:counts"
_SEND_EVERY_S = 2.0
_sent_at = 0.0


def counts() -> dict[str, int]:
    """What all processes counted since Redis started, as `<name>.hit`, `.miss`, `.stale`, `.waited`, `.build`, `.failure`.

    Nothing while Redis is away: the counts of one process would read as if the sums had fallen.
    """
    _send()
    try:
        found = _client().hgetall(_COUNTS)
    except RedisError:
        logger.warning("Redis did not answer; no counts are told.", exc_info=True)
        return {}
    return {name.decode(): int(number) for name, number in found.items()}


def _send() -> None:
    global _sent_at
    with _lock:
        unsent = dict(_counts)
        _counts.clear()
        _sent_at = time.monotonic()
    if not unsent:
        return
    try:
        with _client().pipeline(transaction=False) as line:
            for what, number in unsent.items():
                line.hincrby(_COUNTS, what, number)
            line.execute()
    except RedisError:
        with _lock:
            _counts.update(unsent)


def _get_many(name: str, keys: list[str]) -> dict[str, object]:
    try:
        kept: dict[str, object] = cache.get_many(keys)
    except Exception:
        logger.warning("Redis did not answer; %s is computed.", name, exc_info=True)
        _count(f"{name}.failure")
        return {}
    for key in keys:
        _count(f"{name}.hit" if key in kept else f"{name}.miss")
    return kept


def _set_many(name: str, answers: Mapping[str, object], ttl_s: int) -> None:
    if not answers:
        return
    try:
        cache.set_many(dict(answers), ttl_s)
    except Exception:
        logger.warning("Redis did not keep %s.", name, exc_info=True)
        _count(f"{name}.failure")


def _set(name: str, key: str, answer: object, ttl_s: int) -> None:
    try:
        cache.set(key, answer, ttl_s)
    except Exception:
        logger.warning("Redis did not keep %s.", name, exc_info=True)
        _count(f"{name}.failure")


def _count(what: str, times: int = 1) -> None:
    if not times:
        return
    with _lock:
        _counts[what] += times
        is_due = time.monotonic() - _sent_at > _SEND_EVERY_S
    if is_due:
        _send()
