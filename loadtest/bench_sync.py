"""Measures syncs in process, through the whole stack of the API, beside the same rows written by bare set-based SQL.

`python -m loadtest.bench_sync` measures on a scratch database of its own and prints a table; `make bench` has it in its own.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any
from uuid import uuid4

import django
import orjson

from loadtest.entries import POSITIONS, entry_of, opening_entry
from loadtest.memory import peak_mb

MANY, BATCH, _AT_FIRST = 500, 100, 10
SINGLE_ROUNDS, BATCH_ROUNDS, STATUS_ROUNDS = 60, 11, 25
HOST = "127.0.0.1"


def measure() -> dict[str, Any]:
    """Shape: syncs per second of each kind with its floor; memory in MB; milliseconds and queries of the status endpoints."""
    bench = Bench(MANY)
    found: dict[str, Any] = {"memory": bench.memory()}
    found["single"] = _interleaved(lambda: bench.send(1), lambda: bench.bare(1), SINGLE_ROUNDS, 1)
    found["batch"] = _interleaved(lambda: bench.send(BATCH), lambda: bench.bare(BATCH), BATCH_ROUNDS, BATCH)
    found["service"] = _interleaved(lambda: bench.record(BATCH), lambda: bench.bare(BATCH), BATCH_ROUNDS, BATCH)
    with unjudged():
        found["recorded"] = _interleaved(
            lambda: bench.record(BATCH), lambda: bench.bare(BATCH, judged=False), BATCH_ROUNDS, BATCH
        )
    found["status"] = [row for name in STATUS_ENDPOINTS for row in Bench(5).latency(name)]
    return found


STATUS_ENDPOINTS = ("api_positions_open", "api_reconciliation_status")


class Bench:
    """One trader with accounts that are all open, known to the book, and fed by one key."""

    def __init__(self, accounts: int) -> None:
        from django.test import Client
        from django.utils import timezone

        from accounts.models import BrokerAccount, Trader
        from accounts.services.api_keys import create_api_key

        self.now = timezone.now
        self.trader = Trader.objects.create(email=f"{uuid4()}@example.com")
        self.accounts = BrokerAccount.objects.bulk_create(
            BrokerAccount(trader=self.trader, label=f"Bench {n}", platform="mt5", number=str(uuid4()), currency="USD")
            for n in range(accounts)
        )
        self.turn = 0
        made = create_api_key(self.trader, "Bench", ["sync", "read"], self.accounts, now=self.now())
        self.client = Client(HTTP_HOST=HOST, HTTP_AUTHORIZATION=f"Api-Key {made.text}")
        for start in range(0, accounts, _AT_FIRST):  # few at a time, so that the memory of many can be told later
            sent_at = self.now().isoformat()
            first = [opening_entry(str(account.pk), sent_at) for account in self.accounts[start : start + _AT_FIRST]]
            self._post(orjson.dumps({"accounts": first}))

    def payload(self, accounts: Sequence[Any]) -> dict[str, Any]:
        """A sync of these accounts in which every price has moved."""
        self.turn += 1
        sent_at = self.now().isoformat()
        return {"accounts": [entry_of(str(account.pk), sent_at, self.turn) for account in accounts]}

    def send(self, count: int) -> float:
        """Seconds of one call through the whole stack, its JSON read and written."""
        body = orjson.dumps(self.payload(self.accounts[:count]))
        started = time.perf_counter()
        self._post(body)
        return time.perf_counter() - started

    def record(self, count: int) -> float:
        """Seconds of the service alone."""
        from trading.services.sync import record_sync

        payload = self.payload(self.accounts[:count])
        started = time.perf_counter()
        answer = record_sync(self.trader, payload, now=self.now()).answer
        assert answer["failed"] == 0
        return time.perf_counter() - started

    def bare(self, count: int, *, judged: bool = True) -> float:
        """Seconds of writing the same rows by set-based SQL, with nothing looked at and nothing compared.

        Without `judged` the rows of reconciliation and guards are left out.
        """
        from django.db import transaction

        from trading.services.recordsets import dumps

        entries = self.payload(self.accounts[:count])["accounts"]
        parameters = {name: dumps(list(rows)) for name, rows in _bare_rows(entries).items()}
        parameters["guards"] = dumps(self.guard_rows(count))
        started = time.perf_counter()
        with transaction.atomic():
            _write_bare(parameters, judged=judged)
        return time.perf_counter() - started

    def guard_rows(self, count: int) -> list[dict[str, Any]]:
        """Where the guards of these accounts stand, as kept."""
        from trading.models import GuardState

        chosen = GuardState.objects.filter(rule__account__in=self.accounts[:count])
        return [
            {"rule_id": row.pk, "level": row.level, "carried": row.carried, "figures": row.figures} for row in chosen
        ]

    def memory(self) -> dict[str, float]:
        """What a call of all accounts adds to the most memory that this process ever held."""
        body = orjson.dumps(self.payload(self.accounts))
        before = peak_mb()
        started = time.perf_counter()
        self._post(body)
        return {
            "accounts": len(self.accounts),
            "body_mb": len(body) / 1e6,
            "added_mb": peak_mb() - before,
            "seconds": time.perf_counter() - started,
        }

    def latency(self, name: str) -> Iterator[dict[str, Any]]:
        """An endpoint right after a sync, asked again, and asked with its tag."""
        from django.core.cache import cache
        from django.urls import NoReverseMatch, reverse

        try:
            address = reverse(name)
        except NoReverseMatch:
            return

        def cold() -> None:
            self.send(len(self.accounts))
            cache.clear()

        yield {"name": name, "state": "cold", **self._timed(lambda: self.client.get(address), before=cold)}
        yield {"name": name, "state": "warm", **self._timed(lambda: self.client.get(address))}
        tag = self.client.get(address)["ETag"]
        asked = self._timed(lambda: self.client.get(address, HTTP_IF_NONE_MATCH=tag))
        yield {"name": name, "state": "warm, 304", **asked}

    def _timed(self, call: Callable[[], Any], before: Callable[[], None] = lambda: None) -> dict[str, float]:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        times = []
        for _ in range(STATUS_ROUNDS):
            before()
            started = time.perf_counter()
            call()
            times.append(time.perf_counter() - started)
        before()
        with CaptureQueriesContext(connection) as caught:
            call()
        return {"ms": median(times) * 1000, "queries": len(caught)}

    def _post(self, body: bytes) -> None:
        from django.core.cache import cache
        from django.urls import reverse

        answer = self.client.post(reverse("api_sync"), body, content_type="application/json")
        if answer.status_code == 429:  # the bench is faster than any bridge
            cache.clear()
            answer = self.client.post(reverse("api_sync"), body, content_type="application/json")
        found = answer.json()
        if answer.status_code != 200 or found["failed"]:
            raise SystemExit(f"A sync was refused: {answer.content[:400]!r}")


def _bare_rows(entries: Sequence[dict[str, Any]]) -> dict[str, Iterator[dict[str, Any]]]:
    def each(name: str) -> Iterator[dict[str, Any]]:
        for entry in entries:
            for row in entry[name]:
                yield {"id": str(uuid4()), "account_id": entry["account"], "at": entry["sent_at"], **row}

    figures = (
        {"id": str(uuid4()), "account_id": entry["account"], "at": entry["sent_at"], **entry["figures"]}
        for entry in entries
    )
    return {"positions": each("positions"), "quotes": each("quotes"), "figures": figures}


_FIGURES = (
    "json_to_recordset(%(figures)s::json) AS r(id uuid, account_id uuid, at timestamptz, balance numeric, "
    "equity numeric, margin numeric)"
)
BARE = (
    """INSERT INTO trading_position (id, account_id, ticket, symbol, side, volume_lots, opened_at, opened_text, open_price,
        current_price, stop_loss, take_profit, swap, commission, floating_profit, comment, reported_at, source)
    SELECT id, account_id, ticket, symbol, side, volume, opened_at, '', open_price, current_price, stop_loss, take_profit,
        0, 0, floating_profit, '', at, 'sync'
    FROM json_to_recordset(%(positions)s::json) AS r(id uuid, account_id uuid, at timestamptz, ticket text, symbol text,
        side text, volume numeric, opened_at timestamptz, open_price numeric, current_price numeric, stop_loss numeric,
        take_profit numeric, floating_profit numeric)
    ON CONFLICT (account_id, ticket) DO UPDATE SET current_price = excluded.current_price,
        floating_profit = excluded.floating_profit, reported_at = excluded.reported_at""",
    """INSERT INTO trading_quote (id, account_id, symbol, bid, ask, quoted_at)
    SELECT id, account_id, symbol, bid, ask, quoted_at FROM json_to_recordset(%(quotes)s::json)
        AS r(id uuid, account_id uuid, symbol text, bid numeric, ask numeric, quoted_at timestamptz)
    ON CONFLICT (account_id, symbol) DO UPDATE SET bid = excluded.bid, ask = excluded.ask, quoted_at = excluded.quoted_at""",
    f"""INSERT INTO trading_livesnapshot (account_id, tier, taken_at, balance, equity, margin, free_margin,
        floating_profit, credit, open_positions)
    SELECT account_id, 'full', at, balance, equity, margin, equity - margin, equity - balance, 0, {POSITIONS}
    FROM {_FIGURES}""",
    f"""UPDATE trading_snapshot s SET taken_at = r.at, equity = r.equity FROM {_FIGURES}
    WHERE s.account_id = r.account_id AND s.source = 'sync'""",
    f"""UPDATE trading_syncstate s SET last_sync_at = r.at, last_sent_at = r.at, total_syncs = total_syncs + 1
    FROM {_FIGURES} WHERE s.account_id = r.account_id""",
    f"""UPDATE accounts_brokeraccount a SET revision = revision + 1 FROM {_FIGURES} WHERE a.id = r.account_id""",
)
#: What reconciliation and guards write of every sync.
BARE_JUDGED = (
    f"""INSERT INTO trading_reconciliationlog (id, account_id, event, at, break_type, ticket, matched, breaks, details, actor)
    SELECT id, account_id, 'sync', at, '', '', {POSITIONS}, 0, '{{}}', '' FROM {_FIGURES}""",
    """INSERT INTO trading_guardstate (rule_id, level, carried, figures, evaluated_at)
    SELECT rule_id, level, carried, figures, now() FROM json_to_recordset(%(guards)s::json)
        AS r(rule_id uuid, level text, carried jsonb, figures jsonb)
    ON CONFLICT (rule_id) DO UPDATE SET level = excluded.level, carried = excluded.carried, figures = excluded.figures,
        evaluated_at = excluded.evaluated_at""",
)


def _write_bare(parameters: dict[str, str], *, judged: bool) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in (*BARE, *BARE_JUDGED) if judged else BARE:
            cursor.execute(statement, parameters)


@contextmanager
def unjudged() -> Iterator[None]:
    """Syncs are recorded and nothing follows from them meanwhile: what the recording itself costs."""
    from trading.services import guarding, reconciliation

    kept = reconciliation.reconcile, guarding.evaluate
    reconciliation.reconcile = guarding.evaluate = lambda account_ids, *, now: {}  # type: ignore[assignment]
    try:
        yield
    finally:
        reconciliation.reconcile, guarding.evaluate = kept


def _interleaved(ours: Callable[[], float], bare: Callable[[], float], rounds: int, accounts: int) -> dict[str, float]:
    times: dict[str, list[float]] = {"ours": [], "bare": []}
    for number in range(rounds + 1):
        acts = [("ours", ours), ("bare", bare)]
        for name, act in acts if number % 2 else acts[::-1]:
            seconds = act()
            if number:  # the first round warms up
                times[name].append(seconds)
    figures = {name: accounts / median(seconds) for name, seconds in times.items()}
    return {"per_s": figures["ours"], "bare_per_s": figures["bare"], "ratio": figures["ours"] / figures["bare"]}


def rows(found: dict[str, Any]) -> Iterator[tuple[str, str, str, float | None, str]]:
    """What the table of `make bench` shows: figure, value, floor, ratio, target."""
    names = {
        "single": "Account syncs, one per call",
        "batch": f"Account syncs, {BATCH} per call",
        "service": f"Account syncs, {BATCH} at once, without HTTP and JSON",
        "recorded": f"Account syncs, {BATCH} at once, the recording alone",
    }
    for kind, name in names.items():
        one = found[kind]
        floor = f"SQL {one['bare_per_s']:,.0f}/s"
        yield name, f"{one['per_s']:,.0f}/s", floor, one["ratio"], ">= 0.30, aim 0.60"
    memory = found["memory"]
    value = f"+{memory['added_mb']:.0f} MB, {memory['seconds']:.1f} s for {memory['body_mb']:.1f} MB of JSON"
    yield f"A call of {memory['accounts']} accounts", value, "", None, "< 100 MB"
    for row in found["status"]:
        name = row["name"].removeprefix("api_").replace("_", " ")
        yield f"API {name}, {row['state']}", f"{row['ms']:.2f} ms, {row['queries']} queries", "", None, ""


def main() -> int:
    """Measures on the database of the environment when told to, else on a scratch one."""
    if sys.argv[1:] == ["here"]:
        django.setup()
        print(json.dumps(measure()))
        return 0
    from loadtest.bench import _child, _run, scratch_database
    from loadtest.judging import Line, table

    if not os.environ.get("DATABASE_URL"):
        print(
            "DATABASE_URL and REDIS_URL say where to measure. `make bench` starts servers of its own.", file=sys.stderr
        )
        return 2
    with scratch_database(os.environ["DATABASE_URL"]) as environment:
        _run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], environment)
        found = _child("loadtest.bench_sync", ["here"], environment)
    print(table([Line(*row) for row in rows(found)]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
