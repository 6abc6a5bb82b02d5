"""An account's life up to a moment: what a terminal would show that exports a statement then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from trading.calc.history import Fill, Flow, History, OpenPosition
from trading.samplefiles.account import AccountLife, CashMove, Leg, Order, Position, Profile
from trading.samplefiles.instruments import INSTRUMENTS, from_dollars, money

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Holding:
    """A position as far as it had come: `exits` done by then, `lots_left` still open at `current_price`."""

    position: Position
    exits: Sequence[Leg]
    lots_left: Decimal
    current_price: Decimal
    floating_profit: Decimal
    swap: Decimal

    @property
    def is_open(self) -> bool:
        return self.lots_left > 0


@dataclass(frozen=True, slots=True)
class Deal:
    """A fill or a cash move, with the balance after it (credit included, as MetaTrader 5 prints it)."""

    entry: Leg | CashMove
    position: Position | None
    is_exit: bool
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Snapshot:
    profile: Profile
    until: datetime
    holdings: Sequence[Holding]
    deals: Sequence[Deal]
    done_orders: Sequence[Order]
    working_orders: Sequence[Order]
    cash: Sequence[CashMove]
    market: dict[str, Decimal]

    @property
    def open_holdings(self) -> list[Holding]:
        return [holding for holding in self.holdings if holding.is_open]

    @property
    def margin(self) -> Decimal:
        currency = self.profile.currency
        return sum(
            (
                money(
                    holding.position.instrument.value(holding.lots_left, holding.position.entry.price, currency)
                    / self.profile.leverage,
                    currency,
                )
                for holding in self.open_holdings
            ),
            ZERO,
        )


def snapshot(life: AccountLife, until: datetime | None = None) -> Snapshot:
    """The account at `until`, that moment included; at the end of its life if None. An earlier one is a subset."""
    until = min(until or life.profile.ends_at, life.profile.ends_at)
    positions = [position for position in life.positions if position.entry.at <= until]
    cash = [move for move in life.cash if move.at <= until]
    placed = [order for order in life.orders if order.placed_at <= until]
    return Snapshot(
        profile=life.profile,
        until=until,
        holdings=[_holding(life, position, until) for position in positions],
        deals=list(_deals(positions, cash, until)),
        done_orders=[order for order in placed if order.done_at <= until],
        working_orders=[order for order in placed if order.done_at > until],
        cash=cash,
        market={item.symbol: item.price(life.prices[item.symbol].at(until)) for item in INSTRUMENTS},
    )


def mt5_history(shown: Snapshot) -> History:
    """What trading.calc computes the totals of a MetaTrader 5 report from."""
    fills: list[Fill] = []
    for deal in shown.deals:
        leg, position = deal.entry, deal.position
        if isinstance(leg, CashMove) or position is None:
            continue
        fills.append(
            Fill(
                leg.at.replace(tzinfo=UTC),
                leg.deal,
                deal.is_exit,
                position.side,
                leg.gross_profit,
                leg.commission,
                leg.swap,
                ZERO,
            )
        )
    positions = [OpenPosition(held.swap, ZERO, held.floating_profit) for held in shown.open_holdings]
    moves = [replace(flow, sequence=move.deal) for flow, move in zip(flows(shown), shown.cash, strict=True)]
    return History(fills, moves, positions, ZERO, shown.margin)


def flows(shown: Snapshot) -> list[Flow]:
    return [Flow(move.at.replace(tzinfo=UTC), move.number, _flow_kind(move), move.amount) for move in shown.cash]


def _flow_kind(move: CashMove) -> str:
    if move.kind == "credit":
        return "credit"
    return "deposit" if move.amount >= 0 else "withdrawal"


def _holding(life: AccountLife, position: Position, until: datetime) -> Holding:
    item, currency, entry = position.instrument, life.profile.currency, position.entry
    exits = [leg for leg in position.exits if leg.at <= until]
    left = entry.lots - sum((leg.lots for leg in exits), ZERO)
    if not left:
        return Holding(position, exits, ZERO, exits[-1].price, ZERO, ZERO)
    price = _within_guards(position, item.price(life.prices[item.symbol].at(until)))
    nights = (until.date() - entry.at.date()).days
    swap = (item.swap_long if position.side == "buy" else item.swap_short) * left * nights
    floating = item.profit(position.side, left, entry.price, price, currency)
    return Holding(position, exits, left, price, floating, from_dollars(swap, currency))


def _within_guards(position: Position, price: Decimal) -> Decimal:
    """The price, or halfway to the guard that it would have passed: the position is still open, so it never did."""
    entry = position.entry.price
    for guard in (position.stop_loss, position.take_profit):
        if guard is not None and (price - guard) * (entry - guard) <= 0:
            return position.instrument.price((entry + guard) / 2)
    return price


def _deals(positions: Sequence[Position], cash: Sequence[CashMove], until: datetime) -> Iterator[Deal]:
    entries: list[tuple[int, Leg | CashMove, Position | None, bool]] = [(move.deal, move, None, False) for move in cash]
    for position in positions:
        entries.append((position.entry.deal, position.entry, position, False))
        entries += ((leg.deal, leg, position, True) for leg in position.exits if leg.at <= until)
    entries.sort(key=lambda entry: entry[0])
    balance = ZERO
    for _, entry, position_of, is_exit in entries:
        balance += entry.amount if isinstance(entry, CashMove) else entry.net
        yield Deal(entry, position_of, is_exit, balance)
