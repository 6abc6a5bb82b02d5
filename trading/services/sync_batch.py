"""Writes the accounts of a call that may be written: all of them together, in a number of statements that is always the same."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from uuid_utils import uuid7

from accounts.models import MarginMode, Platform
from accounts.revisions import raise_live_revision, revisions_of
from trading.calc.open_risk import OpenPosition, open_risk
from trading.services import guarding, reconciliation
from trading.services.deals import DealTally, NewDeals, Stops, fill_of, number_in, record_deals
from trading.services.snapshot_tiers import tier_of
from trading.services.sync_payload import Entry, Row
from trading.services.sync_rows import (
    Counts,
    FiguresWritten,
    write_figures,
    write_flows,
    write_live_snapshots,
    write_positions,
    write_quotes,
    write_states,
)

_METATRADER = (Platform.MT4.value, Platform.MT5.value)


@dataclass(frozen=True, slots=True)
class Locked:
    """An account of the call, its row locked, with the state of its feed."""

    id: UUID
    currency: str
    time_zone: str
    platform: str
    margin_mode: str
    is_archived: bool
    last_sent_at: datetime | None
    open_positions: int
    has_first_balance: bool


@dataclass(slots=True)
class Item:
    """One account of a call on its way: `error` is a code and a sentence; `is_older` leaves figures and positions alone."""

    entry: Entry
    account: Locked | None = None
    sent_at: datetime | None = None
    is_older: bool = False
    error: tuple[str, str] | None = None

    @property
    def id(self) -> UUID:
        assert self.account is not None
        return self.account.id


@dataclass(slots=True)
class Written:
    """What became of a batch, by account."""

    deals: dict[UUID, DealTally] = field(default_factory=dict)
    flows: Counts = field(default_factory=Counts)
    positions: Counts = field(default_factory=Counts)
    reconciliations: dict[UUID, reconciliation.ReconciliationResult] = field(default_factory=dict)
    revisions: dict[UUID, int] = field(default_factory=dict)


def write_batch(items: Sequence[Item], *, now: datetime, started: float) -> Written:
    """Records these accounts. Each must be locked and free of problems."""
    written = Written()
    ids = [item.id for item in items]
    newer = [item for item in items if not item.is_older]
    written.deals = record_deals([_deals(item) for item in items if item.entry.deals])
    written.flows = _write(write_flows, [row for item in items for row in _flow_rows(item)]) or written.flows
    written.positions = _write_positions(newer) or written.positions
    _write(write_quotes, [row for item in newer for row in _quote_rows(item)])
    figures = _write_figures(items, now)
    duration_ms = int((time.perf_counter() - started) * 1000)
    write_states([_state_row(item) for item in items], now=now, duration_ms=duration_ms)
    with_history = _history_changed(written, figures, items)
    raise_live_revision(_changed(written, figures) | with_history, with_history=with_history)
    written.reconciliations = reconciliation.reconcile(ids, now=now)
    guarding.evaluate(ids, now=now)
    written.revisions = revisions_of(ids)
    return written


def _write(write: Any, rows: Sequence[Row]) -> Any:
    return write(rows) if rows else None


def _changed(written: Written, figures: FiguresWritten) -> set[UUID]:
    """The accounts in which something that pages show is now different."""
    by_deals = {account_id for account_id, tally in written.deals.items() if tally.has_changed}
    counts = (written.flows, written.positions)
    by_rows = {key for count in counts for kind in (count.added, count.changed, count.removed) for key in kind}
    return by_deals | by_rows | figures.changed


def _history_changed(written: Written, figures: FiguresWritten, items: Sequence[Item]) -> set[UUID]:
    """Those of them in which it is not the live part alone: see accounts.revisions.

    An account's first figures tell its opening balance. Whether any position is open tells whether an account has a history.
    """
    by_deals = {account_id for account_id, tally in written.deals.items() if tally.has_changed}
    by_flows = {*written.flows.added, *written.flows.changed}
    by_positions = {*written.positions.added, *written.positions.removed}
    firsts = {item.id for item in items if item.account and item.entry.figures and not item.account.has_first_balance}
    return by_deals | by_flows | by_positions | firsts | figures.in_history


# ---- Rows ------------------------------------------------------------------------------------------------------------


def _deals(item: Item) -> NewDeals:
    account, entry = item.account, item.entry
    assert account is not None
    stops = {
        row["ticket"]: Stops(_number(row["stop_loss"]), _number(row["take_profit"])) for row in entry.positions or ()
    }
    fills = [
        fill_of(row, row["executed_text"] or _server_text(account, row["executed_at"])) for row in entry.deals or ()
    ]
    return NewDeals(account.id, account.margin_mode == MarginMode.NETTING, fills, stops)


def _flow_rows(item: Item) -> list[Row]:
    account = item.account
    assert account is not None
    return [
        {
            **row,
            "id": str(uuid7()),
            "account_id": account.id,
            "sequence": number_in(row["reference"]),
            "booked_text": row["booked_text"] or _server_text(account, row["booked_at"]),
        }
        for row in item.entry.flows or ()
    ]


def _write_positions(items: Sequence[Item]) -> Counts | None:
    reported = [item for item in items if item.entry.positions is not None]
    if not reported:
        return None
    rows: list[Row] = []
    for item in reported:
        account_id, reported_at = str(item.id), item.sent_at
        for row in item.entry.positions or ():
            row["id"], row["account_id"], row["reported_at"] = str(uuid7()), account_id, reported_at
            rows.append(row)
    return write_positions([item.id for item in reported], rows)


def _quote_rows(item: Item) -> list[Row]:
    return [{**row, "id": str(uuid7()), "account_id": item.id} for row in item.entry.quotes or ()]


def _write_figures(items: Sequence[Item], now: datetime) -> FiguresWritten:
    """The snapshot of the moment, also of an older one; the newest become the account's figures."""
    rows = {item.id: _figures_row(item, now) for item in items if item.entry.figures}
    if rows:
        write_live_snapshots(list(rows.values()))
    newest = [rows[item.id] for item in items if item.id in rows and not item.is_older]
    return write_figures(newest) if newest else FiguresWritten()


