"""Pages that are kept whole (trading/views/kept.py), handed out before sessions, languages and views are set up.

One trip to the cache brings the session, the mark of its trader's state and the page kept under it; what belongs to the
request, the token against forged forms, is filled in. Anything unusual (no such page, a write under way, a session that
changed or ended, a message that waits) goes the long way, where every rule is applied as if this file did not exist.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache as once
from hashlib import blake2b
from os import urandom
from threading import Lock
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CSRF_ALLOWED_CHARS, CSRF_SECRET_LENGTH
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from trading import cache
from trading.front_door import kept_headers, unpacked
from trading.marks import PageMark, page_mark_of, unpacked_page_mark

#: Addresses whose views keep their pages.
KEPT = frozenset({"/trades/"})
#: Stands in a kept page where the token of the request goes: nothing that a page may hold for another reason.
TOKEN = salted_hmac("trading.page_door", "token of the request").hexdigest().encode()
_SECRET = re.compile(rf"[A-Za-z0-9]{{{CSRF_SECRET_LENGTH}}}")
#: A message waits to be shown once: in a cookie, or in the session when it is long.
_MESSAGES = "messages", "_messages"
_SESSIONS_KEPT = 10_000
_SOURCES = frozenset({".py", ".html", ".css", ".js", ".svg", ".mo"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whose session it is, as long as what is kept of the session stays the same."""

    trader_id: UUID
    auth: str
    session: bytes
    keys: cache.DoorKeys


class PageDoorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._visitors = _Visitors()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        visitor = self._visitors.of(request.COOKIES[settings.SESSION_COOKIE_NAME]) if _is_usual(request) else None
        if visitor is None:
            return self.get_response(request)
        request.get_host()  # refuses a host that is not ours, as every answer does
        secret, address = request.COOKIES[settings.CSRF_COOKIE_NAME], _address(request)
        own = _digest(secret)
        door = cache.open_door(visitor.keys, address, 0, 0, _tag_asked(request, own))
        if door is None:
            return self.get_response(request)
        if door.facts != visitor.session:
            self._visitors.forget(request.COOKIES[settings.SESSION_COOKIE_NAME])
            return self.get_response(request)
        mark = _mark(visitor, door)
        if mark is None or not constant_time_compare(mark.auth, visitor.auth):
            return self.get_response(request)
        packed = mark.packed() + b"\n"
        if door.answer and door.answer.startswith(packed):
            cache.count_at_door("page", "hit")
            return _answer(door.answer[len(packed) :], secret, own)
        cache.count_at_door("page", "miss")
        response = self.get_response(request)
        page: bytes | None = getattr(response, "kept_page", None)
        if page is not None and request.user.pk == visitor.trader_id:
            # The view read after the mark did, so that what is kept under a mark is never older than it.
            cache.keep_at_door(visitor.keys, address, packed + _packed(response, page))
        return response


