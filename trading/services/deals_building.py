"""Makes and updates trades out of their deals. Pure: what the book holds and what is new in, trades as they should be out.

A trade follows from its deals where they are all there. What the book knows beyond them stands: an entry from before a
statement began, an exit that a statement could not give to its position, a position that was accepted without its deals.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from trading.models import Direction, Source

ZERO = Decimal(0)
#: Servers stamp a position and its deal in the same moment, give or take.
_SAME_MOMENT = timedelta(seconds=1)
MONEY = ("commission", "swap", "fee", "gross_profit")


@dataclass(slots=True)
class Fill:
    """One deal. `trade_id` is the trade that it belongs to in the book; `trade_ticket` the one that it is given."""

    deal_id: str
    position_ticket: str
    order_id: str
    symbol: str
    direction: str
    side: str
    volume_lots: Decimal
    price: Decimal
    executed_at: datetime
    executed_text: str
    sequence: int
    commission: Decimal
    swap: Decimal
    fee: Decimal
    gross_profit: Decimal
    balance_after: Decimal | None
    comment: str
    strategy_id: str = ""
    is_derived: bool = False
    id: UUID | None = None
    trade_id: UUID | None = None
    trade_ticket: str = ""

    @property
    def is_entry(self) -> bool:
        return self.direction == Direction.IN

    @property
    def order(self) -> tuple[datetime, int]:
        return self.executed_at, self.sequence


@dataclass(slots=True)
class RoundTrip:
    """A trade as the book has it, or as it should be."""

    ticket: str
    symbol: str
    side: str
    volume_lots: Decimal
    closed_volume_lots: Decimal
    opened_at: datetime
    opened_text: str
    open_price: Decimal
    closed_at: datetime | None
    closed_text: str
    close_price: Decimal | None
    stop_loss: Decimal | None
    take_profit: Decimal | None
    commission: Decimal
    swap: Decimal
    fee: Decimal
    gross_profit: Decimal
    strategy_id: str
    comment: str
    source: str = Source.SYNC
    id: UUID | None = None

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None


@dataclass(slots=True)
class _Trip:
    """A trade while its deals are put together. `entered`, at `entry_price`, and `left` are volumes without a deal."""

    ticket: str
    before: RoundTrip | None
    fills: dict[str, Fill]
    entered: Decimal = ZERO
    entry_price: Decimal = ZERO
    left: Decimal = ZERO
    opened_by: Fill | None = None  # the reversal that opened it
    money_before: dict[str, Decimal] = field(default_factory=dict)
    entries_before: frozenset[str] = frozenset()
    exits_before: frozenset[str] = frozenset()

    @classmethod
    def of_book(cls, before: RoundTrip, fills: Iterable[Fill]) -> "_Trip":
        trip = cls(before.ticket, before, {fill.deal_id: fill for fill in fills})
        known = sum((fill.volume_lots * fill.price for fill in trip.fills.values() if fill.is_entry), ZERO)
        trip.entered = max(ZERO, before.volume_lots - trip.volume_in())
        if trip.entered:
            trip.entry_price = (before.open_price * before.volume_lots - known) / trip.entered
        trip.left = max(ZERO, before.closed_volume_lots - trip.volume_out())
        trip.money_before = trip.money()
        trip.entries_before, trip.exits_before = frozenset(trip.deal_ids(True)), frozenset(trip.deal_ids(False))
        return trip

    def deal_ids(self, is_entry: bool) -> list[str]:
        return [fill.deal_id for fill in self.fills.values() if fill.is_entry is is_entry]

    def entries(self) -> list[Fill]:
        return sorted((fill for fill in self.fills.values() if fill.is_entry), key=lambda fill: fill.order)

    def exits(self) -> list[Fill]:
        return sorted((fill for fill in self.fills.values() if not fill.is_entry), key=lambda fill: fill.order)

    def volume_in(self) -> Decimal:
        return self.entered + sum((fill.volume_lots for fill in self.fills.values() if fill.is_entry), ZERO)

    def volume_out(self) -> Decimal:
        """What has left, never more than came in: a reversal takes out all that is there."""
        exits = self.exits()
        if any(fill.direction == Direction.IN_OUT for fill in exits):
            return self.volume_in()
        return min(self.volume_in(), self.left + sum((fill.volume_lots for fill in exits), ZERO))

    def money(self) -> dict[str, Decimal]:
        return {name: sum((getattr(fill, name) for fill in self.fills.values()), ZERO) for name in MONEY}

    def closed_at(self) -> datetime | None:
        if not self.volume_in() or self.volume_out() < self.volume_in():
            return None
        known = [self.before.closed_at] if self.before and self.before.closed_at else []
        return max([fill.executed_at for fill in self.exits()] + known, default=None)

    def opened_at(self) -> datetime | None:
        known = [self.before.opened_at] if self.before else []
        known += [self.opened_by.executed_at] if self.opened_by else []
        return min([fill.executed_at for fill in self.fills.values() if fill.is_entry] + known, default=None)

    def take(self, fill: Fill) -> None:
        """Adds a deal, in the place of what stood for it so far."""
        if not fill.is_derived:
            for derived in [one for one in self.fills.values() if one.is_derived and one.is_entry is fill.is_entry]:
                del self.fills[derived.deal_id]
        is_new = fill.deal_id not in self.fills
        self.fills[fill.deal_id] = fill
        fill.trade_ticket = self.ticket
        if is_new and fill.is_entry and self._stood_in_for(fill):
            self.entered -= min(self.entered, fill.volume_lots)
        elif is_new and not fill.is_entry:
            self.left -= min(self.left, fill.volume_lots)

    def _stood_in_for(self, fill: Fill) -> bool:
        """Whether the volume without a deal is that of this one, and not of an entry that the book never saw."""
        if self.before is None:
            return False
        was_accepted = self.before.source in (Source.MANUAL, Source.API)
        until = _made_at(self.before) if was_accepted else self.before.opened_at + _SAME_MOMENT
        return fill.executed_at <= until


class Builder:
    """The trades of one account. Takes deals in the order of time."""

    def __init__(self, trades: Iterable[RoundTrip], linked: Mapping[UUID, list[Fill]], *, is_netting: bool) -> None:
        self._is_netting = is_netting
        self._trips: dict[str, _Trip] = {}
        self._touched: dict[str, None] = {}
        for trade in trades:
            assert trade.id is not None  # of the book
            trip = self._trips[trade.ticket] = _Trip.of_book(trade, linked.get(trade.id, ()))
            for fill in trip.fills.values():
                fill.trade_ticket = trade.ticket

    def take(self, fills: Iterable[Fill]) -> None:
        """Gives each deal to its trade. One whose trade is not known, since its entry never came, is left without."""
        waiting = sorted(fills, key=lambda fill: fill.order)
        while waiting:
            left = [fill for fill in waiting if not self._place(fill)]
            if len(left) == len(waiting):
                return
            waiting = left  # An entry may be stamped later than its exit.

    def _place(self, fill: Fill) -> bool:
        trip = self._trip_of(fill)
        if trip is None:
            return False
        over = self._over(trip, fill) if fill.direction == Direction.IN_OUT else ZERO
        trip.take(fill)
        self._touched[trip.ticket] = None
        if over > 0 and fill.order_id and fill.order_id not in self._trips:
            opened = self._trips[fill.order_id] = _Trip(
                fill.order_id, None, {}, entered=over, entry_price=fill.price, opened_by=fill
            )
            self._touched[opened.ticket] = None
        return True

    def trades(self) -> list[tuple[RoundTrip | None, RoundTrip]]:
        """Before and after of each trade that is new or different."""
        found = []
        for ticket in self._touched:
            trip = self._trips[ticket]
            after = _built(trip)
            if after is not None and after != trip.before:
                found.append((trip.before, after))
        return found

    def _trip_of(self, fill: Fill) -> _Trip | None:
        if fill.trade_ticket and fill.deal_id in self._trips[fill.trade_ticket].fills:
            return self._trips[fill.trade_ticket]
        trip = self._trips.get(fill.position_ticket)
        opens = fill.is_entry and fill.order_id == fill.position_ticket
        if self._is_netting and not (trip is None and opens) and (trip is None or _is_over(trip, fill)):
            running = self._running(fill)
            if running is not None:
                return running
            if trip is not None and fill.is_entry and fill.order_id not in self._trips:
                trip = self._trips[fill.order_id] = _Trip(fill.order_id, None, {})
        if trip is None and fill.is_entry:
            trip = self._trips[fill.position_ticket] = _Trip(fill.position_ticket, None, {})
        return trip

    def _running(self, fill: Fill) -> _Trip | None:
        """The one position that a netting account holds in the symbol: a reversal keeps the id and changes the ticket."""
        for trip in self._trips.values():
            symbol = trip.before.symbol if trip.before else trip.opened_by.symbol if trip.opened_by else fill.symbol
            opened_at = trip.opened_at()
            if symbol == fill.symbol and opened_at and opened_at <= fill.executed_at and not trip.closed_at():
                return trip
        return None

    def _over(self, trip: _Trip, fill: Fill) -> Decimal:
        """What a reversal has over after closing the trade."""
        others = [one for one in trip.exits() if one.deal_id != fill.deal_id]
        left = trip.left + sum((one.volume_lots for one in others), ZERO)
        return fill.volume_lots - max(ZERO, trip.volume_in() - left)


def _made_at(trade: RoundTrip) -> datetime:
    """When the row was made: a UUIDv7 begins with its milliseconds."""
    assert trade.id is not None  # of the book
    return datetime.fromtimestamp((trade.id.int >> 80) / 1000, UTC)


def _is_over(trip: _Trip, fill: Fill) -> bool:
    closed_at = trip.closed_at()
    return closed_at is not None and closed_at < fill.executed_at


def _built(trip: _Trip) -> RoundTrip | None:
    """The trade as its deals make it; None where nothing tells of its entry."""
    before, first = trip.before, trip.opened_by or next(iter(trip.entries()), None)
    opened_at, entered, left = trip.opened_at(), trip.volume_in(), trip.volume_out()
    if opened_at is None or (before is None and first is None) or not entered:
        return None
    if before and left < before.closed_volume_lots:
        return before  # The book knows more of its end than these deals tell.
    base = before or _opened(trip, first)
    closed_at = trip.closed_at()
    after = replace(
        base,
        volume_lots=entered,
        closed_volume_lots=left,
        open_price=_open_price(trip, base),
        closed_at=max(closed_at, opened_at) if closed_at else None,
        closed_text="",
        close_price=None,
        strategy_id=base.strategy_id or (first.strategy_id if first else ""),
        comment=base.comment or (first.comment if first else ""),
        **_money(trip),
    )
    if first and first.is_entry and opened_at == first.executed_at and opened_at != base.opened_at:
        after.opened_at, after.opened_text = opened_at, first.executed_text
    if after.closed_at:
        after.closed_text, after.close_price = _closing(trip, after)
    return after


def _opened(trip: _Trip, first: Fill | None) -> RoundTrip:
    assert first is not None  # the caller looked
    return RoundTrip(
        ticket=trip.ticket,
        symbol=first.symbol,
        side=first.side,
        volume_lots=ZERO,
        closed_volume_lots=ZERO,
        opened_at=first.executed_at,
        opened_text=first.executed_text,
        open_price=first.price,
        closed_at=None,
        closed_text="",
        close_price=None,
        stop_loss=None,
        take_profit=None,
        commission=ZERO,
        swap=ZERO,
        fee=ZERO,
        gross_profit=ZERO,
        strategy_id=first.strategy_id,
        comment=first.comment,
    )


def _open_price(trip: _Trip, base: RoundTrip) -> Decimal:
    """The book's own where its entries are the same as before: brokers print more digits than an average has."""
    entries = trip.entries()
    if trip.before and trip.entries_before == frozenset(fill.deal_id for fill in entries):
        return base.open_price
    parts = [(fill.volume_lots, fill.price) for fill in entries]
    if trip.entered:
        parts.append((trip.entered, trip.entry_price))
    return _average(parts, like=[base.open_price, *(fill.price for fill in entries)])


