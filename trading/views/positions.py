"""Open positions: what the broker last reported, beside the book. The page keeps itself up to date."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import Trader
from trading.filters import PositionFilter
from trading.formatting import Formats, ago, unknown
from trading.models import SyncState, Trade
from trading.queries.exchange_rates import rates_stamp
from trading.queries.positions import (
    Equities,
    OpenLine,
    OpenTotals,
    equities,
    open_lines,
    open_symbols,
    open_totals,
    open_trades,
    percent,
    positions,
    quiet_feeds,
)
from trading.views.converted import converted_part
from trading.views.live import EVERY_S, is_live, live_part

_NOT_REPORTED = gettext_lazy("The broker has not reported this position.")
_NO_EQUITY = gettext_lazy("The broker has not reported the equity.")
_OLD = timedelta(hours=1)


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
    profit: str
    floating: SafeString
    percent: SafeString | str
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
    percent: SafeString | str
    equity: SafeString
    as_of: SafeString
    age: str
    unreported: int


@login_required
@require_safe
def position_list(request: HttpRequest) -> HttpResponse:
    trader = request.user
    assert isinstance(trader, Trader)
    if is_live(request):
        today = timezone.now().astimezone(Formats.of(trader).zone).date()
        also = (rates_stamp(trader), trader.display_currency, today)

        def build() -> HttpResponse:
            return render(request, "trading/_positions.html", _shown(request, trader))

        return live_part(request, trader, build, also=also)
    context = _shown(request, trader) | {
        "symbols": open_symbols(trader),
        "symbol": request.GET.get("symbol", ""),
        "account": request.GET.get("account", ""),
        "every_s": EVERY_S,
    }
    return render(request, "trading/position_list.html", context)


def _shown(request: HttpRequest, trader: Trader) -> dict[str, Any]:
    """What the part that keeps itself up to date shows."""
    narrowed = PositionFilter(request.GET, positions(trader), request=request)
    book = PositionFilter(request.GET, open_trades(trader), request=request)
    lines = open_lines(narrowed.qs, book.qs) if narrowed.is_valid() else []
    formats, now = Formats.of(trader), timezone.now()
    equity_of = equities({line.shown.account_id for line in lines})
    totals = open_totals(lines, equity_of)
    floating = {of.currency: of.floating for of in totals}
    return {
        "filter": narrowed,
        "rows": [_row(line, formats, equity_of) for line in lines],
        "strips": [_strip(of, formats, now) for of in totals],
        "converted": converted_part(trader, [(_("Floating profit"), floating)], formats, now),
        "quiet": [(feed.account.label, _last_heard(feed, formats)) for feed in quiet_feeds(trader)],
        "is_narrowed": any(request.GET.get(name) for name in narrowed.filters),
        "many_accounts": len({line.shown.account_id for line in lines}) > 1,
    }


def _last_heard(feed: SyncState, formats: Formats) -> str:
    """When the last good sync came; "" where none did."""
    return formats.moment(feed.last_sync_at) if feed.last_sync_at else ""


def _row(line: OpenLine, formats: Formats, equity_of: Equities) -> PositionRow:
    shown, trade, position = line.shown, line.trade, line.position
    currency = shown.account.currency
    return PositionRow(
        trade=trade,
        symbol=shown.symbol,
        side=shown.side,
        lots=formats.lots(line.volume_lots),
        opened=formats.moment(shown.opened_at, shown.opened_text, seconds=False),
        entry=formats.price(shown.open_price),
        current=_price(formats, position.current_price if position else None, str(_NOT_REPORTED)),
        stop_loss=_price(formats, shown.stop_loss, _("There is no stop.")),
        take_profit=_price(formats, shown.take_profit, _("There is no target.")),
        commission=formats.money(line.commission, currency),
        swap=formats.plain(line.swap, currency, reason=str(_NOT_REPORTED)),
        profit="" if line.profit is None else formats.money(line.profit, currency),
        floating=formats.amount(line.floating, currency, reason=str(_NOT_REPORTED)),
        percent=_percent(
            formats, percent(line.floating, equity_of.get(shown.account_id)) if line.floating is not None else None
        ),
        realised=formats.amount(line.realised, currency) if line.realised is not None else None,
        closed_lots=formats.lots(trade.closed_volume_lots) if trade else "",
        account=shown.account.label,
        currency=currency,
        ticket=shown.ticket,
        reported=formats.moment(position.reported_at, seconds=False) if position else unknown(str(_NOT_REPORTED)),
        is_in_book=trade is not None,
        is_reported=position is not None,
    )


def _price(formats: Formats, value: Decimal | None, reason: str) -> SafeString | str:
    return unknown(reason) if value is None else formats.price(value)


def _percent(formats: Formats, value: Decimal | None) -> SafeString | str:
    return unknown(str(_NO_EQUITY)) if value is None else formats.percent(value / 100)


def _strip(totals: OpenTotals, formats: Formats, now: datetime) -> PositionStrip:
    at = totals.reported_at
    return PositionStrip(
        currency=totals.currency,
        count=totals.count,
        floating=formats.amount(totals.floating, totals.currency, unit=True),
        profit=formats.plain(totals.profit, totals.currency),
        swap=formats.plain(totals.swap, totals.currency),
        percent=_percent(formats, totals.percent),
        equity=formats.plain(totals.equity, totals.currency, reason=str(_NO_EQUITY)),
        as_of=formats.moment(at, seconds=False) if at else unknown(_("No broker has reported yet.")),
        # A younger age would be wrong as soon as it is read.
        age=ago(now - at) if at and now - at >= _OLD else "",
        unreported=totals.unreported,
    )