def _is_usual(request: HttpRequest) -> bool:
    """Whether this request may have a kept page."""
    return (
        request.method == "GET"
        and request.path_info in KEPT
        and "HTTP_HX_REQUEST" not in request.META
        and settings.SESSION_COOKIE_NAME in request.COOKIES
        and _MESSAGES[0] not in request.COOKIES
        and _SECRET.fullmatch(request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")) is not None
    )


def _address(request: HttpRequest) -> str:
    """Names all of the request that a page may depend on. Of the cookies, two belong to the request alone."""
    own = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
    cookies = sorted(pair for pair in request.COOKIES.items() if pair[0] not in own)
    language = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    asked = (programme(), TOKEN, request.path_info, request.META["QUERY_STRING"], language, cookies)
    return _digest(repr(asked))


def _digest(text: str) -> str:
    return blake2b(text.encode(errors="surrogateescape"), digest_size=16).hexdigest()


def _mark(visitor: Visitor, door: cache.Door) -> PageMark | None:
    mark = unpacked_page_mark(door.mark) if door.mark else None
    if mark is None or not mark.is_of(timezone.now()):
        mark = page_mark_of(visitor.trader_id)
        if mark is not None and not door.is_pending:
            cache.keep_mark(visitor.keys, door.writes, mark.packed())
    return mark


class _Visitors:
    """Whose the sessions of late are: each is read once, and then compared with what is kept of it."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Visitor] = OrderedDict()
        self._lock = Lock()

    def of(self, session_key: str) -> Visitor | None:
        visitor = self._known.get(session_key)
        if visitor is None:
            visitor = _read(session_key)
            if visitor is not None:
                with self._lock:
                    self._known[session_key] = visitor
                    while len(self._known) > _SESSIONS_KEPT:
                        self._known.popitem(last=False)
        return visitor

    def forget(self, session_key: str) -> None:
        with self._lock:
            self._known.pop(session_key, None)


def _read(session_key: str) -> Visitor | None:
    """The visitor whom a session speaks for; None for one that is not kept, of nobody, or with a message in it."""
    kept = cache.session_kept(session_key)
    session: dict[str, Any] = (cache.decoded(kept) if kept else None) or {}
    if kept is None or not {SESSION_KEY, HASH_SESSION_KEY} <= session.keys() or _MESSAGES[1] in session:
        return None
    trader_id = UUID(session[SESSION_KEY])
    return Visitor(trader_id, session[HASH_SESSION_KEY], kept, cache.page_door_keys(session_key, trader_id))


def _packed(response: HttpResponse, page: bytes) -> bytes:
    """The beginning of the tag, the headers and the page with room for the token, a line each."""
    headers = kept_headers(response)
    headers.pop("Content-Length", None)
    return b"\n".join([_tag_of(page).encode(), orjson.dumps(headers), page])


# The tag names the page and the secret behind its tokens: whoever has both has a page whose forms work. It is weak, as
# each answer masks the secret anew.


def _tag_of(page: bytes) -> str:
    return f'W/"{blake2b(page, digest_size=16).hexdigest()}-'


def _tag_asked(request: HttpRequest, own: str) -> str:
    tag: str = request.META.get("HTTP_IF_NONE_MATCH", "")
    return tag if tag.endswith(f'-{own}"') else ""


def _answer(packed: bytes, secret: str, own: str) -> HttpResponse:
    tag, headers, page = unpacked(packed)
    headers["ETag"] = f'{tag}{own}"'
    if page is None:
        del headers["Content-Type"]
        return HttpResponse(status=304, headers=headers)
    page = page.replace(TOKEN, masked(secret))
    headers["Content-Length"] = str(len(page))
    return HttpResponse(page, headers=headers)


_CHARS = CSRF_ALLOWED_CHARS.encode()
#: Bytes above are dropped, so that each character is as likely as any other.
_FAIR = 256 - 256 % len(_CHARS)
_VALUES = bytes(value % len(_CHARS) for value in range(256))
_TOO_LARGE = bytes(range(_FAIR, 256))


def masked(secret: str) -> bytes:
    """A token of this secret, another each time, as django.middleware.csrf makes them: a mask, and the secret under it."""
    mask = b""
    while len(mask) < CSRF_SECRET_LENGTH:
        mask += urandom(2 * CSRF_SECRET_LENGTH).translate(_VALUES, _TOO_LARGE)
    mask = mask[:CSRF_SECRET_LENGTH]
    size = len(_CHARS)
    hidden = bytes(_CHARS[(_INDEX[one] + other) % size] for one, other in zip(secret.encode(), mask, strict=True))
    return bytes(_CHARS[value] for value in mask) + hidden


_INDEX = {char: index for index, char in enumerate(_CHARS)}


@once
def programme() -> int:
    """Tells one deployment from the next, whose templates and addresses of styles may be others."""
    folders = (
        settings.BASE_DIR / name for name in ("accounts", "locale", "static", "templates", "tradeportal", "trading")
    )
    files = (path for folder in folders for path in folder.rglob("*") if path.suffix in _SOURCES)
    return max(path.stat().st_mtime_ns for path in files)
