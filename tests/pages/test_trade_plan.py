"""Planned against actual on the page of a trade and in the API, and the same R as everywhere else."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from trading.models import Trade
from trading.queries.closed_samples import closed

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return make.account(ann, currency="EUR")


def stopped(account: BrokerAccount, **fields: Any) -> Trade:
    """The worked example of docs/formulas.md: closed 20 points beyond its stop."""
    values: dict[str, Any] = {
        "close_price": D("1.09480"),
        "open_stop_loss": D("1.09500"),
        "open_take_profit": D("1.11000"),
        "gross_profit": D("-520.00"),
        "commission": D("-7.00"),
        "swap": D("0.00"),
    }
    return make.trade(account, open_price=D("1.10000"), **{**values, **fields})


def page(client: Client, trade: Trade) -> str:
    text: str = client.get(f"/trades/{trade.pk}/").content.decode()
    return text[text.index('id="plan"') :].split("</section>")[0]


def test_the_plan_stands_beside_what_came_of_it(ann_client: Client, account: BrokerAccount) -> None:
    shown = page(ann_client, stopped(account))
    for part in ("−500.00", "stop at 1.09500", "+1,000.00", "target at 1.11000", "2.00", "−527.00", "−1.05"):
        assert part in shown, part
    assert "It closed 0.00020 beyond the initial stop: 20.00 EUR more than planned." in shown
    assert "Costs made the loss 7.00 EUR larger than the planned risk." in shown


def test_the_multiple_is_the_one_of_the_analysis(ann_api: APIClient, account: BrokerAccount) -> None:
    trade = stopped(account)
    (sample,) = closed([account.pk], account.trades.all())
    planned = ann_api.get(f"/api/v1/trades/{trade.pk}/").json()["planned"]
    assert D(planned["r_multiple"]) == sample.r_multiple == D("-1.054")
    assert D(planned["risk"]) == sample.risk
    assert (D(planned["reward"]), D(planned["ratio"]), D(planned["slippage"])) == (D(1000), D(2), D(20))
    assert (planned["risk_reason"], planned["reward_reason"], planned["locks_in"]) == ("", "", False)


def test_the_traders_own_stop_goes_before_the_brokers(ann_api: APIClient, account: BrokerAccount) -> None:
    trade = stopped(account)
    make.journal_entry(trade, initial_stop_loss=D("1.09000"))
    planned = ann_api.get(f"/api/v1/trades/{trade.pk}/").json()["planned"]
    assert (D(planned["risk"]), planned["beyond_stop"]) == (D(1000), None)


def test_without_a_stop_the_page_says_why(ann_client: Client, account: BrokerAccount) -> None:
    shown = page(ann_client, stopped(account, open_stop_loss=None))
    assert "There is no initial stop, so nothing says what was at stake." in shown
    assert "+1,000.00" in shown
    assert "beyond" not in shown


def test_a_trade_that_went_nowhere_says_what_is_not_known(ann_client: Client, account: BrokerAccount) -> None:
    shown = page(ann_client, stopped(account, close_price=D("1.10000"), gross_profit=D(0)))
    assert "what a unit of it is worth is not known" in shown


def test_the_last_target_is_named_as_such(ann_client: Client, account: BrokerAccount) -> None:
    shown = page(ann_client, stopped(account, open_take_profit=None, take_profit=D("1.10800")))
    assert "last target at 1.10800" in shown
    assert "+800.00" in shown


def test_a_stop_on_the_side_of_profit_is_told(ann_client: Client, account: BrokerAccount) -> None:
    assert "did not limit a loss" in page(ann_client, stopped(account, open_stop_loss=D("1.10100")))


def test_an_open_trade_is_planned_by_what_the_broker_says_it_is_worth(
    ann_client: Client, ann_api: APIClient, account: BrokerAccount
) -> None:
    trade = make.open_trade(
        account, open_price=D("1.10000"), open_stop_loss=D("1.09500"), open_take_profit=D("1.11000")
    )
    make.position(
        account,
        ticket=trade.ticket,
        symbol="EURUSD",
        side="buy",
        volume_lots=D("0.50"),  # half of it is left
        open_price=D("1.10000"),
        current_price=D("1.10200"),
        floating_profit=D("100.00"),
    )
    planned = ann_api.get(f"/api/v1/trades/{trade.pk}/").json()["planned"]
    assert (D(planned["risk"]), D(planned["reward"]), planned["net"]) == (D(500), D(1000), None)
    shown = page(ann_client, trade)
    assert "−500.00" in shown
    assert shown.count("Not known: The trade is open.") == 2
