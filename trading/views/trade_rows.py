"""Rows of the trades' table, written here: as nodes of a template they would be half of the time of the page.

Every text that a broker or a trader wrote goes through `escape`; the rest is digits, signs and our own words.
"""

from collections.abc import Callable, Mapping, Sequence
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
#: Longer words may not have room in their column (`.cut` in pages.css), and show whole on hover.
_CUT = 12
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
    columns: frozenset[str]
    many_currencies: bool
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
        f"{_words(row, account, context)}</tr>"
    )


def _figures(row: Mapping[str, Any], currency: str, length: str, context: RowContext) -> str:
    formats = context.formats
    cells: dict[str, Callable[[], str]] = {
        "entry": lambda: formats.price(row["open_price"]),
        "exit": lambda: formats.price(row["close_price"]),
        "held": lambda: length,
        "gross": lambda: formats.money(row["gross_profit"], currency),
        "commission": lambda: formats.money(row["commission"], currency),
        "swap": lambda: formats.money(row["swap"], currency),
        "fee": lambda: formats.money(row["fee"], currency),
    }
    columns = context.columns
    return "".join(f'<td class="num" role="cell">{cell()}</td>' for name, cell in cells.items() if name in columns)


def _words(row: Mapping[str, Any], account: BrokerAccount, context: RowContext) -> str:
    """What stands behind the net: its bar, and words where there are several to tell apart."""
    columns, cells = context.columns, ""
    if "bar" in columns:
        drawn = bar(row["net_profit"], context.largest.get(account.currency, Decimal(0)))
        cells += f'<td class="c-sub-net" role="cell">{drawn}</td>'
    if "account" in columns:
        label = escape(account.label)
        title = f' title="{label}"' if len(account.label) > _CUT else ""
        cells += f'<td class="cut" role="cell"{title}>{label}</td>'
    if "strategy" in columns:
        cells += f'<td class="cut" role="cell">{escape(row["strategy_id"])}</td>'
    return f'{cells}<td class="marks" role="cell">{_marks(row, context)}</td>' if "marks" in columns else cells


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
    return mark_safe(f'<svg class="result-bar {direction}" aria-hidden="true"><rect x="{x}" width="{width}"/></svg>')


def short_moment(formats: Formats, at: datetime, broker_text: str, year: str, *, seconds: bool = True) -> SafeString:
    """The moment without its year when that is the present one; the broker's own wording on hover."""
    text = formats.clock(at, seconds=seconds).replace(f" {year} ", " ", 1)
    title = f' title="{escape(_("Broker: %(text)s") % {"text": broker_text})}"' if broker_text else ""
    return mark_safe(f'<time datetime="{at.isoformat()}"{title}>{text}</time>')


def held(opened_at: datetime, closed_at: datetime | None) -> str:
    return formatting.duration(closed_at - opened_at if closed_at else None) or "0 s"


def age(since: datetime, now: datetime) -> str:
    return formatting.duration(max(now - since, timedelta(0)))
