"""Keeps the live snapshots in three tiers: every sync for days, then the last of each minute, then of each hour.

Each tier is partitioned by time. Partitions are made before they are needed and dropped when their time is over, after
what the next tier keeps of them has been copied there. What comes where no partition is (a worker that was down for days,
a backfill) lies in the tier's default partition until one is made. Every step is a transaction of its own that gives up
after a moment when it can't get its lock, and is taken again by the next run: syncs never wait for it.
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from trading.models import LiveSnapshot

logger = logging.getLogger(__name__)

Span = Literal["day", "month", "year"]
TABLE = "trading_livesnapshot"
#: Partitions are there this long before their first row, so that a worker may be down meanwhile.
AHEAD = timedelta(days=7)
_LOCK_TIMEOUT_MS = 2_000
_COLUMNS = "balance, equity, margin, free_margin, floating_profit, credit, open_positions, open_risk"


@dataclass(frozen=True, slots=True)
class Tier:
    """`keeps_days` is None for ever; older rows go to `next` with the last one of each `grain`."""

    name: str
    span: Span
    keeps_days: int | None = None
    next: str = ""
    grain: str = ""

    @property
    def table(self) -> str:
        return f"{TABLE}_{self.name}"

    def cutoff(self, now: datetime) -> datetime | None:
        return None if self.keeps_days is None else now - timedelta(days=self.keeps_days)


@dataclass(frozen=True, slots=True)
class Partition:
    """Rows of [starts_at, ends_at)."""

    tier: Tier
    starts_at: datetime

    @property
    def ends_at(self) -> datetime:
        return _next(self.starts_at, self.tier.span)

    @property
    def table(self) -> str:
        pattern = {"day": "%Y%m%d", "month": "%Y%m", "year": "%Y"}[self.tier.span]
        return f"{self.tier.table}_{self.starts_at.strftime(pattern)}"


Step = Callable[[CursorWrapper, Partition], None]


@dataclass(slots=True)
class Upkeep:
    """What one run did: names of partitions; `put_off` counts steps left to the next run."""

    made: list[str]
    dropped: list[str]
    put_off: int = 0


def tiers() -> Sequence[Tier]:
    kinds = LiveSnapshot.Tier
    return (
        Tier(kinds.FULL.value, "day", settings.SNAPSHOT_FULL_DAYS, kinds.MINUTE.value, "minute"),
        Tier(kinds.MINUTE.value, "month", _minute_days(), kinds.HOUR.value, "hour"),
        Tier(kinds.HOUR.value, "year"),
    )


def tier_of(taken_at: datetime, now: datetime) -> str:
    """The tier that a snapshot of this age belongs to when it arrives."""
    age = now - taken_at
    if age < timedelta(days=settings.SNAPSHOT_FULL_DAYS):
        return LiveSnapshot.Tier.FULL.value
    return (LiveSnapshot.Tier.MINUTE if age < timedelta(days=_minute_days()) else LiveSnapshot.Tier.HOUR).value


def keep_tiers(now: datetime) -> Upkeep:
    """Makes the partitions that are due, thins out and drops those whose time is over. Again: no change."""
    done = Upkeep([], [])
    for tier in tiers():
        existing = partitions(tier)
        for wanted in _wanted(tier, now):
            if wanted not in existing:
                _try(done, done.made, wanted, _make)
    for tier in tiers():
        cutoff = tier.cutoff(now)
        if cutoff is None:
            continue
        for partition in partitions(tier):
            if partition.ends_at <= cutoff:
                _try(done, done.dropped, partition, _retire)
        _thin_default(tier, cutoff)
    return done


def partitions(tier: Tier) -> list[Partition]:
    """The tier's partitions, oldest first, the default one left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = %s::regclass ORDER BY c.relname",
            [tier.table],
        )
        names = [name for (name,) in cursor.fetchall()]
    return [Partition(tier, starts_at) for name in names if (starts_at := _start_in(name)) is not None]


