"""How a figure, a price and a moment are written on a page: the one place that rounds.

Everything here is a pure function of its arguments and of the language of the page. A page formats its rows with one `Formats` before the template
sees them, because per-value localisation inside templates is what makes pages slow.
"""

import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Protocol

from django.utils.dates import MONTHS
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from trading.calc.rounding import places_of, to_places

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"

#: Group sign and decimal sign of each number format that a trader may choose.
_SIGNS = {"en": (",", "."), "de": (".", ","), "fr": (NARROW_SPACE, ","), "ch": ("\N{RIGHT SINGLE QUOTATION MARK}", ".")}

#: Minor digits of currencies that differ from two. Source: ISO 4217; brokers' own practice for crypto.
_CURRENCY_DIGITS = {
    "BHD": 3, "BTC": 8, "CLP": 0, "ETH": 8, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "OMR": 3,
    "PYG": 0, "TND": 3, "UGX": 0, "VND": 0, "XAF": 0, "XOF": 0,
}  # fmt: skip

#: Short names of the months, and what stands behind the number of a day: "25 Nov 2026", "25. Nov. 2026".
_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "de": ("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
}
_AFTER_DAY = {"en": "", "de": "."}
_DAY_S = 86_400
_HOUR_S = 3_600


class Reader(Protocol):
    """Who looks at the page: a trader."""

    number_format: str
    time_zone: str


def currency_digits(currency: str) -> int:
    return _CURRENCY_DIGITS.get(currency, 2)


def direction(amount: Decimal) -> str:
    """The class that colours an amount: "profit", "loss" or "flat"."""
    if amount > 0:
        return "profit"
    return "loss" if amount < 0 else "flat"


def duration(length: timedelta | None) -> str:
    """Two units at most: "24 s", "47 min", "3 h 12 min", "1 d 20 h"; "" where the length is not known."""
    if length is None:
        return ""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds}{NO_BREAK_SPACE}s"
    if seconds < _HOUR_S:
        return f"{seconds // 60}{NO_BREAK_SPACE}min"
    if seconds < _DAY_S:
        return f"{seconds // _HOUR_S}{NO_BREAK_SPACE}h {seconds % _HOUR_S // 60:02}{NO_BREAK_SPACE}min"
    return f"{seconds // _DAY_S:,}{NO_BREAK_SPACE}d {seconds % _DAY_S // _HOUR_S}{NO_BREAK_SPACE}h"


def ago(length: timedelta) -> str:
    """How long something is past: "3 min ago"."""
    return _("%(length)s ago") % {"length": duration(length)}


def month_name(on: date) -> str:
    """ "November 2026"."""
    return f"{MONTHS[on.month]} {on.year}"


def unknown(reason: str) -> SafeString:
    """The dash of an unknown value; its reason shows on hover, on tap and to a screen reader."""
    return format_html(
        '<span class="none" tabindex="0" role="img" aria-label="{}" title="{}">{}</span>',
        _("Not known: %(reason)s") % {"reason": reason},
        reason,
        DASH,
    )


def count(number: int, singular: str, plural: str | None = None) -> str:
    """The number with its noun in the language of the page: "1 trade", "426 trades"."""
    one, many = f"%(number)s {singular}", f"%(number)s {plural or singular + 's'}"
    return ngettext(one, many, number) % {"number": f"{number:,}"}


