"""The report of a month: what it holds, whose it is, and that it stays within its month and currency."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import BrokerAccount, Trader
from tests import make

pytestmark = pytest.mark.django_db

PATH = "/reports/monthly/"


def closed(account: BrokerAccount, day: int, month: int = 10, **fields: Any) -> None:
    at = datetime(2026, month, day, 12, tzinfo=UTC)
    make.exit_of(make.trade(account, opened_at=at, closed_at=at, **fields))


def test_it_holds_the_trades_of_its_month_alone(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    closed(account, 5, symbol="INMONTH")
    closed(account, 5, month=9, symbol="BEFORE")
    closed(account, 1, month=11, symbol="AFTER")
    page = ann_client.get(PATH, {"account": str(account.pk), "month": "2026-10"}).content.decode()
    assert "INMONTH" in page
    assert "BEFORE" not in page
    assert "AFTER" not in page
    assert account.number in page


def test_accounts_of_two_currencies_stand_apart(ann: Trader, ann_client: Client) -> None:
    closed(make.account(ann, label="A", currency="EUR"), 5, gross_profit=Decimal("108.50"))
    closed(make.account(ann, label="B", currency="USD"), 6, gross_profit=Decimal("208.50"))
    answer = ann_client.get(PATH, {"month": "2026-10"})
    assert [section["account"].currency for section in answer.context["sections"]] == ["EUR", "USD"]
    page = answer.content.decode()
    assert "+100.00" in page
    assert "+200.00" in page
    assert "300.00" not in page


def test_a_month_in_which_nothing_happened_holds_what_the_account_held_before(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    closed(account, 5, month=9)
    section = ann_client.get(PATH, {"account": str(account.pk), "month": "2026-10"}).context["sections"][0]
    assert section["proof"]["days"] == []
    assert section["proof"]["sums"]["opening"] == section["proof"]["sums"]["closing"] != "0.00"


def test_it_is_its_traders_alone(ann: Trader, bo_client: Client, stranger: Client) -> None:
    account = make.account(ann)
    assert bo_client.get(PATH, {"account": str(account.pk)}).status_code == 404
    assert stranger.get(PATH, {"account": str(account.pk)}).status_code == 302


@pytest.mark.parametrize("month", ["", "2026-13", "9999-01", "x"])
def test_a_month_that_makes_no_sense_is_the_present_one(ann_client: Client, month: str) -> None:
    assert ann_client.get(PATH, {"month": month}).status_code == 200


def test_more_trades_cost_no_more_queries(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    closed(account, 5)

    def queries(revision: int) -> int:
        """Of a page of which nothing is kept yet, as after a write."""
        BrokerAccount.objects.filter(pk=account.pk).update(revision=revision, history_revision=revision)
        with CaptureQueriesContext(connection) as caught:
            ann_client.get(PATH, {"account": str(account.pk), "month": "2026-10"})
        return len(caught)

    queries(1_000)
    before = queries(2_000)
    for _ in range(20):
        closed(account, 6)
    assert queries(3_000) == before
