"""Our arithmetic against what real reports print: every stated figure of every sample, through the real readers."""

from decimal import Decimal

import pytest

from tests.calc.figures_table import EXCEPTIONS, FILES, comparisons, expected, figures_of, read, stated_figures, table
from trading.calc.rounding import to_places
from trading.history_adapter import history_from_parsed

SLOVAK = "mt5-xlsx/history-eur-slovak-three-sheets.xlsx"
WITH_OPENING = [
    "mt4/detailed-usd-no-deposit-row.htm",
    "mt4/detailed-usd-cp1251-period.htm",
    "mt5-html/history-jpy-japanese-day1.html",
    "mt5-html/history-jpy-japanese-day2.html",
    SLOVAK,
]


@pytest.mark.parametrize("name", FILES)
def test_every_stated_figure_is_reproduced_to_the_last_printed_decimal(name: str) -> None:
    rows = comparisons(name)
    assert len(rows) == FILES[name]
    assert [row for row in rows if row.state != "ties" and (name, row.key) not in EXCEPTIONS] == []


@pytest.mark.parametrize(("name", "key"), EXCEPTIONS)
def test_every_exception_is_needed(name: str, key: str) -> None:
    (row,) = (row for row in comparisons(name) if row.key == key)
    assert row.state in ("untrusted", "not_computed")
    assert row.state == "not_computed" or row.difference


@pytest.mark.parametrize("name", FILES)
def test_reader_reads_the_figures_that_the_file_states(name: str) -> None:
    ours = {figure.key: (figure.value, bool(figure.untrusted)) for figure in read(name).stated}
    assert ours == {figure.key: (figure.value, bool(figure.untrusted)) for figure in stated_figures(name)}


@pytest.mark.parametrize("name", WITH_OPENING)
def test_opening_balance_of_a_period_is_found(name: str) -> None:
    opening = history_from_parsed(read(name)).opening_balance
    assert opening is not None
    assert to_places(opening, 2) == Decimal(expected(name)["computed"]["opening_balance"])


@pytest.mark.parametrize("number", [1, 2])
def test_sums_of_a_file_that_states_nothing_are_those_of_its_columns(number: int) -> None:
    name = f"mt5-xlsx/history-usd-french-pandas{number}.xlsx"
    figures, computed = figures_of(read(name)), expected(name)["computed"]
    assert figures["deals_total_commission"] == Decimal(computed["commission"])
    assert figures["deals_total_swap"] == Decimal(computed["swap"])
    assert figures["deals_total_profit"] == Decimal(computed["profit"])
    assert figures["trades_won"] == computed["won"] + computed["zero"]
    assert figures["trades_lost"] == computed["lost"]
    assert [figures["trades_long"], figures["trades_short"]] == [computed["long"], computed["short"]]


def test_sums_of_the_file_that_was_split_by_hand_are_those_of_the_rows_left() -> None:
    history, computed = history_from_parsed(read(SLOVAK)), expected(SLOVAK)["computed"]
    assert sum(fill.commission for fill in history.fills) == Decimal(computed["deals_commission"])
    assert sum(fill.swap for fill in history.fills) == Decimal(computed["deals_swap"])
    assert sum(fill.gross_profit for fill in history.fills) == Decimal(computed["deals_profit_trades"])
    assert sum(flow.amount for flow in history.flows) == Decimal(computed["cash_flows"])


def test_table_shows_794_of_798_figures_tied() -> None:
    text = table([(name, comparisons(name)) for name in FILES])
    print(text)
    assert text.splitlines()[-1].split() == ["all", "798", "794"]
    assert len(text.splitlines()) == len(FILES) + 2
