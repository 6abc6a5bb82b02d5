"""Finds out what a file is, by its content alone, and hands it to its reader or says why not."""

from collections.abc import Iterator
from io import BytesIO
from itertools import chain, islice
from typing import BinaryIO

from trading.errors import StatementRefused
from trading.statements import foreign, mail, mt4, mt5, portal_export, tester
from trading.statements.archive import Archive
from trading.statements.encodings import guess_encoding
from trading.statements.html_rows import HtmlPage
from trading.statements.limits import DEFAULT_LIMITS, Limits
from trading.statements.resaved import as_printed, manner_of
from trading.statements.rows import ParsedStatement, Progress
from trading.statements.source import Source, opened, size_of
from trading.statements.tables import Row
from trading.statements.xlsx_rows import Workbook

_HEAD_BYTES = 65_536
_HEAD_ROWS = 40

#: Raised whenever a reader would read a kept file differently, so that it can be read again.
READER_VERSIONS = {
    mt4.FORMAT: mt4.READER_VERSION,
    **dict.fromkeys(mt5.FORMATS, mt5.READER_VERSION),
    **dict.fromkeys(portal_export.FORMATS, portal_export.READER_VERSION),
}


def read_statement(
    source: Source, progress: Progress | None = None, limits: Limits = DEFAULT_LIMITS
) -> ParsedStatement:
    """Everything the file holds. The source is bytes, an open binary file (such as an upload) or a path.

    Errors: StatementRefused, with a sentence for the trader and a stable code; no other exception.
    """
    with opened(source) as stream:
        size = size_of(stream)
        if size > limits.file_bytes:
            raise StatementRefused(
                f"This file is larger than {limits.file_bytes // 1024 // 1024} MB. Export a shorter period.",
                code="too_large",
            )
        head = stream.read(_HEAD_BYTES)
        stream.seek(max(0, size - _HEAD_BYTES))
        foreign.refuse_other_files(head, stream.read())
        stream.seek(0)
        if head.startswith(b"PK"):
            return _read_workbook(stream, limits, progress)
        if mail.is_mail(head):
            return _read_mail(stream, size, limits, progress)
        return _read_text(stream, head, size, limits, progress)


def _read_mail(stream: BinaryIO, size: int, limits: Limits, progress: Progress | None) -> ParsedStatement:
    """The first page of a message that is a statement."""
    refused: StatementRefused | None = None
    for page in mail.pages(stream, size):
        try:
            return _read_text(BytesIO(page), page[:_HEAD_BYTES], len(page), limits, progress)
        except StatementRefused as error:
            refused = refused or error
    raise refused or StatementRefused(
        "This saved e-mail holds no page. Upload the statement that is attached to it.", code="not_a_statement"
    )


def _read_workbook(stream: BinaryIO, limits: Limits, progress: Progress | None) -> ParsedStatement:
    head, rows = _begun(Workbook(Archive(stream, limits), limits, progress).rows(), limits)
    if portal_export.sheet_starts_like_export(head):
        exact = Workbook(Archive(stream, limits), limits, progress, keeps_spaces=True)
        return portal_export.read_sheet(_counted(exact.rows(), limits), limits)
    tester.refuse_back_test(head, "")
    if not mt5.starts_like_mt5(head):
        raise StatementRefused(
            "This workbook is not a MetaTrader 5 report. Upload the file exactly as the terminal saved it.",
            code="not_a_statement",
        )
    return _finish(mt5.Mt5Reader(limits, "xlsx"), rows)


def _read_text(stream: BinaryIO, head: bytes, size: int, limits: Limits, progress: Progress | None) -> ParsedStatement:
    encoding, skip = guess_encoding(stream)
    text = head[skip:].decode(encoding, errors="replace")
    if portal_export.starts_like_export(text):
        return portal_export.read_text(stream, text, encoding, skip, size, limits, progress)
    foreign.refuse_other_platforms(text)
    page = HtmlPage(stream, encoding, skip, size, limits, progress)
    first, rows = _begun(page.rows(), limits)
    tester.refuse_back_test(first, page.before)
    if mt5.starts_like_mt5(first):
        return _finish(mt5.Mt5Reader(limits, "html"), rows)
    if mt4.starts_like_mt4(first):
        reader = mt4.Mt4Reader(limits)
        reader.read(rows)
        return reader.finish(page.before)
    foreign.refuse_page(text)


def _begun(rows: Iterator[Row], limits: Limits) -> tuple[list[Row], Iterator[Row]]:
    """The first rows of a file and all of its rows, both with values as a terminal prints them."""
    counted = _counted(rows, limits)
    head = list(islice(counted, _HEAD_ROWS))
    manner = manner_of(head)
    if not manner:
        return head, chain(head, counted)
    head = list(as_printed(head, manner))
    return head, chain(head, as_printed(counted, manner))


def _counted(rows: Iterator[Row], limits: Limits) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number >= limits.rows:
            raise StatementRefused(
                f"This file has more than {limits.rows} rows. Export a shorter period.", code="too_large"
            )
        yield row


def _finish(reader: mt5.Mt5Reader, rows: Iterator[Row]) -> ParsedStatement:
    reader.read(rows)
    return reader.finish()
