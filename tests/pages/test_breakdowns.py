"""Closed trades in groups: every trade in one of them, and their sum is the total of the filter."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Trader
from tests import make
from trading.calc.breakdown import HOLDINGS, NO_SESSION, Tally, holding_of, session_of, total
from trading.queries.breakdowns import DIMENSIONS, Dimension, breakdowns
from trading.queries.trades import closed_trades, trade_totals

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("opened_at", "session"),
    [
        (datetime(2026, 1, 7, 13, 0, tzinfo=UTC), "new_york"),  # 08:00 in New York while London is open
        (datetime(2026, 1, 7, 12, 59, tzinfo=UTC), "london"),
        (datetime(2026, 7, 7, 12, 0, tzinfo=UTC), "new_york"),  # summer time: an hour earlier
        (datetime(2026, 7, 7, 7, 0, tzinfo=UTC), "london"),
        (datetime(2026, 1, 7, 0, 0, tzinfo=UTC), "asia"),  # 09:00 in Tokyo
        (datetime(2026, 1, 7, 22, 0, tzinfo=UTC), NO_SESSION),
        (datetime(2026, 1, 10, 13, 0, tzinfo=UTC), NO_SESSION),  # a Saturday
    ],
)
def test_a_trade_belongs_to_the_session_that_opened_last(opened_at: datetime, session: str) -> None:
    assert session_of(opened_at) == session


@given(st.integers(min_value=0, max_value=10_000_000))
def test_every_holding_time_has_one_name_and_ends_before_its_end(seconds: int) -> None:
    ends = dict(HOLDINGS)
    end = ends[holding_of(timedelta(seconds=seconds))]
    assert end is None or seconds < end


def _trades(owner: Trader) -> None:
    first, second, euro = make.account(owner), make.account(owner), make.account(owner, currency="EUR")
    for number in range(60):
        opened_at = datetime(2026, 3, 27, 5, tzinfo=UTC) + timedelta(hours=7 * number, minutes=number)
        trade = make.trade(
            (first, second, euro)[number % 3],
            opened_at=opened_at,
            closed_at=opened_at + timedelta(minutes=number**2 * 3),
            symbol=("EURUSD", "XAUUSD", "GER40")[number % 4 % 3],
            side=("buy", "sell")[number % 2],
            strategy_id=("", "7")[number % 5 % 2],
            gross_profit=Decimal(number * 37 % 100 - 50) + Decimal("8.50"),
        )
        if number % 6 == 0:
            make.journal_entry(trade, tags=("A", "B")[: 1 + number % 4])


@pytest.mark.django_db
def test_groups_of_each_currency_add_up_to_the_totals_of_the_filter(ann: Trader) -> None:
    _trades(ann)
    trades = closed_trades(ann)
    found = breakdowns(trades, BERLIN)
    assert [one.currency for one in found] == ["EUR", "USD"]
    for one, totals in zip(found, trade_totals(trades), strict=True):
        for dimension in DIMENSIONS:
            if dimension == "tag":
                continue
            whole = total(one.groups[dimension].values())
            assert (whole.trades, whole.wins, whole.losses) == (totals.count, totals.wins, totals.losses), dimension
            assert (whole.gross_profit, whole.gross_loss, whole.net) == (totals.won, totals.lost, totals.net_profit)
            assert (whole.costs, whole.volume_lots) == (totals.costs, totals.volume_lots)
        assert total(one.slots.values()) == total(one.groups["weekday"].values())


@pytest.mark.django_db
def test_sql_and_the_plain_rules_put_trades_into_the_same_groups(ann: Trader) -> None:
    _trades(ann)
    expected: dict[tuple[str, str, object], int] = {}
    for trade in closed_trades(ann).select_related("account"):
        closed_at = trade.closed_at
        assert closed_at is not None
        local = closed_at.astimezone(BERLIN)
        values = {
            "weekday": local.isoweekday(),
            "hour": local.hour,
            "month": local.strftime("%Y-%m"),
            "holding": holding_of(closed_at - trade.opened_at),
            "session": session_of(trade.opened_at),
        }
        for dimension, value in values.items():
            key = (trade.account.currency, dimension, value)
            expected[key] = expected.get(key, 0) + 1
    names: tuple[Dimension, ...] = ("weekday", "hour", "month", "holding", "session")
    found = {
        (one.currency, name, value): tally.trades
        for one in breakdowns(closed_trades(ann), BERLIN)
        for name in names
        for value, tally in one.groups[name].items()
    }
    assert found == expected


@pytest.mark.django_db
def test_a_trade_with_two_tags_is_in_both_and_one_without_under_none(ann: Trader) -> None:
    account = make.account(ann)
    make.journal_entry(make.trade(account), tags=("A", "B"))
    make.trade(account)
    tags = breakdowns(closed_trades(ann), BERLIN)[0].groups["tag"]
    assert {name: tally.trades for name, tally in tags.items()} == {"": 1, "A": 1, "B": 1}


@pytest.mark.django_db
def test_nothing_of_another_trader_and_two_statements_whatever_their_number(
    ann: Trader, bo: Trader, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    _trades(ann)
    assert breakdowns(closed_trades(bo), BERLIN) == []
    with django_assert_num_queries(2):  # type: ignore[operator]
        breakdowns(closed_trades(ann), BERLIN, "opened")
    assert breakdowns(closed_trades(ann).none(), BERLIN) == ()


def test_an_empty_group_has_no_ratios() -> None:
    empty = Tally()
    assert (empty.win_ratio, empty.profit_factor, empty.average, empty.share_of(empty)) == (None, None, None, None)
