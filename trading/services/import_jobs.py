"""The work on a statement: read it and show a dry run, commit it, undo it.

Every job may run twice and may die anywhere: the account's rows and the statement's new state are one transaction, and
a job that finds the statement in another state than its own does nothing.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, connection, transaction

from accounts.models import BrokerAccount, Trader
from accounts.revisions import announce
from trading.errors import StatementRefused, TradingError
from trading.models import Origin, State, Statement
from trading.queries.figures import IN_BOOK
from trading.services.account_choice import Choice, check_belongs_to, check_zone, choose, make_account
from trading.services.at_work import Work, at_work
from trading.services.journal import add_missing_entries
from trading.services.kept_files import clean_name, keep, opened
from trading.services.localise import Moments, ServerClock, has_figures, moments_of, staged_lines
from trading.services.merge import Import, check_trades_are_there, merge
from trading.services.outcome import changes_anything, describe
from trading.services.reconciliation import compare_again
from trading.services.rollups import roll_up_missing
from trading.services.staging import stage
from trading.services.stated import stated_against_ours
from trading.services.undoing import check_is_newest, fill_in_account, nothing_hangs_on, restore_account, undo_rows
from trading.statements import DEFAULT_LIMITS, read_statement
from trading.statements.rows import ParsedStatement

logger = logging.getLogger(__name__)

READING_PERCENT, STAGING_PERCENT, MERGING_PERCENT = 60, 80, 90
PROBLEMS_KEPT = 1_000
LIMITS = replace(
    DEFAULT_LIMITS,
    file_bytes=settings.STATEMENT_MAX_BYTES,
    inflated_bytes=settings.STATEMENT_MAX_INFLATED_BYTES,
)
UNEXPECTED = (
    "Something went wrong on our side, and nothing was changed. Try again; if it fails again, contact support and "
    "name this statement."
)


@dataclass(slots=True)
class Reading:
    """A parsed file, which lets go of its rows once they are staged: they take most of the memory of an import."""

    parsed: ParsedStatement

    def let_go_of_rows(self) -> None:
        self.parsed = replace(self.parsed, trades=(), executions=(), cash_flows=())


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge found out; kept on the statement whether it is committed or rolled back."""

    fields: dict[str, Any]
    account: BrokerAccount
    account_is_new: bool


def read(statement_id: UUID, now: datetime) -> None:
    """Reads a waiting statement and leaves it `ready` with its dry run, `refused`, or `failed`."""
    with at_work(statement_id) as work:
        if work is None or not _begin(statement_id, {State.QUEUED, State.READING}, State.READING):
            return
        with _failing_cleanly(statement_id, State.FAILED):
            statement = _statement(statement_id)
            reading = _parse(statement, work)
            with transaction.atomic():
                merged = _dry_run(statement, reading, work, now)
                statement = _lock_in(statement_id, {State.READING})
                _save(statement, merged.fields | {"state": State.READY, "read_at": now})


def commit(statement_id: UUID, now: datetime) -> None:
    """Writes a statement that waits for its commit into its account: all of it, or nothing."""
    with at_work(statement_id) as work:
        if work is None or not _begin(statement_id, {State.COMMITTING}, State.COMMITTING):
            return
        with _failing_cleanly(statement_id, State.FAILED):
            statement = _statement(statement_id)
            _commit_reading(statement, _parse(statement, work), work, now)


def undo(statement_id: UUID, now: datetime) -> None:
    """Takes a committed import back: its account's rows are then exactly what they were before it."""
    with at_work(statement_id) as work:
        if work is None or not _begin(statement_id, {State.UNDOING}, State.UNDOING):
            return
        with _failing_cleanly(statement_id, State.COMMITTED), transaction.atomic():
            work.stage("Restoring what was there before", MERGING_PERCENT)
            statement = _statement(statement_id)
            account = _lock_account(statement.account_id) if statement.account_id else None
            check_is_newest(statement)
            undo_rows(statement)
            if account:
                _undo_account(account, statement)
            statement = _lock_in(statement_id, {State.UNDOING})
            _save(statement, {"state": State.UNDONE, "undone_at": now})
            if account:
                _compare_with_feed(account.pk, now)


