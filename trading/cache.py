"""Answers kept in Redis. The only module that imports django.core.cache: keys, lifetimes and counters at one glance.

A key holds a format version and the revision of what it is about, so that a write makes the old answer unreachable and
nothing ever has to be deleted. When Redis fails, the failure is logged and counted and the answer is computed.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from threading import Lock
from typing import TypeVar, cast

from django.core.cache import cache

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Key = TypeVar("Key")

#: Raised when the shape of a kept answer changes, or what the same rows give.
FORMAT = 7

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

_MISSING = object()
_counts: Counter[str] = Counter()
_lock = Lock()


def remembered(name: str, parts: tuple[object, ...], ttl_s: int, compute: Callable[[], Answer]) -> Answer:
    """The kept answer for (name, parts), else the computed one, which is kept for `ttl_s` seconds."""
    key = ":".join([name, str(FORMAT), *map(str, parts)])
    kept = _get(name, key)
    if kept is not _MISSING:
        return cast(Answer, kept)
    answer = compute()
    _set(name, key, answer, ttl_s)
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
    _set_many(name, {names[key]: answer for key, answer in computed.items()}, ttl_s)
    return {key: computed[key] if key in computed else cast(Answer, kept[of]) for key, of in names.items()}


def kept_answer(tag: str, compute: Callable[[], bytes]) -> bytes:
    """The bytes of an API answer. The tag names the trader, the address and the revisions of the accounts."""
    return remembered("answer", (tag.strip('"'),), ANSWER_S, compute)


def was_sealed(state: tuple[object, ...]) -> bool:
    """Whether the days of this state of an account were sealed already; false, too, while Redis is down."""
    return _get("sealed", _sealed_key(state)) is True


def note_sealed(state: tuple[object, ...]) -> None:
    _set("sealed", _sealed_key(state), True, SEALED_S)


def is_first_open(shared_id: object, within_s: int) -> bool:
    """Whether this shared record was not opened in the seconds before; false while Redis is down."""
    try:
        return cache.add(f"shared-open:{shared_id}", 1, within_s) is True
    except Exception:
        logger.warning("Redis did not answer; an open is not counted.", exc_info=True)
        return False


def _sealed_key(state: tuple[object, ...]) -> str:
    return ":".join(["sealed", str(FORMAT), *map(str, state)])


def counts() -> dict[str, int]:
    """Hits, misses and failures of this process, as `<name>.hit`, `<name>.miss`, `<name>.failure`."""
    with _lock:
        return dict(_counts)


def _get(name: str, key: str) -> object:
    try:
        # django-redis answers with the default, too, when it swallows a lost connection.
        kept: object = cache.get(key, _MISSING)
    except Exception:
        logger.warning("Redis did not answer; %s is computed.", name, exc_info=True)
        _count(f"{name}.failure")
        return _MISSING
    _count(f"{name}.miss" if kept is _MISSING else f"{name}.hit")
    return kept


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


def _count(what: str) -> None:
    with _lock:
        _counts[what] += 1
