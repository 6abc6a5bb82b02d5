"""Amounts of several currencies in one."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.calc.exchange import Rate, RateTable, converted

ON = date(2026, 11, 24)
FRIDAY = date(2026, 11, 20)
DOLLAR = Rate("EUR", "USD", FRIDAY, Decimal("1.25"))
POUND = Rate("EUR", "GBP", FRIDAY, Decimal("0.8"))


def rate_of(table: RateTable, source: str, target: str, on: date = ON) -> Decimal | None:
    found = table.between(source, target, on)
    return found.rate if found else None


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("EUR", "USD", "1.25"),
        ("USD", "EUR", "0.8"),
        ("GBP", "USD", "1.5625"),
        ("USD", "GBP", "0.64"),
        ("CHF", "USD", None),
    ],
)
def test_goes_both_ways_and_over_the_euro(source: str, target: str, expected: str | None) -> None:
    assert rate_of(RateTable([DOLLAR, POUND]), source, target) == (None if expected is None else Decimal(expected))


def test_a_rate_of_the_pair_itself_comes_before_the_way_over_the_euro() -> None:
    own = Rate("GBP", "USD", FRIDAY, Decimal("1.6"))
    assert rate_of(RateTable([DOLLAR, POUND, own]), "GBP", "USD") == Decimal("1.6")


def test_of_two_for_one_day_the_first_given_counts_and_a_newer_day_before_both() -> None:
    newer, older = Rate("EUR", "USD", ON, Decimal("1.3")), Rate("EUR", "USD", FRIDAY, Decimal("1.1"))
    assert rate_of(RateTable([DOLLAR, older]), "EUR", "USD") == Decimal("1.25")
    assert rate_of(RateTable([DOLLAR, newer, older]), "EUR", "USD") == Decimal("1.3")


@pytest.mark.parametrize(("days", "counts"), [(-1, False), (0, True), (7, True), (8, False)])
def test_a_rate_counts_for_seven_days(days: int, counts: bool) -> None:
    found = RateTable([DOLLAR]).between("EUR", "USD", FRIDAY + timedelta(days=days))
    assert (found is not None) == counts


def test_a_way_over_the_euro_is_of_its_older_day() -> None:
    found = RateTable([Rate("EUR", "USD", ON, Decimal("1.25")), POUND]).between("GBP", "USD", ON)
    assert found is not None and found.day == FRIDAY


def test_a_total_names_each_rate_and_leaves_its_own_currency_alone() -> None:
    amounts = {"USD": Decimal("100.10"), "EUR": Decimal(10), "GBP": Decimal(0)}
    found = converted(amounts, "USD", RateTable([DOLLAR]), ON)
    assert found.amount == Decimal("112.60")
    assert (found.used, found.missing) == ([DOLLAR], [])


def test_there_is_no_total_while_a_rate_is_missing() -> None:
    found = converted({"USD": Decimal(1), "CHF": Decimal(1)}, "USD", RateTable([DOLLAR]), ON)
    assert (found.amount, found.missing) == (None, ["CHF"])


@given(st.decimals("0.000001", "100000", places=6), st.decimals("-1000000", "1000000", places=2))
def test_there_and_back_gives_the_same_to_the_twentieth_digit(value: Decimal, amount: Decimal) -> None:
    table = RateTable([Rate("EUR", "USD", ON, value)])
    there = converted({"EUR": amount}, "USD", table, ON).amount or Decimal(0)
    back = converted({"USD": there}, "EUR", table, ON).amount or Decimal(0)
    assert abs(back - amount) <= abs(amount) * Decimal("1e-20")
