"""What happens at once: syncs of the same accounts in any order, two clicks on one button, a sync amid an act."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from accounts.models import BrokerAccount, Trader
from tests.cast import NOW
from tests.reconciliation.scene import feed, held
from trading.errors import TradingError
from trading.models import Break, SyncState, Trade
from trading.services.breaks import accept, ignore
from trading.services.reconciliation import mark_stale, reconcile

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Runs each in a thread with a connection of its own; the results, or the refusals, in order."""

    def run(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except TradingError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def accounts(ann: Trader) -> list[BrokerAccount]:
    made = [feed(ann) for _ in range(5)]
    for account in made:
        held(account)
    return made


def test_syncs_of_the_same_accounts_follow_each_other(accounts: list[BrokerAccount]) -> None:
    keys = [account.pk for account in accounts]
    results = at_once(*(lambda order=order: reconcile(order, now=NOW) for order in (keys, keys[::-1]) * 3))
    assert all(len(result) == 5 for result in results)
    assert Break.objects.count() == 5
    assert sum(len(one.opened) for result in results for one in result.values()) == 5


def test_two_clicks_make_one_trade(accounts: list[BrokerAccount], ann: Trader) -> None:
    account = accounts[0]
    reconcile([account.pk], now=NOW)
    row = account.breaks.get()
    results = at_once(*[lambda: accept(row, ann, now=NOW)] * 3)
    assert sorted(type(result).__name__ for result in results) == ["Break", "BreakResolved", "BreakResolved"]
    assert Trade.objects.filter(account=account).count() == 1


def test_an_act_and_syncs_leave_the_counts_right(accounts: list[BrokerAccount], ann: Trader) -> None:
    keys = [account.pk for account in accounts]
    reconcile(keys, now=NOW)
    rows = list(Break.objects.all())
    at_once(
        *(lambda row=row: ignore(row, ann, now=NOW) for row in rows),
        lambda: reconcile(keys, now=NOW),
        lambda: mark_stale(NOW),
    )
    assert set(Break.objects.values_list("state", flat=True)) == {"ignored"}
    assert set(SyncState.objects.values_list("open_breaks", flat=True)) == {0}