def import_now(
    trader: Trader,
    name: str,
    chunks: Iterable[bytes],
    *,
    now: datetime,
    account: BrokerAccount | None = None,
    time_zone: str = "",
    dry_run: bool = False,
) -> Statement:
    """Imports a file in this process, without a worker. Returns the statement: committed, refused or failed.

    A dry run leaves it `ready`, so that it can still be committed or discarded.

    Errors: as of `receive_statement`.
    """
    if account is not None:
        check_belongs_to(trader, account)
    check_zone(time_zone)
    statement = Statement(
        trader=trader, account=account, name=clean_name(name), origin=Origin.COMMAND, state=State.READING
    )
    statement.uploaded_at, statement.server_time_zone = now, time_zone
    with at_work(statement.pk) as work:
        assert work is not None, "A new statement has a new id."
        with transaction.atomic():
            statement.file = keep(trader, chunks)
            statement.save(force_insert=True)
        with _failing_cleanly(statement.pk, State.FAILED):
            reading = _parse(statement, work)
            if dry_run:
                with transaction.atomic():
                    merged = _dry_run(statement, reading, work, now)
                    _save(statement, merged.fields | {"state": State.READY, "read_at": now})
            else:
                _commit_reading(statement, reading, work, now)
    return _statement(statement.pk)


def _parse(statement: Statement, work: Work) -> Reading:
    text = "Reading the file"
    work.stage(text, 1)
    with opened(statement.file) as stream:
        parsed = read_statement(
            stream,
            lambda done, total: work.step(text, done, total, start=1, end=READING_PERCENT),
            LIMITS,
        )
    return Reading(parsed)


def _dry_run(statement: Statement, reading: Reading, work: Work, now: datetime) -> Merged:
    """Merges for real and rolls back, so that what is shown is what a commit would do."""
    with transaction.atomic():
        merged = _merge(statement, reading, work, now)
        transaction.set_rollback(True)
    if merged.account_is_new:
        merged.fields.pop("account")
    return merged


def _commit_reading(statement: Statement, reading: Reading, work: Work, now: datetime) -> None:
    with transaction.atomic():
        merged = _merge(statement, reading, work, now)
        locked = _lock_in(statement.pk, {State.COMMITTING, State.READING})
        _save(
            locked,
            merged.fields
            | {"state": State.COMMITTED, "committed_at": now, "read_at": locked.read_at or now}
            | {"created_account": merged.account_is_new},
        )
        _compare_with_feed(merged.account.pk, now)


def _merge(statement: Statement, reading: Reading, work: Work, now: datetime) -> Merged:
    """Stages and merges the rows, and compares the stated figures, under the lock of the account."""
    header = reading.parsed.header
    _lock_number(statement.trader, header.platform, header.number)
    choice = choose(statement, header)
    account = _lock_account(choice.account.pk) if choice.account else make_account(statement, header, choice.time_zone)
    clock = ServerClock(choice.time_zone)
    moments = moments_of(reading.parsed, clock, now)
    staged = _stage(reading, clock, moments.reported_at, work)
    work.stage("Comparing with the book", STAGING_PERCENT)
    if reading.parsed.needs_trades:
        check_trades_are_there(account)
    tallies = merge(_import(statement, account, reading.parsed, moments, staged))
    roll_up_missing([account.pk])
    kept = add_missing_entries(account, reading.parsed.journal)
    work.stage("Checking the stated figures", MERGING_PERCENT)
    statement.header = _header(reading.parsed, statement)
    filled = fill_in_account(account, statement) if choice.account else []
    read = _read_fields(reading.parsed, moments, choice)
    if changes_anything(tallies) or filled or kept or not choice.account or _tells_opening(account, read):
        _raise_revision(account, filled)
    fields = read | {
        "header": statement.header,
        "account": account,
        "outcome": describe(tallies, statement.pk, creates_account=choice.account is None, journal_added=kept),
        "stated": stated_against_ours(reading.parsed, account.pk),
    }
    return Merged(fields, account, choice.account is None)


def _tells_opening(account: BrokerAccount, read: Mapping[str, Any]) -> bool:
    """Whether the opening balance may be another one by this statement, though it bring no row: none reaches back as far."""
    histories = Statement.objects.filter(account=account, state__in=IN_BOOK, has_history=True)
    if read["opening_balance"] is not None:
        histories = histories.filter(opening_balance__isnull=False)
        if read["period_start"] is not None:
            histories = histories.filter(period_start__lte=read["period_start"])
    return bool(read["has_history"]) and not histories.exists()


def _stage(reading: Reading, clock: ServerClock, reported_at: datetime, work: Work) -> dict[str, int]:
    parsed = reading.parsed
    total = len(parsed.trades) + len(parsed.executions) + len(parsed.cash_flows) + len(parsed.positions)
    staged = stage(
        staged_lines(parsed, clock, reported_at),
        lambda count: work.step("Copying the rows", count, total, start=READING_PERCENT, end=STAGING_PERCENT),
    )
    reading.let_go_of_rows()
    return staged


