"""Rows of the trades' table, written here: as nodes of a template they would be half of the time of the page.

Every text that a broker or a trader wrote goes through `escape`; the rest is digits, signs and our own words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from html import escape
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

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
class RowContext:
    """What every row of a page is written with."""

    formats: Formats
    accounts: Mapping[Any, BrokerAccount]
    largest: Mapping[str, Decimal]
    journals: Mapping[tuple[Any, str], Journal]
    corrected: frozenset[Any]
    query: str
    has_fees: bool
    many_currencies: bool
    many_accounts: bool
    has_strategies: bool
    sides: Mapping[str, SafeString]
    has_notes: SafeString
    is_corrected: SafeString


def largest_results(totals: Sequence[TradeTotals]) -> dict[str, Decimal]:
    """The result that fills a bar, by currency: four times the average win or loss, so that one outlier leaves the rest
    of the bars readable. A larger result fills it as well."""
    return {line.currency: _full_bar(line) for line in totals}


def _full_bar(line: TradeTotals) -> Decimal:
    usual = 4 * max(line.average_win or Decimal(0), -(line.average_loss or Decimal(0)))
    return min(usual, max(abs(line.best), abs(line.worst)))


def trade_rows(rows: Sequence[Mapping[str, Any]], context: RowContext) -> SafeString:
    """The lines of the table, ready to be shown; "" when there are none."""
    address = escape(reverse("trade_detail", args=[_NO_UUID]) + context.query)
    year = str(timezone.now().astimezone(context.formats.zone).year)
    return mark_safe("\n".join(_row(row, context, address.replace(_NO_UUID, str(row["id"])), year) for row in rows))


def _row(row: Mapping[str, Any], context: RowContext, url: str, year: str) -> str:
    formats, account = context.formats, context.accounts[row["account_id"]]
    currency, net, length = account.currency, row["net_profit"], held(row["opened_at"], row["closed_at"])
    closed = short_moment(formats, row["closed_at"], row["closed_text"], year)
    unit = f' <span class="unit">{escape(currency)}</span>' if context.many_currencies else ""
    return (
        '<tr class="is-link" role="row">'
        f'<td class="c-sub" role="cell">{closed}<span class="phone-only">, {length}</span></td>'
        f'<td class="c-lead" role="cell"><a class="row-link" href="{url}">{escape(row["symbol"])}</a></td>'
        f'<td class="c-head" role="cell">{context.sides[row["side"]]}</td>'
        f'<td class="num c-head" role="cell">{formats.lots(row["volume_lots"])}</td>'
        f"{_figures(row, currency, length, context)}"
        f'<td class="num c-net" role="cell">{formats.amount(net, currency)}{unit}</td>'
        f'<td class="c-sub-net k-bar" role="cell">{bar(net, context.largest.get(currency, Decimal(0)))}</td>'
        f"{_words(row, account, context)}"
        f'<td class="marks k-marks" role="cell">{_marks(row, context)}</td></tr>'
    )


def _figures(row: Mapping[str, Any], currency: str, length: str, context: RowContext) -> str:
    formats = context.formats
    cells = {
        "entry": formats.price(row["open_price"]),
        "exit": formats.price(row["close_price"]),
        "held": length,
        "gross": formats.money(row["gross_profit"], currency),
        "commission": formats.money(row["commission"], currency),
        "swap": formats.money(row["swap"], currency),
    }
    if context.has_fees:
        cells["fee"] = formats.money(row["fee"], currency)
    return "".join(f'<td class="num k-{name}" role="cell">{cell}</td>' for name, cell in cells.items())


def _words(row: Mapping[str, Any], account: BrokerAccount, context: RowContext) -> str:
    """The account and the strategy, where there are several to tell apart."""
    label = escape(account.label)
    cells = f'<td class="cut k-account" role="cell" title="{label}">{label}</td>' if context.many_accounts else ""
    if context.has_strategies:
        cells += f'<td class="cut k-strategy" role="cell">{escape(row["strategy_id"])}</td>'
    return cells


def _marks(row: Mapping[str, Any], context: RowContext) -> str:
    journal = context.journals.get((row["account_id"], row["ticket"]), _NO_JOURNAL)
    marks = "".join(f'<span class="tag">{escape(tag)}</span>' for tag in journal.tags)
    marks += context.has_notes if journal.has_notes else ""
    return marks + context.is_corrected if row["id"] in context.corrected else marks


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
    title = _("Broker: %(text)s") % {"text": broker_text} if broker_text else ""
    return mark_safe(f'<time datetime="{at.isoformat()}" title="{escape(title)}">{text}</time>')


def held(opened_at: datetime, closed_at: datetime | None) -> str:
    return formatting.duration(closed_at - opened_at if closed_at else None) or "0 s"


def age(since: datetime, now: datetime) -> str:
    return formatting.duration(max(now - since, timedelta(0)))
