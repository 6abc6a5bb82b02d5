"""The stretch of time that a page is about: a named period or two days, as the address says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from trading.calc.periods import windows

NAMES = {
    "today": _("Today"),
    "week": _("Week"),
    "month": _("Month"),
    "quarter": _("Quarter"),
    "year": _("Year"),
    "all": _("All"),
}
FROM_TO = "range"


@dataclass(frozen=True, slots=True)
class Period:
    """`starts_at` belongs to it, `ends_at` does not; None is without end on that side. `name` is a key of NAMES or "range"."""

    name: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    first_on: date | None = None
    last_on: date | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """What the address needs to show the same period again."""
        if self.name == FROM_TO:
            days = {"from": self.first_on, "to": self.last_on}
            return {key: on.isoformat() for key, on in days.items() if on}
        return {} if self.name == "all" else {"period": self.name}

    def holds(self, moment: datetime) -> bool:
        after = self.starts_at is None or moment >= self.starts_at
        return after and (self.ends_at is None or moment < self.ends_at)


def read_period(parameters: Mapping[str, str], now: datetime, zone: ZoneInfo) -> Period:
    """The period that ?period= or ?from= and ?to= name (whole days of `zone`); everything where they make no sense."""
    first_on, last_on = _day(parameters.get("from", "")), _day(parameters.get("to", ""))
    if first_on or last_on:
        return Period(FROM_TO, _midnight(first_on, zone), _midnight(_next(last_on), zone), first_on, last_on)
    name = parameters.get("period", "all")
    for window in windows(now, zone):
        if window.name == name:
            return Period(name, window.starts_at, window.ends_at, window.starts_at.date(), _last_day(window.ends_at))
    return Period("all")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _next(on: date | None) -> date | None:
    return on + timedelta(days=1) if on and on < date.max else None


def _last_day(ends_at: datetime) -> date:
    return ends_at.date() - timedelta(days=1)


def _midnight(on: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(on, time(), tzinfo=zone) if on else None
