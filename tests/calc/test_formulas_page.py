"""The worked numbers of docs/formulas.md are what the code computes."""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.calc.example import example_history, example_sample, returns_sample
from trading.calc.compare import rounded_like
from trading.calc.figure_types import FigureValues, Sample
from trading.calc.metatrader import metatrader_figures
from trading.calc.myfxbook import myfxbook_figures
from trading.calc.portal import portal_figures

PAGE = Path(__file__).parents[2] / "docs" / "formulas.md"
WORKED = re.compile(r"^\|.*`(?:(mt4|portal|myfxbook|returns):)?([a-z_]+)` .*\*\*(-?[\d.]+)\*\*", re.MULTILINE)


def worked_numbers() -> list[tuple[str, str, Decimal]]:
    return [(row[1] or "mt5", row[2], Decimal(row[3])) for row in WORKED.finditer(PAGE.read_text("utf-8"))]


def computed(definition: str, key: str) -> Decimal | None:
    if definition == "portal":
        return portal_figures(example_sample())[key].value
    if definition == "returns":
        return portal_figures(returns_sample())[key].value
    if definition == "myfxbook":
        return myfxbook_figures(example_sample())[key].value
    return metatrader_figures(example_history(), "mt4" if definition == "mt4" else "mt5")[key]


@pytest.mark.parametrize(("definition", "key", "printed"), worked_numbers())
def test_worked_number_is_what_the_code_computes(definition: str, key: str, printed: Decimal) -> None:
    ours = computed(definition, key)
    assert ours is not None
    assert rounded_like(printed, ours) == printed


def test_page_names_every_figure_that_is_computed() -> None:
    page = PAGE.read_text("utf-8")
    history = example_history()
    keys = {*metatrader_figures(history, "mt4"), *metatrader_figures(history, "mt5")}
    columns = ("closed_", "open_", "deals_total_", "deposit_withdrawal")
    assert [key for key in sorted(keys) if f"{key}`" not in page and not key.startswith(columns)] == []


def test_page_works_through_more_than_forty_figures() -> None:
    assert len(worked_numbers()) > 40


@pytest.mark.parametrize("figures", [portal_figures, myfxbook_figures])
def test_page_names_every_figure_of_round_trips(figures: Callable[[Sample], FigureValues]) -> None:
    page = PAGE.read_text("utf-8")
    assert [key for key in sorted(figures(example_sample())) if f"{key}`" not in page] == []