def _figures_row(item: Item, now: datetime) -> Row:
    assert item.entry.figures is not None and item.sent_at is not None
    return {
        **item.entry.figures,
        "id": str(uuid7()),
        "account_id": item.id,
        "tier": tier_of(item.sent_at, now),
        "taken_at": item.sent_at,
        "open_positions": _open_count(item),
        "open_risk": _open_risk(item.entry.positions),
    }


def _open_risk(rows: Sequence[Row] | None) -> Decimal | None:
    """None where it has no bound or the positions were not read."""
    if rows is None or any(row["stop_loss"] is None for row in rows):
        return None
    return open_risk(
        OpenPosition(
            row["symbol"],
            row["side"],
            Decimal(row["volume_lots"]),
            Decimal(row["open_price"]),
            _number(row["current_price"]),
            _number(row["stop_loss"]),
            Decimal(row["floating_profit"]),
        )
        for row in rows
    )


def _state_row(item: Item) -> Row:
    entry = item.entry
    moments = [row["executed_at"] for row in entry.deals or ()] + [row["booked_at"] for row in entry.flows or ()]
    first = max([datetime.fromisoformat(moment) for moment in moments] + ([item.sent_at] if item.sent_at else []))
    return {
        "account_id": item.id,
        "sent_at": item.sent_at,
        "positions_at": item.sent_at if entry.positions is not None and not item.is_older else None,
        "open_positions": _open_count(item),
        "first_balance": entry.figures["balance"] if entry.figures else None,
        "first_booked_at": first,
    }


def _open_count(item: Item) -> int:
    assert item.account is not None
    known = item.entry.positions is None or item.is_older
    return item.account.open_positions if known else len(item.entry.positions or ())


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _server_text(account: Locked, moment: str) -> str:
    """The moment as the broker's server prints it, which is how a statement will have it."""
    if account.platform not in _METATRADER:
        return ""
    return datetime.fromisoformat(moment).astimezone(_zone(account.time_zone)).strftime("%Y.%m.%d %H:%M:%S")


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
