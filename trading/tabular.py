"""Rows as a file of CSV, JSON or XLSX, made while they are read: memory does not grow with their number.

Amounts keep every digit, moments are RFC 3339 in UTC. A text can't become a formula: CSV puts an apostrophe before what a
spreadsheet would run, XLSX says of each cell that it is text.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, cast
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson

#: A spreadsheet takes a cell that starts with one of these for a formula and runs it.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_LINES_AT_ONCE = 500
#: A spreadsheet calculates with binary fractions of this many digits; a longer number stays a text.
_EXCEL_DIGITS = 15
_NOT_XML = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"

Row = Sequence[Any]


def written(value: Any) -> Any:
    """The value as JSON has it: amounts and moments as texts."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value


def safe(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would run.

    One that has such an apostrophe of its own gets another, so that taking the first away gives every text back.
    """
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA_STARTS) else text


def csv_chunks(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    writer = csv.writer(_Echo())
    lines = (writer.writerow([_csv_cell(value) for value in row]) for row in rows)
    yield writer.writerow(columns).encode()
    while block := "".join(islice(lines, _LINES_AT_ONCE)):
        yield block.encode()


def json_chunks(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """One array of objects, an object a line."""
    start = b"[\n"
    lines = (orjson.dumps(dict(zip(columns, map(written, row), strict=True))) for row in rows)
    while block := list(islice(lines, _LINES_AT_ONCE)):
        yield start + b",\n".join(block)
        start = b",\n"
    yield b"[]\n" if start == b"[\n" else b"\n]\n"


def line_chunks(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """An object of JSON a line."""
    lines = map(orjson.dumps, rows)
    while block := list(islice(lines, _LINES_AT_ONCE)):
        yield b"\n".join(block) + b"\n"


def xlsx_chunks(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """A workbook of one sheet, sent while its archive is written."""
    sink = _Sink()
    with ZipFile(cast(BinaryIO, sink), "w", ZIP_DEFLATED) as archive:
        for name, text in _FIXED_PARTS.items():
            archive.writestr(ZipInfo(name), text, ZIP_DEFLATED)
        with archive.open(_sheet_part(), "w", force_zip64=True) as sheet:
            sheet.write(_SHEET_HEAD.encode())
            lines = (_xlsx_row(row) for row in _chained(columns, rows))
            while block := "".join(islice(lines, _LINES_AT_ONCE)):
                sheet.write(block.encode())
                yield sink.taken()
            sheet.write(b"</sheetData></worksheet>")
    yield sink.taken()


#: By the ending of the file: what makes it, and its media type.
FORMATS: dict[str, tuple[Callable[[Sequence[str], Iterable[Row]], Iterator[bytes]], str]] = {
    "csv": (csv_chunks, "text/csv; charset=utf-8"),
    "json": (json_chunks, "application/json"),
    "xlsx": (xlsx_chunks, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


class _Echo:
    """A file that hands back what is written, for csv.writer."""

    def write(self, line: str) -> str:
        return line


class _Sink:
    """What an archive is written into; it can't be read or sought, so that each part is let go once it is taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def taken(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def _sheet_part() -> ZipInfo:
    """Without a date, so that the same rows make the same bytes."""
    part = ZipInfo("xl/worksheets/sheet1.xml")
    part.compress_type = ZIP_DEFLATED
    return part


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    return safe(value) if isinstance(value, str) else str(written(value))


def _chained(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[Row]:
    yield columns
    yield from rows


def _xlsx_row(row: Row) -> str:
    return f"<row>{''.join(map(_xlsx_cell, row))}</row>"


def _xlsx_cell(value: Any) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, Decimal) and len(value.as_tuple().digits) <= _EXCEL_DIGITS:
        return f"<c><v>{value:f}</v></c>"
    text = escape(str(written(value)).translate(_NOT_XML))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET_HEAD = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" state="frozen"/></sheetView></sheetViews><sheetData>'
)
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_FIXED_PARTS = {
    "[Content_Types].xml": (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Export" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}
