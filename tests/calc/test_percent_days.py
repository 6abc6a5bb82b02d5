"""The index of shared records: cash moves nothing, results multiply, and what has no percentage is counted."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from trading.calc.history import Booking, Flow
from trading.calc.percent_days import PercentDay, percent_days

START = datetime(2025, 1, 6, 9, tzinfo=UTC)


def flow(hours: int, amount: str, kind: str = "deposit") -> Flow:
    return Flow(START + timedelta(hours=hours), hours, kind, Decimal(amount))


def result(hours: int, net: str) -> Booking:
    return Booking(START + timedelta(hours=hours), hours, Decimal(net))


def days_of(flows: list[Flow], results: list[Booking], opening: str = "0") -> list[PercentDay]:
    return percent_days(Decimal(opening), flows, results, UTC)[0]


def test_results_multiply_and_cash_moves_nothing() -> None:
    days = days_of([flow(0, "1000"), flow(3, "9000"), flow(30, "-5000", "withdrawal")], [result(1, "100"), result(4, "-1010"), result(31, "409")])  # fmt: skip
    first, second = days
    assert first == PercentDay(date(2025, 1, 6), Decimal(0), Decimal(9090), Decimal("99.0"), Decimal("0.1"))
    assert (second.held, second.balance) == (Decimal(9090), Decimal(4499))
    assert second.index == Decimal("99.0") * (1 + Decimal(409) / 4090) == Decimal("108.9")
    assert second.drawdown_ratio == Decimal("0.1")  # the day begins where the one before ended


def test_credit_is_no_cash() -> None:
    assert days_of([flow(0, "1000"), flow(1, "500", "credit")], [result(2, "100")])[0].index == Decimal(110)


def test_an_account_that_lost_everything_stays_at_zero() -> None:
    days = days_of([flow(0, "100"), flow(48, "100")], [result(1, "-150"), result(49, "50")])
    assert [day.index for day in days] == [0, 0]
    assert [day.drawdown_ratio for day in days] == [1, 1]


def test_what_is_booked_while_nothing_is_held_has_no_percentage() -> None:
    days, without = percent_days(
        Decimal(0), [flow(2, "1000")], [result(0, "50"), result(1, "0"), result(3, "105")], UTC
    )
    assert without == 1  # only the first: a zero misses nothing
    assert days[0].index == Decimal(110)


def test_days_are_those_of_the_zone() -> None:
    late = [result(14, "1"), result(15, "1")]  # 23:00 and midnight
    assert [day.day for day in days_of([flow(0, "100")], late)] == [date(2025, 1, 6), date(2025, 1, 7)]


nets = st.lists(st.tuples(st.integers(1, 900), st.integers(-40, 60)), max_size=30, unique_by=lambda pair: pair[0])


@settings(deadline=None)
@given(nets, st.randoms(use_true_random=False), st.integers(2, 1000))
def test_amounts_of_another_size_give_the_same_index(rows: list[tuple[int, int]], random: Random, factor: int) -> None:
    """What makes an index fit to be shown where amounts are hidden."""
    flows = [flow(0, "2000"), flow(450, "500")]
    results = [result(hours, str(net)) for hours, net in rows]
    larger = [Flow(one.at, one.sequence, one.kind, one.amount * factor) for one in flows]
    scaled = [Booking(one.at, one.sequence, one.net * factor) for one in random.sample(results, len(results))]
    small, large = days_of(flows, results), days_of(larger, scaled)
    assert [day.day for day in small] == [day.day for day in large]
    for one, other in zip(small, large, strict=True):
        assert abs(one.index - other.index) < Decimal("1e-15")
        assert abs(one.drawdown_ratio - other.drawdown_ratio) < Decimal("1e-15")
