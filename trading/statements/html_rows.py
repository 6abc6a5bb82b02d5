"""Streams the rows of a page's tables.

Why not an HTML parser: the pages are the output of two programs, flat tables of up to some hundred megabytes. Cutting
them at the rows keeps memory constant, gives the true line of every row, and leaves whatever a comment holds - a
`<script>` too - as the plain text that it is, where a parser would run it together with what follows.
"""

import codecs
import html
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import BinaryIO

from trading.errors import StatementRefused
from trading.statements.limits import Limits
from trading.statements.rows import Progress
from trading.statements.tables import Row
from trading.statements.values import tidy

_CHUNK = 1 << 20
_MAX_COLUMNS = 200
_ATTRIBUTES = r"""(?:"[^"]*"|'[^']*'|[^>"'])*"""
_ROW_START = re.compile(r"<tr\b", re.IGNORECASE)
_CELL = re.compile(rf"<t[dh]\b({_ATTRIBUTES})>(.*?)(?=<t[dhr]\b|</t[dhr]\b|</table\b|\Z)", re.IGNORECASE | re.DOTALL)
#: Formatting only. Any other tag is somebody's text (an order comment) and stays word for word.
_FORMATTING = re.compile(
    rf"</?(?:b|i|u|p|div|span|font|br|img|nobr|strong|em|small|center|a|thead|tbody|o:p|wbr|col)"
    rf"\b{_ATTRIBUTES}>|<!--.*?-->|<!\[[^>]*\]>",
    re.IGNORECASE | re.DOTALL,
)
_SPAN = re.compile(r"""\bcolspan\s*=\s*["']?(\d{1,3})""", re.IGNORECASE)
_TITLE = re.compile(r"""\btitle\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_HIDDEN = re.compile(r"""\bclass\s*=\s*["']?[^"'>]*\bhidden\b|display\s*:\s*none""", re.IGNORECASE)
_CLOSED = re.compile(r"</table\b", re.IGNORECASE)
_PAGE_START = re.compile(r"<html\b", re.IGNORECASE)
_PLAIN = ("", 1, False)
_PAGE_END = re.compile(r"</html\s*>", re.IGNORECASE)


class HtmlPage:
    """One page. `rows` may be walked once; `before` then holds the text in front of the first row."""

    def __init__(
        self, source: BinaryIO, encoding: str, skip: int, size: int, limits: Limits, progress: Progress | None
    ) -> None:
        self.before = ""
        self._source, self._skip, self._size = source, skip, size
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._limits, self._progress = limits, progress
        self._says_html = False

    def rows(self) -> Iterator[Row]:
        """Yields every row of every table. Errors: StatementRefused when the page stops before its end."""
        self._source.seek(self._skip)
        line, buffer, is_first = 1, "", True
        for text, is_last in self._chunks():
            buffer += text
            starts = [match.start() for match in _ROW_START.finditer(buffer)]
            if is_first and starts:
                self.before, is_first = buffer[: starts[0]], False
                self._says_html = bool(_PAGE_START.search(self.before))
            if not starts:
                self._check_length(len(buffer))
                continue
            line += buffer.count("\n", 0, starts[0])
            for start, end in pairwise(starts):
                yield _row(buffer[start:end], line)
                line += buffer.count("\n", start, end)
            buffer = buffer[starts[-1] :]
            self._check_length(len(buffer))
            if is_last:
                self._check_end(buffer)
                yield _row(buffer, line)
        if is_first:
            raise StatementRefused("This page holds no table, so there is nothing to read.", code="not_a_statement")

    def _chunks(self) -> Iterator[tuple[str, bool]]:
        done = self._skip
        while True:
            chunk = self._source.read(_CHUNK)
            done += len(chunk)
            if self._progress:
                self._progress(done, self._size)
            is_last = done >= self._size or not chunk
            yield self._decoder.decode(chunk, final=is_last), is_last
            if is_last:
                return

    def _check_length(self, length: int) -> None:
        if length > self._limits.row_chars + _CHUNK:
            raise StatementRefused(
                "A single row of this page is longer than any statement's, so the file is damaged.", code="damaged"
            )

    def _check_end(self, tail: str) -> None:
        ending = _PAGE_END if self._says_html else _CLOSED
        if not ending.search(tail):
            raise StatementRefused(
                "This page stops in the middle, so rows may be missing. Download the statement again.",
                code="truncated",
            )


def _row(fragment: str, line: int) -> Row:
    texts: list[str] = []
    title, hidden = "", ""
    for attributes, content in _CELL.findall(fragment):
        own_title, span, is_hidden = _meaning(attributes) if attributes else _PLAIN
        if is_hidden:
            hidden = hidden or _text(content)
            continue
        title = title if texts else own_title
        texts.append(_text(content))
        if span > 1:
            texts.extend([""] * (span - 1))
        if len(texts) > _MAX_COLUMNS:
            break
    return Row(line, texts, title, hidden)


@lru_cache(maxsize=4_096)
def _meaning(attributes: str) -> tuple[str, int, bool]:
    """A cell's title, how many columns it spans, and whether the page hides it."""
    title = ""
    if match := _TITLE.search(attributes):
        title = tidy(html.unescape(next(text for text in match.groups() if text is not None)))
        attributes = attributes[: match.start()] + attributes[match.end() :]  # what it says is somebody's text
    span = _SPAN.search(attributes)
    return title, min(int(span[1]), _MAX_COLUMNS) if span else 1, bool(_HIDDEN.search(attributes))


def _text(content: str) -> str:
    if "<" in content:
        content = _FORMATTING.sub("", content)
    if "&" in content:
        content = html.unescape(content)
    return tidy(content) if content else ""
