"""Snapshots in tiers: none lost, the last of each minute and hour kept, partitions made and dropped."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.sync.bridge import entry, figures, payload, text
from trading import tasks
from trading.models import LiveSnapshot, SyncReceipt
from trading.services import snapshot_tiers
from trading.services.snapshot_tiers import keep_tiers, partitions, tier_of, tiers
from trading.services.sync import record_sync

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def drop_partitions() -> None:
    with connection.cursor() as cursor:
        for partition in [found for tier in tiers() for found in partitions(tier)]:
            cursor.execute(f"DROP TABLE {partition.table}")
        cursor.execute("DELETE FROM trading_livesnapshot")


@pytest.fixture(autouse=True)
def bare(db: None) -> None:
    """Tests that commit leave rows and partitions: Django's flush does not know them."""
    drop_partitions()


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return make.account(ann)


def snapshot(account: BrokerAccount, taken_at: datetime, equity: int = 1, tier: str = "full") -> None:
    money = dict.fromkeys(("balance", "margin", "free_margin", "floating_profit", "credit"), Decimal(0))
    LiveSnapshot.objects.create(
        account=account, tier=tier, taken_at=taken_at, equity=Decimal(equity), open_positions=0, **money
    )


def kept(tier: str) -> list[tuple[datetime, Decimal]]:
    rows = LiveSnapshot.objects.filter(tier=tier).order_by("taken_at")
    return list(rows.values_list("taken_at", "equity"))


def names(number: int) -> list[str]:
    return [partition.table for partition in partitions(tiers()[number])]


def in_default(tier: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM trading_livesnapshot_{tier}_default")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_makes_the_partitions_of_the_time_that_is_kept_and_a_week_ahead() -> None:
    keep_tiers(NOW)
    assert names(0)[0] == "trading_livesnapshot_full_20261117"
    assert names(0)[-1] == "trading_livesnapshot_full_20261201"
    assert (names(1)[0], names(1)[-1]) == ("trading_livesnapshot_minute_202608", "trading_livesnapshot_minute_202612")
    assert names(2) == ["trading_livesnapshot_hour_2025", "trading_livesnapshot_hour_2026"]


@pytest.mark.django_db
def test_a_second_run_does_nothing() -> None:
    keep_tiers(NOW)
    again = keep_tiers(NOW + timedelta(minutes=5))
    assert (again.made, again.dropped, again.put_off) == ([], [], 0)


@pytest.mark.django_db
def test_a_snapshot_before_any_partition_moves_into_it(account: BrokerAccount) -> None:
    snapshot(account, NOW)
    snapshot(account, NOW - 40 * DAY, tier="minute")
    assert (in_default("full"), in_default("minute")) == (1, 1)
    keep_tiers(NOW)
    assert (in_default("full"), in_default("minute")) == (0, 0)
    assert LiveSnapshot.objects.count() == 2


@pytest.mark.django_db
def test_after_a_week_the_last_of_each_minute_stays(account: BrokerAccount, ann: Trader) -> None:
    other, day = make.account(ann), datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    keep_tiers(day)
    for second in (0, 10, 59, 60, 61):
        snapshot(account, day + timedelta(seconds=second), equity=second)
    snapshot(other, day, equity=7)
    keep_tiers(day + 7 * DAY)
    assert len(kept("full")) == 6  # the whole of its day is not yet a week old
    done = keep_tiers(day + 8 * DAY)
    assert "trading_livesnapshot_full_20261120" in done.dropped
    assert kept("full") == []
    assert [equity for _at, equity in kept("minute") if equity != 7] == [59, 61]
    assert LiveSnapshot.objects.get(account=other).tier == "minute"


@pytest.mark.django_db
def test_after_ninety_days_the_last_of_each_hour_stays_for_ever(account: BrokerAccount) -> None:
    month = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    keep_tiers(month)
    for minute in (0, 30, 59, 60):
        snapshot(account, month + timedelta(minutes=minute), equity=minute, tier="minute")
    keep_tiers(month + 100 * DAY)
    assert len(kept("minute")) == 4
    done = keep_tiers(month + 120 * DAY)
    assert (
        done.dropped == ["trading_livesnapshot_minute_202603"] or "trading_livesnapshot_minute_202603" in done.dropped
    )
    assert [equity for _at, equity in kept("hour")] == [59, 60]
    keep_tiers(month + 4000 * DAY)
    assert [equity for _at, equity in kept("hour")] == [59, 60]


@pytest.mark.django_db
def test_old_rows_without_a_partition_are_thinned_out_too(account: BrokerAccount) -> None:
    for second in (0, 10):
        snapshot(account, NOW - 30 * DAY + timedelta(seconds=second), equity=second)
    keep_tiers(NOW)
    assert kept("full") == []
    assert [equity for _at, equity in kept("minute")] == [10]


@pytest.mark.django_db
def test_the_days_are_settings(account: BrokerAccount, settings: LazySettings) -> None:
    settings.SNAPSHOT_FULL_DAYS, settings.SNAPSHOT_MINUTE_DAYS = 2, 1
    assert tier_of(NOW - timedelta(hours=47), NOW) == "full"
    assert tier_of(NOW - timedelta(hours=49), NOW) == "hour"
    keep_tiers(NOW)
    assert names(0)[0] == "trading_livesnapshot_full_20261122"


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "tier"), [(0, "full"), (6, "full"), (8, "minute"), (89, "minute"), (91, "hour")])
def test_a_sync_that_was_sent_long_ago_goes_to_the_tier_of_its_age(account: BrokerAccount, age: int, tier: str) -> None:
    keep_tiers(NOW)
    sent = entry(account, sent_at=text(NOW - age * DAY), figures=figures())
    assert record_sync(account.trader, payload(sent), now=NOW).answer["recorded"] == 1
    assert LiveSnapshot.objects.get().tier == tier


@pytest.fixture
def clean_partitions(transactional_db: None) -> Iterator[None]:
    """Tests that commit leave no partition to the others."""
    yield
    drop_partitions()


@pytest.mark.usefixtures("clean_partitions")
def test_waits_for_nobody_and_leaves_a_busy_partition_to_the_next_run(
    ann: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_tiers, "_LOCK_TIMEOUT_MS", 100)
    account, day = make.account(ann), datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    keep_tiers(day)
    snapshot(account, day)
    done: list[Any] = []

    def run() -> None:
        done.append(keep_tiers(day + 8 * DAY))
        connection.close()

    with transaction.atomic():
        snapshot(account, day + timedelta(seconds=1))  # a sync that is still being written there
        thread = Thread(target=run)
        thread.start()
        thread.join(20)
    assert done[0].put_off >= 1
    assert "trading_livesnapshot_full_20261120" not in done[0].dropped
    assert len(kept("full")) == 2
    assert "trading_livesnapshot_full_20261120" in keep_tiers(day + 8 * DAY).dropped


@pytest.mark.django_db
def test_the_periodic_task_keeps_the_tiers_and_forgets_old_answers(account: BrokerAccount) -> None:
    sent = payload(entry(account, figures=figures()))
    record_sync(account.trader, sent, now=timezone.now() - 2 * DAY, key="old")
    record_sync(account.trader, sent, now=timezone.now(), key="new")
    tasks.keep_up_syncs(timestamp=0)
    assert names(0)
    assert list(SyncReceipt.objects.values_list("key", flat=True)) == ["new"]
