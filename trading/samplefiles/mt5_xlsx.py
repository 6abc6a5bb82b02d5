"""A MetaTrader 5 history report as XLSX, shaped like the terminal's: UTF-16 inside, and a dimension one row short.

The sheet is written row by row into the archive, so that an account of any length needs little memory.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO, Protocol
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from trading.calc.rounding import to_places
from trading.samplefiles import labels
from trading.samplefiles.account import AccountLife
from trading.samplefiles.labels import translate
from trading.samplefiles.mt5_report import Cell, Number, Report, Row, stamp
from trading.samplefiles.mt5_results import ACCOUNT, RESULTS, Figure, printed
from trading.samplefiles.snapshot import snapshot

ZERO = Decimal(0)
COLUMNS = "ABCDEFGHIJKLMNO"
ROWS_FOR_THE_GRAPH = 20
STATISTIC_DIGITS = 6
ENCODING = "utf-16-le"
BYTE_ORDER_MARK = "\ufeff"
ROWS_AT_ONCE = 500
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def write_mt5_xlsx(life: AccountLife, out: BinaryIO, *, until: datetime | None = None, language: str = "en") -> None:
    """Writes the history report of the account at `until`, with headings in `language`."""
    sheet = _Sheet(Report(snapshot(life, until)), language)
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in _FIXED_PARTS.items():
            archive.writestr(name, _encoded(text))
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            _write(part, sheet.xml())
        with archive.open("xl/sharedStrings.xml", "w") as part:
            _write(part, sheet.strings_xml())


class _Writable(Protocol):
    def write(self, data: bytes, /) -> int: ...


def _write(part: _Writable, pieces: Iterable[str]) -> None:
    part.write(BYTE_ORDER_MARK.encode(ENCODING))
    waiting: list[str] = []
    for piece in pieces:
        waiting.append(piece)
        if len(waiting) == ROWS_AT_ONCE:
            part.write("".join(waiting).encode(ENCODING))
            waiting.clear()
    part.write("".join(waiting).encode(ENCODING))


def _encoded(text: str) -> bytes:
    return (BYTE_ORDER_MARK + text).encode(ENCODING)


class _Sheet:
    """The rows of the report as XML, and the strings that they share."""

    def __init__(self, report: Report, language: str) -> None:
        self.report = report
        self.language = language
        self.strings: dict[str, int] = {}
        self.rows_written = 0

    def xml(self) -> Iterator[str]:
        yield (
            f'<?xml version="1.0"?>\n<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}">\n'
            f' <dimension ref="A1:O{self._row_count() - 1}"/>\n <sheetData>\n'
        )
        for row in self._rows():
            yield self._row_xml(row)
        yield " </sheetData>\n</worksheet>"

    def strings_xml(self) -> Iterator[str]:
        yield (
            f'<?xml version="1.0"?>\n<sst xmlns="{MAIN}" count="{len(self.strings)}" '
            f'uniqueCount="{len(self.strings)}">\n'
        )
        for text in self.strings:
            yield f" <si><t>{escape(text)}</t></si>\n"
        yield "</sst>"

    def _row_count(self) -> int:
        """The rows of `_rows`, counted before they are written: the sheet's dimension stands at its top."""
        shown, report = self.report.shown, self.report
        head, titles, total = 5, 2, 1
        rows = head + 3 * titles + len(report.closed) + len(shown.done_orders) + len(shown.deals) + total
        if report.open:
            rows += titles + len(report.open) + total
        if shown.working_orders:
            rows += titles + len(shown.working_orders)
        return rows + _ROWS_BELOW

    def _rows(self) -> Iterator[Row]:
        report, say = self.report, self._say
        profile = report.shown.profile
        yield (say("Trade History Report"),)
        yield (say("Name:"), None, None, profile.name)
        yield (say("Account:"), None, None, report.account_text)
        yield (say("Company:"), None, None, profile.company)
        yield (say("Date:"), None, None, stamp(report.shown.until)[:16])
        yield from self._section("Positions", labels.POSITIONS, report.positions())
        yield from self._section("Orders", _shifted(labels.ORDERS), map(_shifted, report.orders()))
        yield from self._section("Deals", labels.DEALS, report.deals())
        yield self._deal_totals()
        if report.open:
            heads = _shifted(labels.OPEN_POSITIONS)
            yield from self._section("Open Positions", heads, map(_shifted, report.open_positions()))
            yield self._open_totals()
        if report.shown.working_orders:
            heads = _shifted(labels.WORKING_ORDERS)
            yield from self._section("Working Orders", heads, map(_shifted, report.working_orders()))
        yield from self._account()
        yield from ((),) * ROWS_FOR_THE_GRAPH
        yield (say("Results"),)
        yield from (self._results(figures) for figures in RESULTS)

    def _section(self, title: str, heads: Row, rows: Iterable[Row]) -> Iterator[Row]:
        yield (self._say(title),)
        yield tuple(self._say(head) if isinstance(head, str) else None for head in heads)
        yield from rows

    def _deal_totals(self) -> Row:
        figures, rows = self.report.figures, self._last_rows(len(self.report.shown.deals))
        sums = [
            _sum(column, rows, figures[f"deals_total_{key}"])
            for column, key in zip("IJK", ("commission", "fee", "swap"), strict=True)
        ]
        profit, balance = figures["deals_total_profit"] or ZERO, figures["deals_total_balance"] or ZERO
        return (*(None,) * 8, *sums, self.report.money(profit), self.report.money(balance))

    def _open_totals(self) -> Row:
        """The swap's total stands one column right of the swaps, and its formula adds that empty column: as printed."""
        figures, rows = self.report.figures, self._last_rows(len(self.report.open))
        swap, profit = figures["open_total_swap"], figures["open_total_profit"]
        return (*(None,) * 10, _sum("K", rows, swap), _sum("L", rows, profit))

    def _last_rows(self, count: int) -> range:
        return range(self.rows_written - count + 1, self.rows_written + 1)

    def _account(self) -> Iterator[Row]:
        """Label in A and value in D, label in G and value in J. The margin level is a ratio here."""
        for figures in ACCOUNT:
            row: list[Cell] = [None] * 10
            for figure, (label, value) in zip(figures, ((0, 3), (6, 9)), strict=False):
                row[label] = self._say(figure.label)
                row[value] = self._number("margin_level_ratio" if figure.shape == "percent" else figure.key)
            yield row

    def _results(self, figures: Sequence[Figure | None]) -> Row:
        """Labels in A, E and I, values in D, H and L; figures in pairs are text."""
        row: list[Cell] = [None] * 12
        for place, figure in enumerate(figures):
            if figure is None:
                continue
            row[place * 4] = self._say(figure.label)
            if figure.shape in ("money", "ratio"):
                row[place * 4 + 3] = self._number(figure.key)
            elif figure.shape == "count":
                row[place * 4 + 3] = Number(self.report.figures[figure.key] or ZERO, 0)
            elif figure.shape != "heading":
                row[place * 4 + 3] = printed(figure, self.report.figures, self.report.money_digits)
        return row

    def _number(self, key: str) -> Number:
        return Number(self.report.figures.get(key) or ZERO, STATISTIC_DIGITS)

    def _say(self, words: str) -> str:
        return translate(self.language, words)

    def _row_xml(self, row: Row) -> str:
        self.rows_written += 1
        number = self.rows_written
        cells = [
            self._cell_xml(f"{column}{number}", cell)
            for column, cell in zip(COLUMNS, row, strict=False)
            if cell is not None and cell != ""
        ]
        return f'  <row r="{number}" spans="1:15">{"".join(cells)}</row>\n'

    def _cell_xml(self, place: str, cell: Cell) -> str:
        if isinstance(cell, str):
            index = self.strings.setdefault(cell, len(self.strings))
            return f'<c r="{place}" s="1" t="s"><v>{index}</v></c>'
        if isinstance(cell, Number):
            formula = f"<f>{cell.formula}</f>" if cell.formula else ""
            return f'<c r="{place}" s="2">{formula}<v>{to_places(cell.value, cell.digits):f}</v></c>'
        return f'<c r="{place}" s="3"><v>{cell}</v></c>'


