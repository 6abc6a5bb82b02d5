"""accounts/: made, changed, archived, and their figures."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make

pytestmark = pytest.mark.django_db
ACCOUNTS = "/api/v1/accounts/"
NEW = {"label": "Main", "platform": "mt5", "server": "Example-Live", "number": "123456", "currency": "USD"}


def test_a_trader_makes_an_account(ann_api: APIClient, ann: Trader) -> None:
    answer = ann_api.post(ACCOUNTS, NEW, format="json")
    assert answer.status_code == 201
    account = BrokerAccount.objects.get()
    assert (account.trader, account.number) == (ann, "123456")
    assert answer["Location"] == f"{ACCOUNTS}{account.pk}/"
    assert ann_api.get(answer["Location"]).json() == answer.json()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"label": ""}, "label"),
        ({"platform": "mt9"}, "platform"),
        ({"number": ""}, "number"),
        ({"currency": "dollars"}, "currency"),
        ({"leverage": 0}, "leverage"),
        ({"leverage": 10**30}, "leverage"),
        ({"server_time_zone": "Mars/Olympus"}, "server_time_zone"),
        ({"phase": "retired"}, "phase"),
        ({"opened_on": "tomorrow"}, "opened_on"),
    ],
    ids=str,
)
def test_names_what_is_wrong_with_an_account(ann_api: APIClient, change: dict[str, Any], field: str) -> None:
    answer = ann_api.post(ACCOUNTS, {**NEW, **change}, format="json")
    assert answer.status_code == 400
    assert field in answer.json()["error"]["fields"]
    assert not BrokerAccount.objects.exists()


def test_the_same_account_is_not_made_twice(ann_api: APIClient, bo_api: APIClient) -> None:
    assert ann_api.post(ACCOUNTS, NEW, format="json").status_code == 201
    again = ann_api.post(ACCOUNTS, NEW, format="json")
    assert again.status_code == 400
    assert again.json()["error"]["fields"] == {}
    assert again.json()["error"]["message"]
    assert bo_api.post(ACCOUNTS, NEW, format="json").status_code == 201


def test_a_trader_changes_archives_and_restores_an_account(ann_api: APIClient, ann: Trader) -> None:
    path = f"{ACCOUNTS}{make.account(ann).pk}/"
    changed = ann_api.patch(path, {"label": "Renamed"}, format="json").json()
    assert (changed["label"], changed["revision"]) == ("Renamed", 1)
    assert ann_api.delete(path).status_code == 204
    assert ann_api.get(path).json()["archived_at"]
    assert [len(ann_api.get(f"{ACCOUNTS}?archived={flag}").json()["results"]) for flag in ("true", "false")] == [1, 0]
    assert ann_api.patch(path, {"archived": False}, format="json").json()["archived_at"] is None


@pytest.mark.parametrize("field", ["trader", "revision", "archived_at", "created_at", "id"])
def test_what_is_not_a_trader_s_to_set_stays(ann_api: APIClient, ann: Trader, bo: Trader, field: str) -> None:
    account = make.account(ann)
    value = {"trader": str(bo.pk), "revision": 99, "id": str(bo.pk)}.get(field, "2020-01-01T00:00:00Z")
    before = BrokerAccount.objects.values("trader", "archived_at", "created_at").get()
    assert ann_api.patch(f"{ACCOUNTS}{account.pk}/", {field: value}, format="json").status_code == 200
    assert BrokerAccount.objects.values("trader", "archived_at", "created_at").get(pk=account.pk) == before
    assert BrokerAccount.objects.get().revision != 99


def test_another_trader_changes_nothing(bo_api: APIClient, ann: Trader) -> None:
    account = make.account(ann)
    path = f"{ACCOUNTS}{account.pk}/"
    assert bo_api.patch(path, {"label": "mine"}, format="json").status_code == 404
    assert bo_api.delete(path).status_code == 404
    assert BrokerAccount.objects.values("label", "archived_at").get() == {"label": account.label, "archived_at": None}


# ---- Figures -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    """10,000 in, one trade that gained 100: the broker says 10,100."""
    account = make.account(ann)
    make.committed_statement(account=account, opening_balance=Decimal(0), period_start=make.START)
    make.cash_flow(account, sequence=1)
    trade = make.trade(account, opened_at=make.START)
    make.execution(trade=trade)
    make.exit_of(trade, balance_after=Decimal("10100.00"))
    return account


def test_the_summary_holds_the_figures_by_definition(ann_api: APIClient, account: BrokerAccount) -> None:
    answer = ann_api.get(f"{ACCOUNTS}{account.pk}/summary/").json()
    assert answer["definition"] == "mt5"
    assert answer["figures"]["net_profit"] == "100.00"
    assert answer["figures"]["balance"] == "10100.00"
    assert answer["figures"]["profit_factor"] is None
    assert answer["undefined"]["profit_factor"] == "No losses."
    assert answer["periods"]["all"] == {"net": "100.00", "count": 1, "wins": 1}
    other = ann_api.get(f"{ACCOUNTS}{account.pk}/summary/?definition=mt4").json()
    assert other["definition"] == "mt4"


def test_the_balance_proof_ties_and_names_its_days(ann_api: APIClient, account: BrokerAccount) -> None:
    answer = ann_api.get(f"{ACCOUNTS}{account.pk}/balance-proof/").json()
    assert (answer["ties"], answer["closing"], answer["opening_is_known"]) == (True, "10100.00", True)
    assert [day["on"] for day in answer["days"]] == ["2025-01-05", "2025-01-06"]
    assert answer["days"][1]["stated"] == "10100.00"


def test_the_balance_proof_names_the_first_break(ann_api: APIClient, account: BrokerAccount) -> None:
    account.executions.filter(direction="out").update(balance_after=Decimal("10101.00"))
    answer = ann_api.get(f"{ACCOUNTS}{account.pk}/balance-proof/?time_zone=Asia/Tokyo").json()
    assert (answer["ties"], answer["first_break_on"]) == (False, "2025-01-06")
    assert answer["days"][1]["difference"] == "-1.00"


def test_the_equity_curve_is_thinned_to_what_was_asked(ann_api: APIClient, account: BrokerAccount) -> None:
    path = f"{ACCOUNTS}{account.pk}/equity-curve/"
    assert [point["balance"] for point in ann_api.get(path).json()["points"]] == ["10000.00", "10000.00", "10100.00"]
    assert len(ann_api.get(f"{path}?points=2").json()["points"]) == 2
    for wrong in ("0", "1", "5001", "x"):
        assert ann_api.get(f"{path}?points={wrong}").status_code == 400


@pytest.mark.parametrize("part", ["summary/?definition=mine", "balance-proof/?time_zone=Mars/Olympus"])
def test_figures_name_what_makes_no_sense(ann_api: APIClient, account: BrokerAccount, part: str) -> None:
    assert ann_api.get(f"{ACCOUNTS}{account.pk}/{part}").status_code == 400


@pytest.mark.parametrize("part", ["summary", "balance-proof", "equity-curve"])
def test_figures_of_another_trader_are_not_there(bo_api: APIClient, account: BrokerAccount, part: str) -> None:
    assert bo_api.get(f"{ACCOUNTS}{account.pk}/{part}/").status_code == 404
