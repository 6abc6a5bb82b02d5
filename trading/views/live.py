"""Parts of pages that ask for themselves every few seconds: 304 without a query of data while nothing has changed."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from accounts.models import BrokerAccount, Trader
from tradeportal.rest.conditional import names
from tradeportal.rest.json import dumps

#: How often a page asks, in seconds.
EVERY_S = 5


def is_live(request: HttpRequest) -> bool:
    """Whether the page's own script asks for the part alone."""
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    return bool(htmx and not htmx.history_restore_request and not htmx.boosted)


def live_part(
    request: HttpRequest, trader: Trader, build: Callable[[], HttpResponse], *, also: Any = None
) -> HttpResponse:
    """The part, unless the caller has it: its tag is the address, the revisions of the trader's accounts, and how the
    trader reads words, numbers and times. `also` is what else the part shows."""
    revisions = list(BrokerAccount.objects.for_trader(trader).order_by("pk").values_list("pk", "revision"))
    reading = (trader.pk, trader.number_format, trader.time_zone, get_language())
    known = [settings.VERSION, request.get_full_path(), reading, revisions, also]
    tag = f'"{hashlib.blake2b(dumps(known), digest_size=16).hexdigest()}"'
    given = request.headers.get("If-None-Match", "")
    response = HttpResponse(status=304) if names(given, tag) else build()
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Cookie, HX-Request"
    return response
