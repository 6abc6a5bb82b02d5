"""Nearer, farther, earlier and later: the spans that lie one step from the one that a chart shows, in whole days."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trading.queries.curves import Span

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Step:
    """`span` is the word for the address; `name` is what the drawing knows the step by."""

    name: str
    label: str | Promise
    icon: str
    span: str


def chart_steps(span: Span, first: datetime, now: datetime, zone: ZoneInfo) -> list[Step]:
    """The four of them; where there is nothing further, a step stays where it is. `first` is the first moment drawn."""
    today = now.astimezone(zone).date()
    begins_on = (span.start or first).astimezone(zone).date()
    ends_on = (span.end - timedelta(microseconds=1)).astimezone(zone).date() if span.end else today
    days = max((ends_on - begins_on).days + 1, 1)
    half, quarter = max(days // 2, 1), days // 4
    nearer = _name(begins_on, ends_on, quarter, -max(quarter, 1) if days > 1 else 0)
    begun_before = span.start is not None and first <= span.start
    earlier = half if begun_before else 0
    later = max(min(half, (today - ends_on).days), 0)
    farther = _name(begins_on, ends_on, -earlier, later) if begun_before else "all"
    return [
        Step("back", _("Earlier"), "chevron-left", _name(begins_on, ends_on, -earlier, -earlier)),
        Step("on", _("Later"), "chevron-right", _name(begins_on, ends_on, later, later)),
        Step("out", _("Zoom out"), "minus", farther),
        Step("in", _("Zoom in"), "plus", nearer),
    ]


def _name(begins_on: date, ends_on: date, first_by: int, last_by: int) -> str:
    return f"{begins_on + first_by * _DAY}..{ends_on + last_by * _DAY}"
