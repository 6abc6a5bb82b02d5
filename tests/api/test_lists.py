"""What every list and detail of the API has in common: whose rows, how many queries, what a client may keep."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from trading.services.journal import save_journal

pytestmark = pytest.mark.django_db
API = "/api/v1/"


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return make.account(ann)


def fill(account: BrokerAccount) -> None:
    """One row of everything."""
    trade = make.trade(account)
    make.exit_of(trade)
    make.journal_entry(trade, tags=("breakout", "news"))
    make.open_trade(account)
    make.cash_flow(account)
    make.position(account)
    make.snapshot(account)
    make.committed_statement(account=account)


#: (where its rows are, how many queries it takes): one of them reads the mark of those that are kept at the front door.
LISTS = {
    "accounts/": ("results", 1),
    "trades/": ("results", 4),
    "trades/?status=open": ("results", 4),
    "executions/": ("results", 3),
    "cash-flows/": ("results", 3),
    "positions/": ("positions", 4),
    "positions/open/": ("positions", 4),
    "statements/": ("results", 1),
}


@pytest.mark.parametrize("path", LISTS)
def test_a_list_asks_no_more_for_twenty_more_rows(ann_api: APIClient, account: BrokerAccount, path: str) -> None:
    rows, allowed = LISTS[path]
    fill(account)
    ann_api.get(API + path)
    for more in range(2):
        for _ in range(1 + 19 * more):
            fill(account)
        with CaptureQueriesContext(connection) as seen:
            answer = ann_api.get(API + path)
        assert len(seen) == allowed, [query["sql"][:200] for query in seen.captured_queries]
    if path != "accounts/":
        assert len(answer.json()[rows]) == 22


@pytest.mark.parametrize("path", LISTS)
def test_a_list_holds_no_row_of_another_trader(
    ann_api: APIClient, account: BrokerAccount, bo: Trader, path: str
) -> None:
    fill(make.account(bo))
    answer = ann_api.get(API + path).json()
    rows = [row for row in answer[LISTS[path][0]] if row["id"] != str(account.pk)]
    assert rows == []
    assert answer.get("total_positions", 0) == 0


@pytest.mark.parametrize("path", ["trades/", "executions/", "cash-flows/", "positions/", "statements/"])
def test_the_account_of_another_trader_can_t_be_asked_for(
    ann_api: APIClient, account: BrokerAccount, bo: Trader, path: str
) -> None:
    foreign = make.account(bo)
    fill(foreign)
    answer = ann_api.get(f"{API}{path}?account={foreign.pk}")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["account"]


DETAILS: dict[str, tuple[Callable[[BrokerAccount], Any], int]] = {
    "accounts/{}/": (lambda account: account, 1),
    "trades/{}/": (make.trade, 4),
    "positions/{}/": (make.position, 3),
    "statements/{}/": (lambda account: make.statement(account=account), 1),
}


@pytest.mark.parametrize("path", DETAILS)
def test_a_detail_is_there_for_its_owner_alone(
    ann_api: APIClient, bo_api: APIClient, account: BrokerAccount, path: str
) -> None:
    maker, allowed = DETAILS[path]
    address = API + path.format(maker(account).pk)
    ann_api.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert ann_api.get(address).status_code == 200
    assert len(seen) <= allowed, [query["sql"][:200] for query in seen.captured_queries]
    refused = bo_api.get(address)
    assert refused.status_code == 404
    assert refused.json()["error"]["code"] == "not_found"


# ---- Conditional requests ----------------------------------------------------------------------------------------------


def account_pages(account: BrokerAccount) -> Iterator[str]:
    for part in ("summary", "balance-proof", "equity-curve"):
        yield f"accounts/{account.pk}/{part}/"


def test_what_a_client_still_has_costs_one_query_and_no_bytes(ann_api: APIClient, account: BrokerAccount) -> None:
    fill(account)
    trade = account.trades.closed().get()
    for path in (*LISTS, *account_pages(account), f"trades/{trade.pk}/"):
        first = ann_api.get(API + path)
        assert first.status_code == 200, path
        assert first["Cache-Control"] == "private, no-cache"
        with CaptureQueriesContext(connection) as seen:
            again = ann_api.get(API + path, HTTP_IF_NONE_MATCH=f'"other", {first["ETag"]}')
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"]), path
        assert len(seen) <= 1, path


KEPT = ("trades/", "executions/", "cash-flows/")


@pytest.mark.parametrize("path", KEPT)
def test_the_same_answer_again_costs_one_query(ann_api: APIClient, account: BrokerAccount, path: str) -> None:
    fill(account)
    ann_api.get(API + path)  # makes the caller known
    first = ann_api.get(API + path)
    with CaptureQueriesContext(connection) as seen:
        again = ann_api.get(API + path)
    assert (again.content, again["ETag"], again["Content-Type"]) == (first.content, first["ETag"], "application/json")
    assert len(seen) == 1


@pytest.mark.parametrize("path", KEPT)
def test_an_answer_is_not_kept_beyond_a_write(ann_api: APIClient, account: BrokerAccount, path: str) -> None:
    fill(account)
    before = ann_api.get(API + path).json()["results"]
    fill(account)
    assert len(ann_api.get(API + path).json()["results"]) == 2 * len(before)


def test_notes_and_tags_show_at_once(ann_api: APIClient, account: BrokerAccount) -> None:
    trade = make.trade(account)
    ann_api.get(f"{API}trades/")
    save_journal(trade, notes="", tags=["news"], initial_stop_loss=None)
    assert ann_api.get(f"{API}trades/").json()["results"][0]["tags"] == ["news"]


def test_a_named_window_moves_with_the_day(
    ann_api: APIClient, account: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2025, 3, 3, 23, 30, tzinfo=UTC)
    make.trade(account, opened_at=at - timedelta(hours=3))
    monkeypatch.setattr(timezone, "now", lambda: at)
    first = ann_api.get(f"{API}trades/?period=today")
    monkeypatch.setattr(timezone, "now", lambda: at + timedelta(hours=1))
    again = ann_api.get(f"{API}trades/?period=today", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (len(first.json()["results"]), again.status_code, again.json()["results"]) == (1, 200, [])


def test_a_window_names_days_of_utc_for_a_token_and_for_a_session(
    ann_api: APIClient, ann_client: Client, ann: Trader, account: BrokerAccount
) -> None:
    Trader.objects.filter(pk=ann.pk).update(time_zone="Asia/Tokyo")
    trade = make.trade(account, opened_at=datetime(2025, 3, 3, 20, tzinfo=UTC))
    day = f"{trade.closed_at:%Y-%m-%d}"
    for query in (f"from={day}&to={day}", "from=2025-03-04&to=2025-03-04"):
        by_token, by_session = (client.get(f"{API}trades/?{query}") for client in (ann_api, ann_client))
        assert by_token.json() == by_session.json()
        assert by_token["ETag"] == by_session["ETag"]
        assert len(by_token.json()["results"]) == query.startswith(f"from={day}")


def test_a_change_of_what_the_account_holds_makes_another_tag(ann_api: APIClient, account: BrokerAccount) -> None:
    trade = make.trade(account)
    before = ann_api.get(f"{API}trades/")
    changed = ann_api.patch(f"{API}trades/{trade.pk}/", {"notes": "Too early."}, format="json")
    assert changed.status_code == 200
    after = ann_api.get(f"{API}trades/", HTTP_IF_NONE_MATCH=before["ETag"])
    assert after.status_code == 200
    assert after["ETag"] != before["ETag"]


def test_two_traders_never_share_a_tag(ann_api: APIClient, bo_api: APIClient) -> None:
    assert ann_api.get(f"{API}trades/")["ETag"] != bo_api.get(f"{API}trades/")["ETag"]


# ---- Numbers and times -------------------------------------------------------------------------------------------------


def test_money_keeps_the_decimals_of_the_broker_and_times_are_utc(ann_api: APIClient, account: BrokerAccount) -> None:
    make.trade(account, open_price=Decimal("1.123400"), volume_lots=Decimal("0.00000001"), gross_profit=Decimal(151396))
    row = ann_api.get(f"{API}trades/").json()["results"][0]
    assert (row["open_price"], row["volume_lots"], row["gross_profit"]) == ("1.123400", "0.00000001", "151396")
    assert row["opened_at"].endswith("Z")
    assert row["currency"] == account.currency
    assert row["side"] == "buy"


# ---- Pages ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "maker"), [("trades/", make.trade), ("executions/", make.execution), ("cash-flows/", make.cash_flow)]
)
def test_pages_by_cursor_hold_every_row_once(
    ann_api: APIClient, ann: Trader, path: str, maker: Callable[[BrokerAccount], Any]
) -> None:
    accounts = [make.account(ann) for _ in range(2)]
    made = {str(maker(account).pk) for account in accounts for _ in range(4)}
    seen: list[str] = []
    cursor = ""
    while True:
        page = ann_api.get(API + path, {"limit": "3", "cursor": cursor}).json()
        seen += [row["id"] for row in page["results"]]
        if not page["next_cursor"]:
            break
        cursor = page["next_cursor"]
    assert len(seen) == 8
    assert set(seen) == made


def test_totals_of_positions_never_add_two_currencies(ann_api: APIClient, ann: Trader) -> None:
    dollars, euros = make.account(ann, currency="USD"), make.account(ann, currency="EUR")
    for account in (dollars, euros):
        make.position(account, floating_profit=Decimal("30.00"), swap=Decimal(0))
    make.snapshot(dollars, equity=Decimal("1000.00"))
    answer = ann_api.get(f"{API}positions/").json()
    assert answer["total_unrealized_pnl"] is None
    by_currency = {total["currency"]: total for total in answer["totals"]}
    assert by_currency["USD"]["unrealized_pnl_pct"] == "3.00"
    assert by_currency["EUR"]["equity"] is None
    only = ann_api.get(f"{API}positions/", {"account": str(dollars.pk)}).json()
    assert (only["total_unrealized_pnl"], only["total_unrealized_pnl_pct"]) == ("30.00", "3.00")


@pytest.mark.parametrize("path", ["trades/", "executions/", "cash-flows/", "positions/", "statements/"])
def test_a_filter_that_is_not_known_is_named_and_never_ignored(ann_api: APIClient, path: str) -> None:
    answer = ann_api.get(f"/api/v1/{path}?symbl=EURUSD")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["symbl"]
