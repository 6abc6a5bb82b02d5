"""Time-weighted returns by day, of the balance and of reported equity."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.calc.example import START, example_sample, flow, returns_sample, trip
from tests.calc.test_properties import unhurried
from trading.calc.closed_trades import ClosedTrade
from trading.calc.equity_figures import NO_FEED, ONE_REPORT, Coverage, coverage_of, equity_figures, in_order_of_time
from trading.calc.figure_types import EquityPoint, FigureValues, Sample
from trading.calc.history import Flow
from trading.calc.path_figures import NO_BALANCE, balance_drawdown, moves_of
from trading.calc.portal import portal_figures
from trading.calc.return_figures import (
    ALL_ALIKE,
    NO_LOST_DAY,
    NOTHING_AT_WORK,
    ON_BALANCE,
    ON_EQUITY,
    ON_EQUITY_ESTIMATED,
    ONE_DAY,
    TOO_SHORT,
    daily_returns,
)
from trading.calc.returns import Returns, Stretch, balance_stretches, equity_stretches, returns_of
from trading.calc.undefined import NEVER_FELL, NO_TRADES

CLOSE = Decimal("1E-15")
shares = st.integers(-900, 900).map(lambda permille: Decimal(permille) / 1000)
cash_shares = st.integers(-900, 3000).map(lambda permille: Decimal(permille) / 1000)


def point(hours: float, equity: str) -> EquityPoint:
    return EquityPoint(START + timedelta(hours=hours), Decimal(equity))


def path(returns: Sequence[Decimal], cash: Sequence[Decimal]) -> tuple[list[ClosedTrade], list[Flow], Decimal]:
    """A trade at noon of each day that makes its return of 1 000 and of what cash left; cash in the evening, as a share."""
    held = Decimal(1000)
    trades: list[ClosedTrade] = []
    flows: list[Flow] = []
    for number, (earned, moved) in enumerate(zip(returns, cash, strict=True), 1):
        at = START + timedelta(days=number - 1, hours=3)
        trades.append(replace(trip(number, at=at, hours=0), gross_profit=held * earned, commission=Decimal(0)))
        held += held * earned
        flows.append(Flow(at + timedelta(hours=6), number, "deposit" if moved > 0 else "withdrawal", held * moved))
        held += held * moved
    return trades, flows, held


def of_balance(trades: Sequence[ClosedTrade], flows: Sequence[Flow]) -> Returns:
    ends_at = max(trade.closed_at for trade in trades)
    found = returns_of(balance_stretches(Decimal(1000), trades, flows, UTC), START, ends_at, UTC)
    assert found is not None
    return found


@unhurried
@given(st.lists(st.tuples(shares, cash_shares), min_size=1, max_size=20))
def test_cash_does_not_change_the_return_of_the_same_returns(pairs: list[tuple[Decimal, Decimal]]) -> None:
    returns, cash = [earned for earned, _ in pairs], [moved for _, moved in pairs]
    plain = of_balance(*path(returns, [Decimal(0)] * len(cash))[:2])
    moved = of_balance(*path(returns, cash)[:2])
    assert abs(moved.growth - plain.growth) <= CLOSE * max(Decimal(1), plain.growth)
    assert len(moved.daily) == len(plain.daily)
    assert all(abs(one - other) < CLOSE for one, other in zip(moved.daily, plain.daily, strict=True))


@unhurried
@given(st.lists(st.tuples(shares, cash_shares), min_size=1, max_size=20))
def test_equity_reported_right_around_cash_has_the_returns_of_the_balance(pairs: list[tuple[Decimal, Decimal]]) -> None:
    returns, cash = [earned for earned, _ in pairs], [moved for _, moved in pairs]
    trades, flows, _ = path(returns, cash)
    points, held = [point(0, "1000")], Decimal(1000)
    for trade, paid in zip(trades, flows, strict=True):
        held += trade.net
        points.append(EquityPoint(trade.closed_at, held))
        points.append(EquityPoint(paid.at - timedelta(microseconds=1), held))
        held += paid.amount
        points.append(EquityPoint(paid.at, held))
    found = returns_of(equity_stretches(points, flows, UTC), START, points[-1].at, UTC)
    assert found is not None
    expected = of_balance(trades, flows).growth
    assert abs(found.growth - expected) <= CLOSE * max(Decimal(1), expected)


@unhurried
@given(st.lists(st.integers(-900, 900), min_size=1, max_size=20), st.lists(cash_shares, min_size=20, max_size=20))
def test_deposits_and_withdrawals_do_not_change_how_far_the_equity_fell(
    permille: list[int], cash: list[Decimal]
) -> None:
    plain, held = [point(0, "1000")], Decimal(1000)
    moved, paid_held = [point(0, "1000")], Decimal(1000)
    flows: list[Flow] = []
    for number, (share, paid) in enumerate(zip(permille, cash, strict=False), 1):
        factor = 1 + Decimal(share) / 1000
        held, paid_held = held * factor, paid_held * factor
        plain.append(EquityPoint(START + timedelta(hours=number), held))
        moved.append(EquityPoint(START + timedelta(hours=number), paid_held))
        at = START + timedelta(hours=number, minutes=30)
        flows.append(Flow(at, number, "withdrawal", paid_held * paid))
        paid_held += paid_held * paid
        moved.append(EquityPoint(at, paid_held))
    without = equity_figures(Sample([], equity=plain))
    with_cash = equity_figures(Sample([], flows, equity=moved))
    deepest, plainly = (of["equity_drawdown_relative_percent"].value for of in (with_cash, without))
    assert deepest is not None and plainly is not None
    assert abs(deepest - plainly) < CLOSE


@unhurried
@given(st.lists(st.integers(-50_000, 50_000), min_size=1, max_size=30), st.lists(st.integers(-90_000, 90_000)))
def test_a_deposit_makes_no_fall_of_the_equity_in_money(cents: list[int], paid: list[int]) -> None:
    """The same results with cash between them: reports after each result and after each flow."""
    plain, moved = [point(0, "100000")], [point(0, "100000")]
    flows: list[Flow] = []
    result = cash = Decimal(0)
    for number, net in enumerate(cents, 1):
        result += Decimal(net) / 100
        plain.append(EquityPoint(START + timedelta(hours=number), 100_000 + result))
        moved.append(EquityPoint(START + timedelta(hours=number), 100_000 + result + cash))
        if number <= len(paid):
            at = START + timedelta(hours=number, minutes=30)
            flows.append(Flow(at, number, "deposit", Decimal(paid[number - 1]) / 100))
            cash += Decimal(paid[number - 1]) / 100
            moved.append(EquityPoint(at, 100_000 + result + cash))
    without, with_cash = equity_figures(Sample([], equity=plain)), equity_figures(Sample([], flows, equity=moved))
    for key in ("equity_drawdown_absolute", "equity_drawdown_maximal"):
        assert with_cash[key].value == without[key].value


@unhurried
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(-5_000, 5_000)), min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 40), st.integers(-5_000, 50_000)), max_size=6),
    st.randoms(use_true_random=False),
)
def test_rows_of_the_same_moment_may_come_in_any_order(
    nets: list[tuple[int, int]], paid: list[tuple[int, int]], random: Random
) -> None:
    """Hours repeat, so that closes, flows and reports share their moments."""
    trades = [
        trip(number, str(net), at=START + timedelta(hours=hour), hours=0) for number, (hour, net) in enumerate(nets, 1)
    ]
    flows = [flow(number, str(amount), at=START + timedelta(hours=hour)) for number, (hour, amount) in enumerate(paid)]
    points = [EquityPoint(START + timedelta(hours=hour), Decimal(100_000 + net)) for hour, net in nets]
    sample = Sample(trades, flows, Decimal(1_000_000), points)
    shuffled = replace(
        sample,
        trades=random.sample(trades, len(trades)),
        flows=random.sample(flows, len(flows)),
        equity=random.sample(points, len(points)),
    )
    assert _told(portal_figures(sample)) == _told(portal_figures(shuffled))


def _told(figures: FigureValues) -> FigureValues:
    """Figures of daily returns and of the equity: those of one trade after the other know which came first."""
    return {key: of for key, of in figures.items() if of.note or key.startswith(("equity_", "day_", "time_weighted"))}


def test_money_stays_exact() -> None:
    (stretch,) = balance_stretches(Decimal("0.10"), [trip(1, "0.20"), trip(1, "0.10")], [], UTC)
    assert (stretch.base, stretch.gained) == (Decimal("0.10"), Decimal("0.30"))


def test_a_day_is_one_of_the_chosen_zone() -> None:
    late = trip(1, "10", at=START.replace(hour=20), hours=0)
    (utc,) = balance_stretches(Decimal(1000), [late], [], UTC)
    (tokyo,) = balance_stretches(Decimal(1000), [late], [], ZoneInfo("Asia/Tokyo"))
    assert (utc.on.day, tokyo.on.day) == (2, 3)


def test_interest_is_earned_and_credit_is_no_balance() -> None:
    flows = [flow(1, "10", kind="interest"), flow(2, "500", kind="credit"), flow(3, "-4", kind="fee")]
    (stretch,) = balance_stretches(Decimal(1000), [], flows, UTC)
    assert (stretch.base, stretch.gained) == (Decimal(1000), Decimal(6))


def test_cash_between_two_reports_is_weighted_by_the_time_it_was_there() -> None:
    flows = [flow(3, "500.00")]
    (stretch,) = equity_stretches([point(0, "1000.00"), point(6, "1530.00")], flows, UTC)
    assert stretch == Stretch(START.date(), Decimal(1250), Decimal(30), is_estimate=True)
    found = returns_of([stretch], START, START + timedelta(hours=6), UTC)
    assert found is not None
    assert (found.growth, found.estimates) == (Decimal("1.024"), 1)


def test_weekends_count_only_where_something_moved() -> None:
    friday, saturday, monday = (START + timedelta(days=number) for number in (4, 5, 7))
    stretches = [Stretch(saturday.date(), Decimal(100), Decimal(1))]
    moved = returns_of(stretches, friday, monday, UTC)
    idle = returns_of([], friday, monday, UTC)
    assert moved is not None and idle is not None
    assert moved.daily == [Decimal(0), Decimal("0.01"), Decimal(0)]
    assert idle.daily == [Decimal(0)] * 2


def test_who_lost_everything_has_nothing_left_of_a_unit() -> None:
    sample = Sample([trip(1, "-1000"), trip(60, "5")], [flow(900, "100")], Decimal(1000))
    found = portal_figures(sample)
    assert found["time_weighted_return_percent"].value == -100
    assert found["annual_growth_percent"].value == -100


def reported(*equities: str) -> Sample:
    """The example of round trips with a report at the end of each of its days."""
    points = [point(24 * number + 4, equity) for number, equity in enumerate(equities)]
    return replace(example_sample(), equity=[point(-1, "1000"), *points])


def test_returns_run_on_reported_equity_where_it_covers_the_record() -> None:
    found = portal_figures(reported("1060", "1018", "990", "996", "1025"))
    assert found["time_weighted_return_percent"].value == Decimal("2.5")
    assert found["time_weighted_return_percent"].note == ON_EQUITY
    assert found["day_worst_percent"].value == (Decimal(1018) / 1060 - 1) * 100


def test_returns_run_on_the_balance_where_equity_was_reported_for_a_part_only() -> None:
    found = portal_figures(example_sample())
    assert found["time_weighted_return_percent"].value == Decimal("2.5")
    assert found["time_weighted_return_percent"].note == ON_BALANCE
    assert found["day_best_percent"].value == Decimal("5.9")
    assert (found["day_best_percent"].on, found["day_worst_percent"].on) == (
        START.date(),
        (START + timedelta(days=1)).date(),
    )


def test_an_estimate_is_named_beside_the_figure() -> None:
    sample = reported("1060", "1518", "1490", "1496", "1525")
    sample = replace(sample, flows=[*sample.flows, flow(20, "500")])
    assert portal_figures(sample)["time_weighted_return_percent"].note == ON_EQUITY_ESTIMATED


def test_the_calmar_ratio_takes_the_fall_of_what_the_returns_stand_on() -> None:
    plain = returns_sample()
    points = [
        EquityPoint(START + timedelta(days=day), Decimal(1000 + (100 if day == 15 else day))) for day in range(31)
    ]
    on_equity = portal_figures(replace(plain, flows=[], equity=points))
    assert on_equity["calmar_ratio"].note == ON_EQUITY
    fall = on_equity["equity_drawdown_relative_percent"].value
    assert fall is not None and fall > 7
    assert on_equity["calmar_ratio"].value == (on_equity["annual_growth_percent"].value or 0) / fall


@pytest.mark.parametrize(
    ("sample", "key", "reason"),
    [
        (Sample([], opening_balance=Decimal(1)), "time_weighted_return_percent", NO_TRADES),
        (Sample([trip(1, "5")]), "sharpe_ratio_daily", NO_BALANCE),
        (Sample([trip(1, "5")], opening_balance=Decimal(0)), "time_weighted_return_percent", NOTHING_AT_WORK),
        (Sample([trip(1, "5")], opening_balance=Decimal(9)), "annual_growth_percent", TOO_SHORT),
        (Sample([trip(1, "5")], opening_balance=Decimal(9)), "calmar_ratio", TOO_SHORT),
        (Sample([trip(1, "5")], opening_balance=Decimal(9)), "sharpe_ratio_daily", ONE_DAY),
        (Sample([trip(1), trip(2)], opening_balance=Decimal(9)), "sharpe_ratio_daily", ALL_ALIKE),
        (Sample([trip(1, "5"), trip(2)], opening_balance=Decimal(9)), "sortino_ratio", NO_LOST_DAY),
        (Sample([trip(1, "5"), trip(50, "5")], opening_balance=Decimal(9)), "calmar_ratio", NEVER_FELL),
        (Sample([trip(1, "5")]), "equity_drawdown_maximal", NO_FEED),
        (Sample([trip(1, "5")], no_equity="Not of these."), "equity_drawdown_maximal", "Not of these."),
        (Sample([], equity=[point(1, "5")]), "equity_drawdown_maximal", ONE_REPORT),
    ],
)
def test_a_figure_that_is_not_defined_says_why(sample: Sample, key: str, reason: str) -> None:
    found = portal_figures(sample)[key]
    assert (found.value, found.reason) == (None, reason)


def test_coverage_counts_weekdays_without_a_report() -> None:
    points = [point(0, "1"), point(24, "1"), point(24 * 7, "1")]
    assert coverage_of(points, UTC) == Coverage(points[0].at, points[-1].at, weekdays=6, missing=3)
    assert coverage_of([], UTC) is None


def test_equity_alone_has_returns_without_a_closed_trade() -> None:
    found = daily_returns(Sample([], equity=[point(0, "1000"), point(1, "1010")]))
    assert found.basis == "equity"
    assert found.returns is not None and found.returns.growth == Decimal("1.01")


def test_of_two_reports_of_a_moment_one_counts() -> None:
    twice = [point(1, "5"), point(0, "7"), point(1, "6")]
    assert in_order_of_time(twice) == in_order_of_time(twice[::-1]) == [point(0, "7"), point(1, "6")]


def test_falls_of_equity_without_cash_are_those_of_the_same_balance() -> None:
    sample = returns_sample()
    held, points = Decimal(1000), [point(0, "1000")]
    for trade in sample.trades:
        held += trade.net
        points.append(EquityPoint(trade.closed_at, held))
    fall = balance_drawdown(Decimal(1000), moves_of(sample.trades, []))
    found = equity_figures(Sample([], equity=points))
    assert found["equity_drawdown_maximal"].value == fall.maximal == 21
    assert found["equity_drawdown_relative_percent"].value == fall.relative_ratio * 100
