"""Open positions: what the broker last reported, beside the book."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.models import Trader
from trading.filters import PositionFilter
from trading.formatting import Formats, duration, unknown
from trading.models import Trade
from trading.queries.positions import OpenLine, OpenTotals, open_lines, open_totals, open_trades, positions

_NOT_REPORTED = "The broker has not reported this position."


@dataclass(frozen=True, slots=True)
class PositionRow:
    trade: Trade | None
    symbol: str
    side: str
    lots: str
    opened: SafeString
    entry: str
    current: SafeString | str
    stop_loss: SafeString | str
    take_profit: SafeString | str
    commission: str
    swap: SafeString | str
    profit: SafeString | str
    floating: SafeString
    realised: SafeString | None
    closed_lots: str
    account: str
    currency: str
    ticket: str
    reported: SafeString
    is_in_book: bool
    is_reported: bool


@dataclass(frozen=True, slots=True)
class PositionStrip:
    currency: str
    count: int
    floating: SafeString
    profit: SafeString
    swap: SafeString
    as_of: SafeString
    age: str
    unreported: int


@login_required
@require_safe
def position_list(request: HttpRequest) -> HttpResponse:
    trader = request.user
    assert isinstance(trader, Trader)
    narrowed = PositionFilter(request.GET, positions(trader), request=request)
    book = PositionFilter(request.GET, open_trades(trader), request=request)
    is_valid = narrowed.is_valid()
    lines = open_lines(narrowed.qs, book.qs) if is_valid else []
    formats, now = Formats.of(trader), timezone.now()
    context = {
        "filter": narrowed,
        "rows": [_row(line, formats) for line in lines],
        "strips": [_strip(totals, formats, now) for totals in open_totals(lines)],
        "is_narrowed": any(request.GET.get(name) for name in narrowed.filters),
        "many_accounts": len({line.shown.account_id for line in lines}) > 1,
    }
    return render(request, "trading/position_list.html", context)


def _row(line: OpenLine, formats: Formats) -> PositionRow:
    shown, trade, position = line.shown, line.trade, line.position
    currency = shown.account.currency
    return PositionRow(
        trade=trade,
        symbol=shown.symbol,
        side=shown.side,
        lots=formats.lots(line.volume_lots),
        opened=formats.moment(shown.opened_at, shown.opened_text, seconds=False),
        entry=formats.price(shown.open_price),
        current=_price(formats, position.current_price if position else None, _NOT_REPORTED),
        stop_loss=_price(formats, shown.stop_loss, "There is no stop."),
        take_profit=_price(formats, shown.take_profit, "There is no target."),
        commission=formats.money(line.commission, currency),
        swap=formats.plain(line.swap, currency, reason=_NOT_REPORTED),
        profit=formats.plain(line.profit, currency, reason=_NOT_REPORTED),
        floating=formats.amount(line.floating, currency, reason=_NOT_REPORTED),
        realised=formats.amount(line.realised, currency) if line.realised is not None else None,
        closed_lots=formats.lots(trade.closed_volume_lots) if trade else "",
        account=shown.account.label,
        currency=currency,
        ticket=shown.ticket,
        reported=formats.moment(position.reported_at, seconds=False) if position else unknown(_NOT_REPORTED),
        is_in_book=trade is not None,
        is_reported=position is not None,
    )


def _price(formats: Formats, value: Decimal | None, reason: str) -> SafeString | str:
    return unknown(reason) if value is None else formats.price(value)


def _strip(totals: OpenTotals, formats: Formats, now: datetime) -> PositionStrip:
    at = totals.reported_at
    return PositionStrip(
        currency=totals.currency,
        count=totals.count,
        floating=formats.amount(totals.floating, totals.currency, unit=True),
        profit=formats.plain(totals.profit, totals.currency),
        swap=formats.plain(totals.swap, totals.currency),
        as_of=formats.moment(at, seconds=False) if at else unknown("No broker has reported yet."),
        age=f"{duration(now - at)} ago" if at else "",
        unreported=totals.unreported,
    )
