"""Pages that are kept whole, and filled in with what belongs to one request.

What such a page shows follows from its address, its language, its trader's own row, the revisions of the trader's
accounts, how many statements, guards and breaks wait, the time of day in the trader's zone as far as it is shown, and the programme itself. All of it is in
the key, so that a write makes the old page unreachable. A page with a message in it is never kept.
"""

import hashlib
from collections.abc import Callable
from functools import cache as once
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.models import Trader
from tradeportal.rest.json import dumps
from trading import cache
from trading.filters import zone_of
from trading.marks import PAGE_STATE
from trading.page_door import TOKEN, programme

#: Of the trader's row, what no page shows: the password would not belong in a key, and signing in changes no page.
_NOT_SHOWN = frozenset({"password", "last_login"})


def kept_page(
    request: HttpRequest, parts: tuple[object, ...], template: Callable[[], tuple[str, dict[str, Any]]]
) -> HttpResponse:
    """The page of this trader at this address, from the cache or from `template`, its name and its context.

    `parts` is what else it depends on, such as a cookie.
    """
    if settings.DEBUG or len(get_messages(request)):
        return render(request, *template())

    def compute() -> bytes:
        name, context = template()
        return render_to_string(name, context | {"csrf_token": TOKEN.decode()}, request).encode()

    page = cache.remembered("page", (_key(request, parts),), cache.PAGE_S, compute)
    response = HttpResponse(page.replace(TOKEN, get_token(request).encode()))
    response.kept_page = page  # type: ignore[attr-defined]  # for the door: see trading/page_door.py
    return response


def _key(request: HttpRequest, parts: tuple[object, ...]) -> str:
    trader = request.user
    assert isinstance(trader, Trader)
    now = timezone.now().astimezone(zone_of(trader))
    shown = [getattr(trader, name) for name in _shown_fields()]
    language = translation.get_language()
    known = [
        programme(),
        TOKEN.decode(),
        language,
        request.get_full_path(),
        parts,
        shown,
        _state(trader),
        now.date(),
        str(now.utcoffset()),
    ]
    return hashlib.blake2b(dumps(known), digest_size=16).hexdigest()


def _state(trader: Trader) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(PAGE_STATE, {"trader": trader.pk})
        return cursor.fetchone()


@once
def _shown_fields() -> tuple[str, ...]:
    return tuple(field.attname for field in Trader._meta.concrete_fields if field.name not in _NOT_SHOWN)
