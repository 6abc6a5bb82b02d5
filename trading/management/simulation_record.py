"""What a simulation did to the portal: calls and rounds as this program saw them, and what the database counted meanwhile."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection

from trading.management.simulation import Tally

#: A round that begins later than this after its due moment is late.
LATE_S = 0.5
_COUNTERS = """
    SELECT pg_database_size(current_database()) AS database_bytes,
        (SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint) AS wal_bytes,
        (SELECT COALESCE(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables) AS dead_rows,
        (SELECT COALESCE(sum(n_live_tup), 0)::bigint FROM pg_stat_user_tables) AS live_rows,
        (SELECT COALESCE(sum(autovacuum_count), 0)::bigint FROM pg_stat_user_tables) AS autovacuums,
        (SELECT COALESCE(sum(n_tup_upd), 0)::bigint FROM pg_stat_user_tables) AS updates,
        (SELECT COALESCE(sum(n_tup_hot_upd), 0)::bigint FROM pg_stat_user_tables) AS hot_updates"""


@dataclass(slots=True)
class Record:
    """Filled round by round. Units: seconds. `lag_s` is how late rounds began, each after its due moment."""

    started_at: float = field(default_factory=time.monotonic)
    rounds: int = 0
    late_rounds: int = 0
    lag_s: float = 0.0
    accounts: int = 0
    refused: int = 0
    failed_calls: int = 0
    calls: list[float] = field(default_factory=list)
    _before: Mapping[str, int] = field(default_factory=dict)
    _cpu_before: tuple[float, float] = (0.0, 0.0)

    def start(self) -> None:
        self.started_at, self._before, self._cpu_before = time.monotonic(), _counters(), _cpu()

    def add(self, tally: Tally, lag_s: float) -> None:
        self.rounds += 1
        self.late_rounds += lag_s > LATE_S
        self.lag_s = lag_s
        self.accounts += tally.accounts
        self.refused += tally.refused
        self.failed_calls += tally.failed
        self.calls += tally.times

    def told(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        took_s = time.monotonic() - self.started_at
        after = _counters()
        busy, whole = (now - then for now, then in zip(_cpu(), self._cpu_before, strict=True))
        ordered = sorted(self.calls)
        return {
            "seconds": round(took_s, 1),
            "accounts_per_s": round(self.accounts / took_s, 1),
            "rounds": self.rounds,
            "late_rounds": self.late_rounds,
            "lag_s": round(self.lag_s, 2),
            "accounts": self.accounts,
            "refused": self.refused,
            "calls": len(ordered),
            "failed_calls": self.failed_calls,
            "p50_ms": _at(ordered, 0.50),
            "p95_ms": _at(ordered, 0.95),
            "cpu_share": round(busy / whole, 3) if whole else None,
            "cores": os.cpu_count(),
            "own_cpu_s": round(sum(os.times()[:2]), 1),
            "database": {name: {"before": self._before[name], "after": count} for name, count in after.items()},
        }


def sentences(told: Mapping[str, Any]) -> Sequence[str]:
    grown = {name: one["after"] - one["before"] for name, one in told["database"].items()}
    size = told["database"]["database_bytes"]["after"]
    hot = grown["hot_updates"] / grown["updates"] if grown["updates"] else 0
    cpu = "unknown" if told["cpu_share"] is None else f"{told['cpu_share'] * 100:.0f} % of {told['cores']} cores"
    return [
        (
            f"{told['accounts_per_s']:,.0f} accounts/s over {told['seconds']:.0f} s; {told['late_rounds']} of {told['rounds']}"
            f" rounds late, the last by {told['lag_s']:.1f} s"
        ),
        (
            f"{told['calls']} calls: p50 {told['p50_ms']:.0f} ms, p95 {told['p95_ms']:.0f} ms; {told['failed_calls']} failed,"
            f" {told['refused']} accounts refused"
        ),
        f"CPU of this machine: {cpu}, this program's {told['own_cpu_s']:.0f} s among them",
        (
            f"Database: {size / 1e6:,.0f} MB, {grown['database_bytes'] / 1e6:+,.0f} MB; {grown['wal_bytes'] / 1e6:,.0f} MB of log;"
            f" {told['database']['dead_rows']['after']:,} dead rows, {grown['autovacuums']} runs of autovacuum;"
            f" {hot * 100:.0f} % of {grown['updates']:,} updates within their page"
        ),
    ]


def _at(ordered: Sequence[float], share: float) -> float:
    """Milliseconds within which this share of the calls was answered."""
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000, 1) if ordered else 0.0


def _counters() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(_COUNTERS)
        assert cursor.description is not None, "a SELECT"
        return dict(zip((column.name for column in cursor.description), cursor.fetchone(), strict=True))


def _cpu() -> tuple[float, float]:
    """Busy and all ticks of the machine since it started; nought where Linux does not tell."""
    path = Path("/proc/stat")
    if not path.exists():
        return (0.0, 0.0)
    ticks = [float(number) for number in path.read_text(encoding="ascii").splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return sum(ticks) - idle, sum(ticks)
