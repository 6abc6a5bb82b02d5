"""The parts of a shared record, made of what its link shows: nothing else gets as far as the template."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trading import formatting
from trading.calc.percent_days import START
from trading.calc.rounding import to_places
from trading.calc.thinning import LinePoint
from trading.formatting import Formats
from trading.models import SharedRecord
from trading.queries.shared_records import Record, SharedTrade
from trading.queries.trades import TradeTotals
from trading.templatetags.portal import side

_WIDTH, _HEIGHT, _MARGIN = 1000, 280, 6


class Cell(NamedTuple):
    css: str
    content: Any


@dataclass(frozen=True, slots=True)
class Table:
    """Shape: every row has as many cells as there are heads, in the same order."""

    heads: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Chart:
    """`path` is drawn in units of `width` by `height`; `base` is the height of the line at 100, None outside. The words say the same."""

    path: str
    base: str | None
    first: str
    last: str
    lowest: str
    highest: str
    latest: str
    width: int = _WIDTH
    height: int = _HEIGHT


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: Any
    hint: str = ""


@dataclass(frozen=True, slots=True)
class _Column:
    css: str
    label: str
    write: Callable[[SharedTrade], Any]


@dataclass(slots=True)
class _Anybody:
    """A reader has no settings: numbers are written as in the language of the page, times in UTC."""

    number_format: str
    time_zone: str = "UTC"


def reader() -> Formats:
    return Formats.of(_Anybody(get_language() or "en"))


def figures(link: SharedRecord, record: Record, totals: TradeTotals) -> list[Figure]:
    """The strip at the head: ratios for every reader, money for those who may see amounts."""
    currency, factor = link.account.currency, totals.profit_factor
    shown = [
        Figure(_("Return"), _signed_percent(record.return_ratio), _("time-weighted")),
        Figure(_("Deepest drawdown"), _percent(record.drawdown_ratio), _("of the index")),
        Figure(_("Trades"), reader().number(totals.count), _("closed")),
        Figure(_("Won"), _percent(totals.win_ratio), _("of all trades")),
        Figure(_("Profit factor"), reader().number(factor, 2) if factor is not None else _("no losses")),
    ]
    if not link.hides_amounts:
        no_balance = _("No statement tells the balance before the first trade.")
        balance = reader().plain(record.balance, currency, reason=no_balance)
        shown.append(Figure(_("Net profit"), reader().amount(totals.net_profit, currency), currency))
        shown.append(
            Figure(_("Expected payoff"), reader().amount(totals.expected_payoff, currency), _("net for each trade"))
        )
        shown.append(Figure(_("Balance"), balance, currency))
    return shown


def month_table(link: SharedRecord, record: Record) -> Table:
    """The last month first."""
    currency = link.account.currency
    heads = [Cell("", _("Month")), Cell("num", _("Trades")), Cell("num", _("Won"))]
    rows = []
    for month in reversed(record.months):
        won = _percent(Decimal(month.wins) / month.trades, 0) if month.trades else ""
        trades = reader().number(month.trades)
        row = [Cell("c-lead", f"{month.month:%Y-%m}"), Cell("num", trades), Cell("num", won)]
        if not link.hides_amounts:
            row.append(Cell("num c-sub-net", reader().amount(month.net, currency)))
        row.append(Cell("num c-net", _signed_percent(month.return_ratio)))
        row.append(
            Cell("num c-sub", _for_phones(_("%(n)s trades, drawdown") % {"n": trades}, _percent(month.drawdown_ratio)))
        )
        rows.append(row)
    if not link.hides_amounts:
        heads.append(Cell("num", _net(currency)))
    heads += [Cell("num", _("Return")), Cell("num", _("Deepest drawdown"))]
    return Table(heads, rows)


def trade_table(link: SharedRecord, trades: Sequence[SharedTrade], numbers: Mapping[str, int]) -> Table:
    """The columns that the link shows; those that it hides are not there at all."""
    columns = _columns(link, numbers)
    heads = [Cell("num" if "num" in column.css else "", column.label) for column in columns]
    return Table(heads, [[Cell(column.css, column.write(trade)) for column in columns] for trade in trades])


def _columns(link: SharedRecord, numbers: Mapping[str, int]) -> list[_Column]:
    currency = link.account.currency
    columns = [_Column("", _("No."), lambda trade: reader().number(trade.number))]
    columns += _named(link, numbers)
    columns.append(_Column("c-head", _("Side"), lambda trade: side(trade.side)))
    if not link.hides_size:
        columns.append(_Column("num", _("Lots"), lambda trade: reader().lots(trade.volume_lots)))
    if not link.hides_prices:
        columns.append(_Column("num", _("Entry"), lambda trade: reader().price(trade.open_price)))
        columns.append(_Column("num", _("Exit"), lambda trade: reader().price(trade.close_price)))
    columns.append(_Column("num", _("Held"), lambda trade: formatting.duration(trade.closed_at - trade.opened_at)))
    if not link.hides_amounts:
        write = lambda trade: reader().amount(trade.net_profit, currency)  # noqa: E731 -- a cell, as those around it
        columns.append(_Column("num c-sub-net", _net(currency), write))
    columns.append(_Column("num c-net", _("Result"), lambda trade: _signed_percent(trade.ratio)))
    return columns


def _named(link: SharedRecord, numbers: Mapping[str, int]) -> list[_Column]:
    """When a trade was closed and what was traded. The time of day would tell a symbol, as its price would."""
    if link.hides_symbols:
        return [
            _Column("c-sub", _("Closed"), lambda trade: reader().day(trade.closed_at)),
            _Column("c-lead", _("Symbol"), lambda trade: _("Symbol %(n)s") % {"n": numbers.get(trade.symbol, "?")}),
        ]
    return [
        _Column("c-sub", _("Closed"), lambda trade: reader().moment(trade.closed_at)),
        _Column("c-lead", _("Symbol"), lambda trade: trade.symbol),
    ]


def chart(link: SharedRecord, record: Record) -> Chart | None:
    """The balance where amounts are shown, else the index; None where there is no line to draw."""
    points = record.points if link.hides_amounts else record.balances
    if len(points) < 2:
        return None
    values = [point.value for point in points]
    low, high = min(values), max(values)

    def write(value: Decimal) -> str:
        return reader().number(value, 2) if link.hides_amounts else reader().money(value, link.account.currency)

    return Chart(
        path=_path(points, low, high),
        base=_height(START, low, high) if link.hides_amounts and low <= START <= high else None,
        first=reader().day(points[0].at),
        last=reader().day(points[-1].at),
        lowest=write(low),
        highest=write(high),
        latest=write(values[-1]),
    )


def _path(points: Sequence[LinePoint], low: Decimal, high: Decimal) -> str:
    """Binary fractions draw; the figures beside the picture are exact."""
    start = points[0].at.timestamp()
    span = points[-1].at.timestamp() - start
    places = (
        f"{(point.at.timestamp() - start) / span * _WIDTH:.1f} {_height(point.value, low, high)}" for point in points
    )
    return "M" + " L".join(places)


def _height(value: Decimal, low: Decimal, high: Decimal) -> str:
    """How far below the upper edge the value lies."""
    share = float((value - low) / (high - low)) if high > low else 0.5
    return f"{_MARGIN + (1 - share) * (_HEIGHT - 2 * _MARGIN):.1f}"


def _net(currency: str) -> str:
    return _("Net, %(currency)s") % {"currency": currency}


def _percent(ratio: Decimal | None, places: int = 2) -> str:
    return _unknown() if ratio is None else reader().percent(ratio, places)


def _signed_percent(ratio: Decimal | None) -> SafeString:
    """In its colour and with its sign, as money is."""
    if ratio is None:
        return _unknown()
    rounded = to_places(ratio * 100, 2)
    plus = "+" if rounded > 0 else ""
    # A sign and digits only, so that there is nothing to escape.
    return mark_safe(
        f'<span class="amt {formatting.direction(rounded)}">{plus}{reader().number(rounded, 2)}\N{NO-BREAK SPACE}%</span>'
    )


def _for_phones(words: str, content: str) -> SafeString:
    """The content, led by words where the screen is narrow and no heading stands above."""
    return format_html('<span class="phone-word">{} </span>{}', words, content)


def _unknown() -> SafeString:
    return formatting.unknown(_("The balance that it would be a share of is not known."))
