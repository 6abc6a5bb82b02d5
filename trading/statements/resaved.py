"""Turns what a spreadsheet program or a browser printed in its own manner back into what the terminal prints.

A terminal writes `1 234.50` and `2024.01.31 10:00:00`, whatever the language. A file saved again by a program of
another country can hold `1.234,50` and `31/01/2024 10:00`. One cell does not tell which manner it is (`1,234` may be
either, and so may `03/04/2024`), but the first rows of a file do: they are asked once, and every cell is then turned.
A file that leaves it open is not touched, and its unreadable cells end as problems.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from trading.statements.tables import Row
from trading.statements.values import SPACES, is_dated

#: A cell of nothing but numbers: an amount, a pair of volumes, a figure with its share in brackets.
_NUMERIC = re.compile(rf"[\d{SPACES}.,+\-\u2212'\u2019/()%]*\d[\d{SPACES}.,+\-\u2212'\u2019/()%]*", re.ASCII)
#: A comma that no group of three digits follows, or follows with a second comma behind it but no point.
_COMMA_DECIMAL = re.compile(r"(?<![\d,])\d{1,3}(?:[.\s']?\d{3})*,(?:\d{1,2}|\d{4,})(?![\d,.])|\d\.\d{3},\d", re.ASCII)
_COMMA_GROUP = re.compile(r"\d,\d{3}(?:\.\d|,\d{3})", re.ASCII)
_POINT_DECIMAL = re.compile(r"\d\.\d{1,2}(?![\d.,])|\d\.\d{4,}", re.ASCII)
_SINGLE_GROUP = re.compile(r"[+-]?\d{1,3},\d{3}", re.ASCII)
_POINT_GROUPS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+", re.ASCII)
_DATE = re.compile(
    r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}),?[ T]+(\d{1,2}):(\d{2})(:\d{2})?(?: ?([AaPp])\.?[Mm]\.?)?", re.ASCII
)
_FROM_COMMA = str.maketrans({".": None, "'": None, "\u2019": None, ",": "."})
_LAST_MONTH = 12
_STRAY = 4


@dataclass(frozen=True, slots=True)
class Manner:
    """How a file writes its values. `day_first` is None where its dates are the terminal's own, or do not tell."""

    decimal_comma: bool = False
    group_comma: bool = False
    group_point: bool = False
    day_first: bool | None = None

    def __bool__(self) -> bool:
        return self.decimal_comma or self.group_comma or self.day_first is not None


def manner_of(rows: Sequence[Row]) -> Manner:
    """The manner of a file, by its first rows."""
    cells = [text for row in rows for text in row.texts if text and text[0] not in "<["]
    numbers = [text for text in cells if _NUMERIC.fullmatch(text) and not is_dated(text) and not _DATE.fullmatch(text)]
    commas, points, groups = (
        sum(bool(pattern.search(text)) for text in numbers)
        for pattern in (_COMMA_DECIMAL, _POINT_DECIMAL, _COMMA_GROUP)
    )
    # One stray comma among points is somebody's typing, and stays a problem.
    decimal_comma = not groups and commas > 0 and commas * _STRAY >= points
    return Manner(
        decimal_comma=decimal_comma,
        group_comma=groups > 0 and not commas,
        group_point=decimal_comma and not points,
        day_first=_day_first(cells),
    )


def _day_first(cells: Iterable[str]) -> bool | None:
    dates = [match for text in cells if (match := _DATE.fullmatch(text))]
    if any(int(match[3]) > _LAST_MONTH for match in dates):
        return False
    if any(int(match[1]) > _LAST_MONTH or match[2] == "." for match in dates):
        return True
    return None


def as_printed(rows: Iterable[Row], manner: Manner) -> Iterator[Row]:
    """The rows with their values as a terminal prints them."""
    for row in rows:
        for column, text in enumerate(row.texts):
            if text:
                row.texts[column] = _as_printed(text, manner)
        yield row


def _as_printed(text: str, manner: Manner) -> str:
    if manner.day_first is not None and (match := _DATE.fullmatch(text)):
        return _date(match, day_first=manner.day_first)
    if manner.group_point and _POINT_GROUPS.fullmatch(text):
        return text.replace(".", "")
    if "," not in text or not _NUMERIC.fullmatch(text):
        return text
    if manner.decimal_comma:
        return text.translate(_FROM_COMMA)
    return text.replace(",", "") if manner.group_comma and _SINGLE_GROUP.fullmatch(text) else text


def _date(match: re.Match[str], *, day_first: bool) -> str:
    first, _, second, year, hour, minute, seconds, half = match.groups()
    day, month = (first, second) if day_first else (second, first)
    if half:
        hour = str(int(hour) % 12 + (12 if half in "pP" else 0))
    return f"{year}.{month:0>2}.{day:0>2} {hour:0>2}:{minute}{seconds or ''}"
