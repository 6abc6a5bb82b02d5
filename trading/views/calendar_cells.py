"""Days, weeks and months as cells of a calendar: what closed trades brought, in words and in a colour with zero in the middle."""

from calendar import Calendar
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from trading.calc.rounding import to_places
from trading.formatting import Formats, currency_digits, direction
from trading.queries.daily import DayResult
from trading.views.result_words import trades_in_words, won_in_words
from trading.views.sparks import Spark, spark

MONTHS = (
    gettext_lazy("January"), gettext_lazy("February"), gettext_lazy("March"), gettext_lazy("April"), gettext_lazy("May"),
    gettext_lazy("June"), gettext_lazy("July"), gettext_lazy("August"), gettext_lazy("September"), gettext_lazy("October"),
    gettext_lazy("November"), gettext_lazy("December"),
)  # fmt: skip
_SHADES = 3
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Money:
    """Closed trades of one currency as texts. `short` is without decimals, for a narrow screen."""

    currency: str
    net: SafeString
    short: str
    trades: str
    won: str


@dataclass(frozen=True, slots=True)
class Cell:
    """`tone` is the class of its colour, "" where nothing was closed."""

    day: date
    label: str
    url: str
    amounts: Sequence[Money]
    tone: str
    is_inside: bool
    is_today: bool
    has_note: bool


