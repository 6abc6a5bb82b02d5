"""Measures one import: `whole PATH` in a process of its own, `database PATH ROUNDS` against a plain COPY."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import BrokerAccount, Trader  # noqa: E402
from loadtest.memory import peak_mb  # noqa: E402
from trading.models import State, Statement, StatementFile  # noqa: E402
from trading.services.localise import Line, ServerClock, has_figures, moments_of, staged_lines  # noqa: E402
from trading.services.merge import Import, merge  # noqa: E402
from trading.services.staging import copy_lines, stage  # noqa: E402
from trading.services.statements import import_now  # noqa: E402
from trading.services.tables import TABLES  # noqa: E402
from trading.statements import read_statement  # noqa: E402
from trading.statements.rows import ParsedStatement  # noqa: E402

ZONE = "Europe/Athens"
_CHUNK_BYTES = 1_048_576


def whole(path: Path) -> dict[str, Any]:
    """From the bytes of the file to the commit, as the command does it, and the most memory this process ever held."""
    trader = Trader.objects.create(email=f"{uuid4()}@example.com")
    started = time.perf_counter()
    statement = import_now(trader, path.name, _chunks(path), now=timezone.now())
    seconds = time.perf_counter() - started
    if statement.state != State.COMMITTED:
        raise SystemExit(f"The import ended as {statement.state}: {statement.error_message}")
    rows = sum(statement.outcome[word]["added"] for word in TABLES)
    peak = peak_mb()
    _empty()
    return {"whole_s": seconds, "rows": rows, "peak_mb": peak}


def database(path: Path, rounds: int) -> dict[str, Any]:
    """Staging, merging and committing parsed rows, the same again, and a plain COPY of them; turn and turn about."""
    started = time.perf_counter()
    parsed = read_statement(path)
    parse_s = time.perf_counter() - started
    trader = Trader.objects.create(email=f"{uuid4()}@example.com")
    timings: dict[str, list[float]] = {"copy_s": [], "database_s": [], "again_s": []}
    for number in range(rounds):
        acts: list[Callable[[], dict[str, float]]] = [lambda: _copy(parsed, trader), lambda: _merge(parsed, trader)]
        for act in acts if number % 2 else reversed(acts):
            for name, seconds in act().items():
                timings[name].append(seconds)
            _empty()
    clock = ServerClock(ZONE)
    lines = staged_lines(parsed, clock, moments_of(parsed, clock, timezone.now()).reported_at)
    rows = sum(1 for word in TABLES for _ in lines[word])
    return {"parse_s": parse_s, "rows": rows} | {name: median(seconds) for name, seconds in timings.items()}


def _merge(parsed: ParsedStatement, trader: Trader) -> dict[str, float]:
    account = _account(trader)
    first = _timed(lambda: _merge_once(parsed, account))
    return {"database_s": first, "again_s": _timed(lambda: _merge_once(parsed, account))}


def _merge_once(parsed: ParsedStatement, account: BrokerAccount) -> None:
    clock, statement = ServerClock(ZONE), _statement(account)
    moments = moments_of(parsed, clock, timezone.now())
    with transaction.atomic():
        BrokerAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        staged = stage(staged_lines(parsed, clock, moments.reported_at), lambda count: None)
        merge(
            Import(
                account_id=account.pk,
                statement_id=statement.pk,
                reported_at=moments.reported_at,
                has_history=True,
                has_figures=has_figures(parsed),
                staged=staged,
                older_reads=[],
                histories={},
            )
        )


def _copy(parsed: ParsedStatement, trader: Trader) -> dict[str, float]:
    """The same rows by the same writer straight into the tables, each fill with the id of its trade."""
    account, clock = _account(trader), ServerClock(ZONE)
    statement = _statement(account)
    moments = moments_of(parsed, clock, timezone.now())
    lines_by_word = staged_lines(parsed, clock, moments.reported_at)
    shared = f"\t{account.pk}\tstatement\t{statement.pk}"
    seconds = 0.0
    trades: dict[str, str] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for word, table in TABLES.items():
            own = [column for column in table.staged_columns if column not in table.staged_only]
            columns = [*own, *table.looked_up, "account_id", "source", "added_by_id"]
            lines = lines_by_word[word]
            whole = (_with_trade(line, trades) for line in lines) if word == "executions" else lines
            started = time.perf_counter()
            copy_lines(cursor, table.table, columns, (line + shared for line in whole))
            seconds += time.perf_counter() - started
            if word == "trades":
                cursor.execute("SELECT ticket, id::text FROM trading_trade")
                trades = dict(cursor.fetchall())
        committing = time.perf_counter()
    return {"copy_s": seconds + time.perf_counter() - committing}


def _with_trade(line: Line, trades: dict[str, str]) -> Line:
    """The ticket at the end becomes the id of its trade."""
    fields, ticket = line.rsplit("\t", 1)
    return f"{fields}\t{trades[ticket]}"


def _timed(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _account(trader: Trader) -> BrokerAccount:
    return BrokerAccount.objects.create(
        trader=trader, label="Bench", platform="mt5", number=str(uuid4()), currency="USD"
    )


def _statement(account: BrokerAccount) -> Statement:
    kept = StatementFile.objects.create(trader=account.trader, sha256=_hex(uuid4(), uuid4()), size=0)
    return Statement.objects.create(
        trader=account.trader, file=kept, account=account, name="bench", uploaded_at=timezone.now()
    )


def _hex(*parts: UUID) -> str:
    return "".join(part.hex for part in parts)


def _empty() -> None:
    names = ", ".join(table.table for table in TABLES.values())
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {names}, trading_statementcorrection CASCADE")
        # Each run starts with the log written out, where the role may ask for that.
        cursor.execute("SELECT pg_has_role(current_user, 'pg_checkpoint', 'USAGE')")
        if cursor.fetchone() == (True,):
            cursor.execute("CHECKPOINT")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


if __name__ == "__main__":
    found = whole(Path(sys.argv[2])) if sys.argv[1] == "whole" else database(Path(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps(found))
