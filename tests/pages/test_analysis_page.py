"""The analysis: whose trades it counts, that its sums are those of the trade list, and what it costs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.pages.test_figure_pages import add, traded
from trading.formatting import Formats
from trading.queries.trades import closed_trades, trade_totals

pytestmark = pytest.mark.django_db

PAGE = "/analysis/"


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return traded(ann, "60", "-40", "-20", "0", "30", "75.50", "-12.25", "18")


def test_a_stranger_is_sent_to_sign_in(stranger: Client, account: BrokerAccount) -> None:
    assert stranger.get(PAGE).status_code == 302


def test_another_traders_trades_are_not_in_it(bo_client: Client, account: BrokerAccount) -> None:
    page = bo_client.get(PAGE)
    assert page.status_code == 200
    assert "XAUUSD" not in page.content.decode()
    assert "No closed trade to analyse" in page.content.decode()


def test_its_strip_is_the_totals_of_the_trades(ann_client: Client, ann: Trader, account: BrokerAccount) -> None:
    (totals,) = trade_totals(closed_trades(ann))
    page = ann_client.get(PAGE)
    shown = page.context["sets"][0]
    strip = {label: str(value) for label, value, _ in shown["strip"]}
    formats = Formats.of(ann)
    assert strip["Trades"] == str(totals.count)
    assert strip["Net profit"] == str(formats.amount(totals.net_profit, totals.currency))
    assert totals.net_profit == Decimal("111.25")
    assert str(shown["months"][0]["net"]) == strip["Net profit"]
    assert {card["name"] for card in shown["cards"]} == {"symbol", "side", "session", "holding"}
    assert "Too few trades to say" in page.content.decode()


def test_a_filter_narrows_it_and_a_row_leads_to_its_trades(ann_client: Client, account: BrokerAccount) -> None:
    (card, *_rest) = ann_client.get(PAGE, {"symbol": "XAUUSD", "side": "buy"}).context["sets"][0]["cards"]
    assert [row["label"] for row in card["rows"]] == ["XAUUSD"]
    listed = ann_client.get(card["rows"][0]["url"])
    assert listed.status_code == 200
    assert str(listed.context["listing"].count) == card["rows"][0]["trades"]


def test_a_row_of_one_currency_leads_to_trades_in_that_currency_alone(
    ann_client: Client, ann: Trader, account: BrokerAccount
) -> None:
    make.trade(make.account(ann, currency="JPY"), side="buy", symbol="USDJPY")
    sets = {one["currency"]: one for one in ann_client.get(PAGE).context["sets"]}
    assert len(sets) == 2
    for one in sets.values():
        cards = {card["name"]: card for card in one["cards"]}
        for row in (*cards["side"]["rows"], *cards["symbol"]["rows"]):
            listed = ann_client.get(row["url"]).context["listing"]
            assert [line.currency for line in listed.totals] == [one["currency"]]
            assert str(listed.count) == row["trades"]


def test_a_month_leads_to_those_of_its_trades_that_the_window_holds(ann_client: Client, ann: Trader) -> None:
    account = make.account(ann)
    for day in (3, 12, 28):
        at = datetime(2026, 3, day, 12, tzinfo=UTC)
        make.trade(account, opened_at=at - timedelta(hours=1), closed_at=at)
    (shown,) = ann_client.get(PAGE, {"from": "2026-03-10", "to": "2026-03-20"}).context["sets"]
    (cell,) = filter(None, shown["months"][0]["cells"])
    assert cell["trades"] == "1 trade"
    assert ann_client.get(cell["url"]).context["listing"].count == 1


def test_twenty_more_trades_cost_no_further_statement(ann_client: Client, account: BrokerAccount) -> None:
    def statements() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as caught:
            assert ann_client.get(PAGE).status_code == 200
        return len(caught)

    before = statements()
    for place in range(20):
        add(account, str(place + 1))
    make.journal_entry(add(account, "3"), tags=("Breakout",))
    assert statements() == before
