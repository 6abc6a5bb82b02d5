"""What a write says to what is kept: once for each trader of a transaction, whatever becomes of its savepoints."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache as django_cache
from django.db import transaction
from django.utils import timezone
from redis.client import Pipeline

from accounts import cache
from accounts.models import Trader
from accounts.revisions import announce, raise_revision
from tests import make
from tests.sync.bridge import deal, entry, exit_deal, figures, flow, payload, position, quote
from trading.services.sync import record_sync

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_is_kept_before() -> Iterator[None]:
    django_cache.clear()
    yield


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many commands each trip to Valkey held."""
    seen: list[int] = []
    execute, plain = Pipeline.execute, type(cache._client()).execute_command

    def counted(line: Any, *args: Any, **options: Any) -> Any:
        seen.append(len(line.command_stack))
        return execute(line, *args, **options)

    def counted_alone(client: Any, *args: Any, **options: Any) -> Any:
        if not isinstance(client, Pipeline):
            seen.append(1)
        return plain(client, *args, **options)

    monkeypatch.setattr(Pipeline, "execute", counted)
    monkeypatch.setattr(type(cache._client()), "execute_command", counted_alone)
    return seen


def state(trader: Trader) -> tuple[int, bool]:
    """How many writes were counted, and whether one is under way."""
    writes, _mark, pending = cache.state_keys(trader.pk)
    return int(cache._client().get(writes) or 0), bool(cache._client().exists(pending))


@pytest.mark.parametrize("accounts", [1, 20])
def test_a_sync_takes_two_trips_to_valkey_however_many_accounts_it_is_of(
    ann: Trader, trips: list[int], accounts: int
) -> None:
    own = [make.account(ann) for _ in range(accounts)]
    told = {
        "figures": figures("1.00"),
        "positions": [position("777")],
        "quotes": [quote()],
        "deals": [deal(), exit_deal()],
        "cash_flows": [flow()],
    }
    trips.clear()
    answer = record_sync(ann, payload(*(entry(account, **told) for account in own)), now=timezone.now()).answer
    assert answer["failed"] == 0
    assert trips == [2, 1]  # the first says that a write is under way and takes the marks away
    assert state(ann) == (1, False)


def test_each_trader_is_told_once(ann: Trader, bo: Trader, trips: list[int]) -> None:
    accounts = [make.account(ann), make.account(bo)]
    with transaction.atomic():
        raise_revision([accounts[0].pk])
        raise_revision([account.pk for account in accounts])
        announce([bo.pk])
        assert (state(ann), state(bo)) == ((0, True), (0, True))
        trips.clear()
        raise_revision([accounts[1].pk])
        assert trips == []
    assert (state(ann), state(bo)) == ((1, False), (1, False))


def test_a_write_of_a_savepoint_that_is_rolled_back_is_told_again_by_the_next(ann: Trader) -> None:
    with transaction.atomic():
        with pytest.raises(ValueError, match="back"), transaction.atomic():
            announce([ann.pk])
            raise ValueError("back")
        announce([ann.pk])
    assert state(ann) == (1, False)


def test_a_later_savepoint_that_is_rolled_back_takes_no_word_away(ann: Trader, bo: Trader) -> None:
    with transaction.atomic():
        announce([ann.pk])
        with pytest.raises(ValueError, match="back"), transaction.atomic():
            announce([ann.pk, bo.pk])
            raise ValueError("back")
    assert state(ann) == (1, False) and not state(bo)[1]


def test_a_savepoint_within_a_savepoint_keeps_its_word(ann: Trader) -> None:
    with transaction.atomic():
        with transaction.atomic():
            with transaction.atomic():
                announce([ann.pk])
            announce([ann.pk])
        announce([ann.pk])
    assert state(ann) == (1, False)


def test_the_next_transaction_speaks_for_itself(ann: Trader) -> None:
    for count in (1, 2):
        with transaction.atomic():
            announce([ann.pk])
            assert state(ann) == (count - 1, True)
        assert state(ann) == (count, False)
    announce([ann.pk])  # outside of any
    assert state(ann) == (3, False)
