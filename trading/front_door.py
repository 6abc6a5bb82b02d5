"""Answers of the API that are kept whole, handed out before sessions, authentication classes and views are set up.

One trip to the cache brings who the token speaks for, the mark of their state and the answer kept under it. Anything
unusual (no such answer, a write under way, a token that is not good, too many calls) goes the long way, where every rule
is applied as if this file did not exist. Views opt in by `conditional(..., keep=...)`: see tradeportal/rest/conditional.py.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from threading import Lock
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from rest_framework_simplejwt.exceptions import TokenError

from accounts.cache import AuthFacts, facts_key
from accounts.tokens import TRADER_CLAIM, Access, sign_in_of
from tradeportal.rest.conditional import names
from tradeportal.rest.throttles import TraderThrottle
from trading import cache
from trading.marks import mark_of

#: Addresses whose views keep their answers, by conditional(..., keep=...).
KEPT = frozenset(
    f"/api/v1/{name}/"
    for name in (
        "trades",
        "executions",
        "cash-flows",
        "positions",
        "positions/open",
        "reconciliation/status",
        "guards/status",
    )
)
_SCHEME = "Bearer "
_ACCEPTED = frozenset({"", "*/*", "application/json"})
#: Parameters whose meaning changes with the day; and names that are not written as they are read.
_OF_A_DAY = ("from=", "to=", "period=")
_NAME_IN_CODE = re.compile(r"(?:^|&)[^=&]*%")
_TOKENS_KEPT = 10_000
#: Made anew for each answer, or by the layers outside of this one.
_NOT_KEPT = frozenset({"x-request-id", "date", "set-cookie"})


@dataclass(frozen=True, slots=True)
class Caller:
    trader_id: UUID
    expires_at: int
    keys: cache.DoorKeys


class FrontDoorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._callers = _Callers()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        caller = self._callers.of(_token(request))
        if caller is None:
            return self.get_response(request)
        request.get_host()  # refuses a host that is not ours, as every answer does
        address = _address(request)
        window, window_s, most = TraderThrottle.window_now()
        tags = request.META.get("HTTP_IF_NONE_MATCH", "")
        door = cache.open_door(caller.keys, address, window, window_s, tags)
        if door is None:
            return self.get_response(request)
        if not _is_good(door.facts, caller):
            # Ended, or not known just now: whoever holds an ended token must not use up its owner's calls.
            cache.uncount_call(caller.keys, window)
            return self.get_response(request)
        request.counted_calls = door.calls  # type: ignore[attr-defined]  # the throttle need not count this call again
        if door.calls > most:
            return self.get_response(request)
        mark = door.mark or _read_mark(caller, door)
        if door.answer and door.answer.startswith(mark + b"\n"):
            cache.count_at_door("answer", "hit")
            return _answer(tags, door.answer[len(mark) + 1 :])
        cache.count_at_door("answer", "miss")
        response = self.get_response(request)
        if getattr(response, "is_kept_at_the_door", False):
            # The view read after the mark did, so that what is kept under a mark is never older than it.
            cache.keep_at_door(caller.keys, address, mark + b"\n" + _packed(response))
        return response


def _read_mark(caller: Caller, door: cache.Door) -> bytes:
    mark = mark_of(caller.trader_id).encode()
    if not door.is_pending:
        cache.keep_mark(caller.keys, door.writes, mark)
    return mark


def _token(request: HttpRequest) -> str:
    """The token of a request that may have a kept answer; blank for any other."""
    meta = request.META
    given = meta.get("HTTP_AUTHORIZATION", "")
    is_usual = (
        given.startswith(_SCHEME)
        and request.method == "GET"
        and request.path_info in KEPT
        and meta.get("HTTP_ACCEPT", "") in _ACCEPTED
        and not any(name in meta["QUERY_STRING"] for name in _OF_A_DAY)
        and not _NAME_IN_CODE.search(meta["QUERY_STRING"])
    )
    return str(given[len(_SCHEME) :]) if is_usual else ""


def _address(request: HttpRequest) -> str:
    asked = f"{request.path_info}?{request.META['QUERY_STRING']}"
    return blake2b(asked.encode(), digest_size=16).hexdigest()


class _Callers:
    """Whom the tokens of late speak for: each is verified once, and then known until it expires."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Caller] = OrderedDict()
        self._lock = Lock()

    def of(self, token: str) -> Caller | None:
        if not token:
            return None
        caller = self._known.get(token)
        if caller is None:
            caller = _verified(token)
            if caller is not None:
                self._remember(token, caller)
        return caller if caller and caller.expires_at > time.time() else None

    def _remember(self, token: str, caller: Caller) -> None:
        with self._lock:
            self._known[token] = caller
            while len(self._known) > _TOKENS_KEPT:
                self._known.popitem(last=False)


def _verified(token: str) -> Caller | None:
    try:
        access: Any = Access(token)  # type: ignore[arg-type]
        trader_id = UUID(access[TRADER_CLAIM])
        keys = cache.door_keys(facts_key(sign_in_of(access)), trader_id, TraderThrottle.calls_key(trader_id))
        return Caller(trader_id, int(access["exp"]), keys)
    except (TokenError, KeyError, ValueError, TypeError, AttributeError):
        return None


def _is_good(kept: bytes | None, caller: Caller) -> bool:
    facts = cache.decoded(kept) if kept else None
    return isinstance(facts, AuthFacts) and facts.is_good and facts.trader_id == caller.trader_id


def _packed(response: HttpResponse) -> bytes:
    """The tag, the other headers and the body, a line each: the cache compares the tag, and leaves the body out."""
    headers = kept_headers(response)
    tag = headers.pop("ETag")
    headers["Content-Length"] = str(len(response.content))
    return b"\n".join([tag.encode(), orjson.dumps(headers), response.content])


def kept_headers(response: HttpResponse) -> dict[str, str]:
    return {name: value for name, value in response.items() if name.lower() not in _NOT_KEPT}


def _answer(tags: str, packed: bytes) -> HttpResponse:
    tag, headers, body = unpacked(packed)
    headers["ETag"] = tag
    if body is None or names(tags, tag):
        del headers["Content-Type"], headers["Content-Length"]
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, headers=headers)


def unpacked(packed: bytes) -> tuple[str, dict[str, str], bytes | None]:
    """Tag, headers and body; no body where the cache found that the client has it."""
    tag, head, *body = packed.split(b"\n", 2)
    return tag.decode(), dict(_headers(head)), body[0] if body else None


@lru_cache(maxsize=1_000)
def _headers(head: bytes) -> dict[str, str]:
    """The same for nearly all answers of one address."""
    headers: dict[str, str] = orjson.loads(head)
    return headers
