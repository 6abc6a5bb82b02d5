"""What figures are measured in."""

import pytest

from tests.calc.example import example_history
from trading.calc.metatrader import Definition, metatrader_figures
from trading.calc.registry import BY_KEY
from trading.calc.units import places_of_figure, unit_of

_KINDS = {"money": "money", "signed": "money", "percent": "percent", "count": "count"}
_PRINTED = sorted(
    {*metatrader_figures(example_history(), "mt4"), *metatrader_figures(example_history(), "mt5")} & BY_KEY.keys()
)


@pytest.mark.parametrize("key", _PRINTED)
def test_the_page_writes_a_figure_in_its_unit(key: str) -> None:
    assert unit_of(key) == _KINDS.get(BY_KEY[key].kind, "factor")


@pytest.mark.parametrize("definition", ["mt4", "mt5"])
def test_every_count_of_a_history_is_whole(definition: Definition) -> None:
    figures = metatrader_figures(example_history(), definition)
    counts = [value for key, value in figures.items() if value is not None and unit_of(key) == "count"]
    assert len(counts) == 9
    assert all(value == value.to_integral_value() for value in counts)


def test_money_has_the_digits_of_its_currency() -> None:
    assert [places_of_figure("net_profit", digits) for digits in (0, 2, 8)] == [0, 2, 8]
    assert [places_of_figure(key, 0) for key in ("trades_total", "z_score", "ahpr")] == [0, 2, 4]
