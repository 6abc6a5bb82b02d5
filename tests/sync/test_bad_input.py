"""Values that make no sense: each is named with its field and a sentence, and nothing of the account is written."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from accounts.services.api_keys import revoke_api_key
from tests import make
from tests.services.book import dump
from tests.sync.bridge import deal, entry, figures, flow, key_client, make_key, payload, position, quote, text
from trading.models import SyncState

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return make.account(ann)


@pytest.fixture
def bridge(account: BrokerAccount) -> APIClient:
    return key_client(make_key(account))


def post(client: APIClient, body: Any, key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(reverse("api_sync"), body, format="json", headers=headers)


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("positions.0.volume", {"positions": [position(volume="-0.50")]}, "must be more than 0"),
    ("positions.0.volume", {"positions": [position(volume="0.00")]}, "must be more than 0"),
    ("positions.0.volume", {"positions": [position(volume=None)]}, "needed"),
    ("positions.0.volume", {"positions": [position(volume=0.5)]}, "as a text"),
    ("positions.0.volume", {"positions": [position(volume=True)]}, "not an amount"),
    ("positions.0.volume", {"positions": [position(volume="NaN")]}, "not an amount"),
    ("positions.0.volume", {"positions": [position(volume="Infinity")]}, "not an amount"),
    ("positions.0.volume", {"positions": [position(volume="١")]}, "not an amount"),
    ("positions.0.volume", {"positions": [position(volume="1" + "0" * 30)]}, "not an amount"),
    ("positions.0.volume", {"positions": [position(volume=10**16)]}, "not an amount"),
    ("positions.0.open_price", {"positions": [position(open_price="1e30")]}, "not an amount"),
    ("positions.0.open_price", {"positions": [position(open_price=1e30)]}, "as a text"),
    ("positions.0.open_price", {"positions": [position(open_price="-1.1")]}, "must be more than 0"),
    ("positions.0.stop_loss", {"positions": [position(stop_loss="-1")]}, "must be more than 0"),
    ("positions.0.symbol", {"positions": [position(symbol="")]}, "1 to 64"),
    ("positions.0.symbol", {"positions": [position(symbol="X" * 65)]}, "1 to 64"),
    ("positions.0.symbol", {"positions": [position(symbol="EUR\nUSD")]}, "1 to 64"),
    ("positions.0.symbol", {"positions": [position(symbol={"a": 1})]}, "1 to 64"),
    ("positions.0.side", {"positions": [position(side="long")]}, "buy, sell"),
    ("positions.0.side", {"positions": [position(side=["buy"])]}, "buy, sell"),
    ("positions.0.opened_at", {"positions": [position(opened_at="2026-11-20 09:00")]}, "offset"),
    ("positions.0.opened_at", {"positions": [position(opened_at=1_700_000_000)]}, "offset"),
    ("positions.0.opened_at", {"positions": [position(opened_at="0001-01-01T00:00:00+14:00")]}, "offset"),
    ("deals.0.executed_at", {"deals": [deal(executed_at="2199-01-01T00:00:00Z")]}, "in the future"),
    ("positions.1.ticket", {"positions": [position(), position()]}, "twice"),
    ("positions.0", {"positions": ["501"]}, "object"),
    ("positions", {"positions": {"501": {}}}, "list"),
    ("positions", {"positions": [position(str(n)) for n in range(2_001)]}, "too many"),
    ("deals.0.direction", {"deals": [deal(direction="sideways")]}, "in_out"),
    ("deals.0.ticket", {"deals": [deal(ticket="")]}, "1 to 64"),
    ("deals.1.deal_id", {"deals": [deal(), deal()]}, "twice"),
    ("deals.0.comment", {"deals": [deal(comment="x" * 501)]}, "at most 500"),
    ("deals.0.gross_profit", {"deals": [deal(gross_profit="1,5")]}, "not an amount"),
    ("cash_flows.0.kind", {"cash_flows": [flow(kind="gift")]}, "deposit"),
    ("cash_flows.0.amount", {"cash_flows": [flow(amount="")]}, "not an amount"),
    ("quotes.0.ask", {"quotes": [quote(bid="1.2", ask="1.1")]}, "below the bid"),
    ("quotes.0.bid", {"quotes": [quote(bid="0")]}, "must be more than 0"),
    ("quotes.1.symbol", {"quotes": [quote(), quote()]}, "twice"),
    ("figures.equity", {"figures": {"balance": "1"}}, "needed"),
    ("figures.margin", {"figures": figures(margin="-1")}, "below 0"),
    ("figures", {"figures": []}, "object"),
    ("sent_at", {"sent_at": None}, "offset"),
    ("sent_at", {"sent_at": "yesterday"}, "offset"),
]


@pytest.mark.parametrize(("field", "parts", "sentence"), BAD, ids=[f"{n} {bad[0]}" for n, bad in enumerate(BAD)])
def test_says_which_field_makes_no_sense_and_writes_nothing(
    bridge: APIClient, account: BrokerAccount, field: str, parts: dict[str, Any], sentence: str
) -> None:
    before = dump()
    good = {"figures": figures(), "positions": [position()], "deals": [deal()], "cash_flows": [flow()]}
    answer = post(bridge, payload(entry(account, **{**good, **parts})))
    assert answer.status_code == 200
    error = answer.json()["accounts"][0]["error"]
    assert error["code"] == "invalid"
    assert sentence in error["fields"][field][0]
    assert dump() == before
    assert SyncState.objects.get().failures_in_a_row == 1


def test_a_clock_an_hour_ahead_is_refused_with_what_to_do(bridge: APIClient, account: BrokerAccount) -> None:
    before = dump()
    ahead = text(timezone.now() + timedelta(hours=1, seconds=30))
    error = post(bridge, payload(entry(account, sent_at=ahead, positions=[position()]))).json()["accounts"][0]["error"]
    assert error["code"] == "clock_ahead"
    assert "60 minutes ahead" in error["message"]
    assert dump() == before


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:00Z", "2000-01-01T00:00:10Z"])
def test_a_feed_does_not_begin_with_a_clock_that_was_never_set(
    bridge: APIClient, account: BrokerAccount, moment: str
) -> None:
    before = dump()
    error = post(bridge, payload(entry(account, sent_at=moment, positions=[position()]))).json()["accounts"][0]["error"]
    assert error["code"] == "clock_behind"
    assert "Set the clock" in error["message"]
    assert dump() == before
    found = post(bridge, payload(entry(account, positions=[position()]))).json()["accounts"][0]
    assert found["result"] == "recorded"
    found = post(bridge, payload(entry(account, sent_at=moment, positions=[]))).json()["accounts"][0]
    assert found["result"] == "older"


def test_a_clock_an_hour_behind_is_taken_since_only_the_order_counts(bridge: APIClient, account: BrokerAccount) -> None:
    behind = text(timezone.now() - timedelta(hours=1))
    found = post(bridge, payload(entry(account, sent_at=behind, positions=[position()]))).json()["accounts"][0]
    assert found["result"] == "recorded"


def test_figures_in_another_currency_are_refused(bridge: APIClient, account: BrokerAccount) -> None:
    sent = entry(account, figures=figures(currency="JPY"))
    error = post(bridge, payload(sent)).json()["accounts"][0]["error"]
    assert error["code"] == "currency"


def test_a_symbol_that_no_list_knows_is_taken_as_the_broker_writes_it(
    bridge: APIClient, account: BrokerAccount
) -> None:
    sent = entry(account, positions=[position(symbol="Dogs & Cats/USD.x#")])
    assert post(bridge, payload(sent)).json()["accounts"][0]["result"] == "recorded"
    assert account.positions.get().symbol == "Dogs & Cats/USD.x#"


def test_a_nul_in_a_comment_is_left_out(bridge: APIClient, account: BrokerAccount) -> None:
    sent = entry(account, positions=[position(comment="a\x00b")])
    assert post(bridge, payload(sent)).json()["accounts"][0]["result"] == "recorded"
    assert account.positions.get().comment == "ab"


@pytest.mark.parametrize("name", ["x", "", None, 5, {"a": 1}, "' OR 1=1 --", "0" * 500])
def test_an_account_that_is_no_id_is_named(bridge: APIClient, account: BrokerAccount, name: Any) -> None:
    sent = entry(account) | {"account": name}
    found = post(bridge, payload(sent, entry(account, positions=[]))).json()["accounts"]
    assert found[0]["error"]["code"] == "invalid"
    assert "account" in found[0]["error"]["fields"]
    assert found[1]["result"] == "recorded"


@pytest.mark.parametrize("body", [{}, [], {"accounts": []}, {"accounts": {}}, {"accounts": None}, "x", 5])
def test_a_call_without_accounts_is_refused_whole(bridge: APIClient, body: Any) -> None:
    answer = post(bridge, body)
    assert answer.status_code == 400
    assert "accounts" in answer.json()["error"]["fields"]


def test_more_than_five_hundred_accounts_are_too_many(bridge: APIClient, account: BrokerAccount) -> None:
    answer = post(bridge, payload(*[entry(account)] * 501))
    assert answer.status_code == 400
    assert "at most 500" in answer.json()["error"]["message"]


@pytest.mark.parametrize("raw", [b"{", b"", b'{"accounts": [NaN]}', b"\xff\xfe", b'{"accounts": [1e999]}'])
def test_what_is_no_json_is_refused(bridge: APIClient, raw: bytes) -> None:
    answer = bridge.post(reverse("api_sync"), raw, content_type="application/json")
    assert answer.status_code == 400


def test_a_body_of_ten_megabytes_is_refused_unread(bridge: APIClient, account: BrokerAccount) -> None:
    raw = b'{"accounts": [' + b" " * 10_000_000 + b"]}"
    answer = bridge.post(reverse("api_sync"), raw, content_type="application/json")
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


def test_something_else_than_json_is_refused(bridge: APIClient) -> None:
    assert bridge.post(reverse("api_sync"), "a=b", content_type="text/plain").status_code == 415


@pytest.mark.parametrize("key", ["x" * 81, "käse"])
def test_a_key_that_can_not_be_kept_is_refused(bridge: APIClient, account: BrokerAccount, key: str) -> None:
    answer = post(bridge, payload(entry(account)), key)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["error"]["fields"]


def test_the_wrong_scope_is_refused(account: BrokerAccount) -> None:
    answer = post(key_client(make_key(account, scopes=("read", "close"))), payload(entry(account)))
    assert answer.status_code == 403
    assert "“sync”" in answer.json()["error"]["message"]


def test_a_revoked_key_is_refused(account: BrokerAccount) -> None:
    made = make_key(account)
    client = key_client(made)
    assert post(client, payload(entry(account))).status_code == 200
    revoke_api_key(made.key, timezone.now())
    assert post(client, payload(entry(account))).status_code == 401


def test_nobody_is_refused(stranger_api: APIClient, account: BrokerAccount) -> None:
    assert post(stranger_api, payload(entry(account))).status_code == 401


def test_an_account_of_another_trader_is_not_there_and_nor_is_one_that_the_key_is_not_bound_to(
    account: BrokerAccount, ann: Trader, bo: Trader
) -> None:
    his, hers = make.account(bo), make.account(ann)
    before = dump()
    sent = payload(entry(his, positions=[position()]), entry(hers, positions=[position()]))
    found = post(key_client(make_key(account)), sent).json()["accounts"]
    assert [one["error"]["code"] for one in found] == ["not_found", "not_found"]
    assert found[0]["error"]["message"] == found[1]["error"]["message"]
    assert dump() == before
    assert not SyncState.objects.exists()


def test_shows_at_most_twenty_problems(bridge: APIClient, account: BrokerAccount) -> None:
    many = [position(str(n), volume="-1") for n in range(100)]
    error = post(bridge, payload(entry(account, positions=many))).json()["accounts"][0]["error"]
    assert len(error["fields"]) == 20