@dataclass(frozen=True, slots=True)
class Formats:
    """The trader's way to write numbers and times.

    Units: money in the currency that is named, rounded half away from zero to the currency's digits; `exact` keeps
    every further digit that is not zero. Ratios are 0 to 1 and become percent here.
    """

    group: str
    point: str
    zone: zoneinfo.ZoneInfo
    language: str = "en"

    @classmethod
    def of(cls, reader: Reader) -> "Formats":
        """Numbers and times as the reader chose, the names of months in the language of the page."""
        return _formats(reader.number_format, reader.time_zone, get_language() or "en")

    # ---- Numbers: plain texts ------------------------------------------------------------------------------------

    def number(self, value: Decimal | int, places: int | None = None) -> str:
        """Grouped, with a true minus. All of the value's own decimals unless `places` says how many."""
        exact = Decimal(value)
        rounded = exact if places is None else _rounded(exact, places)
        text = f"{rounded:,f}"
        if self.group != ",":
            text = text.replace(",", "\0").replace(".", self.point).replace("\0", self.group)
        return f"{MINUS}{text[1:]}" if text[0] == "-" else text

    def money(self, amount: Decimal, currency: str = "", *, exact: bool = False) -> str:
        """The amount without its currency: "1,234.56"."""
        places = currency_digits(currency)
        return self.number(amount, max(places, places_of(amount.normalize())) if exact else places)

    def signed(self, amount: Decimal, currency: str = "") -> str:
        """Money with its sign, "+1,234.56"; zero has none."""
        rounded = _rounded(amount, currency_digits(currency))
        text = self.money(rounded, currency)
        return f"+{text}" if rounded > 0 else text

    def price(self, value: Decimal) -> str:
        """With the digits that the broker printed."""
        return self.number(value)

    def rate(self, value: Decimal) -> str:
        """An exchange rate, to six significant digits and without zeros at its end: "1.0834", "0.923021"."""
        rounded = _rounded(value, max(0, 5 - value.adjusted()))
        return self.number(rounded, places_of(rounded.normalize()))

    def lots(self, volume: Decimal) -> str:
        """Two decimals, or as many as the broker printed when there are more."""
        return self.number(volume, max(2, places_of(volume.normalize())))

    def percent(self, ratio: Decimal, places: int = 2) -> str:
        """ "12.34 %" for 0.1234."""
        return f"{self.number(ratio * 100, places)}{NO_BREAK_SPACE}%"

    def count(self, number: int, singular: str, plural: str | None = None) -> str:
        """The number with its noun: "1 trade", "1,048 trades"."""
        one, many = f"%(number)s {singular}", f"%(number)s {plural or singular + 's'}"
        return ngettext(one, many, number) % {"number": self.number(number)}

    # ---- Numbers: coloured --------------------------------------------------------------------------------------

    def amount(self, amount: Decimal | None, currency: str = "", *, unit: bool = False, reason: str = "") -> SafeString:
        """A signed amount in its colour; `unit` writes the currency after it. An unknown one is a dash with `reason`."""
        if amount is None:
            return unknown(reason or _("It is not known."))
        rounded = _rounded(amount, currency_digits(currency))
        name, text = direction(rounded), self.signed(rounded, currency)
        # Digits, signs and separators only, so that there is nothing to escape in `text`.
        shown = mark_safe(f'<span class="amt {name}">{text}</span>')
        return shown + unit_code(currency) if unit else shown

    def plain(self, amount: Decimal | None, currency: str = "", *, unit: bool = False, reason: str = "") -> SafeString:
        """An amount that is neither won nor lost (a balance, a cost) and so has no colour."""
        if amount is None:
            return unknown(reason or _("It is not known."))
        shown = mark_safe(self.money(amount, currency))
        return shown + unit_code(currency) if unit else shown

    # ---- Times: in the trader's zone ----------------------------------------------------------------------------

    def day(self, moment: datetime | date) -> str:
        """ "25 Nov 2026"."""
        on = moment.astimezone(self.zone) if isinstance(moment, datetime) else moment
        return self._day(on)

    def clock(self, moment: datetime, *, seconds: bool = True) -> str:
        """ "25 Nov 2026 13:27:42"."""
        local = moment.astimezone(self.zone)
        time = f"{local.hour:02}:{local.minute:02}" + (f":{local.second:02}" if seconds else "")
        return f"{self._day(local)} {time}"

    def _day(self, on: date) -> str:
        return f"{on.day}{_AFTER_DAY[self.language]} {_MONTHS[self.language][on.month - 1]} {on.year}"

    def moment(
        self, moment: datetime | None, broker_text: str = "", *, seconds: bool = True, hidden_year: str = ""
    ) -> SafeString:
        """A time element in the trader's zone; the broker's own wording shows on hover. `hidden_year` is left out."""
        if moment is None:
            return unknown(_("There is no time."))
        title = _broker_title(broker_text) if broker_text else ""
        text = self.clock(moment, seconds=seconds)
        if hidden_year:
            text = text.replace(f" {hidden_year} ", " ", 1)
        # Both come from a datetime and hold digits, letters and points only; the title escapes the broker's text.
        return mark_safe(f'<time datetime="{moment.isoformat()}"{title}>{text}</time>')


def _rounded(value: Decimal, places: int) -> Decimal:
    """to_places, which costs several times as much as asking whether there is anything to round."""
    return value if value and value.as_tuple().exponent == -places else to_places(value, places)


@cache
def _formats(number_format: str, time_zone: str, language: str) -> Formats:
    group, point = _SIGNS.get(number_format, _SIGNS["en"])
    return Formats(group, point, zoneinfo.ZoneInfo(time_zone), language if language in _MONTHS else "en")


def _broker_title(text: str) -> SafeString:
    return format_html(' title="{}"', _("Broker: %(text)s") % {"text": text})


def unit_code(currency: str) -> SafeString:
    """The small code after an amount."""
    return format_html(' <span class="unit">{}</span>', currency)
