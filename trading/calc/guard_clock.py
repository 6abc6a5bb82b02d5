"""The daily reset of a guard, in a stated zone, and how long a market has been silent while it was open."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
#: Foreign exchange, metals and indices rest from Friday 21:00 to Sunday 22:00 UTC, give or take an hour by the broker.
_FRIDAY, _REST_STARTS, _REST_LASTS = 4, time(21), timedelta(hours=49)


def day_start(at: datetime, reset_time: time, zone: str) -> datetime:
    """The last reset at or before `at`, in UTC.

    A reset time that the clock skips in spring counts at the moment of the change; one that it shows twice in autumn
    counts the first time, so that every day has exactly one reset.
    """
    local = at.astimezone(ZoneInfo(zone))
    for days_back in (0, 1, 2):
        on = (local - days_back * _DAY).date()
        reset = datetime.combine(on, reset_time, ZoneInfo(zone)).astimezone(UTC)
        if reset <= at:
            return reset
    raise AssertionError("A reset lies within the last two days.")


def silence(quoted_at: datetime, now: datetime) -> timedelta:
    """How long nothing was quoted while the market was open; never below zero.

    The weekend does not count, unless the last quote itself is of the weekend: then this market does not rest.
    """
    if now <= quoted_at:
        return timedelta(0)
    at = quoted_at.astimezone(UTC)
    if at.weekday() < _FRIDAY and at.date() == now.astimezone(UTC).date():
        return now - quoted_at  # no rest touches these days; nearly every quote of a live feed ends here
    rest = _rest_of_week(quoted_at)
    if rest <= quoted_at < rest + _REST_LASTS:
        return now - quoted_at
    rested = timedelta(0)
    while rest < now:
        starts, ends = max(rest, quoted_at), min(rest + _REST_LASTS, now)
        rested += max(timedelta(0), ends - starts)
        rest += 7 * _DAY
    return now - quoted_at - rested


def _rest_of_week(at: datetime) -> datetime:
    """The start of the rest that `at` lies in, or of the last one before it."""
    at = at.astimezone(UTC)
    friday = at.date() - ((at.weekday() - _FRIDAY) % 7) * _DAY
    starts = datetime.combine(friday, _REST_STARTS, UTC)
    return starts if starts <= at else starts - 7 * _DAY
