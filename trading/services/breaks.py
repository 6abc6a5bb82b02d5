"""What a trader does about a break: acknowledge, resolve or ignore it, or take the broker's word into the book."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Trader
from accounts.revisions import raise_revision
from trading.errors import StateConflict, TradingError
from trading.models import Break, BreakType, Position, ReconciliationLog, Source, Trade
from trading.services import audit
from trading.services.reconciliation import compare_again, count_again, what_differs
from trading.services.reconciliation_inputs import lock

_State = Break.State
_Event = ReconciliationLog.Event
REASON_LENGTH = 200
ACCEPTED = "Taken into the book."
#: The column of a trade that the broker's word replaces, for each type of break that can be accepted beside a position.
_STOPS = {BreakType.STOP_LOSS_MISMATCH: "stop_loss", BreakType.TAKE_PROFIT_MISMATCH: "take_profit"}
ACCEPTABLE = frozenset({BreakType.UNKNOWN_AT_BOOK, *_STOPS})


class BreakResolved(StateConflict):
    """The break is over already."""

    code = "break_resolved"
    message = "This break is resolved already. If the two sides still differ, the next sync opens a new one."


class NotAcceptable(TradingError):
    """Taking the broker's word would invent money, or there is nothing to take."""

    code = "break_not_acceptable"
    message = "This difference can't be accepted as it is: import a statement that has the deals, or resolve it."
    status = 409


@transaction.atomic
def acknowledge(found: Break, trader: Trader, *, now: datetime, reason: str = "") -> Break:
    """The break as seen by the trader. It still counts and still closes by itself. Errors: BreakResolved."""
    row = _locked(found)
    if row.state != _State.ACKNOWLEDGED:
        _settle(row, _State.ACKNOWLEDGED, _Event.BREAK_ACKNOWLEDGED, trader, reason, now)
        count_again(row.account_id, now=now)
    return row


@transaction.atomic
def resolve(found: Break, trader: Trader, *, now: datetime, reason: str = "") -> Break:
    """The break as closed by the trader. Where the sides still differ, the next sync opens a new one.

    Errors: BreakResolved.
    """
    row = _locked(found)
    _settle(row, _State.RESOLVED, _Event.BREAK_RESOLVED, trader, reason, now)
    count_again(row.account_id, now=now)
    return row


@transaction.atomic
def ignore(found: Break, trader: Trader, *, now: datetime, reason: str = "") -> Break:
    """The break as one that no longer counts, for as long as its values stay as they are. Errors: BreakResolved."""
    row = _locked(found)
    if row.state != _State.IGNORED:
        _settle(row, _State.IGNORED, _Event.BREAK_IGNORED, trader, reason, now)
        count_again(row.account_id, now=now)
    return row


@transaction.atomic
def accept(found: Break, trader: Trader, *, now: datetime, reason: str = "") -> Break:
    """The break as resolved by taking the broker's word: a position becomes an open trade, or a trade takes its stops.

    No money is invented: neither a closed trade nor a price, a volume or a balance is ever taken over.
    Errors: BreakResolved, NotAcceptable.
    """
    row = _locked(found)
    if row.type not in ACCEPTABLE:
        raise NotAcceptable
    trade = _open_trade(row) if row.type == BreakType.UNKNOWN_AT_BOOK else _take_stop(row)
    _settle(row, _State.RESOLVED, _Event.POSITION_ACCEPTED, trader, reason or ACCEPTED, now)
    audit.record(
        row.account_id,
        "position_accepted",
        trade.pk,
        at=now,
        actor=trader.email,
        ticket=trade.ticket,
        break_id=str(row.pk),
        **what_differs(row),
    )
    compare_again([row.account_id], now=now)
    count_again(row.account_id, now=now)
    # What compares and counts speaks of the live part alone; a new trade or stop belongs to the history.
    raise_revision([row.account_id])
    return row


def _locked(found: Break) -> Break:
    """The break as it now is, with its account locked, as syncs do. Errors: BreakResolved."""
    lock([found.account_id])
    row = Break.objects.get(pk=found.pk)
    if row.state == _State.RESOLVED:
        raise BreakResolved
    return row


def _settle(row: Break, state: str, event: str, trader: Trader, reason: str, now: datetime) -> None:
    row.state, row.state_changed_at, row.state_changed_by = state, now, trader
    row.resolution = reason.strip()[:REASON_LENGTH]
    row.save(update_fields=["state", "state_changed_at", "state_changed_by", "resolution"])
    ReconciliationLog.objects.create(
        account_id=row.account_id,
        event=event,
        at=now,
        break_type=row.type,
        ticket=row.ticket,
        actor=trader.email[:120],
        details=what_differs(row),
    )


def _position(row: Break) -> Position:
    """The broker's side of the break. Errors: NotAcceptable where the broker no longer reports it."""
    ticket = row.broker.get("ticket") or row.ticket
    position = Position.objects.filter(account=row.account_id, ticket=ticket).first()
    if position is None:
        raise NotAcceptable("The broker no longer reports this position. The next sync closes this break by itself.")
    return position


def _open_trade(row: Break) -> Trade:
    position = _position(row)
    known = Trade.objects.filter(account=row.account_id, ticket=position.ticket).first()
    if known is not None:
        raise NotAcceptable(
            _("The book has ticket %(ticket)s as a closed trade. Import a statement that tells what became of it.")
            % {"ticket": known.ticket}
        )
    # The swap is booked when the position closes; until then the broker counts it as floating.
    copied: dict[str, Any] = {
        name: getattr(position, name)
        for name in (
            "account_id",
            "ticket",
            "symbol",
            "side",
            "volume_lots",
            "opened_at",
            "opened_text",
            "open_price",
            "stop_loss",
            "take_profit",
            "commission",
            "comment",
        )
    }
    return Trade.objects.create(source=Source.MANUAL, **copied)


def _take_stop(row: Break) -> Trade:
    position, column = _position(row), _STOPS[BreakType(row.type)]
    trade = Trade.objects.filter(account=row.account_id, ticket=row.ticket, closed_at__isnull=True).first()
    if trade is None:
        raise NotAcceptable("The trade is no longer open in the book. The next sync closes this break by itself.")
    setattr(trade, column, getattr(position, column))
    trade.save(update_fields=[column])
    return trade
