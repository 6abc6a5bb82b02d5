"""`make load`: a hundred users of a portal of its own, on throw-away servers; first without the tags of answers, then with them.

LOAD_TRADERS, LOAD_USERS and LOAD_SECONDS change how much of it. The exit status is 1 when a target that must be met is missed.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tradeportal.console import say
from tradeportal.embedded import EmbeddedError, free_port, stop_process
from tradeportal.local import ROOT, read_note, var_directory
from tradeportal.privileges import child_setup

TRADERS = int(os.environ.get("LOAD_TRADERS", "500"))
USERS = int(os.environ.get("LOAD_USERS", "100"))
DURATION_S = int(os.environ.get("LOAD_SECONDS", "30"))
WARM_UP_S = 10
START_TIMEOUT_S = 90.0
#: What the product promises: milliseconds by share of all answers, shares of kept answers, and of failures.
MUST_MS = {0.50: 15, 0.95: 45, 0.99: 85}
AIM_MS = {0.50: 5, 0.95: 15, 0.99: 30}
MUST_KEPT, MUST_FAIL = 0.80, 0.001


def main() -> int:
    """1 when a target that must be met is missed."""
    home = var_directory() / "test" / f"load-{os.getpid()}"
    port = free_port()
    environment = {**os.environ, "VAR_DIR": str(home), "HOST": "127.0.0.1", "PORT": str(port), "LOG_LEVEL": "WARNING"}
    for name in ("DATABASE_URL", "REDIS_URL", "MAKELEVEL"):
        environment.pop(name, None)
    portal = subprocess.Popen(
        [sys.executable, "-m", "tradeportal.launch"],
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        preexec_fn=child_setup(None, signal.SIGTERM),
    )
    try:
        _wait(portal, port)
        callers = home / "callers.json"
        say(f"Filling it with {TRADERS} traders ...")
        _python(["-m", "loadtest.seed", str(TRADERS), str(callers)], environment)
        settings = {**environment, "LOAD_SEED": str(callers)}
        missed = [_run(f"http://127.0.0.1:{port}", home, settings | {"LOAD_CONDITIONAL": tags}) for tags in ("0", "1")]
        return 1 if any(missed) else 0
    finally:
        stop_process(portal, signal.SIGTERM, 40)
        shutil.rmtree(home, ignore_errors=True)


def _run(address: str, home: Path, environment: dict[str, str]) -> list[str]:
    """One run with its tables. Returns what was missed of the targets."""
    asks = "asking with the tags that they have" if environment["LOAD_CONDITIONAL"] == "1" else "asking without tags"
    say(f"\n{USERS} users for {DURATION_S} s, {asks}, a sync every 10 s for each account looked at ...")
    stats = home / f"stats-{environment['LOAD_CONDITIONAL']}"
    with _watched(home) as watched:
        options = [
            "--headless",
            "--users",
            str(USERS),
            "--spawn-rate",
            str(max(1, USERS // WARM_UP_S)),
            "--reset-stats",
        ]
        options += ["--run-time", f"{WARM_UP_S + DURATION_S}s", "--json-file", str(stats), "--skip-log"]
        _python(["-m", "locust", "-f", "loadtest/locustfile.py", "--host", address, *options], environment, check=False)
    routes = [Route.of(row) for row in json.loads(stats.with_suffix(".json").read_text(encoding="utf-8"))]
    say(_table(routes))
    whole = Route.together([route for route in routes if route.name != "api sync"])
    missed = _missed(whole, watched)
    spread = ", ".join(
        f"p{share * 100:.0f} {whole.at(share)} ms (must {most}, aim {AIM_MS[share]})" for share, most in MUST_MS.items()
    )
    say(f"\nAll but syncs: {spread}; {whole.failures} of {whole.count} failed.")
    say(
        f"Answers of the API that were kept: {watched.kept:.1%} (must {MUST_KEPT:.0%}). "
        f"PostgreSQL: {watched.transactions_per_s:.0f} transactions/s, those of syncs among them."
    )
    say(f"Missed: {', '.join(missed)}." if missed else "Every target that must be met is met.")
    return missed


def _missed(whole: Route, watched: Watched) -> list[str]:
    missed = [f"p{share * 100:.0f}" for share, most in MUST_MS.items() if whole.at(share) > most]
    if whole.failures > whole.count * MUST_FAIL:
        missed.append("failures")
    if watched.kept < MUST_KEPT:
        missed.append("kept answers")
    return missed


@dataclass(frozen=True)
class Route:
    """How often an address was asked, how often in vain, and how many answers took how many milliseconds."""

    name: str
    count: int
    failures: int
    times: Mapping[float, int]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Route:
        times = {float(ms): number for ms, number in row["response_times"].items()}
        return cls(str(row["name"]), int(row["num_requests"]), int(row["num_failures"]), times)

    @classmethod
    def together(cls, routes: Sequence[Route]) -> Route:
        times: dict[float, int] = {}
        for route in routes:
            for ms, number in route.times.items():
                times[ms] = times.get(ms, 0) + number
        return cls("all", sum(one.count for one in routes), sum(one.failures for one in routes), times)

    def at(self, share: float) -> float:
        """The milliseconds within which this share of the answers came."""
        left = self.count * share
        for ms in sorted(self.times):
            left -= self.times[ms]
            if left <= 0:
                return ms
        return float("inf")


def _table(routes: Sequence[Route]) -> str:
    rows = [["route", "answers", "failed", "p50 ms", "p95 ms", "p99 ms"]]
    rows += [
        [one.name, str(one.count), str(one.failures), *(f"{one.at(share):g}" for share in MUST_MS)]
        for one in sorted(routes, key=lambda one: one.name)
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows)


class Watched:
    """What the servers counted during a run."""

    kept = 0.0
    transactions_per_s = 0.0


@contextmanager
def _watched(home: Path) -> Iterator[Watched]:
    """Reads the counters of Valkey and PostgreSQL before and after."""
    watched, started_at = Watched(), time.monotonic()
    hits, misses, transactions = _counters(home)
    yield watched
    hits_then, misses_then, transactions_then = _counters(home)
    asked = hits_then - hits + misses_then - misses
    watched.kept = (hits_then - hits) / asked if asked else 0.0
    watched.transactions_per_s = (transactions_then - transactions) / (time.monotonic() - started_at)


def _counters(home: Path) -> tuple[int, int, int]:
    import psycopg
    import redis

    urls: Any = read_note(home)["urls"]
    # What trading/cache.py counts at the front door, for all processes together.
    door: Any = redis.Redis.from_url(urls["REDIS_URL"]).hgetall("tp:door")
    with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as connection:
        name = urlsplit(urls["DATABASE_URL"]).path.lstrip("/")
        row = connection.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = %s", [name]).fetchone()
    return int(door.get(b"hit", 0)), int(door.get(b"miss", 0)), int(row[0]) if row else 0


def _python(arguments: Sequence[str], environment: Mapping[str, str], *, check: bool = True) -> None:
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=check)


def _wait(portal: subprocess.Popen[bytes], port: int) -> None:
    give_up_at = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < give_up_at and portal.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/api/v1/health/")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            connection.close()
    raise EmbeddedError("The portal did not start for the load test; its words are above.")
