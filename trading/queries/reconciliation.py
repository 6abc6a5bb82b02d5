"""How accounts stand against their brokers: feeds, breaks, and the log."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from accounts.models import BrokerAccount
from trading.models import Break, ReconciliationLog, SyncState

_Status = SyncState.Status
#: The worst first.
_ORDER = (_Status.DEGRADED, _Status.WARNING, _Status.HEALTHY, _Status.IDLE)
EVENT_FIELDS = ("account_id", "id", "event", "at", "break_type", "ticket", "matched", "breaks", "details", "actor")


def feeds(trader: Any) -> QuerySet[BrokerAccount]:
    """The trader's accounts, each with the state of its feed, in one query. `feed_of` reads it."""
    return BrokerAccount.objects.for_trader(trader).select_related("sync_state").order_by("label", "id")


def feed_of(account: BrokerAccount) -> SyncState | None:
    """The state of this account's feed; None where nothing was ever synced."""
    state: SyncState | None = getattr(account, "sync_state", None)
    return state


def worst_status(statuses: Iterable[str]) -> str:
    """The word for several accounts: that of the one that stands worst; idle for none."""
    known = set(statuses)
    return next((status for status in _ORDER if status in known), _Status.IDLE)


def mark_of(accounts: Iterable[BrokerAccount]) -> list[Any]:
    """What changes with every sync and every write to these accounts: the state that an answer about them shows."""
    marks: list[Any] = []
    for account in accounts:
        feed = feed_of(account)
        # A sync that changes nothing else raises no revision, but its time and number are shown.
        shown = (feed.last_sync_at, feed.total_syncs, feed.failures_in_a_row) if feed else ()
        marks.append((account.pk, account.revision, account.label, *shown))
    return marks


def recent_events(account_ids: Sequence[UUID], number: int) -> Mapping[UUID, list[dict[str, Any]]]:
    """The last events of each account, runs left out, newest first: one query, each account by a short index walk."""
    columns = ", ".join(f"e.{name}" for name in EVENT_FIELDS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {columns} FROM unnest(%s::uuid[]) AS a(id) CROSS JOIN LATERAL (
                SELECT * FROM trading_reconciliationlog l WHERE l.account_id = a.id AND NOT l.event = 'sync'
                ORDER BY l.at DESC, l.id DESC LIMIT %s
            ) e ORDER BY e.at DESC, e.id DESC""",
            [list(account_ids), number],
        )
        events: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        for row in cursor.fetchall():
            event = dict(zip(EVENT_FIELDS, row, strict=True))
            # A raw cursor hands jsonb over as its text.
            event["details"] = json.loads(event["details"])
            events[event["account_id"]].append(event)
        return events


def breaks(trader: Any) -> QuerySet[Break]:
    return Break.objects.for_trader(trader)


def standing_breaks(account: BrokerAccount) -> list[Break]:
    """What is not resolved: the oldest first, the account's own last among equals; then what is ignored."""
    rows = Break.objects.filter(account=account).exclude(state=Break.State.RESOLVED)
    found = rows.select_related("state_changed_by").order_by("type", "ticket")
    return sorted(found, key=lambda row: (row.state == Break.State.IGNORED, row.opened_at, not row.ticket))


def logs(trader: Any) -> QuerySet[ReconciliationLog]:
    return ReconciliationLog.objects.for_trader(trader)
