"""From a sync to what the status endpoints tell, as a program with an API key sees it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.sync.bridge import deal, entry, exit_deal, figures, flow, key_client, make_key, payload, position, quote

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return make.account(ann)


@pytest.fixture
def bridge(account: BrokerAccount) -> APIClient:
    return key_client(make_key(account, scopes=("read", "sync")))


def send(bridge: APIClient, account: BrokerAccount, **parts: Any) -> dict[str, Any]:
    answer = bridge.post(reverse("api_sync"), payload(entry(account, **parts)), format="json")
    (found,) = answer.json()["accounts"]
    assert found["error"] is None, found
    return dict(found)


def told(bridge: APIClient, name: str) -> dict[str, Any]:
    answer = bridge.get(reverse(name))
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_before_the_first_sync_nothing_is_open(bridge: APIClient) -> None:
    assert told(bridge, "api_positions_open")["total_positions"] == 0
    assert bridge.get(reverse("api_reconciliation_status")).status_code == 200
    assert bridge.get(reverse("api_guards_status")).status_code == 200


def test_a_sync_that_agrees_is_healthy_everywhere(bridge: APIClient, account: BrokerAccount) -> None:
    balance = figures("9996.50", equity="10096.50")
    parts = {"figures": balance, "positions": [position(stop_loss="1.09500")], "quotes": [quote()]}
    found = send(bridge, account, **parts, deals=[deal()], cash_flows=[flow()])
    assert found["reconciliation"] == {"status": "healthy", "matched": 1, "breaks": 0}
    open_now = told(bridge, "api_positions_open")
    assert (open_now["total_positions"], open_now["total_unrealized_pnl"]) == (1, "100.00")
    assert (open_now["positions"][0]["matched"], open_now["total_unrealized_pnl_pct"]) == (True, "0.99")
    (status,) = told(bridge, "api_reconciliation_status")["accounts"]
    assert (status["status"], status["open_positions_count"], status["matched_positions"]) == ("healthy", 1, 1)
    assert (status["divergences_detected"], status["total_syncs"]) == (0, 1)


def test_a_position_that_the_book_does_not_have_is_a_break_until_its_deal_comes(
    bridge: APIClient, account: BrokerAccount
) -> None:
    parts = {"figures": figures("9996.50"), "positions": [position()], "cash_flows": [flow()]}
    found = send(bridge, account, **parts)
    assert found["reconciliation"]["status"] == "warning"
    assert told(bridge, "api_positions_open")["positions"][0]["matched"] is False
    found = send(bridge, account, **parts, deals=[deal()])
    assert found["reconciliation"]["matched"] == 1
    assert told(bridge, "api_positions_open")["positions"][0]["matched"] is True


def test_a_fall_of_the_equity_reaches_the_guards(bridge: APIClient, account: BrokerAccount) -> None:
    deals = [deal(), exit_deal()]
    send(bridge, account, figures=figures("10000.00"), positions=[], deals=deals, cash_flows=[flow()])
    assert told(bridge, "api_guards_status")["system_status"] == "normal"
    send(bridge, account, figures=figures("10000.00", equity="8400.00"), positions=[position()])
    assert told(bridge, "api_guards_status")["system_status"] == "warning"
    send(bridge, account, figures=figures("10000.00", equity="7900.00"), positions=[position()])
    assert told(bridge, "api_guards_status")["system_status"] == "critical"


def test_health_asks_nobody_who_they_are(stranger: Client) -> None:
    found = stranger.get(reverse("api_trading_health")).json()
    assert (found["status"], found["service"]) == ("healthy", "trading")
