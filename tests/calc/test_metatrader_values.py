"""MetaTrader's figures in the shape of the other definition sets."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given

from tests.calc.example import example_history, fill
from tests.calc.test_properties import DEFINITIONS, histories, unhurried
from trading.calc.history import History
from trading.calc.interval import wilson_interval
from trading.calc.metatrader import Definition, metatrader_figures
from trading.calc.metatrader_values import metatrader_values, values_of
from trading.calc.registry import BY_KEY, entries_in
from trading.calc.results import SMALL_SAMPLE
from trading.calc.undefined import NO_LOSSES, NO_OPENING_BALANCE, NO_TRADES


def test_values_are_those_of_the_report_each_with_its_sample() -> None:
    plain, found = metatrader_figures(example_history(), "mt5"), metatrader_values(example_history())
    assert {key: of.value for key, of in found.items()} == {key: plain[key] for key in found}
    assert {
        key: found[key].sample for key in ("net_profit", "trades_short_won_percent", "trades_long_won_percent")
    } == {
        "net_profit": 5,
        "trades_short_won_percent": 2,
        "trades_long_won_percent": 3,
    }


def test_every_figure_of_the_set_is_there() -> None:
    assert {entry.key for entry in entries_in("mt5")} == metatrader_values(example_history()).keys()


def test_drawdown_of_metatrader_4_has_the_names_of_the_registry() -> None:
    found = metatrader_values(example_history(), "mt4")
    assert found["balance_drawdown_maximal"].value == metatrader_figures(example_history(), "mt4")["maximal_drawdown"]
    assert "maximal_drawdown" not in found
    assert all(of.key == key and BY_KEY[key].key == key for key, of in found.items())


def test_rates_of_few_exits_have_an_interval_of_their_own_count() -> None:
    found = metatrader_values(example_history())
    for key, hits, count in (("trades_won_percent", 3, 5), ("trades_short_won_percent", 1, 2)):
        low, high = wilson_interval(hits, count) or (Decimal(0), Decimal(0))
        assert (found[key].low, found[key].high) == (low * 100, high * 100)
    assert found["net_profit"].low is None


def test_rates_of_thirty_exits_have_none() -> None:
    exits = [fill(number, "1" if number % 3 else "-1") for number in range(SMALL_SAMPLE)]
    found = metatrader_values(History(exits, [], opening_balance=Decimal(100)))
    assert (found["trades_won_percent"].low, found["trades_won_percent"].high) == (None, None)
    fewer = metatrader_values(History(exits[1:], [], opening_balance=Decimal(100)))["trades_won_percent"]
    assert fewer.low is not None and fewer.value is not None and fewer.high is not None
    assert fewer.low < fewer.value < fewer.high


def test_what_is_missing_has_its_reason() -> None:
    winning = metatrader_values(History([fill(1, "5")], [], opening_balance=Decimal(100)))
    assert (winning["profit_factor"].value, winning["profit_factor"].reason) == (None, NO_LOSSES)
    unknown = metatrader_values(replace(example_history(), opening_balance=None))
    assert unknown["recovery_factor"].reason == unknown["ahpr"].reason == NO_OPENING_BALANCE
    assert unknown["net_profit"].value == 24
    assert metatrader_values(History([], [], opening_balance=Decimal(100)))["profit_factor"].reason == NO_TRADES


@unhurried
@given(histories(), DEFINITIONS)
def test_each_has_a_value_or_a_reason_and_an_interval_that_holds_it(history: History, definition: Definition) -> None:
    figures = metatrader_figures(history, definition)
    for of in values_of(figures).values():
        assert (of.value is None) is bool(of.reason)
        if of.low is not None and of.high is not None and of.value is not None:
            assert 0 <= of.low <= of.value + Decimal("1E-20")
            assert of.value - Decimal("1E-20") <= of.high <= 100