def _sum(column: str, rows: range, value: Decimal | None) -> Number:
    """A total that stands in the file as a formula with its result."""
    formula = f"SUM(Sheet1!{column}{rows.start}:{column}{rows.stop - 1})"
    return Number(value or ZERO, STATISTIC_DIGITS, formula=formula)


def _shifted(row: Row) -> Row:
    """The row with the empty cell that the terminal leaves before the eleventh."""
    return (*row[:10], None, *row[10:])


#: The account block, the room for the graph, the heading of the results and the results.
_ROWS_BELOW = len(ACCOUNT) + ROWS_FOR_THE_GRAPH + 1 + len(RESULTS)

_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_FIXED_PARTS = {
    "[Content_Types].xml": (
        f'<?xml version="1.0"?>\n<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPES}.sharedStrings+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<?xml version="1.0"?>\n<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<?xml version="1.0"?>\n<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<?xml version="1.0"?>\n<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="rId3" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<?xml version="1.0"?>\n<styleSheet xmlns="{MAIN}">'
        '<fonts count="1"><font><sz val="8"/><name val="Tahoma"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/></border></borders>'
        '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        '<xf numFmtId="1" fontId="0" fillId="0" borderId="0" applyNumberFormat="1"/></cellXfs></styleSheet>'
    ),
}
