"""Streams the rows of a workbook, sheet after sheet.

Why lxml and not openpyxl: the terminal writes its XML parts in UTF-16 with a `<dimension>` that is one row short, which
openpyxl's streaming mode takes for the end; openpyxl returns floats where the exact text of a cell is wanted; and a
formula's stored result needs a second pass there. Walking `<row>` elements keeps memory constant and the text exact.
Entities, external or internal, are never resolved, and a document type is refused outright: no workbook has one.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from trading.errors import StatementRefused
from trading.statements.archive import Archive, Member
from trading.statements.limits import Limits
from trading.statements.rows import Progress
from trading.statements.tables import Row
from trading.statements.values import shortest_decimal, tidy
from trading.statements.xlsx_dates import as_time, date_styles

_MAX_COLUMNS = 200
_NAMESPACES = (
    "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}",
    "{http://purl.oclc.org/ooxml/spreadsheetml/main}",  # "Strict Open XML" of Excel
    "",
)
_VALUE, _FORMULA, _INLINE, _TEXT = ({space + name for space in _NAMESPACES} for name in ("v", "f", "is", "t"))
_RELATIONSHIPS = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}id",
)
_NUMERIC = (None, "n")
_LETTERS = re.compile(r"[A-Z]{1,3}")
_DAMAGED = "This workbook is cut short or damaged. Download the statement again."
_HEAD = 4096
_STYLES = "xl/styles.xml"
_PROGRESS_ROWS = 2_000


class Workbook:
    """One workbook; `keeps_spaces` hands out texts as they are. Errors: StatementRefused for anything that is not one."""

    def __init__(
        self, archive: Archive, limits: Limits, progress: Progress | None = None, *, keeps_spaces: bool = False
    ) -> None:
        if "xl/workbook.xml" not in archive.names:
            raise StatementRefused(
                "This is a ZIP archive without a workbook in it. Unpack it and upload the statement itself.",
                code="not_a_statement",
            )
        self._archive, self._limits, self._progress = archive, limits, progress
        self._clean: Callable[[str], str] = str if keeps_spaces else tidy
        self._columns: dict[str, int] = {}
        self._strings = _shared_strings(archive, limits, self._clean) if "xl/sharedStrings.xml" in archive.names else []

        self._date_styles = (
            date_styles(_tree(archive, _STYLES, limits)) if _STYLES in archive.names else frozenset[str]()
        )
        self._is_1904 = False

    def rows(self) -> Iterator[Row]:
        sheets = self._sheets()
        total = sum(self._archive.stated_size(part) for _, part in sheets)
        before = self._archive.inflated
        for name, part in sheets:
            for row in self._rows_of(part, name):
                yield row
                if self._progress and row.line % _PROGRESS_ROWS == 0:
                    self._progress(min(self._archive.inflated - before, total), total)
        if self._progress:
            self._progress(total, total)

    def _sheets(self) -> list[tuple[str, str]]:
        targets = {
            relation.get("Id"): relation.get("Target", "")
            for relation in _tree(self._archive, "xl/_rels/workbook.xml.rels", self._limits)
        }
        sheets = []
        workbook = _tree(self._archive, "xl/workbook.xml", self._limits)
        self._is_1904 = any(found.get("date1904") in ("1", "true") for found in workbook.iter("{*}workbookPr"))
        for element in workbook.iter("{*}sheet"):
            named = next((element.get(name) for name in _RELATIONSHIPS if element.get(name)), None)
            target = targets.get(named) or ""
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if part in self._archive.names:
                sheets.append((element.get("name") or "", part))
        if len(sheets) > self._limits.sheets:
            raise StatementRefused("This workbook has more sheets than any broker's report.", code="too_large")
        return sheets

    def _rows_of(self, part: str, sheet: str) -> Iterator[Row]:
        number = 0
        for element in _elements(self._archive, part, "row", self._limits):
            stated = element.get("r")
            number = int(stated) if stated and stated.isdecimal() and len(stated) < 9 else number + 1
            yield self._row(element, number, sheet)

    def _row(self, element: Any, number: int, sheet: str) -> Row:
        """The cells of a row. A long report has three million of them, so each is asked once for what it says."""
        row = Row(number, [], sheet=sheet)
        texts, columns = row.texts, self._columns
        for position, cell in enumerate(element):
            if not len(cell):
                continue
            letters = cell.get("r", "").rstrip("0123456789")
            column = columns[letters] if letters in columns else self._column(letters)
            kind = cell.get("t")
            value, formula = (cell[0].text or "", "") if kind == "s" and len(cell) == 1 else _content(cell, self._clean)
            if column < 0:  # a cell without a reference stands where it is
                column = position
            if column >= _MAX_COLUMNS or not (value or formula):
                continue
            text = self._shared(value) if kind == "s" else self._text(cell, kind, value)
            texts.extend([""] * (column + 1 - len(texts)))
            texts[column] = text
            if formula:
                row.formulas = {**row.formulas, column: formula}
            if text != value and kind in _NUMERIC:
                row.raw = {**row.raw, column: value}
        return row

    def _column(self, letters: str) -> int:
        found = self._columns[letters] = _column_of(letters)
        return found

    def _text(self, cell: Any, kind: str | None, value: str) -> str:
        if kind not in _NUMERIC:
            return self._clean(value)
        text = shortest_decimal(value)
        is_date = self._date_styles and cell.get("s") in self._date_styles
        return as_time(text, is_1904=self._is_1904) if is_date else text

    def _shared(self, index: str) -> str:
        try:
            return self._strings[int(index)]
        except (ValueError, IndexError):
            raise StatementRefused(_DAMAGED, code="damaged") from None


def _content(cell: Any, clean: Callable[[str], str]) -> tuple[str, str]:
    """The stored value of a cell and its formula."""
    child = cell[0]
    if child.tag in _VALUE:
        return child.text or "", ""
    value, formula = "", ""
    for child in cell:
        if child.tag in _VALUE:
            value = child.text or ""
        elif child.tag in _FORMULA:
            formula = child.text or "="
        elif child.tag in _INLINE:
            value = _string(child, clean)
    return value, formula


def _shared_strings(archive: Archive, limits: Limits, clean: Callable[[str], str]) -> list[str]:
    strings: list[str] = []
    chars = 0
    for element in _elements(archive, "xl/sharedStrings.xml", "si", limits):
        strings.append(_string(element, clean))
        chars += len(strings[-1])
        if len(strings) > limits.shared_strings or chars > limits.shared_chars:
            raise StatementRefused("This workbook holds more texts than any broker's report.", code="too_large")
    return strings


def _string(element: Any, clean: Callable[[str], str]) -> str:
    """A string's text without its phonetic hints."""
    if len(element) == 1 and element[0].tag in _TEXT:
        return clean(element[0].text or "")
    parts = [
        text.text or ""
        for text in element.iter("{*}t")
        if "rPh" not in {up.tag.rpartition("}")[2] for up in text.iterancestors()}
    ]
    return clean("".join(parts))


