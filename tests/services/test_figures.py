"""Figures, curve and proof of what is in the book, and what the cache keeps of them."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from accounts.models import BrokerAccount, Trader
from accounts.revisions import raise_revision
from tests import make
from tests.services import act
from tests.services.mt4_page import Cash, Line, page
from tradeportal.breaker import BREAKER
from trading import cache
from trading.queries import figures
from trading.queries.curves import account_curve

pytestmark = pytest.mark.django_db

UTC_ZONE = ZoneInfo("UTC")
CONTENT = page(
    Line(11, profit="25.00", closed="2025.03.03 12:00:00"),
    Line(12, profit="-10.00", commission="-2.00", closed="2025.03.04 12:00:00"),
    Line(13, closed="", profit="7.00"),
    cash=[Cash(1), Cash(2, "-200.00", "2025.03.05 09:00:00", "Withdrawal")],
)


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return act.account_of(act.imported(ann, CONTENT))


def test_gives_an_account_without_trades_zeros(ann: Trader) -> None:
    assert figures.account_figures(make.account(ann, currency="USD"), "mt5")["trades_total"] == 0


def test_draws_the_balance_after_each_event(account: BrokerAccount) -> None:
    points = account_curve(account, 100)
    assert [str(point.balance) for point in points] == ["1000.00", "1025.00", "1013.00", "813.00"]
    assert account_curve(account, 2) == [points[0], points[-1]]


def test_draws_nothing_where_the_opening_balance_is_not_known(ann: Trader) -> None:
    account = make.account(ann)
    make.committed_statement(account=account)
    make.exit_of(make.trade(account))
    assert account_curve(account, 100) == []
    assert figures.opening_balance(account) is None


def test_proves_each_day_against_the_balance_that_the_broker_stated(account: BrokerAccount) -> None:
    proof = figures.balance_proof(account, UTC_ZONE)
    assert proof.ties and proof.closing == Decimal("813.00")
    make.cash_flow(account, amount=Decimal("5.00"), booked_at=datetime(2025, 3, 6, tzinfo=UTC))
    raise_revision([account.pk])
    account.refresh_from_db()
    broken = figures.balance_proof(account, UTC_ZONE)
    assert broken.first_break is not None and broken.first_break.difference == Decimal("5.00")


def test_takes_the_opening_balance_of_the_statement_that_reaches_furthest_back(ann: Trader) -> None:
    later = page(
        Line(21, opened="2025.05.05 10:00:00", closed="2025.05.05 12:00:00"),
        cash=[],
        opening=Decimal("813.00"),
        reported="2025 May 9, 20:00",
    )
    account = act.account_of(act.imported(ann, later))
    assert figures.opening_balance(account) == Decimal("813.00")
    act.imported(ann, CONTENT)
    assert figures.opening_balance(account) == 0


def test_keeps_figures_until_the_account_changes(
    account: BrokerAccount, ann: Trader, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    before = figures.account_figures(account, "mt4")
    with django_assert_num_queries(0):
        assert figures.account_figures(account, "mt4") == before
    act.imported(ann, page(Line(11, profit="26.00"), cash=[Cash(1)], reported="2025 March 9, 20:00"))
    account.refresh_from_db()
    after = figures.account_figures(account, "mt4")
    assert before["net_profit"] is not None
    assert after["net_profit"] == before["net_profit"] + 1


def test_counts_hits_and_misses(account: BrokerAccount) -> None:
    start = cache.counts()
    for _ in range(3):
        figures.account_figures(account, "mt4")
    now = cache.counts()
    assert now["figures.miss"] - start.get("figures.miss", 0) == 1
    assert now["figures.hit"] - start.get("figures.hit", 0) == 2


@pytest.mark.parametrize("swallowed", [True, False])
def test_computes_the_answer_when_redis_is_gone(account: BrokerAccount, swallowed: bool) -> None:
    gone = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
            "OPTIONS": {"IGNORE_EXCEPTIONS": swallowed, "SOCKET_CONNECT_TIMEOUT": 0.2},
        }
    }
    before = cache.counts().get("figures.failure", 0)
    with override_settings(CACHES=gone):
        assert figures.account_figures(account, "mt4")["trades_total"] == 2
    BREAKER.reset()
    assert cache.counts().get("figures.failure", 0) - before == 1  # of one question, though it could not be kept either
