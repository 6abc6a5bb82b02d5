"""Records what bridges send: one call, one transaction, any number of accounts.

Accounts are locked in the order of their ids, so that two calls never wait for each other in a circle. Every table is
written by one statement for all accounts of the call. When the whole can't be written, each account is tried alone, so that
only the one that is at fault fails.
"""

import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import OperationalError, connection, transaction

from accounts.models import BrokerAccount
from accounts.revisions import announce, raise_live_revision
from trading.errors import TradingError
from trading.models import ReconciliationLog, SyncReceipt
from trading.services.deals import DealTally
from trading.services.reconciliation import ReconciliationResult
from trading.services.recordsets import dumps
from trading.services.sync_batch import Item, Locked, Written, write_batch
from trading.services.sync_payload import Entry, SyncRefused, read_call
from trading.services.sync_rows import write_failures

__all__ = ["KeyReused", "SyncOutcome", "SyncRefused", "purge_receipts", "record_sync"]

logger = logging.getLogger(__name__)

#: A clock may be this much ahead; it then counts as right.
CLOCK_TOLERANCE = timedelta(minutes=2)
#: A feed that was never heard of before does not begin longer ago: a clock without a battery says 1970 or 2000. One that is
#: known may tell of earlier moments, which are no news.
OLDEST_START = timedelta(days=366)
KEY_LENGTH = 80
RECEIPTS_KEPT = timedelta(days=1)
#: Refusals that say something about the feed; the others are about the call.
_OF_THE_FEED = ("invalid", "clock_ahead", "clock_behind", "currency", "failed")


class KeyReused(TradingError):
    """An idempotency key that came before with another body."""

    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used for another body. Use a new key for each sync, and the same one only to repeat it."
    status = 409


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """The answer to a call. `is_repeat`: it was given before, and nothing was written now."""

    answer: dict[str, Any]
    is_repeat: bool = False


def record_sync(trader: Any, payload: Any, *, now: datetime, key: str | None = None) -> SyncOutcome:
    """Records a call of this person or API key: each account whole or not at all, and none because of another.

    Shape: payload and answer as in docs/sync.md. Errors: SyncRefused where the call can't be read, KeyReused.
    """
    started = time.perf_counter()
    digest = _digest(payload, key) if key else ""
    entries = read_call(payload, now)
    with transaction.atomic():
        kept = _answer_given(trader, key, digest) if key else None
        if kept is not None:
            return SyncOutcome(kept, is_repeat=True)
        items = _items(trader, entries, now)
        written = _write([item for item in items if item.error is None], now, started)
        _note_failures(items, now)
        # Every sync shows: at least its time and number.
        announce([trader.pk])
        answer = _answer(items, written, now)
        if key and not any(item.error and item.error[0] == "failed" for item in items):
            _keep_answer(trader, key, digest, answer, now)
    return SyncOutcome(answer)


def purge_receipts(now: datetime) -> int:
    """Forgets the answers of more than a day ago. Returns how many."""
    return SyncReceipt.objects.filter(created_at__lt=now - RECEIPTS_KEPT).delete()[0]


# ---- The accounts of a call ------------------------------------------------------------------------------------------


def _items(trader: Any, entries: Sequence[Entry], now: datetime) -> list[Item]:
    accounts = _lock(trader, [entry.account_id for entry in entries if entry.account_id])
    seen: set[UUID] = set()
    items = []
    for entry in entries:
        item = Item(entry, accounts.get(entry.account_id) if entry.account_id else None)
        item.error = _why_not(item, seen, now)
        if item.error is None:
            _place_in_time(item, now)
        items.append(item)
    return items


def _lock(trader: Any, account_ids: Sequence[UUID]) -> dict[UUID, Locked]:
    """This caller's accounts among these, locked in the order of their ids. "No key": other tables may still point at them."""
    own = BrokerAccount.objects.for_trader(trader).filter(pk__in=set(account_ids)).order_by("pk")
    rows = own.select_for_update(of=("self",), no_key=True).values_list(
        "pk",
        "currency",
        "server_time_zone",
        "platform",
        "margin_mode",
        "archived_at",
        "sync_state__last_sent_at",
        "sync_state__open_positions",
        "sync_state__first_balance",
    )
    return {
        pk: Locked(
            pk, currency, zone, platform, mode, archived_at is not None, last_sent_at, positions or 0, first is not None
        )
        for pk, currency, zone, platform, mode, archived_at, last_sent_at, positions, first in rows
    }


def _why_not(item: Item, seen: set[UUID], now: datetime) -> tuple[str, str] | None:
    """The code and sentence of a refusal; None for an account that may be recorded."""
    entry, account = item.entry, item.account
    if entry.account_id is None:
        return "invalid", "Some values make no sense; see fields."
    if account is None:
        return "not_found", "There is no such account among yours, or this key is not bound to it."
    if account.id in seen:
        return "twice", "This account stands in the call twice; the first entry was taken."
    seen.add(account.id)
    if account.is_archived:
        return "archived", "This account is archived. Restore it before you send its syncs."
    if entry.problems:
        return "invalid", _in_words(entry.problems)
    if entry.currency and entry.currency != account.currency:
        return "currency", f"These figures are in {entry.currency[:10]}, the account is in {account.currency}."
    assert entry.sent_at is not None  # else it were a problem
    return _what_is_wrong_with_the_clock(entry.sent_at - now, is_new=account.last_sent_at is None)


