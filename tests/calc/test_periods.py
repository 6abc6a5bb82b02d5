"""Calendar windows in a zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from trading.calc.periods import PeriodName, windows

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
