"""Pages of trades by key, totals of a filter, neighbours."""

import base64
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Trader
from tests import make
from trading.queries import keyset
from trading.queries.trades import (
    DEFAULT_SORT,
    SORTS,
    Journal,
    closed_trades,
    journals,
    neighbours,
    trade_page,
    trade_totals,
)

pytestmark = pytest.mark.django_db

ALL_SORTS = [sign + name for name in SORTS for sign in ("", "-")]


def _history(trader: Trader, accounts: int = 1, count: int = 12) -> list[Any]:
    """Trades of which several share their time, symbol and result, so that ties matter."""
    own = [make.account(trader) for _ in range(accounts)]
    for number in range(count):
        opened_at = make.START + timedelta(hours=number // 3)
        make.trade(
            own[number % accounts],
            symbol=("EURUSD", "XAUUSD")[number % 2],
            opened_at=opened_at,
            closed_at=opened_at + timedelta(minutes=30 + number % 4),
            volume_lots=Decimal(1 + number % 3),
            gross_profit=Decimal(number % 5) - 2,
        )
    return own


@pytest.mark.parametrize("order", ALL_SORTS)
@pytest.mark.parametrize("accounts", [1, 3])
def test_pages_hold_every_trade_once_and_in_order(ann: Trader, order: str, accounts: int) -> None:
    own = _history(ann, accounts)
    sort = keyset.parse_sort(order, SORTS, DEFAULT_SORT)
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = trade_page(closed_trades(ann), own, sort, cursor, size=5)
        rows += page.rows
        cursor = page.next_cursor
        if not cursor:
            break
    assert len({row["id"] for row in rows}) == len(rows) == 12
    keys = [(row[sort.column.field], row["id"]) for row in rows]
    assert keys == sorted(keys, reverse=sort.descending)


def test_an_unknown_order_is_the_usual_one() -> None:
    assert keyset.parse_sort("-password", SORTS, DEFAULT_SORT).text == "-closed"


@pytest.mark.parametrize("cursor", ["x", "AAAA", "eyJhIjoxfQ", "WyItbmV0IiwiMSIsIjIiXQ", "é", "=" * 9])
def test_a_cursor_from_elsewhere_is_refused(cursor: str) -> None:
    sort = keyset.parse_sort("-closed", SORTS, DEFAULT_SORT)
    with pytest.raises(keyset.BadCursorError):
        keyset.load_cursor(sort, cursor)


@pytest.mark.parametrize(
    ("order", "value"), [("-net", "1e999999"), ("-net", "NaN"), ("symbol", "\ud800"), ("symbol", 5)]
)
def test_a_cursor_with_a_value_that_no_row_has_is_refused(order: str, value: Any) -> None:
    place = json.dumps([order, value, "01a20c8c-49fb-74f6-833d-bf3a015f3b62"]).encode()
    with pytest.raises(keyset.BadCursorError):
        keyset.load_cursor(keyset.parse_sort(order, SORTS, DEFAULT_SORT), base64.urlsafe_b64encode(place).decode())


def test_totals_are_kept_apart_by_currency_and_add_up(ann: Trader) -> None:
    dollars, euros = make.account(ann), make.account(ann, currency="EUR")
    make.trade(dollars)
    make.trade(dollars, gross_profit=Decimal("-41.50"), fee=Decimal("-0.50"))
    make.trade(euros, gross_profit=Decimal("8.50"))
    eur, usd = trade_totals(closed_trades(ann))
    assert (eur.currency, eur.count, eur.wins, eur.losses, eur.net_profit) == ("EUR", 1, 0, 0, Decimal(0))
    assert (usd.count, usd.wins, usd.losses) == (2, 1, 1)
    assert usd.net_profit == usd.gross_profit + usd.commission + usd.swap + usd.fee == Decimal("49.50")
    assert (usd.won, usd.lost, usd.costs) == (Decimal("100.00"), Decimal("-50.50"), Decimal("-17.50"))
    assert usd.win_ratio == Decimal("0.5")
    assert eur.profit_factor is None


def test_totals_take_one_query(ann: Trader, django_assert_num_queries: Any) -> None:
    _history(ann, 3)
    with django_assert_num_queries(1):
        trade_totals(closed_trades(ann))


@pytest.mark.parametrize("order", ALL_SORTS)
def test_neighbours_are_the_rows_beside_it_in_the_list(ann: Trader, order: str) -> None:
    own = _history(ann)
    sort = keyset.parse_sort(order, SORTS, DEFAULT_SORT)
    listed = [row["id"] for row in trade_page(closed_trades(ann), own, sort).rows]
    for place in (0, 5, len(listed) - 1):
        trade = closed_trades(ann).get(pk=listed[place])
        before = listed[place - 1] if place else None
        after = listed[place + 1] if place + 1 < len(listed) else None
        assert neighbours(closed_trades(ann), trade, sort) == (before, after)


def test_notes_and_tags_of_a_page_come_in_one_query(ann: Trader, bo: Trader, django_assert_num_queries: Any) -> None:
    first, second, third = (make.trade(make.account(ann)) for _ in range(3))
    make.journal_entry(first, tags=("news", "A+"))
    make.journal_entry(second, notes="")
    make.journal_entry(make.trade(make.account(bo)))
    with django_assert_num_queries(1):
        found = journals(ann, [(trade.account_id, trade.ticket) for trade in (first, second, third)])
    assert found == {
        (first.account_id, first.ticket): Journal(True, ("A+", "news")),
        (second.account_id, second.ticket): Journal(False, ()),
    }
