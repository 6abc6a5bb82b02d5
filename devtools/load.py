"""`make load`: a hundred users of a portal of its own, on servers of its own; first without the tags of answers, then with them.

Each profile runs twice: users who wait for their answer before they ask again (locust), and callers who ask at fixed moments
(loadtest/latency.py). LOAD_TRADERS, LOAD_USERS, LOAD_RATE and LOAD_SECONDS change how much of it; LOAD_URL and LOAD_SEED name a
portal that runs already and its callers. The exit status is 1 when a target that must be met is missed.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from loadtest.judging import MISSED, Line, summary, table
from tradeportal.console import say
from tradeportal.embedded import EmbeddedError, free_port, stop_process
from tradeportal.local import ROOT, LocalServers, var_directory
from tradeportal.privileges import child_setup

TRADERS = int(os.environ.get("LOAD_TRADERS", "500"))
USERS = int(os.environ.get("LOAD_USERS", "100"))
RATE = float(os.environ.get("LOAD_RATE", "400"))
DURATION_S = int(os.environ.get("LOAD_SECONDS", "30"))
WARM_UP_S = 10
START_TIMEOUT_S = 90.0
#: What the product promises: milliseconds by share of all answers, shares of kept answers, and of failures.
MUST_MS = {0.50: 5, 0.95: 15, 0.99: 30}
AIM_MS = {0.50: 2, 0.95: 5, 0.99: 10}
MUST_KEPT, AIM_KEPT = 0.80, 0.95


def main() -> int:
    """1 when a target that must be met is missed."""
    home = var_directory() / "test" / f"load-{os.getpid()}"
    if os.environ.get("LOAD_URL"):
        home.mkdir(parents=True, exist_ok=True)
        return _measure(os.environ["LOAD_URL"].rstrip("/"), home, {**os.environ})
    servers, port = LocalServers(home, {}, counts_statements=True), free_port()
    environment = {**os.environ, "VAR_DIR": str(home), "HOST": "127.0.0.1", "PORT": str(port), "LOG_LEVEL": "WARNING"}
    environment.pop("MAKELEVEL", None)
    portal = None
    try:
        # The demo's bridge would send syncs that nobody counts.
        environment.update(servers.start(), SIMULATE="false")
        portal = subprocess.Popen(
            [sys.executable, "-m", "tradeportal.launch"],
            cwd=ROOT,
            env=environment,
            start_new_session=True,
            preexec_fn=child_setup(None, signal.SIGTERM),
        )
        _wait(portal, port)
        return _measure(f"http://127.0.0.1:{port}", home, environment)
    finally:
        if portal is not None:
            stop_process(portal, signal.SIGTERM, 40)
        servers.remove()


def _measure(address: str, home: Path, environment: Mapping[str, str]) -> int:
    callers = Path(os.environ.get("LOAD_SEED") or home / "callers.json")
    if not callers.exists():
        say(f"Filling it with {TRADERS} traders ...")
        _python(["-m", "loadtest.seed", str(TRADERS), str(callers)], environment)
    missed: list[str] = []
    for tags in ("0", "1"):
        load = Load(address, home, {**environment, "LOAD_SEED": str(callers), "LOAD_CONDITIONAL": tags})
        missed += load.by_users() + load.by_the_clock()
    return 1 if missed else 0


@dataclass(frozen=True)
class Load:
    """One profile: LOAD_CONDITIONAL in its environment says whether callers ask with the tags of the answers they have."""

    address: str
    home: Path
    environment: Mapping[str, str]

    @property
    def has_tags(self) -> bool:
        return self.environment["LOAD_CONDITIONAL"] == "1"

    @property
    def _asks(self) -> str:
        return "asking with the tags that they have" if self.has_tags else "asking without tags"

    def by_users(self) -> list[str]:
        """Users who wait. Prints its tables; returns what was missed of the targets."""
        say(f"\n{USERS} users for {DURATION_S} s, {self._asks}, a sync every 10 s for each account looked at ...")
        users = subprocess.Popen(self._locust_command("users", USERS, []), cwd=ROOT, env={**self.environment})
        time.sleep(WARM_UP_S)
        with watched(self.environment) as seen:
            users.wait()
        stats = self._stats("users").with_suffix(".json")
        routes = [Route.of(row) for row in json.loads(stats.read_text(encoding="utf-8"))]
        say(_table(routes))
        whole = Route.together([route for route in routes if route.name != "api sync"])
        say(f"\nAll but syncs: {whole.count} answers, {whole.count / DURATION_S:.0f}/s.")
        lines = [_latency(share, whole.at(share)) for share in MUST_MS]
        lines.append(Line("Failures", f"{sum(one.failures for one in routes)} answers", target="<= 0 answers"))
        if seen.kept is not None:
            target = f">= {MUST_KEPT * 100:g} %, aim {AIM_KEPT * 100:g}"
            lines.append(Line("Kept answers of the API", f"{seen.kept * 100:.1f} %", target=target))
        return _judged([*lines, *seen.lines()])

    def by_the_clock(self) -> list[str]:
        """Callers who don't wait, while syncs go on. Prints their latencies; returns what was missed of the targets."""
        say(f"\n{RATE:g} questions a second at fixed moments for {DURATION_S} s, {self._asks} ...")
        arguments = [self.address, self.environment["LOAD_SEED"], str(RATE), str(DURATION_S)]
        arguments += ["--tags"] if self.has_tags else []
        with self._syncing():
            printed = subprocess.run(
                [sys.executable, "-m", "loadtest.latency", *arguments],
                cwd=ROOT,
                env={**self.environment},
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout
        found = json.loads(printed.splitlines()[-1])
        lines = [_latency(share, found[f"p{share * 100:g}"]) for share in MUST_MS]
        lines.append(Line("p99.9, from the moment due", f"{found['p99.9']:.1f} ms"))
        lines.append(Line("Failures", f"{found['failed']} of {found['answers']} answers", target="<= 0 answers"))
        lines.append(Line("The client itself was late by at most", f"{found['client_late_ms']:.1f} ms"))
        return _judged(lines)

    @contextmanager
    def _syncing(self) -> Iterator[None]:
        command = self._locust_command("syncs", 1, ["Bridge"])
        bridge = subprocess.Popen(
            command, cwd=ROOT, env={**self.environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield
        finally:
            stop_process(bridge, signal.SIGTERM, 20)

    def _locust_command(self, name: str, users: int, classes: Sequence[str]) -> list[str]:
        pace = ["--users", str(users), "--spawn-rate", str(max(1, users // WARM_UP_S)), "--reset-stats"]
        end = ["--run-time", f"{WARM_UP_S + DURATION_S}s", "--json-file", str(self._stats(name)), "--skip-log"]
        locust = [sys.executable, "-m", "locust", "-f", "loadtest/locustfile.py", "--host", self.address, "--headless"]
        return [*locust, *pace, *end, *classes]

    def _stats(self, name: str) -> Path:
        return self.home / f"stats-{name}-{self.environment['LOAD_CONDITIONAL']}"


def _latency(share: float, ms: float) -> Line:
    target = f"<= {MUST_MS[share]} ms, aim {AIM_MS[share]}"
    return Line(f"p{share * 100:.0f}", f"{ms:.1f} ms", target=target)


def _judged(lines: Sequence[Line]) -> list[str]:
    say("\n" + table(lines))
    say(summary(lines))
    return [line.figure for line in lines if line.verdict == MISSED]


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


@dataclass
class Watched:
    """What the servers counted during a run; None where they can't be asked."""

    kept: float | None = None
    found_keys: float | None = None
    statements: int | None = None
    counted_by: str = ""
    seconds: float = 0.0

    def lines(self) -> list[Line]:
        lines = []
        if self.found_keys is not None:
            lines.append(Line("Keys that Valkey had of those asked for", f"{self.found_keys * 100:.1f} %"))
        if self.statements is not None:
            told = f"{self.statements / self.seconds:.0f}/s"
            lines.append(Line(f"{self.counted_by}, those of syncs among them", told))
        return lines


@dataclass(frozen=True)
class Counters:
    """Of the front door, of Valkey's keys, and of PostgreSQL, since they started."""

    kept: int = 0
    not_kept: int = 0
    keys: int = 0
    missing_keys: int = 0
    statements: int = 0
    counted_by: str = ""


@contextmanager
def watched(environment: Mapping[str, str]) -> Iterator[Watched]:
    """Reads the counters of Valkey and PostgreSQL before and after, where the environment says where they are."""
    seen, started_at = Watched(), time.monotonic()
    if not environment.get("DATABASE_URL") or not environment.get("REDIS_URL"):
        yield seen
        return
    before = _counters(environment)
    yield seen
    after = _counters(environment)
    seen.seconds = time.monotonic() - started_at
    seen.kept = _share(after.kept - before.kept, after.not_kept - before.not_kept)
    seen.found_keys = _share(after.keys - before.keys, after.missing_keys - before.missing_keys)
    seen.statements, seen.counted_by = after.statements - before.statements, after.counted_by


def _share(of: int, rest: int) -> float:
    return of / (of + rest) if of + rest else 0.0


def _counters(environment: Mapping[str, str]) -> Counters:
    import redis

    valkey: Any = redis.Redis.from_url(environment["REDIS_URL"])
    # What trading/cache.py counts, for all processes together; each tells of the last two seconds later.
    counts, info = valkey.hgetall("tp:counts"), valkey.info("stats")
    statements, counted_by = _statements(environment["DATABASE_URL"])
    return Counters(
        int(counts.get(b"answer-door.hit", 0)),
        int(counts.get(b"answer-door.miss", 0)),
        int(info["keyspace_hits"]),
        int(info["keyspace_misses"]),
        statements,
        counted_by,
    )


def _statements(url: str) -> tuple[int, str]:
    """Statements run in this database so far, by pg_stat_statements; transactions where it was not loaded."""
    import psycopg

    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    of_name = "(SELECT oid FROM pg_database WHERE datname = %s)"
    try:
        # It is kept in a database of its own, so that no copy of the portal's needs it.
        with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
            query = f"SELECT COALESCE(sum(calls), 0) FROM pg_stat_statements WHERE dbid = {of_name}"
            row = connection.execute(query.encode(), [name]).fetchone()
            return int(row[0]) if row else 0, "Statements"
    except psycopg.Error:
        with psycopg.connect(url, autocommit=True) as connection:
            query = f"SELECT xact_commit FROM pg_stat_database WHERE datid = {of_name}"
            row = connection.execute(query.encode(), [name]).fetchone()
            return int(row[0]) if row else 0, "Transactions"


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
