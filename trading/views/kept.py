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

#: Stands in a kept page where the token of the request goes.
_TOKEN = b"the-token-of-this-request"
_STATE = """
    SELECT (SELECT array_agg(id::text || '.' || revision ORDER BY id) FROM accounts_brokeraccount WHERE trader_id = %s),
        (SELECT count(*) FROM trading_statement WHERE trader_id = %s AND state = 'ready'),
        (SELECT count(*) FROM trading_guardstate s JOIN trading_guardrule r ON r.id = s.rule_id
            JOIN accounts_brokeraccount a ON a.id = r.account_id
            WHERE a.trader_id = %s AND r.enabled AND s.level <> 'normal'),
        (SELECT sum(f.open_breaks) FROM trading_syncstate f JOIN accounts_brokeraccount a ON a.id = f.account_id
            WHERE a.trader_id = %s)"""
#: Of the trader's row, what no page shows: the password would not belong in a key, and signing in changes no page.
_NOT_SHOWN = frozenset({"password", "last_login"})
_SOURCES = frozenset({".py", ".html", ".css", ".js", ".svg", ".mo"})


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
        return render_to_string(name, context | {"csrf_token": _TOKEN.decode()}, request).encode()

    page = cache.remembered("page", (_key(request, parts),), cache.PAGE_S, compute)
    return HttpResponse(page.replace(_TOKEN, get_token(request).encode()))


def _key(request: HttpRequest, parts: tuple[object, ...]) -> str:
    trader = request.user
    assert isinstance(trader, Trader)
    now = timezone.now().astimezone(zone_of(trader))
    shown = [getattr(trader, name) for name in _shown_fields()]
    language = translation.get_language()
    known = [
        _programme(),
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
        cursor.execute(_STATE, [trader.pk] * 4)
        return cursor.fetchone()


@once
def _shown_fields() -> tuple[str, ...]:
    return tuple(field.attname for field in Trader._meta.concrete_fields if field.name not in _NOT_SHOWN)


@once
def _programme() -> int:
    """Tells one deployment from the next, whose templates and addresses of styles may be others."""
    folders = (
        settings.BASE_DIR / name for name in ("accounts", "locale", "static", "templates", "tradeportal", "trading")
    )
    files = (path for folder in folders for path in folder.rglob("*") if path.suffix in _SOURCES)
    return max(path.stat().st_mtime_ns for path in files)
