"""A MetaTrader 5 history report as HTML, as the terminal writes it: UTF-16LE with byte order mark, CRLF, one table."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import BinaryIO

from trading.calc.rounding import to_places
from trading.samplefiles import labels
from trading.samplefiles.account import AccountLife
from trading.samplefiles.labels import translate
from trading.samplefiles.mt5_report import Cell, Number, Report, Row, stamp
from trading.samplefiles.mt5_results import ACCOUNT, RESULTS, Figure, printed, spaced
from trading.samplefiles.snapshot import snapshot

ZERO = Decimal(0)
ENCODING = "utf-16-le"
COLORS = ("#FFFFFF", "#F7F7F7")
GAP = '<tr><td nowrap style="height: 10px"></td></tr>'
COMMENT_PLACE, COST_PLACE = 4, 8


def write_mt5_html(life: AccountLife, out: BinaryIO, *, until: datetime | None = None, language: str = "en") -> None:
    """Writes the history report of the account at `until`, with headings in `language`."""
    report = Report(snapshot(life, until))
    out.write("\ufeff".encode(ENCODING))
    out.writelines(f"{line}\r\n".encode(ENCODING) for line in _Page(report, language).lines())


class _Page:
    """Writes one report line by line."""

    def __init__(self, report: Report, language: str) -> None:
        self.report = report
        self.language = language

    def lines(self) -> Iterator[str]:
        report = self.report
        yield from self._head()
        yield from self._section("Positions", labels.POSITIONS, map(self._position, report.positions()))
        yield from self._section("Orders", labels.ORDERS, map(_order, report.orders()))
        yield from self._section("Deals", labels.DEALS, map(_deal, report.deals()), hidden=COST_PLACE)
        yield self._deal_totals()
        if report.open:
            rows = (_cells(row, wide={11: 3}) for row in report.open_positions())
            yield from self._section("Open Positions", labels.OPEN_POSITIONS, rows)
            yield self._open_totals()
        if report.shown.working_orders:
            yield from self._section("Working Orders", labels.WORKING_ORDERS, map(_order, report.working_orders()))
        yield from self._account()
        yield from self._results()
        yield "</table></div></body></html>"

    def _head(self) -> Iterator[str]:
        profile, say = self.report.shown.profile, self._say
        title = say("Trade History Report")
        yield '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd">'
        yield f"<html><head><title>{profile.number}: {escape(profile.name)} - {title}</title>"
        yield '<meta name="generator" content="client terminal">'
        yield '<style type="text/css">.hidden { display: none; }</style></head>'
        yield '<body><div align="center"><table cellspacing="1" cellpadding="3" border="0">'
        yield f'<tr align="center"><td colspan="14"><div style="font: 14pt Tahoma"><b>{title}</b><br></div></td></tr>'
        account = escape(self.report.account_text).replace(", ", ",&nbsp;").replace(" (", "&nbsp;(")
        until = stamp(self.report.shown.until)[:16]
        for label, value in (
            ("Name:", escape(profile.name)),
            ("Account:", account),
            ("Company:", escape(profile.company)),
            ("Date:", until),
        ):
            yield (
                f'<tr align="left"><th colspan="4" nowrap align="right">{say(label)}</th>'
                f'<th colspan="10" nowrap align="left"><b>{value}</b></th></tr>'
            )

    def _section(
        self, title: str, heads: Sequence[str], rows: Iterable[str], *, hidden: int | None = None
    ) -> Iterator[str]:
        yield GAP
        yield (
            f'<tr align="center"><th colspan="14" style="height: 25px"><div style="font: 10pt Tahoma">'
            f"<b>{self._say(title)}</b></div></th></tr>"
        )
        cells = [f"<td nowrap><b>{self._say(head)}</b></td>" for head in heads]
        if hidden is not None:
            cells.insert(hidden, '<td nowrap class="hidden"><b></b></td>')
        yield f'<tr align="center" bgcolor="#E5F0FC">{"".join(cells)}</tr>'
        for index, row in enumerate(rows):
            yield f'<tr bgcolor="{COLORS[index % 2]}" align="right">{row}</tr>'

    def _position(self, row: Row) -> str:
        """The terminal hides the comment of a position between its type and its volume."""
        hidden = '<td class="hidden" colspan="8"></td>'
        return _cells(row[:COMMENT_PLACE]) + hidden + _cells(row[COMMENT_PLACE:], wide={8: 2})

    def _deal_totals(self) -> str:
        keys = ("commission", "fee", "swap", "profit", "balance")
        cells = "".join(f"<td nowrap><b>{self._money(f'deals_total_{key}')}</b></td>" for key in keys)
        return f'<tr align="right"><td nowrap colspan="8"></td>{cells}<td nowrap></td></tr>'

    def _open_totals(self) -> str:
        keys = ("swap", "profit")
        cells = "".join(f"<td nowrap><b>{self._money(f'open_total_{key}')}</b></td>" for key in keys)
        return f'<tr align="right"><td colspan="9"></td>{cells}<td></td></tr>'

    def _money(self, key: str) -> str:
        return spaced(self.report.figures[key] or ZERO, self.report.money_digits)

    def _account(self) -> Iterator[str]:
        yield GAP
        for figures in ACCOUNT:
            cells = [
                f'<td colspan="3">{self._say(figure.label)}</td><td colspan="2"><b>{self._value(figure)}</b></td>'
                for figure in figures
            ]
            yield f'<tr align="right">{"<td></td>".join(cells)}</tr>'

    def _results(self) -> Iterator[str]:
        yield GAP
        yield (
            '<tr><td colspan="13" align="center"><div style="font: 10pt Tahoma">'
            f"<b>{self._say('Results')}</b></div></td></tr>"
        )
        for figures in RESULTS:
            cells = "".join(self._result(figure) for figure in figures)
            yield f'<tr align="right">{cells}</tr>'

    def _result(self, figure: Figure | None) -> str:
        if figure is None:
            return '<td nowrap colspan="4"></td>'
        label = f'<td nowrap colspan="3">{self._say(figure.label)}</td>'
        return label if figure.shape == "heading" else f"{label}<td nowrap><b>{self._value(figure)}</b></td>"

    def _value(self, figure: Figure) -> str:
        return printed(figure, self.report.figures, self.report.money_digits)

    def _say(self, words: str) -> str:
        return translate(self.language, words)


def _order(row: Row) -> str:
    return _cells(row, wide={9: 2, 10: 3})


def _deal(row: Row) -> str:
    """A deal has a hidden cell for its cost before the commission."""
    return _cells(row[:COST_PLACE]) + '<td nowrap class="hidden"></td>' + _cells(row[COST_PLACE:])


def _cells(row: Row, wide: dict[int, int] | None = None) -> str:
    spans = {place: f' colspan="{span}"' for place, span in (wide or {}).items()}
    return "".join(f"<td{spans.get(place, '')}>{_text(cell)}</td>" for place, cell in enumerate(row))


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Number):
        return spaced(cell.value, cell.digits) if cell.grouped else f"{to_places(cell.value, cell.digits):f}"
    return escape(str(cell))
