"""GET figures/: figures of any choice of trades, for programs."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests.pages.test_figure_pages import add, traded

pytestmark = pytest.mark.django_db

FIGURES = "/api/v1/figures/"


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return traded(ann, "60", "-40", "-20", "0", "30")


def test_each_currency_is_a_set_of_its_own(ann: Trader, ann_api: APIClient, account: BrokerAccount) -> None:
    other = traded(ann, "7", currency="EUR")
    results = ann_api.get(FIGURES).json()["results"]
    assert [(found["currency"], found["accounts"], found["trades"]) for found in results] == [
        ("EUR", [str(other.pk)], 1),
        ("USD", [str(account.pk)], 5),
    ]


def test_a_figure_says_what_it_rests_on(ann_api: APIClient, account: BrokerAccount) -> None:
    (found,) = ann_api.get(FIGURES, {"definition": "portal"}).json()["results"]
    rate = found["figures"]["trades_won_percent"]
    assert Decimal(rate["value"]) == 40
    assert (rate["sample"], rate["is_thin"], rate["version"]) == (5, False, 1)
    assert Decimal(rate["low"]) < 40 < Decimal(rate["high"])
    factor = found["figures"]["profit_factor"]
    assert (factor["value"], factor["is_thin"]) == ("1.5", True)


def test_an_answer_that_the_client_has_is_not_computed_again(ann_api: APIClient, account: BrokerAccount) -> None:
    first = ann_api.get(FIGURES)
    assert ann_api.get(FIGURES, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304
    add(account, "11")
    again = ann_api.get(FIGURES, HTTP_IF_NONE_MATCH=first["ETag"])
    assert again.status_code == 200
    assert again.json()["results"][0]["figures"]["net_profit"]["value"] == "41"


def test_another_traders_account_is_not_one_to_choose(bo_api: APIClient, account: BrokerAccount) -> None:
    assert bo_api.get(FIGURES, {"account": str(account.pk)}).status_code == 400
    assert bo_api.get(FIGURES).json() == {"results": []}
    assert bo_api.get(f"/api/v1/accounts/{account.pk}/summary/", {"definition": "portal"}).status_code == 404


@pytest.mark.parametrize("query", ["definition=mine", "time_zone=Mars/Olympus", "luck=good", "side=up"])
def test_a_parameter_that_makes_no_sense_is_named(ann_api: APIClient, account: BrokerAccount, query: str) -> None:
    for address in (FIGURES, f"/api/v1/accounts/{account.pk}/summary/"):
        answer = ann_api.get(f"{address}?{query}")
        assert answer.status_code == 400, address
        assert list(answer.json()["error"]["fields"]) == [query.split("=")[0]]


def test_the_summary_takes_the_filters_of_trades(ann_api: APIClient, account: BrokerAccount) -> None:
    address = f"/api/v1/accounts/{account.pk}/summary/"
    sold = ann_api.get(address, {"side": "sell", "definition": "portal"}).json()
    assert sold["figures"]["net_profit"] == "-40"
    assert ann_api.get(address, {"phase": "funded", "definition": "portal"}).json()["figures"] == {}


def test_averages_have_their_interval_on_request(ann: Trader, ann_api: APIClient) -> None:
    account = traded(ann, "60", "-40", "-20", "0", "30", "75.50", "-12.25", "18", "9", "-3", "44", "-8")
    address = f"/api/v1/accounts/{account.pk}/summary/"
    plain = ann_api.get(address, {"definition": "portal"}).json()
    asked = ann_api.get(address, {"definition": "portal", "bootstrap": "1"}).json()
    assert "expected_payoff" not in plain["intervals"]
    assert "trades_won_percent" in plain["intervals"]
    interval = asked["intervals"]["expected_payoff"]
    assert Decimal(interval["low"]) < Decimal(asked["figures"]["expected_payoff"]) < Decimal(interval["high"])
    (found,) = ann_api.get(FIGURES, {"definition": "portal", "bootstrap": "1"}).json()["results"]
    assert found["figures"]["expected_payoff"]["low"] == interval["low"]
    assert ann_api.get(address, {"definition": "mt5", "bootstrap": "1"}).json()["intervals"] == {}


@pytest.mark.parametrize("address", [FIGURES, "/api/v1/accounts/{account}/summary/"])
def test_an_interval_is_asked_for_with_one_and_nothing_else(
    ann_api: APIClient, account: BrokerAccount, address: str
) -> None:
    answer = ann_api.get(address.format(account=account.pk), {"bootstrap": "2"})
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["bootstrap"]