def _column_of(letters: str) -> int:
    """A -> 0, AA -> 26; -1 for anything else."""
    if not _LETTERS.fullmatch(letters):
        return -1
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _elements(archive: Archive, part: str, name: str, limits: Limits) -> Iterator[Any]:
    """Yields each element of that name once it is whole, and frees it afterwards.

    What lies between two of them stays in memory, so there may not be much of it. It ends with the rows: what follows
    them, such as merged cells, is no element that anybody asks for, and may be long.
    """
    stream = _refusing_document_types(archive.open(part), limits.element_bytes)
    tags = (f"{{*}}{name}", "{*}sheetData")
    try:
        for _, element in etree.iterparse(
            stream, events=("end",), tag=tags, resolve_entities=False, no_network=True, remove_comments=True
        ):
            if etree.QName(element).localname != name:
                return
            stream.start_over()
            yield element
            element.clear()
            while (previous := element.getprevious()) is not None:
                element.getparent().remove(previous)
    except etree.XMLSyntaxError as error:
        raise StatementRefused(_DAMAGED, code="damaged") from error


def _tree(archive: Archive, part: str, limits: Limits) -> Any:
    if part not in archive.names:
        raise StatementRefused(_DAMAGED, code="damaged")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(_refusing_document_types(archive.open(part), limits.part_bytes).all(), parser)
    except etree.XMLSyntaxError as error:
        raise StatementRefused(_DAMAGED, code="damaged") from error


class _Checked:
    """A member whose first bytes were looked at, and of which at most `limit` bytes come out between two fresh starts."""

    def __init__(self, head: bytes, member: Member, limit: int) -> None:
        self._head, self._member, self._limit = head, member, limit
        self._out = 0

    def start_over(self) -> None:
        self._out = 0

    def read(self, size: int = -1) -> bytes:
        if self._head:
            part, self._head = self._head, b""
        else:
            part = self._member.read(size)
        self._out += len(part)
        if self._out > self._limit:
            raise StatementRefused(
                "A single row of this workbook is longer than any statement's, so the file is damaged.", code="damaged"
            )
        return part

    def all(self) -> bytes:
        """The whole member; for the small ones."""
        parts = []
        while part := self.read():
            parts.append(part)
        return b"".join(parts)


def _refusing_document_types(member: Member, limit: int) -> _Checked:
    head = b""
    while len(head) < _HEAD and (part := member.read(_HEAD)):
        head += part
    if b"<!DOCTYPE" in head.replace(b"\0", b"").upper():
        raise StatementRefused(
            "This workbook declares a document type, which no broker's report does, so it was not opened.",
            code="unsafe",
        )
    return _Checked(head, member, limit)
