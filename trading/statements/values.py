"""Numbers and times as brokers print them, read exactly or not at all."""

import re
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

#: Grouping and padding that printed numbers contain: plain, no-break, thin, figure and narrow spaces.
SPACES = " \t\r\n\f\v\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff"
#: Controls, zero-width marks and marks of writing direction: never meant, and no database would take them all.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_SPACE_RUN = re.compile(f"[{SPACES}]+")
_SIGNS = str.maketrans({"\u2212": "-", "\u2012": "-", "\u2013": "-", "\uff0d": "-", "\uff0b": "+"})
#: At most 18 digits before the point and 18 after: more is not money, a price or a volume, and would not fit a column.
_NUMBER = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})", re.ASCII)
#: Thousands apart by a comma, where a point follows or there are two of them, or by an apostrophe: nothing else is meant.
_GROUPED = re.compile(
    r"[+-]?\d{1,3}(?:(?:,\d{3}){1,5}\.\d{1,18}|(?:,\d{3}){2,5}|(?:['\u2019]\d{3}){1,5}(?:\.\d{1,18})?)", re.ASCII
)
_GROUP_MARKS = str.maketrans("", "", ",'\u2019")
_NUMERIC_CELL = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_TIME = re.compile(
    r"(\d{4})[.\-/](\d{1,2})[.\-/](\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?", re.ASCII
)
_THOUSANDS = {"K": Decimal(1_000), "M": Decimal(1_000_000)}
_EARLIEST_YEAR, _LATEST_YEAR = 1990, 2100
#: Excel keeps 15 significant digits; what a saved cell prints beyond them is the noise of its binary fraction.
_EXCEL_DIGITS = 15
_IDENTIFIER_DIGITS = 18
#: The longest symbol or order number that is kept.
NAME_CHARS = 64
_DATED = re.compile(r"\d{4}[.\-/]\d{1,2}[.\-/]\d", re.ASCII)
_CACHE_SIZE = 100_000
#: The deals of a report have the times of its positions, of which a long one has two for each.
_TIMES_KEPT = 250_000


def tidy(text: str) -> str:
    """The text with every run of spaces, of whatever kind, as one plain space, and none at the ends."""
    if not text.isprintable():
        text = _INVISIBLE.sub("", text)
    return " ".join(text.split())


class Values:
    """Reads the values of one file and hands out one object per distinct text, so that a long file stays small."""

    def __init__(self) -> None:
        self._numbers: dict[str, Decimal | None] = {}
        self._texts: dict[str, str] = {}
        self._times: dict[str, datetime | None] = {}

    def number(self, text: str) -> Decimal | None:
        """The decimal that the text prints, its decimals kept; None where it is no plain number."""
        try:
            return self._numbers[text]
        except KeyError:
            value = parse_number(text)
            if len(self._numbers) < _CACHE_SIZE:
                self._numbers[text] = value
            return value

    def time(self, text: str) -> datetime | None:
        """The naive server time that the text prints, or None."""
        try:
            return self._times[text]
        except KeyError:
            if len(self._times) >= _TIMES_KEPT:
                self._times.clear()
            value = self._times[text] = parse_time(text)
            return value

    def forget(self) -> None:
        """Lets go of what was only kept to share it."""
        self._numbers.clear()
        self._texts.clear()
        self._times.clear()

    def shared(self, text: str) -> str:
        """The same text, as one object for all that are equal."""
        known = self._texts.get(text)
        if known is None:
            known = text
            if len(self._texts) < _CACHE_SIZE:
                self._texts[text] = text
        return known


def is_identifier(text: str) -> bool:
    """Whether the text can be a ticket: plain digits, few enough for the database."""
    return text.isdecimal() and text.isascii() and len(text) <= _IDENTIFIER_DIGITS


def is_dated(text: str) -> bool:
    """Whether the text begins like a date, even one that does not exist."""
    return bool(_DATED.match(text))


def parse_number(text: str) -> Decimal | None:
    """`- 1 234.50` -> -1234.50. NaN, infinity, exponents, decimal commas and overlong numbers are None."""
    plain = _SPACE_RUN.sub("", text).translate(_SIGNS)
    if not _NUMBER.fullmatch(plain):
        if not _GROUPED.fullmatch(plain):
            return None
        plain = plain.translate(_GROUP_MARKS)
    return Decimal(plain)


@lru_cache(maxsize=4_096)
def parse_volume(text: str) -> Decimal | None:
    """As `parse_number`, and with the K and M that MetaTrader writes on large volumes; never negative.

    Remembered, because a long report has few volumes: one object for all that are equal saves a tenth of its memory.
    """
    stripped = text.strip()
    factor = _THOUSANDS.get(stripped[-1:])
    value = parse_number(stripped[:-1] if factor else stripped)
    if value is None or value < 0:
        return None
    return value * factor if factor else value


def parse_time(text: str) -> datetime | None:
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction = match.groups()
    if not _EARLIEST_YEAR <= int(year) <= _LATEST_YEAR:
        return None
    micro = int((fraction or "0").ljust(6, "0"))
    try:
        return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro)
    except ValueError:
        return None


def shortest_decimal(text: str) -> str:
    """A numeric cell's number as it was meant: `0.88683999999999996` -> `0.88684`, `1E-2` -> `0.01`; else as it is.

    Errors: text that is not a finite number comes back unchanged, so that it ends as a problem and not as a value.
    """
    if len(text) <= _EXCEL_DIGITS and "e" not in text and "E" not in text:
        return text
    plain = text.strip()
    if not _NUMERIC_CELL.fullmatch(plain):
        return text
    mantissa, _, exponent = plain.lower().partition("e")
    digits = mantissa.lstrip("+-").replace(".", "").lstrip("0")
    if not exponent and (len(digits) <= _EXCEL_DIGITS or "." not in mantissa):
        return plain
    value = Decimal(plain)
    if value.is_zero() or abs(value.adjusted()) > 30:
        return "0" if value.is_zero() else text
    return format(Decimal(f"{value:.{_EXCEL_DIGITS - 1}e}").normalize(), "f")