def _what_is_wrong_with_the_clock(ahead: timedelta, *, is_new: bool) -> tuple[str, str] | None:
    if ahead > CLOCK_TOLERANCE:
        minutes = int(ahead.total_seconds() // 60)
        return "clock_ahead", f"sent_at is {minutes} minutes ahead. Set the clock of the computer that sent this."
    if is_new and -ahead > OLDEST_START:
        return "clock_behind", f"sent_at is {-ahead.days} days ago. Set the clock of the computer that sent this."
    return None


def _in_words(problems: Mapping[str, Sequence[str]]) -> str:
    """The first problem, by itself enough for a page that shows no fields."""
    name, sentences = next(iter(problems.items()))
    return f"Some values make no sense; see fields. {name}: {sentences[0]}"


def _place_in_time(item: Item, now: datetime) -> None:
    assert item.account is not None and item.entry.sent_at is not None
    item.sent_at = min(item.entry.sent_at, now)
    last = item.account.last_sent_at
    item.is_older = last is not None and item.sent_at <= last


# ---- Writing ---------------------------------------------------------------------------------------------------------


def _write(items: Sequence[Item], now: datetime, started: float) -> Written:
    """Records them together; where that fails, one by one. An account that fails alone gets an error."""
    if not items:
        return Written()
    try:
        with transaction.atomic():
            return write_batch(items, now=now, started=started)
    except OperationalError:
        raise
    except Exception:
        if len(items) == 1:
            logger.exception("The sync of account %s could not be recorded.", items[0].id)
            items[0].error = ("failed", "Something went wrong on our side with this account. Send it again.")
            return Written()
        logger.warning("A sync of %s accounts is recorded one by one.", len(items), exc_info=True)
    together = Written()
    for item in items:
        _add(together, _write([item], now, started))
    return together


def _add(whole: Written, part: Written) -> None:
    whole.deals |= part.deals
    whole.reconciliations |= part.reconciliations
    whole.revisions |= part.revisions
    for mine, theirs in ((whole.flows, part.flows), (whole.positions, part.positions)):
        mine.added += theirs.added
        mine.changed += theirs.changed
        mine.removed += theirs.removed


def _note_failures(items: Sequence[Item], now: datetime) -> None:
    """The feed of an account whose sync was refused is degraded; the first refusal in a row stands in the log."""
    failed = {item.id: item.error[1] for item in items if item.account and item.error and item.error[0] in _OF_THE_FEED}
    if not failed:
        return
    rows = [{"account_id": key, "message": message} for key, message in sorted(failed.items())]
    fresh = write_failures(rows)
    ReconciliationLog.objects.bulk_create(
        ReconciliationLog(
            account_id=key, event=ReconciliationLog.Event.SYNC_FAILED, at=now, details={"error": failed[key]}
        )
        for key in sorted(fresh)
    )
    raise_live_revision(fresh)


# ---- The answer ------------------------------------------------------------------------------------------------------


def _answer(items: Sequence[Item], written: Written, now: datetime) -> dict[str, Any]:
    shown = [_refusal(item) if item.error else _recorded(item, written) for item in items]
    failed = sum(item.error is not None for item in items)
    return {
        "received_at": now.isoformat(),
        "recorded": len(items) - failed,
        "failed": failed,
        "accounts": shown,
    }


def _refusal(item: Item) -> dict[str, Any]:
    assert item.error is not None
    code, message = item.error
    fields = item.entry.problems if code == "invalid" else {}
    return {
        "account": item.entry.name,
        "result": "refused",
        "error": {"code": code, "message": message, "fields": fields},
    }


def _recorded(item: Item, written: Written) -> dict[str, Any]:
    key, entry = item.id, item.entry
    deals = written.deals.get(key, DealTally())
    flows_added, flows_changed = written.flows.added[key], written.flows.changed[key]
    return {
        "account": entry.name,
        "result": "older" if item.is_older else "recorded",
        "revision": written.revisions.get(key),
        "positions": {
            "open": None if entry.positions is None else len(entry.positions),
            "changed": written.positions.added[key] + written.positions.changed[key],
            "closed": written.positions.removed[key],
        },
        "deals": {"added": deals.added, "corrected": deals.corrected, "unchanged": deals.unchanged},
        "cash_flows": {
            "added": flows_added,
            "corrected": flows_changed,
            "unchanged": len(entry.flows or ()) - flows_added - flows_changed,
        },
        "trades": {"opened": deals.trades_opened, "changed": deals.trades_changed, "closed": deals.trades_closed},
        "reconciliation": _reconciled(written.reconciliations.get(key)),
        "error": None,
    }


def _reconciled(result: ReconciliationResult | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {"status": result.status, "matched": result.matched, "breaks": result.breaks}


# ---- Answers already given -------------------------------------------------------------------------------------------


def _digest(payload: Any, key: str) -> str:
    if len(key) > KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise SyncRefused(
            f"An Idempotency-Key is a printable text of at most {KEY_LENGTH} characters.", "Idempotency-Key"
        )
    return hashlib.sha256(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _answer_given(trader: Any, key: str, digest: str) -> dict[str, Any] | None:
    """The answer that this key got; two calls with one key at once wait for each other. Errors: KeyReused."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"sync:{trader.pk}:{key}"])
    kept = SyncReceipt.objects.filter(trader_id=trader.pk, key=key).values_list("request_sha256", "answer").first()
    if kept is None:
        return None
    if kept[0] != digest:
        raise KeyReused
    return dict(kept[1])


def _keep_answer(trader: Any, key: str, digest: str, answer: dict[str, Any], now: datetime) -> None:
    # As plain JSON, so that a repeat gets the same texts.
    SyncReceipt.objects.create(
        trader_id=trader.pk, key=key, request_sha256=digest, answer=orjson.loads(dumps(answer)), created_at=now
    )
