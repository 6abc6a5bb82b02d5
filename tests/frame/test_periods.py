"""The period that an address names."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from trading.periods import read_period

NOW = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def test_today_is_the_day_of_the_zone() -> None:
    period = read_period({"period": "today"}, NOW, BERLIN)
    assert period.starts_at == datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
    assert period.ends_at == datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
    assert period.holds(NOW)


def test_the_last_day_of_a_range_belongs_to_it() -> None:
    period = read_period({"from": "2026-11-01", "to": "2026-11-24"}, NOW, BERLIN)
    assert period.holds(datetime(2026, 11, 24, 22, 59, 59, tzinfo=UTC))
    assert not period.holds(datetime(2026, 11, 24, 23, 0, tzinfo=UTC))
    assert period.parameters == {"from": "2026-11-01", "to": "2026-11-24"}


@pytest.mark.parametrize("parameters", [{}, {"period": "aeon"}, {"from": "soon"}, {"from": "2026-13-01"}])
def test_nonsense_means_everything(parameters: dict[str, str]) -> None:
    period = read_period(parameters, NOW, BERLIN)
    assert (period.name, period.starts_at, period.ends_at, period.parameters) == ("all", None, None, {})


def test_a_range_without_an_end_is_open() -> None:
    period = read_period({"from": "2026-11-01", "to": "9999-12-31"}, NOW, BERLIN)
    assert period.ends_at is None and period.starts_at is not None


def test_a_named_period_keeps_its_name_in_the_address() -> None:
    assert read_period({"period": "month"}, NOW, BERLIN).parameters == {"period": "month"}
