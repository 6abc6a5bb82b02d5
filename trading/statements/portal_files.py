"""Opens what TradePortal exports: CSV, JSON and XLSX of one list, and the lines of a whole account. One record per row."""

import csv
import io
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, BinaryIO

import orjson

from trading.errors import StatementRefused
from trading.statements.limits import Limits
from trading.statements.rows import Progress
from trading.statements.tables import Row

#: What begins the first line of a whole account.
ACCOUNT_START = '{"tradeportal":'
#: A list of JSON that another program has laid out anew is parsed as a whole, up to this many bytes.
_WHOLE_BYTES = 16 * 1024 * 1024
_PROGRESS_LINES = 5_000
#: Written before a text that a spreadsheet would run: see trading.tabular.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_DAMAGED = "Line {line} of this file is no row of an export. Export it again and upload the file as it is."


@dataclass(frozen=True, slots=True)
class Record:
    """One row of an export: `values` by the heading of its column. A cell that is empty is None."""

    line: int
    values: Mapping[str, Any]

    def verbatim(self) -> Row:
        """The row as a problem shows it."""
        return Row(self.line, ["" if value is None else str(value) for value in self.values.values()])


Records = Generator[Record, None, None]


def csv_records(stream: BinaryIO, encoding: str, skip: int, size: int, limits: Limits, progress: Progress) -> Records:
    """The rows of a list in CSV, separated as a spreadsheet may have saved it."""
    stream.seek(skip)
    text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
    try:
        head = text.readline(limits.row_chars)
        separator = max(",;\t", key=head.count)
        reader = csv.reader(chain([head], _bounded(text, limits)), delimiter=separator, strict=True)
        headings = next(reader)
        for number, cells in enumerate(reader, start=1):
            if cells:
                yield Record(reader.line_num, _named(headings, [_unescaped(cell) for cell in cells], reader.line_num))
            if number % _PROGRESS_LINES == 0:
                progress(min(stream.tell(), size), size)
    except csv.Error as error:
        raise StatementRefused(
            f"This file stops making sense as CSV ({error}). Export it again and upload the file as it is.",
            code="damaged",
        ) from None
    finally:
        text.detach()  # the caller closes the stream
    progress(size, size)


def json_records(stream: BinaryIO, encoding: str, skip: int, size: int, limits: Limits, progress: Progress) -> Records:
    """The objects of a list in JSON, an object a line; any other layout is read as a whole."""
    stream.seek(skip)
    text = io.TextIOWrapper(stream, encoding, errors="replace")
    try:
        lines: Iterator[tuple[int, str]] = enumerate(_bounded(text, limits), start=1)
        begun = "".join(line for _, line in islice(lines, 2))
        if not _is_an_object_a_line(begun):
            yield from _whole_list(begun + text.read(_WHOLE_BYTES + 1))
            return
        _, first = begun.split("\n", 1)
        lines = chain([(2, first)], lines)
        closed = False
        for number, line in lines:
            body = line.strip()
            if body == "]":
                closed = True
            elif body:
                yield Record(number, _object(body.removesuffix(","), number))
            if number % _PROGRESS_LINES == 0:
                progress(min(stream.tell(), size), size)
        if not closed:
            raise StatementRefused(
                "This export is cut short: its last line is missing. Export it again.", code="truncated"
            )
    finally:
        text.detach()
    progress(size, size)


def account_records(stream: BinaryIO, size: int, limits: Limits, progress: Progress) -> Records:
    """The lines of a whole account: its head, its rows and its end."""
    stream.seek(0)
    text = io.TextIOWrapper(stream, "utf-8", errors="replace")
    try:
        for number, line in enumerate(_bounded(text, limits), start=1):
            if line.strip():
                yield Record(number, _object(line, number))
            if number % _PROGRESS_LINES == 0:
                progress(min(stream.tell(), size), size)
    finally:
        text.detach()
    progress(size, size)


def sheet_records(rows: Iterable[Row]) -> Records:
    """The rows of a workbook's sheet; the first names the columns."""
    walk = iter(rows)
    headings = next(walk).texts
    for row in walk:
        if any(row.texts):
            yield Record(row.line, _named(headings, row.texts, row.line))


def _named(headings: Sequence[str], cells: Sequence[str], line: int) -> dict[str, str | None]:
    if len(cells) > len(headings) and any(cells[len(headings) :]):
        raise StatementRefused(_DAMAGED.format(line=line), code="damaged")
    return {heading: (cells[at] or None) if at < len(cells) else None for at, heading in enumerate(headings)}


def _is_an_object_a_line(begun: str) -> bool:
    head, _, first = begun.partition("\n")
    try:
        return head.strip() == "[" and isinstance(orjson.loads(first.strip().removesuffix(",")), dict)
    except orjson.JSONDecodeError:
        return False


def _object(text: str, line: int) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise StatementRefused(_DAMAGED.format(line=line), code="damaged")
    return found


def _whole_list(text: str) -> Records:
    if len(text) > _WHOLE_BYTES:
        raise StatementRefused(
            "This list was laid out anew by another program and is too long for that. Upload the export as it was saved.",
            code="too_large",
        )
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise StatementRefused(_DAMAGED.format(line=1), code="damaged") from None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise StatementRefused(_DAMAGED.format(line=1), code="damaged")
    for number, item in enumerate(found, start=1):
        yield Record(number, item)


def _bounded(text: io.TextIOWrapper, limits: Limits) -> Iterator[str]:
    """The lines of a file, none longer than a row may be, and no more than a file may have."""
    for number, line in enumerate(iter(lambda: text.readline(limits.row_chars), "")):
        if number >= limits.rows or len(line) >= limits.row_chars:
            raise StatementRefused("This export is longer than any account. Export a shorter period.", code="too_large")
        yield line


def _unescaped(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA_STARTS) else cell
