"""Which of several figures is the best: only where more or less is better, and only of what can be compared."""

from decimal import Decimal

import pytest

from trading.calc.figure_types import FigureValue
from trading.calc.ranking import LESS_IS_BETTER, MORE_IS_BETTER, best_value
from trading.calc.registry import BY_KEY


def _figures(key: str, *values: str | None, sample: int = 100) -> list[FigureValue | None]:
    return [FigureValue(key, Decimal(value) if value else None, sample=sample) for value in values]


def test_what_is_ranked_is_a_figure_and_goes_one_way() -> None:
    assert BY_KEY.keys() >= (MORE_IS_BETTER | LESS_IS_BETTER)
    assert not MORE_IS_BETTER & LESS_IS_BETTER


@pytest.mark.parametrize(
    ("key", "values", "best"),
    [
        ("net_profit", ("10", "-20", None), "10"),
        ("largest_loss_trade", ("-300", "-120"), "-120"),
        ("balance_drawdown_maximal", ("500", "120"), "120"),
        ("trades_total", ("5", "7"), None),
        ("profit_factor", ("1.5", None), None),
    ],
)
def test_the_best_goes_the_way_of_the_figure(key: str, values: tuple[str | None, ...], best: str | None) -> None:
    found = best_value(BY_KEY[key], _figures(key, *values), ["USD"] * len(values))
    assert found == (Decimal(best) if best else None)


def test_money_of_two_currencies_has_no_best_and_a_ratio_has() -> None:
    assert best_value(BY_KEY["net_profit"], _figures("net_profit", "10", "20"), ["USD", "EUR"]) is None
    assert best_value(BY_KEY["profit_factor"], _figures("profit_factor", "1", "2"), ["USD", "EUR"]) == 2


def test_what_rests_on_too_little_is_not_the_best() -> None:
    thin = FigureValue("profit_factor", Decimal(9), sample=3)
    known = _figures("profit_factor", "1.2", "1.1")
    assert best_value(BY_KEY["profit_factor"], [thin, *known], ["USD"] * 3) == Decimal("1.2")


def test_a_return_on_equity_is_not_ranked_beside_one_on_the_balance() -> None:
    entry = BY_KEY["time_weighted_return_percent"]
    on = [
        FigureValue(entry.key, Decimal(share), sample=50, note=note) for share, note in ((3, "a"), (4, "b"), (5, "b"))
    ]
    assert best_value(entry, on, ["USD"] * 3) is None
    assert best_value(entry, on[1:], ["USD"] * 2) == 5