@dataclass(frozen=True, slots=True)
class Week:
    number: int
    cells: Sequence[Cell]
    amounts: Sequence[Money]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of whole weeks. `says_currency` is set where a bare amount could be of several. `hides_weekends` is set where nothing happened on any of its
    weekends. A day is up or down where all of its currencies are."""

    first: date
    name: str
    weeks: Sequence[Week]
    amounts: Sequence[Money]
    days_up: int
    days_down: int
    hides_weekends: bool
    says_currency: bool


@dataclass(frozen=True, slots=True)
class MonthCard:
    """A month of the year. `spark` is there where the year has one currency."""

    name: str
    url: str
    amounts: Sequence[Money]
    tone: str
    spark: Spark | None


def span_of_month(first: date) -> tuple[date, date]:
    """The first and the last day of the weeks, Monday to Sunday, that this month touches."""
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    return weeks[0][0], weeks[-1][-1]


def month(
    results: Iterable[DayResult], first: date, formats: Formats, today: date, noted: Collection[date], account: str = ""
) -> Month:
    """The cells of the month that begins on `first`; `account` is kept in the links of its days."""
    by_day = _by_day(results)
    days_inside = [lines for day, lines in by_day.items() if day.month == first.month]
    inside = [line for lines in days_inside for line in lines]
    largest = _largest(inside)
    weeks = [
        Week(
            number=days[0].isocalendar().week,
            cells=[
                Cell(
                    day=day,
                    label=formats.day(day),
                    url=day_url(day, account),
                    amounts=[money(line, formats) for line in by_day.get(day, ())],
                    tone=_tone(by_day.get(day, ()), largest),
                    is_inside=day.month == first.month,
                    is_today=day == today,
                    has_note=day in noted,
                )
                for day in days
            ],
            amounts=_sums((line for day in days for line in by_day.get(day, ())), formats),
        )
        for days in Calendar().monthdatescalendar(first.year, first.month)
    ]
    hides_weekends = not any(
        cell.amounts or cell.has_note for week in weeks for cell in week.cells if cell.day.weekday() >= _SATURDAY
    )
    if hides_weekends:  # of the first or the last week there may be nothing left to show
        weeks = [week for week in weeks if any(cell.is_inside for cell in week.cells[:_SATURDAY])]
    return Month(
        first=first,
        name=f"{MONTHS[first.month - 1]} {first.year}",
        weeks=weeks,
        amounts=_sums(inside, formats),
        days_up=sum(all(line.net > 0 for line in lines) for lines in days_inside),
        days_down=sum(all(line.net < 0 for line in lines) for lines in days_inside),
        says_currency=len({line.currency for lines in by_day.values() for line in lines}) > 1,
        hides_weekends=hides_weekends,
    )


def year(results: Iterable[DayResult], number: int, formats: Formats, account: str = "") -> list[MonthCard]:
    """The twelve months of a year."""
    by_month: dict[int, list[DayResult]] = defaultdict(list)
    for line in results:
        by_month[line.day.month].append(line)
    summed = {which: _added(lines) for which, lines in by_month.items()}
    largest = _largest(line for lines in summed.values() for line in lines)
    return [
        MonthCard(
            name=str(MONTHS[which - 1]),
            url=calendar_url({"month": f"{number}-{which:02}"}, account),
            amounts=[money(line, formats) for line in summed.get(which, ())],
            tone=_tone(summed.get(which, ()), largest),
            spark=spark([line.net for line in by_month[which]]) if len(summed.get(which, ())) == 1 else None,
        )
        for which in range(1, 13)
    ]


def totals(results: Iterable[DayResult], formats: Formats) -> list[Money]:
    return _sums(results, formats)


def money(line: DayResult, formats: Formats) -> Money:
    rounded = to_places(line.net, currency_digits(line.currency))
    whole = to_places(line.net, 0) or Decimal(0)
    sign = "+" if whole > 0 else ""
    return Money(
        currency=line.currency,
        net=formats.amount(rounded, line.currency),
        short=sign + formats.number(whole),
        trades=trades_in_words(line.trades, formats),
        won=won_in_words(line.wins, line.trades, formats),
    )


def day_url(day: date, account: str = "") -> str:
    return f"{reverse('journal_day')}?{urlencode(_with_account({'day': day.isoformat()}, account))}"


def calendar_url(parameters: Mapping[str, str], account: str = "") -> str:
    return f"{reverse('calendar')}?{urlencode(_with_account(parameters, account))}"


def month_after(first: date, step: int) -> date:
    """The first day of the month that is `step` months after."""
    number = first.year * 12 + first.month - 1 + step
    return date(number // 12, number % 12 + 1, 1)


def last_of(first: date) -> date:
    return month_after(first, 1) - timedelta(days=1)


def _with_account(parameters: Mapping[str, str], account: str) -> dict[str, str]:
    return {**parameters, **({"account": account} if account else {})}


def _by_day(results: Iterable[DayResult]) -> dict[date, list[DayResult]]:
    found: dict[date, list[DayResult]] = defaultdict(list)
    for line in results:
        found[line.day].append(line)
    return dict(found)


def _added(lines: Sequence[DayResult]) -> list[DayResult]:
    """One line per currency; the day is that of the first of them. Sums never cross currencies."""
    by_currency: dict[str, list[DayResult]] = defaultdict(list)
    for line in lines:
        by_currency[line.currency].append(line)
    return [_one(of_one) for _code, of_one in sorted(by_currency.items())]


def _one(lines: Sequence[DayResult]) -> DayResult:
    def total(name: str) -> Decimal:
        return sum((getattr(line, name) for line in lines), Decimal(0))

    counts: dict[str, Any] = {name: sum(getattr(line, name) for line in lines) for name in ("trades", "wins", "losses")}
    sums = ("gross_profit", "gross_loss", "gross", "commission", "swap", "fee", "net", "volume_lots")
    return DayResult(
        day=lines[0].day,
        currency=lines[0].currency,
        best=max(line.best for line in lines),
        worst=min(line.worst for line in lines),
        **counts | {name: total(name) for name in sums},
    )


def _sums(lines: Iterable[DayResult], formats: Formats) -> list[Money]:
    return [money(line, formats) for line in _added(list(lines))]


def _largest(lines: Iterable[DayResult]) -> dict[str, Decimal]:
    """The largest result in either direction, by currency: the end of the colour scale."""
    found: dict[str, Decimal] = {}
    for line in lines:
        found[line.currency] = max(found.get(line.currency, Decimal(0)), abs(line.net))
    return found


def _tone(lines: Sequence[DayResult], largest: Mapping[str, Decimal]) -> str:
    """The class of the colour: by the share of the largest result; neutral at zero, and where currencies disagree."""
    if not lines:
        return ""
    directions = {direction(line.net) for line in lines} - {"flat"}
    if len(directions) != 1:
        return "cal-flat"
    share = max(abs(line.net) / (largest.get(line.currency) or abs(line.net) or Decimal(1)) for line in lines)
    shade = min(_SHADES, 1 + int(share * _SHADES))
    return f"cal-{directions.pop()}-{shade}"