def _minute_days() -> int:
    """Never less than the full tier keeps."""
    return max(int(settings.SNAPSHOT_MINUTE_DAYS), int(settings.SNAPSHOT_FULL_DAYS))


def _wanted(tier: Tier, now: datetime) -> Iterator[Partition]:
    """From the oldest moment that the tier keeps, or a year ago, to a week ahead."""
    starts_at = _start(tier.cutoff(now) or now - timedelta(days=365), tier.span)
    while starts_at <= now + AHEAD:
        yield Partition(tier, starts_at)
        starts_at = _next(starts_at, tier.span)


def _try(done: Upkeep, names: list[str], partition: Partition, step: Step) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {_LOCK_TIMEOUT_MS}")
            step(cursor, partition)
        names.append(partition.table)
    except OperationalError:
        done.put_off += 1
        logger.warning("Partition %s is left to the next run.", partition.table, exc_info=True)


def _make(cursor: CursorWrapper, partition: Partition) -> None:
    """Makes the partition with what the default one holds of its time."""
    tier, default = partition.tier, f"{partition.tier.table}_default"
    cursor.execute(f"LOCK TABLE {default} IN SHARE ROW EXCLUSIVE MODE")
    cursor.execute(f"CREATE TABLE {partition.table} (LIKE {tier.table} INCLUDING ALL)")
    cursor.execute(
        f"WITH moved AS (DELETE FROM {default} WHERE taken_at >= %s AND taken_at < %s RETURNING *) "
        f"INSERT INTO {partition.table} SELECT * FROM moved",
        [partition.starts_at, partition.ends_at],
    )
    cursor.execute(
        f"ALTER TABLE {tier.table} ATTACH PARTITION {partition.table} FOR VALUES FROM (%s) TO (%s)",
        [partition.starts_at.isoformat(), partition.ends_at.isoformat()],
    )


def _retire(cursor: CursorWrapper, partition: Partition) -> None:
    """Copies what the next tier keeps of the partition and drops it."""
    cursor.execute(f"LOCK TABLE {partition.table} IN SHARE ROW EXCLUSIVE MODE")
    _copy_last_ones(cursor, partition.tier, partition.table, "true", [])
    cursor.execute(f"DROP TABLE {partition.table}")


def _thin_default(tier: Tier, cutoff: datetime) -> None:
    default = f"{tier.table}_default"
    with transaction.atomic(), connection.cursor() as cursor:
        _copy_last_ones(cursor, tier, default, "taken_at < %s", [cutoff])
        cursor.execute(f"DELETE FROM {default} WHERE taken_at < %s", [cutoff])


def _copy_last_ones(
    cursor: CursorWrapper, tier: Tier, table: str, condition: str, parameters: Sequence[datetime]
) -> None:
    """The last snapshot of each account in each grain of time goes to the next tier."""
    grain = f"date_trunc('{tier.grain}', taken_at, 'UTC')"
    cursor.execute(
        f"INSERT INTO {TABLE} (account_id, tier, taken_at, {_COLUMNS}) "
        f"SELECT DISTINCT ON (account_id, {grain}) account_id, '{tier.next}', taken_at, {_COLUMNS} "
        f"FROM {table} WHERE {condition} ORDER BY account_id, {grain}, taken_at DESC "
        "ON CONFLICT DO NOTHING",
        parameters,
    )


def _start(moment: datetime, span: Span) -> datetime:
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if span == "day":
        return day
    return day.replace(day=1) if span == "month" else day.replace(month=1, day=1)


def _next(starts_at: datetime, span: Span) -> datetime:
    longest = {"day": 1, "month": 31, "year": 366}[span]
    return _start(starts_at + timedelta(days=longest), span)


def _start_in(name: str) -> datetime | None:
    """The beginning of a partition, from the digits in its name; None for the default one."""
    found = re.search(r"_(\d{4})(\d{2})?(\d{2})?$", name)
    if found is None:
        return None
    year, month, day = (int(part or 1) for part in found.groups())
    return datetime(year, month, day, tzinfo=UTC)
