"""Open positions: the broker's own figures, of the broker's own equity, on a page that keeps itself up to date."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.sync.bridge import entry, figures, payload, position
from trading.models import SyncState
from trading.services.sync import record_sync

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return make.account(ann)


def feed(account: BrokerAccount, *positions: dict[str, Any], equity: str = "10000.00") -> None:
    sent = entry(account, figures=figures("10000.00", equity=equity), positions=list(positions))
    answer = record_sync(account.trader, payload(sent), now=timezone.now()).answer
    assert answer["failed"] == 0, answer


def listed(client: APIClient, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(reverse("api_positions_open"), query).json()
    return found


def test_tells_of_no_position(ann_api: APIClient, account: BrokerAccount) -> None:
    found = listed(ann_api)
    assert (found["total_positions"], found["total_unrealized_pnl"], found["positions"]) == (0, "0", [])


def test_profit_is_the_brokers_own_with_swap_and_commission_and_of_the_real_equity(
    ann_api: APIClient, account: BrokerAccount
) -> None:
    # A contract size of 100,000 would make another figure of this price and volume.
    held = position(floating_profit="200.00", swap="-3.00", commission="-7.00", open_price="1.1", current_price="1.2")
    feed(account, held, equity="9500.00")
    found = listed(ann_api)
    (row,) = found["positions"]
    assert (row["unrealized_pnl"], row["unrealized_pnl_pct"]) == ("190.00", "2.00")
    assert (found["total_unrealized_pnl"], found["total_unrealized_pnl_pct"]) == ("190.00", "2.00")
    assert found["totals"][0]["equity"] == "9500.00"
    assert (row["ticket"], row["direction"], row["volume"], row["entry_price"]) == ("501", "buy", "1.00", "1.1")
    assert (row["take_profit"], row["stop_loss"], row["matched"]) == (None, "1.09500", False)


def test_adds_no_amounts_of_two_currencies(ann_api: APIClient, account: BrokerAccount, ann: Trader) -> None:
    feed(account, position(floating_profit="1.00"))
    feed(make.account(ann, currency="EUR"), position(floating_profit="2.00"))
    found = listed(ann_api)
    assert found["total_unrealized_pnl"] is None
    assert [(total["currency"], total["unrealized_pnl"]) for total in found["totals"]] == [
        ("EUR", "2.00"),
        ("USD", "1.00"),
    ]


def test_a_percentage_is_unknown_without_a_reported_equity(ann_api: APIClient, account: BrokerAccount) -> None:
    make.position(account)
    assert listed(ann_api)["positions"][0]["unrealized_pnl_pct"] is None


def test_is_narrowed_by_symbol_and_account(ann_api: APIClient, account: BrokerAccount, ann: Trader) -> None:
    other = make.account(ann)
    feed(account, position("1"), position("2", symbol="XAUUSD"))
    feed(other, position("3"))
    assert {row["ticket"] for row in listed(ann_api, symbol="eurusd")["positions"]} == {"1", "3"}
    assert {row["ticket"] for row in listed(ann_api, account=str(account.pk))["positions"]} == {"1", "2"}


def test_one_by_its_id_is_for_its_owner_alone(ann_api: APIClient, bo_api: APIClient, account: BrokerAccount) -> None:
    feed(account, position())
    path = reverse("api_position", args=[account.positions.get().pk])
    assert ann_api.get(path).json()["ticket"] == "501"
    assert bo_api.get(path).status_code == 404


def test_an_unchanged_answer_is_304_and_a_sync_makes_it_new(ann_api: APIClient, account: BrokerAccount) -> None:
    feed(account, position())
    tag = ann_api.get(reverse("api_positions_open"))["ETag"]
    with CaptureQueriesContext(connection) as caught:
        assert ann_api.get(reverse("api_positions_open"), HTTP_IF_NONE_MATCH=tag).status_code == 304
    assert not any("trading_position" in query["sql"] for query in caught)
    feed(account, position(current_price="1.10200", floating_profit="200.00"))
    assert ann_api.get(reverse("api_positions_open"), HTTP_IF_NONE_MATCH=tag).status_code == 200


def part(client: Client, tag: str = "", **query: str) -> Any:
    headers = {"HTTP_HX_REQUEST": "true"} | ({"HTTP_IF_NONE_MATCH": tag} if tag else {})
    return client.get(reverse("position_list"), query, **headers)  # type: ignore[arg-type]


def test_the_page_shows_the_part_that_it_then_asks_for(ann_client: Client, account: BrokerAccount) -> None:
    feed(account, position(floating_profit="190.00"), equity="9500.00")
    page = ann_client.get(reverse("position_list")).content.decode()
    alone = part(ann_client).content.decode()
    assert alone.strip() in page
    assert "<html" not in alone
    assert 'data-live="/positions/"' in page
    assert "2.00\N{NO-BREAK SPACE}%" in alone


def test_the_part_is_304_without_a_query_of_data_until_something_changes(
    ann_client: Client, account: BrokerAccount
) -> None:
    feed(account, position())
    tag = part(ann_client)["ETag"]
    with CaptureQueriesContext(connection) as caught:
        answer = part(ann_client, tag)
    assert (answer.status_code, answer.content) == (304, b"")
    # What is converted is part of what it shows: the stamp of the rates is asked for, and nothing else of the data.
    asked = [query["sql"] for query in caught if '"trading_' in query["sql"]]
    assert len(asked) == 1 and "trading_rateupload" in asked[0]
    assert len(caught) <= 4
    feed(account, position())
    assert part(ann_client, tag).status_code == 304
    feed(account, position(current_price="1.2"))
    assert part(ann_client, tag).status_code == 200


def test_the_part_of_another_trader_or_filter_has_another_tag(
    ann_client: Client, bo_client: Client, account: BrokerAccount
) -> None:
    feed(account, position())
    tags = {part(ann_client)["ETag"], part(bo_client)["ETag"], part(ann_client, symbol="XAUUSD")["ETag"]}
    assert len(tags) == 3


def test_the_page_narrows_by_symbol_without_a_script(ann_client: Client, account: BrokerAccount) -> None:
    feed(account, position("1"), position("2", symbol="XAUUSD"))
    page = ann_client.get(reverse("position_list"), {"symbol": "XAUUSD"})
    assert [row.ticket for row in page.context["rows"]] == ["2"]
    assert "<option selected>XAUUSD</option>" in page.content.decode()


def test_the_page_says_which_feed_is_not_well(ann_client: Client, account: BrokerAccount) -> None:
    feed(account, position())
    assert "is not being updated" not in part(ann_client).content.decode()
    SyncState.objects.update(status=SyncState.Status.DEGRADED)
    assert f"{account.label} is not being updated" in part(ann_client).content.decode()


def test_a_page_of_many_positions_costs_as_many_queries_as_one_of_few(
    ann_client: Client, account: BrokerAccount
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            ann_client.get(reverse("position_list"))
        return len(caught)

    feed(account, *[position(str(n)) for n in range(2)])
    cost()
    few = cost()
    feed(account, *[position(str(n)) for n in range(25)])
    assert cost() == few


def test_a_position_is_matched_when_the_book_has_its_ticket(ann_api: APIClient, account: BrokerAccount) -> None:
    make.open_trade(account, ticket="501", open_price=Decimal("1.10000"), take_profit=None)
    feed(account, position())
    assert listed(ann_api)["positions"][0]["matched"] is True