def _closing(trip: _Trip, after: RoundTrip) -> tuple[str, Decimal]:
    """The broker's text of the close, and the average price of the exits."""
    exits, before = trip.exits(), trip.before
    if before and before.close_price is not None and trip.exits_before == frozenset(fill.deal_id for fill in exits):
        return before.closed_text, before.close_price
    parts = [(fill.volume_lots, fill.price) for fill in exits]
    if exits and exits[-1].direction == Direction.IN_OUT:
        others = trip.left + sum((fill.volume_lots for fill in exits[:-1]), ZERO)
        parts[-1] = (max(ZERO, after.volume_lots - others), exits[-1].price)
    if trip.left and before and before.close_price is not None:
        parts.append((trip.left, before.close_price))
    text = exits[-1].executed_text if exits else ""
    return text, _average(parts)


def _average(parts: list[tuple[Decimal, Decimal]], *, like: list[Decimal] | None = None) -> Decimal:
    """The price weighted by volume, to the decimals of the most exact one of `like`, or of the prices themselves."""
    volume = sum((part[0] for part in parts), ZERO)
    prices = [price for _volume, price in parts]
    if len(set(prices)) == 1 or not volume:
        return prices[0]
    exponent = min(int(price.as_tuple().exponent) for price in like or prices)
    value = sum((lots * price for lots, price in parts), ZERO)
    return (value / volume).quantize(Decimal(1).scaleb(exponent))


def _money(trip: _Trip) -> dict[str, Any]:
    """What the deals add up to; beyond them, what the book had."""
    sums, before = trip.money(), trip.before
    if before is None or not (trip.entered or trip.left):
        return sums
    if before.is_closed:
        return {name: getattr(before, name) for name in MONEY}
    return {name: getattr(before, name) - trip.money_before[name] + sums[name] for name in MONEY}
