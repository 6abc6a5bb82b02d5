"""What readers see who have the link of a shared record: the record, and the chain that seals it. Nobody has to sign in."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tradeportal.error_pages import error_page
from tradeportal.rest.throttles import SharedDownloadThrottle, UnknownLinkThrottle
from trading.calc.digests import FORMAT, second_text
from trading.models import DayDigest, SharedRecord
from trading.queries import chain
from trading.queries.shared_records import (
    TRADES_ON_A_PAGE,
    open_record,
    record_of,
    record_totals,
    shared_trades,
    symbol_numbers,
)
from trading.services.sharing import note_open
from trading.sharing_forms import HeadForm
from trading.views.shared_rows import chart, figures, month_table, reader, trade_table
from trading.views.shared_words import chain_lines, check_lines, hidden_words

_LINKS_ON_A_PAGE = 50
_HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}
Reading = Callable[[HttpRequest, SharedRecord, datetime], HttpResponseBase]


def for_readers(view: Reading) -> Callable[..., HttpResponseBase]:
    """A page behind a link: found anew for each request, so that a link ends at once; kept and passed on by nobody."""

    @require_safe
    @wraps(view)
    def answer(request: HttpRequest, token: str) -> HttpResponseBase:
        now = timezone.now()
        record = open_record(token, now)
        response = view(request, record, now) if record else _unknown(request)
        for name, value in _HEADERS.items():
            response[name] = value
        return response

    return answer


def _unknown(request: HttpRequest) -> HttpResponse:
    """One page for what was never there, has expired and was revoked: a link tells nothing about itself."""
    if not UnknownLinkThrottle().allow_request(request, None):  # type: ignore[arg-type]  # it asks for headers alone
        return error_page(429)
    return render(request, "shared/gone.html", status=404)


@for_readers
def shared_record(request: HttpRequest, link: SharedRecord, now: datetime) -> HttpResponse:
    """The record; `?from=` is the place of the first closed trade on the page, the last one closed being 0."""
    totals = record_totals(link.account)
    start = _place(request, totals.count if totals else 0)
    if start == 0:
        note_open(link, now)
    context = _frame(request, link)
    if totals:
        record = record_of(link.account)
        trades = shared_trades(link.account, record.held, totals.count, start)
        numbers = symbol_numbers(link.account) if link.hides_symbols else {}
        context |= {
            "figures": figures(link, record, totals),
            "record": record,
            "chart": chart(link, record),
            "months": month_table(link, record),
            "trades": trade_table(link, trades, numbers),
            "pages": _pages(start, TRADES_ON_A_PAGE, totals.count),
            "chain": chain_lines(chain.summary(link.account), reader()),
        }
    return render(request, "shared/record.html", context)


@for_readers
def shared_verify(request: HttpRequest, link: SharedRecord, now: datetime) -> HttpResponse:
    """The chain held against the book, its links, and the place of a head that the reader noted."""
    told = chain.summary(link.account)
    found = chain.check(link.account, now)
    form = HeadForm(request.GET if "head" in request.GET else None)
    noted = chain.position_of(link.account, form.cleaned_data["head"]) if form.is_bound and form.is_valid() else None
    start = _place(request, told.links)
    links = DayDigest.objects.filter(account=link.account).order_by("-position")[start : start + _LINKS_ON_A_PAGE]
    context = _frame(request, link) | {
        "chain": chain_lines(told, reader()),
        "checks": check_lines(found, reader()),
        "checked_at": reader().clock(found.checked_at),
        "form": form,
        "noted": _link_row(noted) if noted else None,
        "links": [_link_row(row) for row in links],
        "pages": _pages(start, _LINKS_ON_A_PAGE, told.links),
    }
    return render(request, "shared/verify.html", context)


@for_readers
def shared_chain(request: HttpRequest, link: SharedRecord, now: datetime) -> HttpResponseBase:
    """The chain as JSON, in constant memory; where nothing is hidden, with the rows and salts of the days."""
    if not SharedDownloadThrottle().allow_request(request, link.pk):  # type: ignore[arg-type]  # nor does this one
        return error_page(429)
    response = StreamingHttpResponse(_chain_json(link, now), content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="chain.json"'
    return response


def _chain_json(link: SharedRecord, now: datetime) -> Iterator[str]:
    links = chain.links_of(link.account)
    yield f'{{"format":{json.dumps(FORMAT)},"made_at":{json.dumps(second_text(now))},"links":['
    for number, row in enumerate(links):
        yield ("," if number else "") + json.dumps(_public(row), separators=(",", ":"))
    yield "]"
    if link.hides_nothing:
        yield ',"opened":['
        for number, (row, content) in enumerate(chain.opened_days(link.account, now)):
            rows, balance = f"[{','.join(content.lines)}]", json.dumps(content.balance_text.rsplit("\n", 1)[1])
            start = f'{{"position":{row.position},"salt":"{row.salt}"'
            yield f'{"," if number else ""}{start},"rows":{rows},"balance":{balance}}}'
        yield "]"
    yield "}\n"


def _public(row: DayDigest) -> dict[str, Any]:
    return {
        "position": row.position,
        "day": row.day.isoformat(),
        "sealed_at": second_text(row.sealed_at),
        "trades": row.trades,
        "rows": row.rows,
        "balance": row.balance,
        "prev": row.prev,
        "digest": row.digest,
    }


def _frame(request: HttpRequest, link: SharedRecord) -> dict[str, Any]:
    match = request.resolver_match
    assert match is not None
    return {
        "link": link,
        "token": match.kwargs["token"],
        "hidden": hidden_words(link),
        "expires": reader().clock(link.expires_at, seconds=False),
    }


def _place(request: HttpRequest, total: int) -> int:
    """The place that the address names; 0 for anything that is none."""
    given = request.GET.get("from", "")
    place = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    return place if place < total else 0


def _pages(start: int, size: int, total: int) -> dict[str, Any]:
    """Where the pages before and after begin, None where there is none; and what this one shows."""
    end = min(start + size, total)
    return {
        "first": reader().number(start + 1),
        "last": reader().number(end),
        "total": reader().number(total),
        "newer": max(0, start - size) if start else None,
        "older": end if end < total else None,
    }


def _link_row(row: DayDigest) -> dict[str, Any]:
    """`unit` stands behind the number of trades where no head of a column says what it is."""
    trades = reader().number(row.trades)
    return {
        "position": reader().number(row.position),
        "day": reader().day(row.day),
        "sealed": reader().clock(row.sealed_at),
        "trades": trades,
        "unit": reader().count(row.trades, "trade").removeprefix(trades),
        "digest": row.digest,
    }
