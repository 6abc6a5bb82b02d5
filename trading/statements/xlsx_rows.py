"""Streams the rows of a workbook, sheet after sheet.

Why lxml and not openpyxl: the terminal writes its XML parts in UTF-16 with a `<dimension>` that is one row short, which
openpyxl's streaming mode takes for the end; openpyxl returns floats where the exact text of a cell is wanted; and a
formula's stored result needs a second pass there. Walking `<row>` elements keeps memory constant and the text exact.
Entities, external or internal, are never resolved, and a document type is refused outright: no workbook has one.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from trading.errors import StatementRefused
from trading.statements.archive import Archive, Member
from trading.statements.limits import Limits
from trading.statements.rows import Progress
from trading.statements.tables import Row
from trading.statements.values import shortest_decimal, tidy

_MAX_COLUMNS = 200
_RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_COLUMN = re.compile(r"([A-Z]{1,3})\d+")
_NO_TEXTS: Mapping[int, str] = {}
_DAMAGED = "This workbook is cut short or damaged. Download the statement again."
_HEAD = 4096


class Workbook:
    """One workbook. Errors: StatementRefused for anything that is not one."""

    def __init__(self, archive: Archive, limits: Limits, progress: Progress | None = None) -> None:
        if "xl/workbook.xml" not in archive.names:
            raise StatementRefused(
                "This is a ZIP archive without a workbook in it. Unpack it and upload the statement itself.",
                code="not_a_statement",
            )
        self._archive, self._limits, self._progress = archive, limits, progress
        self._strings = list(_shared_strings(archive)) if "xl/sharedStrings.xml" in archive.names else []

    def rows(self) -> Iterator[Row]:
        sheets = self._sheets()
        for number, (name, part) in enumerate(sheets, start=1):
            yield from self._rows_of(part, name)
            if self._progress:
                self._progress(number, len(sheets))

    def _sheets(self) -> list[tuple[str, str]]:
        targets = {
            relation.get("Id"): relation.get("Target", "")
            for relation in _tree(self._archive, "xl/_rels/workbook.xml.rels")
        }
        sheets = []
        for element in _tree(self._archive, "xl/workbook.xml").iter("{*}sheet"):
            target = targets.get(element.get(_RELATIONSHIP), "") or ""
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if part in self._archive.names:
                sheets.append((element.get("name") or "", part))
        if len(sheets) > self._limits.sheets:
            raise StatementRefused("This workbook has more sheets than any broker's report.", code="too_large")
        return sheets

    def _rows_of(self, part: str, sheet: str) -> Iterator[Row]:
        number = 0
        for element in _elements(self._archive, part, "row"):
            stated = element.get("r")
            number = int(stated) if stated and stated.isdecimal() and len(stated) < 9 else number + 1
            yield self._row(element, number, sheet)

    def _row(self, element: Any, number: int, sheet: str) -> Row:
        row = Row(number, [], sheet=sheet)
        texts = row.texts
        for position, cell in enumerate(element):
            if len(cell) == 0:
                continue
            column = _column(cell.get("r"), position)
            if column >= _MAX_COLUMNS:
                continue
            text, raw, formula = self._cell(cell)
            if not text and not formula:
                continue
            if len(texts) <= column:
                texts.extend([""] * (column + 1 - len(texts)))
            texts[column] = text
            if raw != text:
                row.raw = {**row.raw, column: raw}
            if formula:
                row.formulas = {**row.formulas, column: formula}
        return row

    def _cell(self, cell: Any) -> tuple[str, str, str]:
        """The text of a cell, the text exactly as stored, and its formula."""
        kind = cell.get("t")
        value, formula, inline = "", "", ""
        for child in cell:
            name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
            if name == "v":
                value = child.text or ""
            elif name == "f":
                formula = child.text or "="
            elif name == "is":
                inline = _string(child)
        if kind == "s":
            text = self._shared(value)
            return text, text, formula
        if kind in (None, "n"):
            plain = value.strip()
            short = shortest_decimal(plain)
            return short, plain, formula
        text = tidy(inline or value)
        return text, text, formula

    def _shared(self, index: str) -> str:
        try:
            return self._strings[int(index)]
        except (ValueError, IndexError):
            raise StatementRefused(_DAMAGED, code="damaged") from None


def _shared_strings(archive: Archive) -> Iterator[str]:
    for element in _elements(archive, "xl/sharedStrings.xml", "si"):
        yield _string(element)


def _string(element: Any) -> str:
    """A string's text without its phonetic hints."""
    parts = [
        text.text or ""
        for text in element.iter("{*}t")
        if "rPh" not in {up.tag.rpartition("}")[2] for up in text.iterancestors()}
    ]
    return tidy("".join(parts))


def _column(reference: str | None, position: int) -> int:
    match = _COLUMN.fullmatch(reference or "")
    if match is None:
        return position
    number = 0
    for letter in match[1]:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _elements(archive: Archive, part: str, name: str) -> Iterator[Any]:
    """Yields each element of that name once it is whole, and frees it afterwards."""
    stream = _refusing_document_types(archive.open(part))
    try:
        for _, element in etree.iterparse(
            stream, events=("end",), tag=f"{{*}}{name}", resolve_entities=False, no_network=True, huge_tree=False
        ):
            yield element
            element.clear()
            while (previous := element.getprevious()) is not None:
                element.getparent().remove(previous)
    except etree.XMLSyntaxError as error:
        raise StatementRefused(_DAMAGED, code="damaged") from error


def _tree(archive: Archive, part: str) -> Any:
    if part not in archive.names:
        raise StatementRefused(_DAMAGED, code="damaged")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(_refusing_document_types(archive.open(part)).all(), parser)
    except etree.XMLSyntaxError as error:
        raise StatementRefused(_DAMAGED, code="damaged") from error


class _Checked:
    """A member whose first bytes were looked at."""

    def __init__(self, head: bytes, member: Member) -> None:
        self._head, self._member = head, member

    def read(self, size: int = -1) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        return self._member.read(size)

    def all(self) -> bytes:
        return self.read() + self._member.all()


def _refusing_document_types(member: Member) -> _Checked:
    head = b""
    while len(head) < _HEAD and (part := member.read(_HEAD)):
        head += part
    if b"<!DOCTYPE" in head.replace(b"\0", b"").upper():
        raise StatementRefused(
            "This workbook declares a document type, which no broker's report does, so it was not opened.",
            code="unsafe",
        )
    return _Checked(head, member)
