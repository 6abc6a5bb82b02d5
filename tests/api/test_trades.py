"""trades/: filters, order, notes."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from trading.models import JournalEntry, Tag

pytestmark = pytest.mark.django_db
TRADES = "/api/v1/trades/"


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return make.account(ann)


def tickets(client: APIClient, **parameters: Any) -> list[str]:
    answer = client.get(TRADES, parameters)
    assert answer.status_code == 200, answer.content
    return [row["ticket"] for row in answer.json()["results"]]


def test_filters_are_those_of_the_page(ann_api: APIClient, ann: Trader, account: BrokerAccount) -> None:
    first = make.trade(account, ticket="1", symbol="XAUUSD", side="sell", strategy_id="7", opened_at=make.START)
    late = make.START + timedelta(days=40)
    make.trade(account, ticket="2", gross_profit=Decimal(-50), opened_at=late)
    make.trade(make.account(ann), ticket="3", opened_at=make.START)
    make.open_trade(account, ticket="4")
    make.journal_entry(first, tags=("Breakout",))
    assert tickets(ann_api, account=str(account.pk)) == ["2", "1"]
    assert tickets(ann_api, symbol="xauusd") == ["1"]
    assert tickets(ann_api, side="sell") == ["1"]
    assert tickets(ann_api, strategy="7") == ["1"]
    assert tickets(ann_api, tag="breakout") == ["1"]
    assert tickets(ann_api, result="lost") == ["2"]
    assert tickets(ann_api, max_profit="-1") == ["2"]
    assert tickets(ann_api, **{"from": "2025-02-01"}) == ["2"]
    assert set(tickets(ann_api, to="2025-02-01")) == {"1", "3"}
    assert tickets(ann_api, q="followed the plan") == ["1"]
    assert tickets(ann_api, status="open") == ["4"]


def test_a_moment_ends_before_it_and_a_day_with_it(ann_api: APIClient, account: BrokerAccount) -> None:
    trade = make.trade(account, opened_at=make.START)
    assert trade.closed_at
    assert tickets(ann_api, to=trade.closed_at.isoformat()) == []
    assert tickets(ann_api, to=trade.closed_at.date().isoformat()) == [trade.ticket]


@pytest.mark.parametrize("ordering", ["net", "-net", "opened", "symbol", "held"])
def test_every_order_pages_to_the_end(ann_api: APIClient, account: BrokerAccount, ordering: str) -> None:
    for number in range(5):
        make.trade(account, gross_profit=Decimal(number // 2), symbol=f"S{number // 2}")
    found: list[str] = []
    cursor = ""
    while True:
        page = ann_api.get(TRADES, {"ordering": ordering, "limit": "2", "cursor": cursor}).json()
        found += [row["id"] for row in page["results"]]
        if not page["next_cursor"]:
            break
        cursor = page["next_cursor"]
    assert len(set(found)) == len(found) == 5


@pytest.mark.parametrize(
    "parameters",
    [
        {"ordering": "secret"},
        {"ordering": "account__trader__password"},
        {"status": "open", "ordering": "-closed"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "many"},
        {"cursor": "tampered"},
        {"cursor": "W10"},
        {"cursor": "%00"},
        {"min_profit": "NaN"},
        {"min_profit": "Infinity"},
        {"min_profit": "1e99999999"},
        {"max_profit": "ten"},
        {"from": "yesterday"},
        {"from": "9999999-01-01"},
        {"from": "2025-01-01T00:00:00"},
        {"side": "both"},
        {"result": "huge"},
        {"account": "not-an-id"},
        {"period": "century"},
        {"symbol": "EUR\0USD"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_named(ann_api: APIClient, account: BrokerAccount, parameters: dict[str, str]) -> None:
    make.trade(account)
    answer = ann_api.get(TRADES, parameters)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in {"invalid", "invalid_request"}


def test_a_cursor_of_another_order_is_refused(ann_api: APIClient, account: BrokerAccount) -> None:
    for _ in range(2):
        make.trade(account)
    cursor = ann_api.get(TRADES, {"limit": 1}).json()["next_cursor"]
    answer = ann_api.get(TRADES, {"limit": 1, "cursor": cursor, "ordering": "net"})
    assert answer.json()["error"]["fields"].keys() == {"cursor"}


def test_a_trade_shows_its_fills_and_its_notes(ann_api: APIClient, account: BrokerAccount) -> None:
    trade = make.trade(account)
    entry, leaving = make.execution(trade=trade), make.exit_of(trade)
    make.journal_entry(trade, tags=("news",), initial_stop_loss=Decimal("1.0950"))
    shown = ann_api.get(f"{TRADES}{trade.pk}/").json()
    assert [fill["deal_id"] for fill in shown["executions"]] == [entry.deal_id, leaving.deal_id]
    assert (shown["notes"], shown["tags"], shown["initial_stop_loss"]) == ("Followed the plan.", ["news"], "1.0950")


def test_a_trader_writes_notes_tags_and_the_initial_stop(ann_api: APIClient, account: BrokerAccount) -> None:
    trade = make.trade(account)
    changes = {"notes": "Too early.", "tags": ["News", "news"], "initial_stop_loss": "1.0950"}
    shown = ann_api.patch(f"{TRADES}{trade.pk}/", changes, format="json").json()
    assert (shown["notes"], shown["initial_stop_loss"]) == ("Too early.", "1.0950")
    assert [tag.lower() for tag in shown["tags"]] == ["news"]
    kept = ann_api.patch(f"{TRADES}{trade.pk}/", {"notes": ""}, format="json").json()
    assert (kept["notes"], kept["tags"]) == ("", shown["tags"])
    emptied = ann_api.patch(f"{TRADES}{trade.pk}/", {"tags": [], "initial_stop_loss": None}, format="json").json()
    assert (emptied["tags"], emptied["initial_stop_loss"]) == ([], None)


@pytest.mark.parametrize(
    "changes",
    [
        {"notes": "x" * 20_001},
        {"notes": "a\0b"},
        {"tags": "news"},
        {"tags": ["x" * 41]},
        {"tags": [str(number) for number in range(31)]},
        {"initial_stop_loss": "NaN"},
        {"initial_stop_loss": "-1"},
        {"initial_stop_loss": "1e40"},
        ["notes"],
        "notes",
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_wrong_notes_change_nothing(ann_api: APIClient, account: BrokerAccount, changes: Any) -> None:
    trade = make.trade(account)
    assert ann_api.patch(f"{TRADES}{trade.pk}/", changes, format="json").status_code == 400
    assert not JournalEntry.objects.exists()


def test_nothing_else_of_a_trade_can_be_written(ann_api: APIClient, account: BrokerAccount) -> None:
    trade = make.trade(account)
    ann_api.patch(f"{TRADES}{trade.pk}/", {"gross_profit": "1000000", "ticket": "1"}, format="json")
    trade.refresh_from_db()
    assert (trade.gross_profit, trade.ticket) != (Decimal(1000000), "1")
    for method in (ann_api.put, ann_api.delete, ann_api.post):
        assert method(f"{TRADES}{trade.pk}/", {}, format="json").status_code == 405


def test_another_trader_can_t_write_notes(bo_api: APIClient, account: BrokerAccount) -> None:
    trade = make.trade(account)
    assert bo_api.patch(f"{TRADES}{trade.pk}/", {"notes": "mine"}, format="json").status_code == 404
    assert not JournalEntry.objects.exists()


def test_tags_of_two_traders_stay_apart(ann_api: APIClient, bo: Trader, account: BrokerAccount) -> None:
    make.tag(bo, "news")
    trade = make.trade(account)
    ann_api.patch(f"{TRADES}{trade.pk}/", {"tags": ["news"]}, format="json")
    assert Tag.objects.filter(name="news").count() == 2


def test_a_change_of_what_the_broker_told_is_refused_by_name(ann_api: APIClient, ann: Trader) -> None:
    trade = make.trade(make.account(ann))
    answer = ann_api.patch(f"/api/v1/trades/{trade.pk}/", {"notes": "x", "net_profit": "1"}, format="json")
    assert answer.status_code == 400 and list(answer.json()["error"]["fields"]) == ["net_profit"]
    assert ann_api.get(f"/api/v1/trades/{trade.pk}/").json()["notes"] == ""


def test_spellings_of_one_tag_that_differ_in_a_final_sigma_are_one_tag(
    ann_api: APIClient, account: BrokerAccount
) -> None:
    path = f"{TRADES}{make.trade(account).pk}/"
    answer = ann_api.patch(path, {"tags": ["ΑΣ", "ασ", "ας"]}, format="json")
    assert answer.status_code == 200, answer.content
    assert len(ann_api.get(path).json()["tags"]) == 1
