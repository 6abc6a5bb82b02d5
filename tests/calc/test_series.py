"""Runs test, regression line and returns of a series of trades, by hand."""

from decimal import Decimal

import pytest

from trading.calc.series import (
    average_factor,
    geometric_factor,
    regression,
    sharpe_ratio,
    trade_returns,
    z_confidence_percent,
    z_score,
)


def numbers(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


def test_z_score_is_negative_where_wins_follow_wins() -> None:
    # N = 6, W = 3, L = 3, R = 2, P = 18: (6 * 1.5 - 18) / sqrt(18 * 12 / 5) = -9 / 6.5727
    assert z_score(numbers("1", "2", "3", "-1", "-2", "-3")) == pytest.approx(Decimal("-1.369306"), abs=Decimal("1e-6"))


def test_z_score_is_positive_where_wins_and_losses_alternate() -> None:
    # R = 6: (6 * 5.5 - 18) / 6.5727 = 15 / 6.5727
    assert z_score(numbers("1", "-1", "1", "-1", "1", "-1")) == pytest.approx(Decimal("2.282177"), abs=Decimal("1e-6"))


@pytest.mark.parametrize("nets", [[], ["1"], ["1", "2"], ["-1", "-2"], ["1", "-1"]])
def test_z_score_needs_wins_and_losses_and_three_trades(nets: list[str]) -> None:
    assert z_score(numbers(*nets)) is None


def test_confidence_of_two_standard_deviations_is_95_percent() -> None:
    assert z_confidence_percent(Decimal("-1.959964")) == pytest.approx(Decimal(95), abs=Decimal("1e-4"))
    assert z_confidence_percent(None) is None


def test_balances_on_a_line_correlate_fully_and_leave_no_error() -> None:
    assert list(regression(numbers("100", "110", "120", "130"))) == [1, 0]
    assert list(regression(numbers("130", "120", "110"))) == [-1, 0]


def test_regression_of_a_bend() -> None:
    # Points (0, 0), (1, 1), (2, 0): the line is flat at 1/3; residuals -1/3, 2/3, -1/3; sqrt(6/9 / 1).
    correlation, error = regression(numbers("0", "1", "0"))
    assert correlation == 0
    assert error == pytest.approx(Decimal("0.816497"), abs=Decimal("1e-6"))


def test_a_balance_that_never_moved_has_no_correlation() -> None:
    assert list(regression(numbers("5", "5", "5"))) == [None, 0]
    assert list(regression(numbers("5", "6"))) == [None, None]


def test_regression_is_exact_for_large_balances_that_move_little() -> None:
    correlation, error = regression(numbers("1000000000000.00", "1000000000000.01", "1000000000000.02"))
    assert [correlation, error] == [1, 0]


def test_sharpe_ratio_divides_by_the_population_deviation() -> None:
    # Mean 0.01, deviations +-0.02: 0.01 / 0.02.
    assert sharpe_ratio(numbers("0.03", "-0.01")) == Decimal("0.5")
    assert sharpe_ratio(numbers("0.01", "0.01")) is None
    assert sharpe_ratio([]) is None


def test_factors_of_half_won_and_half_lost_differ() -> None:
    returns = trade_returns(numbers("50", "-75"), numbers("100", "150"))
    assert returns == numbers("0.5", "-0.5")
    assert average_factor(returns or []) == 1
    assert geometric_factor(Decimal("0.75"), 2) == pytest.approx(Decimal("0.866025"), abs=Decimal("1e-6"))


def test_a_return_needs_a_balance_above_zero() -> None:
    assert trade_returns(numbers("1"), numbers("0")) is None
    assert trade_returns(numbers("1"), []) is None
