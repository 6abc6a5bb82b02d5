"""Open risk, margin, goals and markets: by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.guards.arithmetic import MONDAY, fired, rule, seen, watch
from trading.calc.guard_clock import silence
from trading.calc.guard_types import Level, Quote
from trading.calc.open_risk import OpenPosition, open_risk


def position(**fields: Any) -> OpenPosition:
    """A buy of one lot EURUSD, 20 points in profit: 10 a point."""
    values: dict[str, Any] = {
        "symbol": "EURUSD",
        "side": "buy",
        "volume_lots": "1",
        "open_price": "1.1000",
        "current_price": "1.1020",
        "stop_loss": "1.0970",
        "floating_profit": "200",
    }
    values |= fields
    numbers = ("volume_lots", "open_price", "current_price", "stop_loss", "floating_profit")
    for name in numbers:
        values[name] = None if values[name] is None else Decimal(values[name])
    return OpenPosition(**values)


def test_the_open_risk_is_what_lies_between_the_price_and_the_stop() -> None:
    assert open_risk([position()]) == 500


def test_a_stop_in_profit_still_gives_back() -> None:
    assert open_risk([position(stop_loss="1.1010")]) == 100


def test_a_sell_loses_when_the_price_rises() -> None:
    sell = position(side="sell", open_price="150", current_price="149", stop_loss="151", floating_profit="660")
    assert open_risk([sell]) == 1_320


def test_what_a_lot_is_worth_comes_from_the_position_that_moved() -> None:
    still = position(open_price="1.1020", floating_profit="0", volume_lots="0.5", stop_loss="1.1000")
    assert open_risk([position(), still]) == 500 + 100


@pytest.mark.parametrize(
    "fields", [{"stop_loss": None}, {"current_price": None}, {"open_price": "1.1020", "floating_profit": "0"}]
)
def test_a_risk_that_cannot_be_told_has_no_bound(fields: dict[str, Any]) -> None:
    assert open_risk([position(symbol="GBPUSD"), position(**fields)]) is None


def test_no_positions_risk_nothing() -> None:
    assert open_risk([]) == 0


def test_open_risk_is_a_share_of_equity_and_unbounded_is_a_warning() -> None:
    limit = rule("open_risk", "0.025", "0.0175")
    last = watch(limit, [seen(40_000, open_risk=800)])[-1]
    assert (last.reading.used, last.level, last.reading.headroom) == (Decimal("0.02"), Level.WARNING, Decimal(200))
    assert watch(limit, [seen(40_000, open_risk=None)])[-1].level == Level.WARNING
    assert not watch(limit, [seen(40_000, open_risk=4_000)])[-1].should_close


def test_a_risk_that_gets_a_bound_past_the_limit_and_loses_it_again_is_told_once_each() -> None:
    path = [seen(40_000, 0, open_risk=None), seen(40_000, 1, open_risk=2_000), seen(40_000, 2, open_risk=None)]
    assert fired(watch(rule("open_risk", "0.025"), path)) == [Level.WARNING, Level.CRITICAL]


def test_margin_use_is_a_share_of_equity() -> None:
    last = watch(rule("margin_use", "0.30", "0.20"), [seen(10_000, margin=2_500)])[-1]
    assert (last.reading.used, last.level, last.reading.headroom) == (Decimal("0.25"), Level.WARNING, Decimal(500))


def test_margin_without_equity_is_critical() -> None:
    assert watch(rule("margin_use", "0.30"), [seen(-5, margin=100)])[-1].level == Level.CRITICAL


def test_a_target_is_reached_by_what_is_both_won_and_kept_and_told_once() -> None:
    target = rule("profit_target", "0.10", initial_balance=100_000)
    path = [
        seen(100_000),
        seen(111_000, 1, balance=100_000),
        seen(109_000, 2, balance=110_000),
        seen(110_000, 3, balance=110_000),
        seen(112_000, 4),
    ]
    verdicts = watch(target, path)
    assert [verdict.is_reached for verdict in verdicts] == [False, False, False, True, True]
    assert {verdict.level for verdict in verdicts} == {Level.NORMAL}
    assert fired(verdicts) == [Level.WARNING]


def test_a_deposit_is_no_profit() -> None:
    target = rule("profit_target", "0.10")
    assert not watch(target, [seen(10_000, flows=10_000), seen(15_000, 1, flows=15_000)])[-1].is_reached


def test_minimum_days_count_days_with_a_trade() -> None:
    days = rule("minimum_days", 4, unit="days")
    verdicts = watch(days, [seen(1, trading_days=3), seen(1, 1, trading_days=4)])
    assert [verdict.is_reached for verdict in verdicts] == [False, True]


def quote(symbol: str = "EURUSD", bid: str = "1.1000", ask: str = "1.1001", **fields: Any) -> Quote:
    fields.setdefault("quoted_at", MONDAY)
    return Quote(symbol, Decimal(bid), Decimal(ask), **fields)


@pytest.mark.parametrize(
    ("close", "opened", "level"),
    [("100", "104.99", "normal"), ("100", "95", "warning"), ("100", "105", "warning"), ("100", "110", "critical")],
)
def test_a_gap_either_way_counts_from_five_percent(close: str, opened: str, level: str) -> None:
    gapped = quote(previous_close=Decimal(close), day_open=Decimal(opened))
    last = watch(rule("market_gap", "0.10", "0.05"), [seen(1, quotes=(gapped,))])[-1]
    assert last.level == level
    assert last.should_close is (level == "critical")


def test_a_spread_is_a_share_of_the_middle_and_never_closes() -> None:
    spread = rule("spread", "0.01", "0.005")
    wide = watch(spread, [seen(1, quotes=(quote(bid="99.5", ask="100.5"),))])[-1]
    assert (wide.reading.used, wide.level, wide.should_close) == (Decimal("0.01"), Level.CRITICAL, False)
    assert watch(spread, [seen(1, quotes=(quote(bid="99.76", ask="100.24"),))])[-1].level == Level.NORMAL


def test_each_symbol_has_its_own_episodes() -> None:
    spread = rule("spread", "0.01", "0.005")
    wide, narrow = ("99.7", "100.3"), ("99.99", "100.01")
    verdicts = watch(
        spread,
        [
            seen(1, 0, quotes=(quote("A", *wide), quote("B", *narrow))),
            seen(1, 1, quotes=(quote("A", *wide), quote("B", *wide))),
        ],
    )
    assert [verdict.symbol for verdict in verdicts if verdict.fired] == ["A", "B"]


def test_a_symbol_that_comes_back_counts_its_episodes_on() -> None:
    wide = (quote("A", "99.7", "100.3"),)
    path = [seen(1, 0, quotes=wide), seen(1, 1), seen(1, 2, quotes=wide)]
    episodes = [v.fired.episode for v in watch(rule("spread", "0.01", "0.005"), path) if v.fired]
    assert episodes == [1, 2]


def test_stale_quotes_are_told_by_their_age_and_re_arm_with_the_next_quote() -> None:
    stale = rule("stale_quote", 900, 300, unit="seconds")
    path = [
        seen(1, 0, quotes=(quote(),)),
        seen(1, 5, quotes=(quote(),)),
        seen(1, 6, quotes=(quote(quoted_at=MONDAY + timedelta(minutes=6)),)),
        seen(1, 11, quotes=(quote(quoted_at=MONDAY + timedelta(minutes=6)),)),
    ]
    assert fired(watch(stale, path)) == [Level.WARNING, Level.WARNING]


def test_the_weekend_is_no_silence_of_the_feed() -> None:
    friday, monday = datetime(2025, 6, 6, 20, 59, tzinfo=UTC), datetime(2025, 6, 8, 22, 1, tzinfo=UTC)
    assert silence(friday, monday) == timedelta(minutes=2)
    assert silence(friday, friday + timedelta(days=7)) == timedelta(days=7) - timedelta(hours=49)


def test_a_market_that_trades_at_the_weekend_is_watched_at_the_weekend() -> None:
    saturday = datetime(2025, 6, 7, 12, 0, tzinfo=UTC)
    assert silence(saturday, saturday + timedelta(minutes=20)) == timedelta(minutes=20)


def test_silence_is_never_below_zero() -> None:
    assert silence(MONDAY + timedelta(seconds=5), MONDAY) == timedelta(0)
