"""Compares accounts with their brokers: at every sync for the whole batch, on demand, and when a feed goes quiet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Value, fields
from django.db.models.functions import Coalesce

from accounts.revisions import raise_live_revision
from trading.calc import reconciliation as calc
from trading.calc.reconciliation import Finding, Outcome
from trading.models import AccountRules, Break, BreakType, ReconciliationLog, SyncState
from trading.services.breaks_tracking import Tracked, track
from trading.services.reconciliation_inputs import Sides, load, lock, rules_of

_Event = ReconciliationLog.Event
_Status = SyncState.Status
#: Accounts that one transaction compares, when a periodic task has many.
BATCH = 200


@dataclass(frozen=True, slots=True)
class ReconciliationResult:
    """How an account stands after a comparison. `breaks` counts those that are neither resolved nor ignored."""

    status: str
    matched: int
    breaks: int
    opened: tuple[Break, ...]
    resolved: tuple[Break, ...]


@dataclass(frozen=True, slots=True)
class _Compared:
    sides: Sides
    outcome: Outcome
    findings: Sequence[Finding]
    is_stale: bool


# A savepoint of its own would serve nothing: what fails here fails the sync, which has one.
@transaction.atomic(savepoint=False)
def reconcile(account_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, ReconciliationResult]:
    """Compares these accounts after a sync and logs the run. Again with nothing new: it is counted by the next row.

    The number of queries does not depend on the number of accounts. An account that was never synced is left out.
    """
    return _reconcile(account_ids, now, is_sync=True)


@transaction.atomic
def compare_again(account_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, ReconciliationResult]:
    """The same outside a sync: when rules or the book have changed, or the trader asks. The log gets what changed."""
    return _reconcile(account_ids, now, is_sync=False)


def mark_stale(now: datetime) -> int:
    """Opens a break for each feed that went quiet. Returns how many accounts that were."""
    limit = Coalesce("account__rules__stale_after_s", AccountRules._meta.get_field("stale_after_s").default)
    seconds = ExpressionWrapper(limit * Value(timedelta(seconds=1)), output_field=fields.DurationField())
    noted = Break.objects.filter(account=OuterRef("account_id"), type=BreakType.STALE).exclude(
        state=Break.State.RESOLVED
    )
    # Annotated before it is compared: in the filter itself, Django would leave out accounts without rules of their own.
    quiet = SyncState.objects.annotate(quiet_before=now - seconds).filter(
        ~Exists(noted), account__archived_at__isnull=True, last_sync_at__lt=F("quiet_before")
    )
    keys = list(quiet.order_by("account_id").values_list("account_id", flat=True))
    for start in range(0, len(keys), BATCH):
        compare_again(keys[start : start + BATCH], now=now)
    return len(keys)


def count_again(account_id: UUID, *, now: datetime) -> None:
    """Writes how many breaks of this account stand, and its status. The caller holds its lock."""
    state = SyncState.objects.select_related("account__rules").get(account=account_id)
    breaks = Break.objects.filter(account=account_id).unresolved().count()
    is_stale = calc.stale_finding(state.last_sync_at, now, rules_of(state)) is not None
    state.status = status_of(state, is_stale=is_stale, open_positions=state.open_positions, breaks=breaks)
    state.open_breaks = breaks
    state.run_logged_at = None
    state.save(update_fields=["status", "open_breaks", "run_logged_at"])
    raise_live_revision([account_id])


def status_of(state: SyncState, *, is_stale: bool, open_positions: int, breaks: int) -> str:
    """The word for how an account stands: what is worst comes first."""
    if is_stale or state.failures_in_a_row:
        return _Status.DEGRADED
    if breaks:
        return _Status.WARNING
    return _Status.HEALTHY if open_positions else _Status.IDLE


def _reconcile(account_ids: Sequence[UUID], now: datetime, *, is_sync: bool) -> dict[UUID, ReconciliationResult]:
    lock(account_ids)
    compared = {key: _compare(sides, now) for key, sides in load(account_ids).items()}
    if not compared:
        return {}
    tracked = track({key: one.findings for key, one in compared.items()}, now)
    results = {key: _result(one, tracked[key]) for key, one in compared.items()}
    restated = [key for key, one in compared.items() if _differs(one.sides.state, results[key])]
    _write_states({key: results[key] for key in restated})
    runs = _runs_to_log(compared, tracked, restated, now) if is_sync else _log_next_run(restated)
    logs = [
        log for key, one in compared.items() for log in _logs(key, one, tracked[key], results[key], now, key in runs)
    ]
    if logs:
        ReconciliationLog.objects.bulk_create(logs)
    news = {key for key, one in tracked.items() if one.has_news} | set(restated)
    if news:
        raise_live_revision(news)
    return results


def _compare(sides: Sides, now: datetime) -> _Compared:
    outcome = calc.reconcile(sides.broker, sides.book, sides.rules, sides.markets)
    balance = calc.balance_finding(sides.balances.book, sides.balances.broker, sides.rules)
    stale = calc.stale_finding(sides.state.last_sync_at, now, sides.rules)
    findings = [*outcome.findings(), *(found for found in (balance, stale) if found)]
    return _Compared(sides, outcome, findings, is_stale=stale is not None)


def _result(compared: _Compared, tracked: Tracked) -> ReconciliationResult:
    open_positions = len(compared.sides.broker)
    return ReconciliationResult(
        status=status_of(
            compared.sides.state, is_stale=compared.is_stale, open_positions=open_positions, breaks=tracked.standing
        ),
        matched=len(compared.outcome.matches),
        breaks=tracked.standing,
        opened=tuple(tracked.opened),
        resolved=tuple(tracked.resolved),
    )


def _differs(state: SyncState, result: ReconciliationResult) -> bool:
    known = state.status, state.matched_positions, state.open_breaks
    return known != (result.status, result.matched, result.breaks)


def _write_states(results: Mapping[UUID, ReconciliationResult]) -> None:
    if not results:
        return
    rows = list(results.values())
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE trading_syncstate s SET status = n.status, matched_positions = n.matched, open_breaks = n.breaks
            FROM unnest(%s::uuid[], %s::text[], %s::integer[], %s::integer[]) AS n(account_id, status, matched, breaks)
            WHERE s.account_id = n.account_id""",
            [
                list(results),
                [str(row.status) for row in rows],
                [row.matched for row in rows],
                [row.breaks for row in rows],
            ],
        )


