"""Calendar windows in a zone, and what was earned in them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.calc.example import fill
from trading.calc.periods import PeriodName, period_results, windows

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)  # Monday evening in New York


def starts(now: datetime, zone: ZoneInfo) -> dict[PeriodName, str]:
    return {window.name: f"{window.starts_at:%Y-%m-%d %H:%M}" for window in windows(now, zone)}


def test_windows_are_those_of_the_zone() -> None:
    assert starts(NOW, NEW_YORK) == {
        "today": "2026-11-23 00:00",
        "week": "2026-11-23 00:00",
        "month": "2026-11-01 00:00",
        "quarter": "2026-10-01 00:00",
        "year": "2026-01-01 00:00",
    }


def test_year_and_quarter_end_with_december() -> None:
    ends = {window.name: window.ends_at.date().isoformat() for window in windows(NOW, NEW_YORK)}
    assert [ends["month"], ends["quarter"], ends["year"]] == ["2026-12-01", "2027-01-01", "2027-01-01"]


def test_a_window_holds_its_start_and_not_its_end() -> None:
    midnight = datetime(2026, 11, 23, 5, tzinfo=UTC)
    fills = [
        fill(1, "1", at=midnight - timedelta(microseconds=1)),
        fill(2, "10", at=midnight),
        fill(3, "100", at=midnight + timedelta(days=1)),
    ]
    assert period_results(fills, NOW, NEW_YORK)["today"].net == 10


def test_a_day_of_25_hours_is_one_day() -> None:
    now = datetime(2026, 11, 1, 18, tzinfo=UTC)
    first, last = datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 2, 4, 59, tzinfo=UTC)
    today = period_results([fill(1, "1", at=first), fill(2, "2", at=last)], now, NEW_YORK)["today"]
    assert [today.net, today.trades] == [3, 2]


def test_counts_exits_and_wins_and_books_entry_costs() -> None:
    at = NOW - timedelta(hours=1)
    fills = [
        fill(1, is_exit=False, commission="-2", at=at),
        fill(2, "10", commission="-2", at=at),
        fill(3, "0", at=at),
        fill(4, "-4", at=at),
    ]
    week = period_results(fills, NOW, NEW_YORK)["week"]
    assert [week.net, week.gross_profit, week.trades, week.wins] == [2, 6, 3, 2]
    assert week.win_ratio == Decimal(2) / 3


def test_an_empty_period_has_no_win_ratio() -> None:
    assert period_results([], NOW, NEW_YORK)["year"].win_ratio is None
