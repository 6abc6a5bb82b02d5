"""Stated figures beside ours: rounding, halves, and the four states."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from trading.calc.compare import compare, rounded_like
from trading.calc.rounding import places_of, to_places


@dataclass(frozen=True)
class Stated:
    key: str
    value: Decimal
    untrusted: str = ""


def test_rounds_ours_to_the_printed_decimals() -> None:
    (row,) = compare([Stated("profit_factor", Decimal("1.13"))], {"profit_factor": Decimal("1.131005")})
    assert [row.ours_rounded, row.difference, row.state] == [Decimal("1.13"), 0, "ties"]
    assert row.ours == Decimal("1.131005")


def test_difference_is_ours_less_the_stated_one() -> None:
    (row,) = compare([Stated("balance", Decimal("100.00"))], {"balance": Decimal("99.5")})
    assert [row.difference, row.state] == [Decimal("-0.50"), "differs"]


def test_says_what_is_not_computed() -> None:
    rows = compare([Stated("exposure_total", Decimal(5)), Stated("margin", Decimal(1))], {"margin": None})
    assert [row.state for row in rows] == ["not_computed", "not_computed"]
    assert rows[0].difference is None


def test_an_untrusted_figure_never_ties() -> None:
    stated = [Stated("net_profit", Decimal(5), untrusted="The total points at another sheet.")]
    (row,) = compare(stated, {"net_profit": Decimal(5)})
    assert [row.state, row.difference] == ["untrusted", 0]


def test_keeps_the_order_of_the_file() -> None:
    stated = [Stated("b", Decimal(1)), Stated("a", Decimal(2))]
    assert [row.key for row in compare(stated, {"a": Decimal(2), "b": Decimal(1)})] == ["b", "a"]


@pytest.mark.parametrize(
    ("stated", "ours", "expected"),
    [
        ("-21.65", "-21.655", "-21.65"),  # the platform's binary fraction lay just above the half
        ("-21.66", "-21.655", "-21.66"),
        ("-21.64", "-21.655", "-21.66"),  # no neighbour of the half: an ordinary difference
        ("4", "3.5", "4"),
        ("95", "94.7", "95"),
        ("0", "-0.4", "0"),
    ],
)
def test_takes_the_stated_side_of_an_exact_half(stated: str, ours: str, expected: str) -> None:
    assert rounded_like(Decimal(stated), Decimal(ours)) == Decimal(expected)


@pytest.mark.parametrize(
    ("value", "places", "expected"), [("1.5", 0, "2"), ("-1.5", 0, "-2"), ("2.345", 2, "2.35"), ("-0.001", 2, "0.00")]
)
def test_halves_go_away_from_zero_and_zero_has_no_sign(value: str, places: int, expected: str) -> None:
    assert str(to_places(Decimal(value), places)) == expected


def test_counts_the_printed_decimals() -> None:
    assert [places_of(Decimal(text)) for text in ("12.30", "12", "1E+3")] == [2, 0, 0]