def _runs_to_log(
    compared: Mapping[UUID, _Compared], tracked: Mapping[UUID, Tracked], restated: Sequence[UUID], now: datetime
) -> set[UUID]:
    """The accounts whose run has a row of its own: it found something else than the run before, or the row is due.

    Notes on the feeds that it has; the others are counted by the next row.
    """
    every = timedelta(minutes=settings.RECONCILIATION_LOG_MINUTES)
    due = {
        key
        for key, one in compared.items()
        if (logged_at := one.sides.state.run_logged_at) is None or abs(now - logged_at) >= every
    }
    chosen = due | set(restated) | {key for key, one in tracked.items() if one.has_news}
    if chosen:
        rows = SyncState.objects.filter(account__in=chosen)
        rows.update(run_logged_at=now, runs_logged=F("total_syncs"))
    return chosen


def _log_next_run(account_ids: Sequence[UUID]) -> set[UUID]:
    """What stands there now was not found by a run: the next one says it. Returns the runs to log now: none."""
    if account_ids:
        SyncState.objects.filter(account__in=account_ids).update(run_logged_at=None)
    return set()


def _logs(
    account_id: UUID, one: _Compared, tracked: Tracked, result: ReconciliationResult, now: datetime, has_run: bool
) -> Iterator[ReconciliationLog]:
    def log(event: str, **more: Any) -> ReconciliationLog:
        return ReconciliationLog(
            account_id=account_id, event=event, at=now, matched=result.matched, breaks=result.breaks, **more
        )

    if has_run:
        state = one.sides.state
        runs = max(1, state.total_syncs - state.runs_logged)
        details = {"status": result.status, "duration_ms": state.last_sync_duration_ms, "runs": runs}
        yield log(_Event.SYNC, details=details)
    for event, rows in (
        (_Event.BREAK_OPENED, tracked.opened),
        (_Event.BREAK_CHANGED, tracked.changed),
        (_Event.BREAK_RESOLVED, tracked.resolved),
    ):
        for row in rows:
            is_quiet = row.type == BreakType.STALE and event == _Event.BREAK_OPENED
            yield log(
                _Event.STALE if is_quiet else event, break_type=row.type, ticket=row.ticket, details=what_differs(row)
            )


def what_differs(row: Break) -> dict[str, Any]:
    """A break as the log keeps it."""
    amount = None if row.amount is None else f"{row.amount:f}"
    details = {"symbol": row.symbol, "book": row.book, "broker": row.broker, "amount": amount}
    return details | {"resolution": row.resolution} if row.resolution else details
