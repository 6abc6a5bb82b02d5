"""The content of a MetaTrader 5 trade history report: rows of typed cells, the same for XLSX and HTML."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.calc.metatrader import Figures, metatrader_figures
from trading.samplefiles.account import CashMove, Order
from trading.samplefiles.instruments import CURRENCY_DIGITS, INSTRUMENTS
from trading.samplefiles.snapshot import Deal, Holding, Snapshot, mt5_history

ZERO = Decimal(0)
DIGITS = {item.symbol: item.digits for item in INSTRUMENTS}


@dataclass(frozen=True, slots=True)
class Number:
    """A number and the decimals it is printed with; `grouped` asks for spaces between thousands where it is text.

    `formula` is what a spreadsheet shows in place of the value.
    """

    value: Decimal
    digits: int
    grouped: bool = False
    formula: str = ""


Cell = str | int | Number | None
Row = Sequence[Cell]


class Report:
    """Everything that a report prints about a snapshot. Rows come lazily: a large account is never held as text."""

    def __init__(self, shown: Snapshot) -> None:
        self.shown = shown
        self.money_digits = CURRENCY_DIGITS.get(shown.profile.currency, 2)
        self.figures: Figures = metatrader_figures(mt5_history(shown), "mt5")
        self.closed = [holding for holding in shown.holdings if holding.exits]
        self.open = shown.open_holdings

    @property
    def account_text(self) -> str:
        profile = self.shown.profile
        return f"{profile.number} ({profile.currency}, {profile.server}, {profile.kind}, {profile.margin_mode})"

    def positions(self) -> Iterator[Row]:
        """13 cells. What is partly closed shows "closed / total"; its money is what was booked so far."""
        for holding in self.closed:
            position, digits = holding.position, holding.position.instrument.digits
            entry, closed = position.entry, sum((leg.lots for leg in holding.exits), ZERO)
            worth = sum((leg.price * leg.lots for leg in holding.exits), ZERO)
            volume = lots(closed) if not holding.is_open else f"{lots(closed)} / {lots(entry.lots)}"
            yield (
                stamp(entry.at),
                position.ticket,
                position.instrument.symbol,
                position.side,
                volume,
                Number(entry.price, digits),
                _price(position.stop_loss, digits),
                _price(position.take_profit, digits),
                stamp(holding.exits[-1].at),
                Number(worth / closed, digits),
                self.money(sum((leg.commission for leg in holding.exits), entry.commission)),
                self.money(sum((leg.swap for leg in holding.exits), ZERO)),
                self.money(sum((leg.gross_profit for leg in holding.exits), ZERO)),
            )

    def orders(self) -> Iterator[Row]:
        """11 cells."""
        for order in self.shown.done_orders:
            done = order.lots if order.filled else ZERO
            state = "filled" if order.filled else "canceled"
            yield (*self._order(order, done), stamp(order.done_at), state, order.comment)

    def working_orders(self) -> Iterator[Row]:
        """11 cells: the market's price where a done order has its time."""
        for order in self.shown.working_orders:
            market = _price(self.shown.market.get(order.symbol), DIGITS[order.symbol])
            yield (*self._order(order, ZERO), market, "placed", order.comment)

    def deals(self) -> Iterator[Row]:
        """14 cells, the balance after each deal among them."""
        for deal in self.shown.deals:
            yield self._cash(deal, deal.entry) if isinstance(deal.entry, CashMove) else self._fill(deal)

    def open_positions(self) -> Iterator[Row]:
        """12 cells."""
        for holding in self.open:
            yield self._open_position(holding)

    def money(self, value: Decimal) -> Number:
        return Number(value, self.money_digits, grouped=True)

    def _order(self, order: Order, done: Decimal) -> Row:
        digits = DIGITS[order.symbol]
        return (
            stamp(order.placed_at),
            order.number,
            order.symbol,
            order.kind,
            f"{lots(order.lots)} / {lots(done)}",
            "market" if order.price is None else Number(order.price, digits),
            _price(order.stop_loss, digits),
            _price(order.take_profit, digits),
        )

    def _cash(self, deal: Deal, move: CashMove) -> Row:
        """A balance row leaves four cells empty; a credit is an "in" of no volume at no price."""
        nothing = self.money(ZERO)
        is_credit = move.kind == "credit"
        return (
            stamp(move.at),
            move.deal,
            None,
            move.kind,
            *(("in", "0", Number(ZERO, 2), None) if is_credit else (None, None, None, None)),
            *(nothing, nothing, nothing),
            self.money(move.amount),
            self.money(deal.balance),
            move.comment,
        )

    def _fill(self, deal: Deal) -> Row:
        leg, position = deal.entry, deal.position
        if isinstance(leg, CashMove) or position is None:
            raise TypeError("A fill belongs to a position")
        return (
            stamp(leg.at),
            leg.deal,
            position.instrument.symbol,
            leg.order.kind.split()[0],
            "out" if deal.is_exit else "in",
            lots(leg.lots),
            Number(leg.price, position.instrument.digits),
            leg.order.number,
            self.money(leg.commission),
            self.money(ZERO),
            self.money(leg.swap),
            self.money(leg.gross_profit),
            self.money(deal.balance),
            leg.comment,
        )

    def _open_position(self, holding: Holding) -> Row:
        position, digits = holding.position, holding.position.instrument.digits
        return (
            stamp(position.entry.at),
            position.ticket,
            position.instrument.symbol,
            position.side,
            lots(holding.lots_left),
            Number(position.entry.price, digits),
            _price(position.stop_loss, digits),
            _price(position.take_profit, digits),
            Number(holding.current_price, digits),
            self.money(holding.swap),
            self.money(holding.floating_profit),
            position.strategy,
        )


def stamp(at: datetime) -> str:
    return f"{at.year}.{at.month:02}.{at.day:02} {at.hour:02}:{at.minute:02}:{at.second:02}"


def lots(value: Decimal) -> str:
    """Without trailing zeros: 0.1, 1, 0."""
    return f"{value.normalize():f}" if value else "0"


def _price(price: Decimal | None, digits: int) -> Number | None:
    return None if price is None else Number(price, digits)
