"""Reads who a MetaTrader 4 statement is about: one row of five cells above its first table."""

import html
import re
from collections.abc import Sequence
from datetime import datetime

from trading.statements.rows import AccountHeader
from trading.statements.tables import Row
from trading.statements.values import parse_time, tidy

#: `Account: 700`, `A/C No 700`, `Account: 700 (USD)`.
_ACCOUNT = re.compile(r"(?:[^:\uff1a]*[:\uff1a]|[^\d:\uff1a]+)\s*(\d{1,20})(?:\s*[(-].*)?")
_LEVERAGE = re.compile(r"1\s*[:\uff1a]\s*(\d{1,5})")
_CURRENCY = re.compile(r"[A-Za-z]{3,10}")
#: `2024年1月5日 12:30`
_CJK_DATE = re.compile(r"(\d{4})\s?\D\s?(\d{1,2})\s?\D\s?(\d{1,2})\s?\D\s?(\d{1,2}:\d{2}(?::\d{2})?)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_REMARK = re.compile(r"\s*\(.*\)")
_LONG_DATE = re.compile(r"(\d{4}) ([A-Za-z]{3,9})\.? (\d{1,2}), ?(\d{1,2}):(\d{2})")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_NAMED_TITLE = re.compile(r"[^:\uff1a]*[:\uff1a]\s*(\d{3,20})\s*-\s*(.*)")
_BODY = re.compile(r"<body\b.*", re.IGNORECASE | re.DOTALL)
_AFTER_TITLE = re.compile(r"</title\s*>.*", re.IGNORECASE | re.DOTALL)
_BOLD = re.compile(r"<b\b[^>]*>(.*?)</b", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MIN_CELLS = 3
_TABLE_CELLS = 8
_MOST_LEVERAGE = 5_000


def read_header(rows: Sequence[Row], before: str) -> AccountHeader | None:
    """The account that the page names, or None where no row of these is its heading."""
    for row in rows:
        cells = row.words()
        match = _ACCOUNT.fullmatch(cells[0]) if len(cells) >= _MIN_CELLS else None
        if match:
            return _header(match[1], cells[1:], before)
    if not before:
        return None
    named = _NAMED_TITLE.fullmatch(_plain(_TITLE, before))
    scattered = _scattered(rows, before)
    if named and (scattered is None or scattered.number != named[1]):
        return _header(named[1], [f"Name: {named[2]}"], before)
    return scattered


def _scattered(rows: Sequence[Row], before: str) -> AccountHeader | None:
    """The heading of a page that gives each of its parts a row, or a cell for the label and one for the value."""
    cells = [text for row in rows if is_heading(row.words()) for text in row.words()]
    joined = [
        f"{text} {after}" if text.endswith((":", "\uff1a")) else text
        for text, after in zip(cells, [*cells[1:], ""], strict=False)
    ]
    for place, text in enumerate(joined):
        if (":" in text or "\uff1a" in text) and (found := _ACCOUNT.fullmatch(text)):
            return _header(found[1], joined[place + 1 :], before)
    return None


def is_heading(words: Sequence[str]) -> bool:
    """Whether a row can be part of a page's heading: it is short, or says `label:` somewhere."""
    return len(words) < _TABLE_CELLS or any(text.endswith((":", "\uff1a")) for text in words)


def _header(number: str, cells: list[str], before: str) -> AccountHeader:
    labelled = [_after_colon(cell) for cell in cells if _has_colon_label(cell)]
    name = labelled[0] if labelled else ""
    currency = next((text for text in labelled[1:] if _CURRENCY.fullmatch(text)), "")
    leverage = next((int(found[1]) for text in labelled if (found := _LEVERAGE.fullmatch(text))), 0)
    reported = (told for cell in reversed(cells) if (told := _reported(cell))[1])
    reported_at, reported_text = next(reported, (None, ""))
    return AccountHeader(
        number=number,
        platform="mt4",
        currency=currency.upper(),
        name=name,
        broker=_company(before),
        # Some servers print 1:0 or 1:99999 for an account without one.
        leverage=leverage if 0 < leverage <= _MOST_LEVERAGE else None,
        title=_plain(_TITLE, before),
        reported_at=reported_at,
        reported_text=reported_text,
    )


def _has_colon_label(cell: str) -> bool:
    label = re.split("[:\uff1a]", cell, maxsplit=1)[0]
    return label != cell and not any(character.isdigit() for character in label)


def _after_colon(cell: str) -> str:
    return re.split("[:\uff1a]", cell, maxsplit=1)[1].strip()


def _reported(cell: str) -> tuple[datetime | None, str]:
    """`2019 June 23, 23:26`; a date in another language stays a text."""
    if _has_colon_label(cell) or not _YEAR.search(cell):
        return None, ""
    plain = _REMARK.sub("", cell)
    if match := _CJK_DATE.fullmatch(plain):
        return parse_time("{}.{}.{} {}".format(*match.groups())), cell
    match = _LONG_DATE.fullmatch(plain)
    if match is None:
        return parse_time(plain), cell
    year, month, day, hour, minute = match.groups()
    short = month[:3].lower()
    if short not in _MONTHS:
        return None, cell
    return parse_time(f"{year}.{_MONTHS.index(short) + 1}.{day} {hour}:{minute}"), cell


def _company(before: str) -> str:
    body = _BODY.search(before) or _AFTER_TITLE.search(before)
    return _plain(_BOLD, body[0]) if body else ""


def _plain(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return tidy(html.unescape(_TAG.sub("", match[1]))) if match else ""
