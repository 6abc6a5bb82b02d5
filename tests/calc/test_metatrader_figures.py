"""Rules of the figures that the worked example does not reach."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.calc.example import START, example_history, fill, flow
from trading.calc.history import History
from trading.calc.metatrader import metatrader_figures
from trading.calc.undefined import NO_LOSSES, NO_OPENING_BALANCE, NO_TRADES, why_undefined


def history(*nets: str, deposit: str = "1000") -> History:
    """A deposit, and exits with these results."""
    fills = [fill(number, net) for number, net in enumerate(nets, start=1)]
    return History(fills, [flow(0, deposit)], opening_balance=Decimal(0), margin=Decimal(0))


def test_counts_a_zero_result_as_won() -> None:
    figures = metatrader_figures(history("0", "0", "-5"), "mt5")
    assert [figures["trades_won"], figures["trades_lost"]] == [2, 1]
    assert figures["max_consecutive_wins"] == 2


def test_prefers_the_richer_of_equally_long_runs() -> None:
    figures = metatrader_figures(history("1", "2", "-1", "5", "6", "-9", "3", "4"), "mt4")
    assert [figures["max_consecutive_wins"], figures["max_consecutive_wins_money"]] == [2, 11]
    assert [figures["max_consecutive_losses"], figures["max_consecutive_losses_money"]] == [1, -9]


def test_keeps_maximal_and_relative_drawdown_of_different_episodes_apart() -> None:
    figures = metatrader_figures(history("-30", "930", "-100", deposit="100"), "mt4")
    assert [figures["maximal_drawdown"], figures["maximal_drawdown_percent"]] == [100, 10]
    assert [figures["relative_drawdown"], figures["relative_drawdown_percent"]] == [30, 30]
    assert figures["absolute_drawdown"] == 30


def test_ignores_cash_after_the_first_trade_in_the_drawdown() -> None:
    traded = history("100", "-50", "-50")
    later = replace(traded, flows=[*traded.flows, flow(2, "-700", kind="withdrawal")])
    figures = metatrader_figures(later, "mt4")
    assert figures["maximal_drawdown"] == 100
    assert figures["maximal_drawdown_percent"] == pytest.approx(Decimal(100) / 1100 * 100)
    assert figures["balance"] == 300


def test_counts_credit_as_money_in_the_drawdown_of_metatrader_5_only() -> None:
    traded = history("-100")
    credited = replace(traded, flows=[*traded.flows, flow(0, "1000", kind="credit")])
    assert metatrader_figures(credited, "mt5")["balance_drawdown_maximal_percent"] == 5
    assert metatrader_figures(credited, "mt4")["maximal_drawdown_percent"] == 10


def test_keeps_credit_out_of_the_balance_and_in_the_equity() -> None:
    credited = replace(history("-100"), flows=[flow(0, "1000"), flow(0, "200", kind="credit")])
    figures = metatrader_figures(credited, "mt5")
    assert [figures["balance"], figures["credit"], figures["equity"]] == [900, 200, 1100]
    assert figures["deals_total_balance"] == 1100


def test_keeps_dividends_out_of_the_net_profit_and_in_the_balance() -> None:
    paid = replace(history("-100"), flows=[flow(0, "1000"), flow(1, "7", kind="dividend")])
    figures = metatrader_figures(paid, "mt5")
    assert [figures["net_profit"], figures["balance"]] == [-100, 907]


def test_leaves_floating_profit_out_of_the_free_margin_where_the_broker_does() -> None:
    without = replace(example_history(), free_margin_counts_floating=False)
    assert metatrader_figures(without, "mt5")["margin_free"] == Decimal("816.90")


def test_starts_from_the_opening_balance_of_a_period() -> None:
    period = History([fill(1, "-100")], [], opening_balance=Decimal(400))
    figures = metatrader_figures(period, "mt4")
    assert [figures["balance"], figures["maximal_drawdown_percent"]] == [300, 25]


def test_orders_fills_of_the_same_second_by_their_number() -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    fills = [fill(3, "-50", at=at), fill(1, "100", at=at), fill(2, "-50", at=at)]
    shuffled = History(fills, [], opening_balance=Decimal(1000))
    assert metatrader_figures(shuffled, "mt4")["maximal_drawdown"] == 100


def test_computes_no_balance_figure_without_an_opening_balance() -> None:
    unknown = History([fill(1, "5"), fill(2, "-3")], [])
    figures = metatrader_figures(unknown, "mt5")
    assert figures["net_profit"] == 2
    assert figures.get("balance_drawdown_maximal") is None
    assert figures["equity"] is None
    assert why_undefined("sharpe_ratio", figures) == NO_OPENING_BALANCE
    assert why_undefined("net_profit", figures) == ""


def test_gives_the_reason_where_a_figure_is_undefined() -> None:
    assert why_undefined("profit_factor", metatrader_figures(history("1", "2"), "mt5")) == NO_LOSSES
    assert why_undefined("expected_payoff", metatrader_figures(history(), "mt5")) == NO_TRADES
    assert why_undefined("recovery_factor", metatrader_figures(history("1"), "mt5")) == "The balance never fell."


@pytest.mark.parametrize("definition", ["mt4", "mt5"])
def test_an_account_without_trades_has_zeros_where_the_platform_prints_them(definition: str) -> None:
    figures = metatrader_figures(history(), "mt4" if definition == "mt4" else "mt5")
    assert figures["trades_total"] == 0
    assert figures["trades_won_percent"] == 0
    assert figures["average_loss_trade"] == 0
    assert figures["balance"] == 1000


def test_finds_no_growth_factor_for_an_account_that_lost_everything() -> None:
    figures = metatrader_figures(history("-1000"), "mt5")
    assert figures["ghpr"] is None
    assert why_undefined("ghpr", figures).startswith("The account was down to zero")


def test_finds_no_returns_once_the_balance_was_below_zero() -> None:
    figures = metatrader_figures(history("-1500", "2000"), "mt5")
    assert [figures["sharpe_ratio"], figures["ahpr"], figures["ghpr"]] == [None, None, None]


def test_an_account_that_was_lost_twice_did_not_grow() -> None:
    lost = History(
        [fill(1, "-1500"), fill(3, "-3000")],
        [flow(0, "1000"), flow(2, "2500")],
        opening_balance=Decimal(0),
    )
    assert metatrader_figures(lost, "mt5")["ghpr"] is None


def test_growth_of_trading_is_not_changed_by_cash() -> None:
    doubled = History(
        [fill(1, "1000"), fill(3, "1000")],
        [flow(0, "1000"), flow(2, "-1000", kind="withdrawal")],
        opening_balance=Decimal(0),
    )
    assert metatrader_figures(doubled, "mt5")["ghpr"] == pytest.approx(Decimal(2))


def test_start_of_the_example_is_a_working_day() -> None:
    assert START.weekday() == 0
