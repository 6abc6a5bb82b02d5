"""Rows of trades as texts: formatted here once, because a template tag per value is what makes pages slow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.models import BrokerAccount
from trading import formatting
from trading.formatting import Formats
from trading.queries.trades import Journal, TradeTotals

#: Half of the width of the bar beside a result, in the units of its picture.
_HALF_BAR = 32
_NO_JOURNAL = Journal()
_NO_BAR = mark_safe("")
_NO_UUID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class TradeRow:
    """One line of the table. Every value is ready to be shown.

    `figures` holds the cells from the entry to the last cost: as nodes of the template they would be half of its time.
    """

    url: str
    closed: SafeString
    symbol: str
    side: SafeString
    lots: str
    held: str
    figures: SafeString
    net: SafeString
    bar: SafeString
    strategy: str
    tags: tuple[str, ...]
    has_notes: bool
    is_corrected: bool
    account: str
    currency: str


@dataclass(frozen=True, slots=True)
class RowContext:
    """What every row of a page is written with."""

    formats: Formats
    accounts: Mapping[Any, BrokerAccount]
    largest: Mapping[str, Decimal]
    journals: Mapping[tuple[Any, str], Journal]
    corrected: frozenset[Any]
    query: str
    has_fees: bool
    sides: Mapping[str, SafeString]


def largest_results(totals: Sequence[TradeTotals]) -> dict[str, Decimal]:
    """The result that fills a bar, by currency: four times the average win or loss, so that one outlier leaves the rest
    of the bars readable. A larger result fills it as well."""
    return {line.currency: _full_bar(line) for line in totals}


def _full_bar(line: TradeTotals) -> Decimal:
    usual = 4 * max(line.average_win or Decimal(0), -(line.average_loss or Decimal(0)))
    return min(usual, max(abs(line.best), abs(line.worst)))


def trade_rows(rows: Sequence[Mapping[str, Any]], context: RowContext) -> list[TradeRow]:
    address = reverse("trade_detail", args=[_NO_UUID]) + context.query
    year = str(timezone.now().astimezone(context.formats.zone).year)
    return [_row(row, context, address.replace(_NO_UUID, str(row["id"])), year) for row in rows]


def _row(row: Mapping[str, Any], context: RowContext, url: str, year: str) -> TradeRow:
    formats, account = context.formats, context.accounts[row["account_id"]]
    currency, net = account.currency, row["net_profit"]
    journal = context.journals.get((row["account_id"], row["ticket"]), _NO_JOURNAL)
    return TradeRow(
        url=url,
        closed=short_moment(formats, row["closed_at"], row["closed_text"], year),
        symbol=row["symbol"],
        side=context.sides[row["side"]],
        lots=formats.lots(row["volume_lots"]),
        held=held(row["opened_at"], row["closed_at"]),
        figures=_figures(row, currency, context),
        net=formats.amount(net, currency),
        bar=bar(net, context.largest.get(currency, Decimal(0))),
        strategy=row["strategy_id"],
        tags=journal.tags,
        has_notes=journal.has_notes,
        is_corrected=row["id"] in context.corrected,
        account=account.label,
        currency=currency,
    )


def _figures(row: Mapping[str, Any], currency: str, context: RowContext) -> SafeString:
    formats = context.formats
    cells = {
        "entry": formats.price(row["open_price"]),
        "exit": formats.price(row["close_price"]),
        "held": held(row["opened_at"], row["closed_at"]),
        "gross": formats.money(row["gross_profit"], currency),
        "commission": formats.money(row["commission"], currency),
        "swap": formats.money(row["swap"], currency),
    }
    if context.has_fees:
        cells["fee"] = formats.money(row["fee"], currency)
    # Digits, signs, separators and units of time: there is nothing to escape.
    return mark_safe("".join(f'<td class="num k-{name}" role="cell">{cell}</td>' for name, cell in cells.items()))


def bar(net: Decimal, largest: Decimal) -> SafeString:
    """A result drawn from the middle, beside the one that fills a bar; nothing for zero. At least a unit wide."""
    if not net or not largest:
        return _NO_BAR
    width = max(1, round(min(abs(net) / largest, Decimal(1)) * _HALF_BAR))
    direction, x = ("profit", _HALF_BAR) if net > 0 else ("loss", _HALF_BAR - width)
    return mark_safe(
        f'<svg class="result-bar {direction}" viewBox="0 0 64 6" width="64" height="6" aria-hidden="true">'
        f'<rect x="{x}" width="{width}" height="6" rx="1"/></svg>'
    )


def short_moment(formats: Formats, at: datetime, broker_text: str, year: str, *, seconds: bool = True) -> SafeString:
    """The moment without its year when that is the present one; the broker's own wording on hover."""
    text = formats.clock(at, seconds=seconds).replace(f" {year} ", " ", 1)
    title = f"Broker: {broker_text}" if broker_text else ""
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), title, text)


def held(opened_at: datetime, closed_at: datetime | None) -> str:
    return formatting.duration(closed_at - opened_at if closed_at else None) or "0 s"


def age(since: datetime, now: datetime) -> str:
    return formatting.duration(max(now - since, timedelta(0)))
