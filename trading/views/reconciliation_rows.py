"""What the reconciliation pages show, formatted: accounts, the two sides, breaks, events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import BrokerAccount
from trading.calc.reconciliation import Match, Outcome, Row, Rules
from trading.formatting import Formats, ago, duration, unknown
from trading.models import Break, BreakType, ReconciliationLog, SyncState
from trading.queries.book_balances import Balances
from trading.queries.reconciliation import feed_of
from trading.services.breaks import ACCEPTABLE
from trading.told import told
from trading.views import reconciliation_words as words

ZERO = Decimal(0)
_NEVER = gettext_lazy("Nothing was synced yet.")
_NO_BOOK_BALANCE = gettext_lazy("No statement tells what the account held at its start.")
_NO_BROKER_BALANCE = gettext_lazy("The bridge has not reported the account’s figures.")


@dataclass(frozen=True, slots=True)
class FeedRow:
    account: BrokerAccount
    status: str
    word: str
    last_sync: SafeString
    age: str
    took: str
    syncs: str
    open_positions: int
    matched: int
    breaks: int
    error_message: str


@dataclass(frozen=True, slots=True)
class SideCells:
    side: str
    lots: str
    entry: str
    stop_loss: SafeString | str
    take_profit: SafeString | str


@dataclass(frozen=True, slots=True)
class PairRow:
    """One line of the two sides. `differs` names the cells that differ; `kind` is matched, differs, book or broker."""

    symbol: str
    ticket: str
    other_ticket: str
    book: SideCells | None
    broker: SideCells | None
    kind: str
    differs: frozenset[str]


@dataclass(frozen=True, slots=True)
class BreakLine:
    row: Break
    cause: str
    book: SafeString | str
    broker: SafeString | str
    age: str
    opened: SafeString
    badge: str
    accept: str
    is_mended_by_statement: bool
    is_balance: bool
    settled_by: str


@dataclass(frozen=True, slots=True)
class EventLine:
    at: SafeString
    word: str
    badge: str
    about: str
    actor: str
    reason: str
    account: str


@dataclass(frozen=True, slots=True)
class BalanceLine:
    book: SafeString
    broker: SafeString
    difference: str


def feed_row(account: BrokerAccount, formats: Formats, now: datetime) -> FeedRow:
    feed = feed_of(account) or SyncState()
    at = feed.last_sync_at
    return FeedRow(
        account=account,
        status=feed.status,
        word=str(SyncState.Status(feed.status).label) if at or feed.failures_in_a_row else _("Not synced"),
        last_sync=formats.moment(at) if at else unknown(str(_NEVER)),
        age=ago(max(now - at, timedelta())) if at else "",
        took=f"{feed.last_sync_duration_ms:,} ms" if at else "",
        syncs=formats.number(feed.total_syncs),
        open_positions=feed.open_positions,
        matched=feed.matched_positions,
        breaks=feed.open_breaks,
        error_message=feed.error_message,
    )


# ---- The two sides ---------------------------------------------------------------------------------------------------

_CELLS = {
    "entry_slippage": "entry",
    "volume_mismatch": "lots",
    "partial_fill": "lots",
    "stop_loss_mismatch": "stop_loss",
    "take_profit_mismatch": "take_profit",
    "side_mismatch": "side",
}


def pair_rows(outcome: Outcome, formats: Formats) -> list[PairRow]:
    """Differences first: what only the broker has, pairs that differ, what only the book has; then what agrees."""
    pairs = [_pair(match, formats) for match in outcome.matches]
    broker = [
        PairRow(row.symbol, row.ticket, "", None, _cells(row, formats), "broker", frozenset())
        for row in outcome.broker_only
    ]
    book = [
        PairRow(row.symbol, row.ticket, "", _cells(row, formats), None, "book", frozenset())
        for row in outcome.book_only
    ]
    differing = [row for row in pairs if row.differs]
    return [*broker, *differing, *book, *(row for row in pairs if not row.differs)]


def _pair(match: Match, formats: Formats) -> PairRow:
    differs = frozenset(_CELLS[found.kind] for found in match.differences)
    return PairRow(
        symbol=match.broker.symbol,
        ticket=match.book.ticket,
        other_ticket=match.broker.ticket if match.broker.ticket != match.book.ticket else "",
        book=_cells(match.book, formats),
        broker=_cells(match.broker, formats),
        kind="differs" if differs else "matched",
        differs=differs,
    )


def _cells(row: Row, formats: Formats) -> SideCells:
    return SideCells(
        side=row.side,
        lots=formats.lots(row.volume),
        entry=formats.price(row.open_price),
        stop_loss=_price(row.stop_loss, _("There is no stop."), formats),
        take_profit=_price(row.take_profit, _("There is no target."), formats),
    )


def _price(value: Decimal | None, reason: str, formats: Formats) -> SafeString | str:
    return unknown(reason) if value is None else formats.price(value)


def balance_line(found: Balances, rules: Rules, currency: str, formats: Formats) -> BalanceLine:
    difference = ""
    if found.book is not None and found.broker is not None:
        apart = found.broker - found.book
        difference = formats.signed(apart, currency) if abs(apart) > rules.balance_tolerance else ""
    return BalanceLine(
        book=formats.plain(found.book, currency, reason=str(_NO_BOOK_BALANCE)),
        broker=formats.plain(found.broker, currency, reason=str(_NO_BROKER_BALANCE)),
        difference=difference,
    )


def volumes(outcome: Outcome, formats: Formats) -> Mapping[str, str]:
    """The open lots of each side, and by how much the broker has more; "" where they are the same."""
    book = sum((match.book.volume for match in outcome.matches), ZERO)
    book += sum((row.volume for row in outcome.book_only), ZERO)
    broker = sum((match.broker.volume for match in outcome.matches), ZERO)
    broker += sum((row.volume for row in outcome.broker_only), ZERO)
    apart = broker - book
    signed = f"+{formats.lots(apart)}" if apart > 0 else formats.lots(apart)
    return {"book": formats.lots(book), "broker": formats.lots(broker), "difference": signed if apart else ""}


# ---- Breaks and events -----------------------------------------------------------------------------------------------


def break_lines(rows: Iterable[Break], account: BrokerAccount, formats: Formats, now: datetime) -> list[BreakLine]:
    return [_break_line(row, account.currency, formats, now) for row in rows]


def _break_line(row: Break, currency: str, formats: Formats, now: datetime) -> BreakLine:
    kind = BreakType(row.type)
    missing = unknown(words.absence(row))
    return BreakLine(
        row=row,
        cause=words.cause(row, currency, formats),
        book=words.compared(row, row.book, currency, formats) or missing,
        broker=words.compared(row, row.broker, currency, formats) or missing,
        age=duration(max(now - row.opened_at, timedelta())),
        opened=formats.moment(row.opened_at),
        badge=words.STATE_BADGES[row.state],
        accept=str(words.ACCEPT_WORDS[kind]) if kind in ACCEPTABLE else "",
        is_mended_by_statement=kind in words.MENDED_BY_STATEMENT,
        is_balance=kind == BreakType.BALANCE_MISMATCH,
        settled_by=str(row.state_changed_by) if row.state_changed_by else "",
    )


_EVENT_BADGES = {
    "sync": "idle",
    "sync_failed": "critical",
    "break_opened": "warning",
    "break_changed": "warning",
    "break_resolved": "healthy",
    "break_acknowledged": "info",
    "break_ignored": "idle",
    "position_accepted": "healthy",
    "stale": "degraded",
}


def event_lines(
    rows: Sequence[Mapping[str, Any]], formats: Formats, labels: Mapping[Any, str] | None = None
) -> list[EventLine]:
    return [
        EventLine(
            at=formats.moment(row["at"]),
            word=str(ReconciliationLog.Event(row["event"]).label),
            badge=_EVENT_BADGES[row["event"]],
            about=_about(row),
            actor=row["actor"],
            reason=told(row["details"].get("resolution") or row["details"].get("error") or ""),
            account=(labels or {}).get(row["account_id"], ""),
        )
        for row in rows
    ]


def _about(row: Mapping[str, Any]) -> str:
    if row["event"] == "sync":
        return words.matched_words(row["matched"], row["breaks"], row["details"].get("runs", 1))
    kind = str(BreakType(row["break_type"]).label) if row["break_type"] else ""
    return " ".join(part for part in (kind, row["details"].get("symbol", ""), row["ticket"]) if part)
