"""Drawdown, daily loss and the floor of equity: by hand."""

from datetime import UTC, datetime, time
from decimal import Decimal

import pytest

from tests.guards.arithmetic import fired, rule, seen, watch
from trading.calc.guard_clock import day_start
from trading.calc.guard_types import Level

DEFAULT = rule("drawdown", "0.20", "0.15")


def test_a_drawdown_is_measured_from_the_highest_equity() -> None:
    last = watch(DEFAULT, [seen(10_000), seen(12_000, 1), seen(10_200, 2)])[-1]
    assert last.reading.used == Decimal("0.15")
    assert last.level == Level.WARNING
    assert last.reading.line == 12_000
    assert last.reading.headroom == 10_200 - 9_600


def test_floating_loss_counts_although_nothing_is_closed() -> None:
    last = watch(DEFAULT, [seen(10_000), seen(7_900, 1, balance=10_000)])[-1]
    assert last.level == Level.CRITICAL
    assert last.should_close


def test_a_fall_through_both_levels_raises_one_alert_each() -> None:
    falling = [seen(equity, minute) for minute, equity in enumerate((10_000, 8_600, 8_500, 8_400, 8_000, 7_900))]
    assert fired(watch(DEFAULT, falling)) == [Level.WARNING, Level.CRITICAL]


def test_a_jump_to_critical_tells_the_worse_alone() -> None:
    assert fired(watch(DEFAULT, [seen(10_000), seen(7_000, 1), seen(8_400, 2)])) == [Level.CRITICAL]


def test_an_alert_re_arms_after_one_point_of_recovery_and_no_sooner() -> None:
    wobble = [seen(10_000), seen(8_500, 1), seen(8_590, 2), seen(8_500, 3)]
    assert fired(watch(DEFAULT, wobble)) == [Level.WARNING]
    recovered = [seen(10_000), seen(8_500, 1), seen(8_600, 2), seen(8_500, 3)]
    verdicts = watch(DEFAULT, recovered)
    assert fired(verdicts) == [Level.WARNING, Level.WARNING]
    assert [verdict.fired.episode for verdict in verdicts if verdict.fired] == [1, 2]
    assert verdicts[2].level == Level.NORMAL


def test_a_withdrawal_leaves_the_drawdown_in_percent_as_it_was() -> None:
    flows = [seen(12_000, 0, flows=12_000), seen(10_800, 1, flows=12_000), seen(5_400, 2, flows=6_600)]
    last = watch(DEFAULT, flows)[-1]
    assert last.reading.used == Decimal("0.1")
    assert last.reading.line == 6_000
    assert last.level == Level.NORMAL


def test_a_deposit_neither_heals_a_drawdown_nor_makes_a_new_peak_of_itself() -> None:
    last = watch(DEFAULT, [seen(10_000, flows=10_000), seen(9_000, 1, flows=10_000), seen(18_000, 2, flows=19_000)])[-1]
    assert last.reading.used == Decimal("0.1")


def test_an_amount_of_loss_moves_with_the_cash_by_the_amount() -> None:
    money = rule("drawdown", 2_000, unit="money")
    last = watch(money, [seen(10_000, flows=10_000), seen(9_000, 1, flows=10_000), seen(4_000, 2, flows=5_000)])[-1]
    assert last.reading.used == 1_000
    assert last.reading.floor == 3_000


def test_a_drawdown_from_the_initial_balance_ignores_what_was_won_since() -> None:
    fixed = rule("drawdown", "0.10", reference="initial_balance", share_of="initial_balance", initial_balance=100_000)
    last = watch(fixed, [seen(100_000), seen(108_000, 1), seen(90_001, 2)])[-1]
    assert last.reading.floor == 90_000
    assert last.reading.headroom == 1
    assert last.level == Level.NORMAL
    assert watch(fixed, [seen(100_000), seen(90_000, 1)])[-1].level == Level.CRITICAL


def test_a_trailing_line_locks_at_the_initial_balance() -> None:
    trailing = rule("drawdown", "0.05", share_of="initial_balance", initial_balance=100_000, lock_ratio=1)
    rising = [seen(100_000), seen(103_000, 1), seen(112_000, 2)]
    assert [verdict.reading.floor for verdict in watch(trailing, rising)] == [95_000, 98_000, 100_000]


def test_a_line_that_trails_the_day_close_moves_at_the_reset_alone() -> None:
    end_of_day = rule("drawdown", 2_000, unit="money", trailing="day_close", initial_balance=50_000, lock_ratio=1)
    tuesday = datetime(2025, 6, 3, 0, 1, tzinfo=UTC)
    days = [
        seen(50_000),
        seen(51_500, 1),
        seen(51_200, datetime(2025, 6, 2, 23, 59, 30, tzinfo=UTC)),
        seen(51_200, tuesday),
    ]
    assert [verdict.reading.floor for verdict in watch(end_of_day, days)] == [48_000, 48_000, 48_000, 49_200]


