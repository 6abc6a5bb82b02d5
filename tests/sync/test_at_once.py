"""Calls at the same time: one key is worked off once, and no two calls wait for each other in a circle."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.sync.bridge import deal, entry, exit_deal, figures, flow, payload, position
from trading.models import Execution, LiveSnapshot, Position, SyncReceipt, SyncState, Trade
from trading.services.sync import SyncOutcome, record_sync

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def accounts(ann: Trader) -> list[BrokerAccount]:
    return [make.account(ann) for _ in range(6)]


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """What each returns, all started at the same moment on connections of their own."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait(10)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def whole(account: BrokerAccount) -> dict[str, Any]:
    return entry(
        account, figures=figures(), positions=[position()], deals=[deal(), exit_deal("9", "400")], cash_flows=[flow()]
    )


def test_one_key_at_once_is_recorded_once_and_answered_the_same(accounts: list[BrokerAccount]) -> None:
    trader, sent = accounts[0].trader, payload(*map(whole, accounts))

    def act() -> SyncOutcome:
        return record_sync(trader, sent, now=timezone.now(), key="same")

    outcomes = at_once([act] * 4)
    assert sorted(outcome.is_repeat for outcome in outcomes) == [False, True, True, True]
    assert len({json.dumps(outcome.answer, sort_keys=True) for outcome in outcomes}) == 1
    assert SyncReceipt.objects.count() == 1
    assert set(SyncState.objects.values_list("total_syncs", flat=True)) == {1}


def test_calls_for_the_same_accounts_in_turned_order_all_succeed(accounts: list[BrokerAccount]) -> None:
    trader = accounts[0].trader

    def act(number: int) -> Callable[[], SyncOutcome]:
        order = accounts if number % 2 else accounts[::-1]
        return lambda: record_sync(trader, payload(*map(whole, order)), now=timezone.now())

    for _ in range(3):
        outcomes = at_once([act(number) for number in range(4)])
        assert [outcome.answer["failed"] for outcome in outcomes] == [0] * 4
    assert set(SyncState.objects.values_list("total_syncs", flat=True)) == {12}
    assert Position.objects.count() == Trade.objects.count() == len(accounts)
    assert Execution.objects.count() == 2 * len(accounts)
    LiveSnapshot.objects.all().delete()