def _import(
    statement: Statement, account: BrokerAccount, parsed: ParsedStatement, moments: Moments, staged: dict[str, int]
) -> Import:
    committed = list(
        Statement.objects.filter(account=account, state__in=IN_BOOK).only(
            "file_id", "reader_version", "has_history", "reported_at"
        )
    )
    return Import(
        account_id=account.pk,
        statement_id=statement.pk,
        reported_at=moments.reported_at,
        has_history=parsed.has_history,
        has_figures=has_figures(parsed),
        staged=staged,
        older_reads=[
            other.pk
            for other in committed
            if other.file_id == statement.file_id and other.reader_version < parsed.reader_version
        ],
        histories={other.pk: other.reported_at for other in committed if other.has_history and other.reported_at},
    )


def _read_fields(parsed: ParsedStatement, moments: Moments, choice: Choice) -> dict[str, Any]:
    return asdict(moments) | {
        "format": parsed.format,
        "reader_version": parsed.reader_version,
        "has_history": parsed.has_history,
        "server_time_zone": choice.time_zone,
        "zone_is_guessed": choice.zone_is_guessed,
        "opening_balance": parsed.opening_balance,
        "counts": dict(parsed.counts),
        "problems": [_without_nul(asdict(problem)) for problem in parsed.problems[:PROBLEMS_KEPT]],
        "notes": list(parsed.notes),
    }


def _header(parsed: ParsedStatement, statement: Statement) -> dict[str, Any]:
    header = _without_nul(asdict(parsed.header))
    return header | {"new_account": (statement.header or {}).get("new_account")}


def _without_nul(values: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL can't keep a NUL in a text; amounts become texts, so that no decimal is lost."""
    return {key: value.replace("\x00", "") if isinstance(value, str) else value for key, value in values.items()}


def _undo_account(account: BrokerAccount, statement: Statement) -> None:
    if statement.created_account and nothing_hangs_on(account, statement):
        account.delete()
        announce([account.trader_id])
        return
    roll_up_missing([account.pk])
    restored = restore_account(account, statement)
    _raise_revision(account, restored)


def _raise_revision(account: BrokerAccount, also: Sequence[str]) -> None:
    account.revision += 1
    account.history_revision += 1
    account.save(update_fields=["revision", "history_revision", *also])
    announce([account.trader_id])


def _compare_with_feed(account_id: UUID | None, now: datetime) -> None:
    """The book is another one now: its breaks say so at once, not with the next sync. None: the account went with the undo."""
    if account_id:
        compare_again([account_id], now=now)


def _lock_account(account_id: UUID) -> BrokerAccount:
    # "No key": rows of other tables may still point at the account meanwhile, such as a note that is being written.
    return BrokerAccount.objects.select_for_update(no_key=True).get(pk=account_id)


def _lock_number(trader: Trader, platform: str, number: str) -> None:
    """Two files of one new account wait for each other, so that the second finds the account of the first."""
    with connection.cursor() as cursor:
        key = f"account:{trader.pk}:{platform}:{number}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _statement(statement_id: UUID) -> Statement:
    return Statement.objects.select_related("trader", "account", "file").get(pk=statement_id)


def _begin(statement_id: UUID, expected: set[State], state: State) -> bool:
    """Whether the statement waits for this job; notes that it is at work."""
    return bool(Statement.objects.filter(pk=statement_id, state__in=expected).update(state=state))


class _StateChangedError(Exception):
    """The statement went on without this job, whose work is rolled back."""


def _lock_in(statement_id: UUID, expected: set[State]) -> Statement:
    statement = Statement.objects.select_for_update(no_key=True).get(pk=statement_id)
    if statement.state not in expected:
        raise _StateChangedError
    return statement


def _save(statement: Statement, fields: dict[str, Any]) -> None:
    """Writes a final state, at 100 percent and without an error of an earlier attempt."""
    fields = fields | {"stage": "", "progress_percent": 100, "error_code": "", "error_message": ""}
    for name, value in fields.items():
        setattr(statement, name, value)
    statement.save(update_fields=list(fields))
    announce([statement.trader_id])  # pages say how many statements wait


@contextmanager
def _failing_cleanly(statement_id: UUID, state: State) -> Iterator[None]:
    """Turns an error into a state and a sentence; what the job wrote has been rolled back by then.

    A lost connection is left to the worker, which tries again.
    """
    try:
        yield
    except OperationalError:
        raise
    except _StateChangedError:
        logger.info("Statement %s changed its state meanwhile; nothing was done.", statement_id)
    except TradingError as error:
        refused = State.REFUSED if isinstance(error, StatementRefused) else state
        mark(statement_id, refused if state is State.FAILED else state, error.code, error.message)
    except Exception:
        logger.exception("The work on statement %s failed.", statement_id)
        mark(statement_id, state, "unexpected", UNEXPECTED)


def mark(statement_id: UUID, state: State, code: str, message: str) -> None:
    """Ends the work on a statement with a sentence that says why."""
    Statement.objects.filter(pk=statement_id).update(
        state=state, stage="", progress_percent=0, error_code=code[:40], error_message=message
    )
