"""The balance proof: what an account held each day must follow from what happened on it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal

from trading.calc.history import Fill, Flow

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class StatedBalance:
    """A balance that the broker stated: what the account held right after everything up to and including this moment.

    `includes_credit` is true for the Balance column of MetaTrader 5 deals. `sequence` orders it among fills and flows
    of the same moment; a balance of a snapshot comes after all of them, which None says.
    """

    at: datetime
    balance: Decimal
    sequence: int | None = None
    includes_credit: bool = False


@dataclass(slots=True)
class ProofDay:
    """One day in the trader's zone. `flows` are without credit; `credit` is the credit granted or taken that day.

    `closing` = `opening` + `flows` + `gross_profit` + `commission` + `swap` + `fee`, and is the next day's opening.
    `stated` is the broker's last balance of the day, without credit; `difference` is what we had at that moment less
    `stated`; both are None where the broker stated nothing that day, and the day then ties. `new_difference` is what
    arose since the last stated balance: a break is carried on, so later days show it too.
    """

    on: date
    opening: Decimal
    flows: Decimal = ZERO
    gross_profit: Decimal = ZERO
    commission: Decimal = ZERO
    swap: Decimal = ZERO
    fee: Decimal = ZERO
    credit: Decimal = ZERO
    closing: Decimal = ZERO
    stated: Decimal | None = None
    difference: Decimal | None = None
    new_difference: Decimal | None = None

    @property
    def ties(self) -> bool:
        return not self.difference


@dataclass(frozen=True, slots=True)
class BalanceProof:
    """Days in order, only those on which something happened or was stated."""

    days: Sequence[ProofDay]
    opening: Decimal
    closing: Decimal

    @property
    def first_break(self) -> ProofDay | None:
        """The first day that does not tie; what lies on it is where the reason is to be found."""
        return next((day for day in self.days if not day.ties), None)

    @property
    def ties(self) -> bool:
        return self.first_break is None


@dataclass(slots=True)
class _Day:
    events: list[Fill | Flow] = field(default_factory=list)
    stated: list[StatedBalance] = field(default_factory=list)


def balance_proof(
    opening_balance: Decimal,
    flows: Iterable[Flow],
    fills: Iterable[Fill],
    stated: Iterable[StatedBalance] = (),
    *,
    zone: tzinfo,
) -> BalanceProof:
    """The running proof per day of `zone`, exact to the last decimal. Rows may come in any order."""
    days: dict[date, _Day] = defaultdict(_Day)
    events: list[Fill | Flow] = [*flows, *fills]
    for event in events:
        days[event.at.astimezone(zone).date()].events.append(event)
    for point in stated:
        days[point.at.astimezone(zone).date()].stated.append(point)
    balance, credit, carried = opening_balance, ZERO, ZERO
    proven: list[ProofDay] = []
    for on in sorted(days):
        row = _prove(on, days[on], balance, credit)
        balance, credit = row.closing, credit + row.credit
        if row.difference is not None:
            row.new_difference, carried = row.difference - carried, row.difference
        proven.append(row)
    return BalanceProof(proven, opening_balance, balance)


def _prove(on: date, day: _Day, opening: Decimal, credit: Decimal) -> ProofDay:
    row = ProofDay(on=on, opening=opening)
    checkpoint = max(day.stated, key=_place_of_stated, default=None)
    day.events.sort(key=_place)
    for event in day.events:
        if checkpoint and row.stated is None and _place(event) > _place_of_stated(checkpoint):
            _check(row, checkpoint, credit)
        _book(row, event)
    row.closing = _running(row)
    if checkpoint and row.stated is None:
        _check(row, checkpoint, credit)
    return row


def _book(row: ProofDay, event: Fill | Flow) -> None:
    if isinstance(event, Flow):
        if event.kind == "credit":
            row.credit += event.amount
        else:
            row.flows += event.amount
        return
    row.gross_profit += event.gross_profit
    row.commission += event.commission
    row.swap += event.swap
    row.fee += event.fee


def _running(row: ProofDay) -> Decimal:
    return row.opening + row.flows + row.gross_profit + row.commission + row.swap + row.fee


def _check(row: ProofDay, point: StatedBalance, credit_before: Decimal) -> None:
    credit = credit_before + row.credit if point.includes_credit else ZERO
    row.stated = point.balance - credit
    row.difference = _running(row) - row.stated


def _place(event: Fill | Flow) -> tuple[datetime, bool, int]:
    return event.at, False, event.sequence


def _place_of_stated(point: StatedBalance) -> tuple[datetime, bool, int]:
    return point.at, point.sequence is None, point.sequence or 0
