"""What an account's pages show first is there before anybody asks, and never in the way of an import."""

from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import BrokerAccount, Trader
from tests import make
from trading.queries import figures
from trading.queries.curves import currency_curve
from trading.queries.overview import overviews
from trading.queries.recent import period_sums, recent_nets
from trading.services.warming import warm

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    account = make.account(ann)
    trade = make.trade(account)
    make.execution(trade=trade)
    make.exit_of(trade)
    account.refresh_from_db()
    return account


def test_figures_proof_curve_and_sums_are_there_after_a_commit(
    account: BrokerAccount, ann: Trader, django_assert_num_queries: Any
) -> None:
    warm(make.committed_statement(account=account).pk)
    zone = ZoneInfo(ann.time_zone)
    with django_assert_num_queries(0):
        found = figures.account_figures(account, "mt5")
        figures.balance_proof(account, zone)
        currency_curve([account], zone)
        period_sums([account], timezone.now(), zone)
        recent_nets([account], timezone.now(), zone)
    assert found["trades_total"] == 1


def test_a_later_write_is_not_hidden_by_what_was_prepared(account: BrokerAccount) -> None:
    warm(make.committed_statement(account=account).pk)
    make.exit_of(make.trade(account))
    account.refresh_from_db()
    assert overviews([account])[0].result.trades == figures.account_figures(account, "mt5")["trades_total"] == 2


def test_a_statement_without_an_account_prepares_nothing(ann: Trader, caplog: pytest.LogCaptureFixture) -> None:
    warm(make.statement(ann).pk)
    warm(uuid4())
    assert "could not be prepared" not in caplog.text


def test_a_failure_is_logged_and_harms_nobody(account: BrokerAccount, caplog: pytest.LogCaptureFixture) -> None:
    Trader.objects.filter(pk=account.trader_id).update(time_zone="Nowhere/Land")
    warm(make.committed_statement(account=account).pk)
    assert "could not be prepared" in caplog.text
