"""accounts/{id}/breakdown/: the same groups as the query, for whom they belong to."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import Trader
from tests import make

pytestmark = pytest.mark.django_db


def _address(account: Any) -> str:
    return reverse("api_breakdown", args=[account.pk])


def test_says_what_each_symbol_comes_to(ann: Trader, ann_api: APIClient) -> None:
    account = make.account(ann)
    make.trade(account)
    make.trade(account, symbol="XAUUSD", gross_profit=Decimal("-41.50"))
    make.trade(account, symbol="XAUUSD", side="sell")
    answer = ann_api.get(_address(account), {"by": "symbol"})
    assert answer.status_code == 200
    euro, gold = answer.json()["rows"]
    assert (euro["label"], euro["trades"], euro["profit_factor"]) == ("EURUSD", 1, None)
    money = [Decimal(gold[name]) for name in ("gross_profit", "gross_loss", "net", "profit_factor", "win_ratio")]
    assert money == [100, -50, 50, 2, Decimal("0.5")]
    only_sells = ann_api.get(_address(account), {"by": "symbol", "side": "sell"}).json()["rows"]
    assert [(row["label"], row["trades"]) for row in only_sells] == [("XAUUSD", 1)]


def test_unchanged_trades_are_not_sent_again(ann: Trader, ann_api: APIClient) -> None:
    account = make.account(ann)
    first = ann_api.get(_address(account), {"by": "side"})
    again = ann_api.get(_address(account), {"by": "side"}, headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    make.trade(account)
    assert ann_api.get(_address(account), {"by": "side"}, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_names_what_it_does_not_understand(ann: Trader, ann_api: APIClient) -> None:
    account = make.account(ann)
    assert "by" in ann_api.get(_address(account), {"by": "moon"}).json()["error"]["fields"]
    assert "colour" in ann_api.get(_address(account), {"by": "side", "colour": "red"}).json()["error"]["fields"]


def test_belongs_to_its_trader(ann: Trader, bo_api: APIClient, stranger_api: APIClient) -> None:
    account = make.account(ann)
    assert bo_api.get(_address(account), {"by": "side"}).status_code == 404
    assert stranger_api.get(_address(account), {"by": "side"}).status_code == 401


def test_filters_and_groups_mean_hours_of_one_zone(ann: Trader, ann_api: APIClient) -> None:
    account = make.account(ann)
    # 11:00 in UTC, 20:00 in Tokyo.
    make.trade(account, opened_at=datetime(2025, 3, 3, 9, 0, tzinfo=UTC))
    asked = {"by": "hour", "time_zone": "Asia/Tokyo"}
    (row,) = ann_api.get(_address(account), asked | {"hour": "20"}).json()["rows"]
    assert row["trades"] == 1
    assert ann_api.get(_address(account), asked | {"hour": "11"}).json()["rows"] == []
    assert len(ann_api.get(_address(account), {"by": "hour", "hour": "11"}).json()["rows"]) == 1