def test_a_daily_loss_starts_anew_at_the_reset_in_the_firms_zone() -> None:
    daily = rule(
        "daily_loss",
        "0.05",
        "0.04",
        reference="day_balance",
        share_of="initial_balance",
        initial_balance=100_000,
        reset_zone="Europe/Prague",
    )
    # Prague is two hours ahead in summer: its midnight is 22:00 UTC.
    before, after = datetime(2025, 6, 2, 21, 59, 50, tzinfo=UTC), datetime(2025, 6, 2, 22, 0, 10, tzinfo=UTC)
    verdicts = watch(daily, [seen(100_000), seen(95_900, before), seen(95_900, after)])
    assert [verdict.reading.used for verdict in verdicts] == [0, Decimal("0.041"), 0]
    assert [verdict.level for verdict in verdicts] == [Level.NORMAL, Level.WARNING, Level.NORMAL]
    assert verdicts[-1].reading.floor == 90_900


def test_the_days_value_is_that_of_the_observation_nearest_to_the_reset() -> None:
    daily = rule("daily_loss", "0.05", reference="day_balance")
    friday, monday = datetime(2025, 6, 6, 20, 0, tzinfo=UTC), datetime(2025, 6, 9, 0, 5, tzinfo=UTC)
    last = watch(daily, [seen(10_000, friday), seen(9_800, monday)])[-1]
    assert last.reading.line == 9_800


@pytest.mark.parametrize(
    ("reference", "line"), [("day_balance", 10_000), ("day_equity", 10_400), ("day_higher", 10_400)]
)
def test_the_daily_line_is_balance_equity_or_the_higher(reference: str, line: int) -> None:
    daily = rule("daily_loss", "0.05", reference=reference)
    assert watch(daily, [seen(10_400, balance=10_000)])[-1].reading.line == line


def test_headroom_if_every_stop_is_hit_takes_the_open_risk_away() -> None:
    last = watch(DEFAULT, [seen(10_000, open_risk=700)])[-1]
    assert (last.reading.headroom, last.reading.headroom_if_stopped) == (Decimal(2_000), Decimal(1_300))
    unbounded = watch(DEFAULT, [seen(10_000, open_risk=None)])[-1]
    assert unbounded.reading.headroom_if_stopped is None
    assert unbounded.reading.is_unbounded


def test_the_floor_of_equity_is_an_amount() -> None:
    floor = rule("minimum_equity", 100, unit="money")
    assert watch(floor, [seen(1_000), seen("100.01", 1)])[-1].level == Level.NORMAL
    broken = watch(floor, [seen(1_000), seen(100, 1)])[-1]
    assert broken.level == Level.CRITICAL
    assert broken.reading.headroom == 0


def test_an_empty_account_has_no_drawdown() -> None:
    last = watch(DEFAULT, [seen(0)])[-1]
    assert last.reading.used is None
    assert last.level == Level.NORMAL


def test_an_older_observation_changes_nothing() -> None:
    assert len(watch(DEFAULT, [seen(10_000, 5), seen(5_000, 1)])) == 1


@pytest.mark.parametrize(
    ("at", "starts"),
    [
        # In winter Prague is one hour ahead, in summer two; the clock changes on 30 March and 26 October 2025.
        (datetime(2025, 1, 15, 12, tzinfo=UTC), datetime(2025, 1, 14, 23, tzinfo=UTC)),
        (datetime(2025, 3, 30, 12, tzinfo=UTC), datetime(2025, 3, 29, 23, tzinfo=UTC)),
        (datetime(2025, 3, 30, 22, tzinfo=UTC), datetime(2025, 3, 30, 22, tzinfo=UTC)),
        (datetime(2025, 10, 26, 22, 30, tzinfo=UTC), datetime(2025, 10, 25, 22, tzinfo=UTC)),
        (datetime(2025, 10, 26, 23, tzinfo=UTC), datetime(2025, 10, 26, 23, tzinfo=UTC)),
    ],
)
def test_midnight_in_prague_follows_summer_time(at: datetime, starts: datetime) -> None:
    assert day_start(at, time(0), "Europe/Prague") == starts


def test_a_reset_that_the_clock_skips_happens_at_the_change() -> None:
    assert day_start(datetime(2025, 3, 30, 12, tzinfo=UTC), time(2, 30), "Europe/Prague") == datetime(
        2025, 3, 30, 1, 30, tzinfo=UTC
    )


def test_a_reset_that_the_clock_shows_twice_happens_the_first_time() -> None:
    later = datetime(2025, 10, 26, 1, 45, tzinfo=UTC)
    assert day_start(later, time(2, 30), "Europe/Prague") == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
