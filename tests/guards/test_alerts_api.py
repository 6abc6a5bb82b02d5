"""alerts/, close-requests/ and webhooks/: lists, filters, one by id, keys and strangers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiKey, BrokerAccount, Scope, Trader
from accounts.services.api_keys import create_api_key, revoke_api_key
from tests import make
from tests.guards.live import at, consent, hold, watch
from tests.guards.receiver import Receiver, receiver
from trading.models import Alert, AuditEntry, CloseRequest, Delivery, Webhook
from trading.services import webhooks as webhook_services
from trading.services.close_requests import LIFETIME

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture
def main(ann: Trader) -> BrokerAccount:
    account = make.account(ann, label="Main", number="50418827")
    watch(account, 10_000)
    return account


@pytest.fixture
def fallen(main: BrokerAccount) -> BrokerAccount:
    """A warning, then a critical with one close request, all a minute ago."""
    consent(main)
    hold(main)
    watch(main, 8_400, 10)
    watch(main, 7_900, 20)
    # The clock of the tests stood still since they were collected; the endpoints go by the real one.
    now = timezone.now()
    CloseRequest.objects.update(not_before=now - timedelta(seconds=1), expires_at=now + LIFETIME)
    return main


def key_client(trader: Trader, accounts: list[BrokerAccount], *scopes: str) -> APIClient:
    made = create_api_key(trader, "Bridge", scopes, accounts, now=timezone.now())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {made.text}")
    return client


# ---- Alerts --------------------------------------------------------------------------------------------------------


def test_alerts_come_newest_first_and_can_be_narrowed(ann_api: APIClient, fallen: BrokerAccount) -> None:
    rows = ann_api.get(f"{API}/alerts/").json()["results"]
    assert [row["level"] for row in rows] == ["critical", "warning"]
    assert rows[0]["figures"]["equity"] == "7900"
    narrowed = ann_api.get(f"{API}/alerts/", {"level": "warning", "account": str(fallen.pk)}).json()["results"]
    assert [row["level"] for row in narrowed] == ["warning"]
    assert ann_api.get(f"{API}/alerts/", {"kind": "spread"}).json()["results"] == []


def test_one_alert_says_how_it_was_told(ann_api: APIClient, fallen: BrokerAccount) -> None:
    alert = Alert.objects.get(level="warning")
    shown = ann_api.get(f"{API}/alerts/{alert.pk}/").json()
    assert shown["deliveries"] == [{"channel": "email", "state": "pending", "attempts": 0, "delivered_at": None}]
    assert shown["currency"] == "USD"


def test_another_traders_alert_is_not_there(bo_api: APIClient, fallen: BrokerAccount) -> None:
    assert bo_api.get(f"{API}/alerts/").json()["results"] == []
    assert bo_api.get(f"{API}/alerts/{Alert.objects.latest('raised_at').pk}/").status_code == 404


# ---- Close requests ------------------------------------------------------------------------------------------------


def test_a_bridge_collects_and_acknowledges(ann: Trader, fallen: BrokerAccount) -> None:
    bridge = key_client(ann, [fallen], "close")
    (row,) = bridge.get(f"{API}/close-requests/", {"state": "pending"}).json()["results"]
    assert (row["state"], row["ticket"], row["account"]) == (
        "collected",
        CloseRequest.objects.get().ticket,
        str(fallen.pk),
    )
    again = bridge.get(f"{API}/close-requests/", {"state": "pending"}).json()["results"]
    assert [one["id"] for one in again] == [row["id"]]
    ack = {"result": "done", "price": "1.0991", "profit": "-90.00"}
    done = bridge.post(f"{API}/close-requests/{row['id']}/ack/", ack, format="json")
    assert (done.status_code, done.json()["state"], done.json()["profit"]) == (200, "done", "-90.00")
    assert bridge.get(f"{API}/close-requests/", {"state": "pending"}).json()["results"] == []
    assert AuditEntry.objects.filter(act="close_done", actor__startswith="key ").count() == 1


def test_a_bridge_may_ask_for_one_of_its_accounts(ann: Trader, fallen: BrokerAccount) -> None:
    bridge = key_client(ann, [fallen], "close")
    asked = {"state": "pending", "account": str(fallen.pk)}
    (row,) = bridge.get(f"{API}/close-requests/", asked).json()["results"]
    assert row["state"] == "collected"


def test_a_person_who_looks_collects_nothing(ann_api: APIClient, fallen: BrokerAccount) -> None:
    (row,) = ann_api.get(f"{API}/close-requests/", {"state": "pending"}).json()["results"]
    assert row["state"] == "pending"
    assert ann_api.get(f"{API}/close-requests/{row['id']}/").json()["id"] == row["id"]


@pytest.mark.parametrize("scopes", [("read",), ("sync",), ("read", "sync")])
def test_a_key_without_the_scope_is_refused(ann: Trader, fallen: BrokerAccount, scopes: tuple[str, ...]) -> None:
    bridge = key_client(ann, [fallen], *scopes)
    assert bridge.get(f"{API}/close-requests/", {"state": "pending"}).status_code == 403
    address = f"{API}/close-requests/{CloseRequest.objects.get().pk}/ack/"
    assert bridge.post(address, {"result": "gone"}, format="json").status_code == 403
    assert CloseRequest.objects.get().state == "pending"


def test_a_key_of_another_account_sees_nothing(ann: Trader, fallen: BrokerAccount) -> None:
    bridge = key_client(ann, [make.account(ann)], "close")
    assert bridge.get(f"{API}/close-requests/", {"state": "pending"}).json()["results"] == []
    address = f"{API}/close-requests/{CloseRequest.objects.get().pk}/ack/"
    assert bridge.post(address, {"result": "gone"}, format="json").status_code == 404


def test_a_revoked_key_closes_nothing(ann: Trader, fallen: BrokerAccount) -> None:
    bridge = key_client(ann, [fallen], "close")
    revoke_api_key(ApiKey.objects.get(), timezone.now())
    assert bridge.get(f"{API}/close-requests/", {"state": "pending"}).status_code == 401


def test_a_key_changes_no_rules_and_no_consent(ann: Trader, fallen: BrokerAccount) -> None:
    bridge = key_client(ann, [fallen], *Scope.values)
    assert bridge.put(f"{API}/accounts/{fallen.pk}/guards/", {"rules": []}, format="json").status_code == 403
    assert bridge.get(f"{API}/guards/status/").status_code == 200
    assert bridge.post(f"{API}/webhooks/", {"url": "https://example.com"}, format="json").status_code == 403
    own = make.webhook(ann)
    assert bridge.post(f"{API}/webhooks/{own.pk}/test/").status_code == 403


def test_another_traders_request_is_not_there(bo_api: APIClient, bo: Trader, fallen: BrokerAccount) -> None:
    request = CloseRequest.objects.get()
    assert bo_api.get(f"{API}/close-requests/").json()["results"] == []
    assert bo_api.get(f"{API}/close-requests/{request.pk}/").status_code == 404
    assert bo_api.post(f"{API}/close-requests/{request.pk}/ack/", {"result": "gone"}, format="json").status_code == 404


@pytest.mark.parametrize(
    "ack",
    [
        {},
        {"result": "maybe"},
        {"result": "done"},
        {"result": "done", "price": "NaN", "profit": "1"},
        {"result": "done", "price": "-1", "profit": "1"},
        {"result": "failed"},
    ],
)
def test_half_a_word_is_refused_and_changes_nothing(ann: Trader, fallen: BrokerAccount, ack: dict[str, str]) -> None:
    bridge = key_client(ann, [fallen], "close")
    request = CloseRequest.objects.get()
    assert bridge.post(f"{API}/close-requests/{request.pk}/ack/", ack, format="json").status_code == 400
    assert CloseRequest.objects.get().state == "pending"


# ---- Webhooks ------------------------------------------------------------------------------------------------------


@pytest.fixture
def hook(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiver() as noted:
        yield noted


def test_a_webhook_shows_its_secret_once(ann_api: APIClient, hook: Receiver) -> None:
    made = ann_api.post(f"{API}/webhooks/", {"url": hook.url}, format="json")
    assert made.status_code == 201
    assert len(made.json()["secret"]) == 64
    assert "secret" not in ann_api.get(f"{API}/webhooks/{made.json()['id']}/").json()
    assert "secret" not in ann_api.get(f"{API}/webhooks/").json()["results"][0]


def test_its_log_tells_each_attempt(ann_api: APIClient, main: BrokerAccount, hook: Receiver) -> None:
    made = ann_api.post(f"{API}/webhooks/", {"url": hook.url}, format="json").json()
    watch(main, 8_400, 10)
    webhook_services.deliver(Delivery.objects.get(channel="webhook").pk, now=at(11))
    (row,) = ann_api.get(f"{API}/webhooks/{made['id']}/deliveries/").json()["results"]
    assert (row["state"], row["attempts"][0]["status"]) == ("delivered", 200)


def test_a_webhook_can_be_paused_and_taken_away(ann_api: APIClient, hook: Receiver) -> None:
    made = ann_api.post(f"{API}/webhooks/", {"url": hook.url}, format="json").json()
    address = f"{API}/webhooks/{made['id']}/"
    assert ann_api.patch(address, {"is_active": False}, format="json").json()["is_active"] is False
    assert ann_api.delete(address).status_code == 204
    assert not Webhook.objects.exists()


def test_a_webhook_is_tested_and_its_log_says_so(ann_api: APIClient, hook: Receiver) -> None:
    made = ann_api.post(f"{API}/webhooks/", {"url": hook.url}, format="json").json()
    address = f"{API}/webhooks/{made['id']}/"
    answer = ann_api.post(f"{address}test/")
    assert (answer.status_code, answer.json()["alert_id"], answer.json()["state"]) == (202, None, "pending")
    webhook_services.deliver(Delivery.objects.get().pk, now=timezone.now())
    (row,) = ann_api.get(f"{address}deliveries/").json()["results"]
    assert (row["id"], row["alert_id"], row["state"]) == (answer.json()["id"], None, "delivered")
    assert [ann_api.post(f"{address}test/").status_code for _ in range(5)] == [202] * 4 + [429]
    ann_api.patch(address, {"is_active": False}, format="json")
    refused = ann_api.post(f"{address}test/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "webhook_refused")


def test_a_private_address_is_refused_in_words(ann_api: APIClient) -> None:
    answer = ann_api.post(f"{API}/webhooks/", {"url": "https://169.254.169.254/"}, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "webhook_refused")
    assert "private network" in answer.json()["error"]["message"]


def test_another_traders_webhook_is_not_there(ann_api: APIClient, bo_api: APIClient, hook: Receiver) -> None:
    made = ann_api.post(f"{API}/webhooks/", {"url": hook.url}, format="json").json()
    address = f"{API}/webhooks/{made['id']}/"
    assert bo_api.get(f"{API}/webhooks/").json()["results"] == []
    for answer in (
        bo_api.get(address),
        bo_api.patch(address, {"is_active": False}, format="json"),
        bo_api.delete(address),
        bo_api.get(f"{address}deliveries/"),
        bo_api.post(f"{address}test/"),
    ):
        assert answer.status_code == 404
    assert Webhook.objects.get().is_active
