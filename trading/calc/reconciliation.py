"""Reconciliation: which position of the broker is which open trade of the book, and in what they differ.

Every row of either side ends in exactly one place: in a match (with or without differences), as book only, or as broker
only. The order of the rows does not matter. docs/reconciliation.md says the rules with worked numbers.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Literal

from trading.calc.symbols import Markets

Kind = Literal[
    "entry_slippage",
    "volume_mismatch",
    "partial_fill",
    "take_profit_mismatch",
    "stop_loss_mismatch",
    "side_mismatch",
    "closed_at_broker",
    "unknown_at_book",
    "balance_mismatch",
    "stale",
]
Texts = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One open trade as one side has it. Units: volume in lots, what is still open; a price of None is not set."""

    ticket: str
    symbol: str
    side: str
    volume: Decimal
    open_price: Decimal
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The tolerances of an account; what lies exactly on one is still within. Ratios are of the book's volume."""

    match_volume_ratio: Decimal = Decimal("0.05")
    match_price_pips: Decimal = Decimal(2)
    slippage_pips: Decimal = Decimal(5)
    volume_break_ratio: Decimal = Decimal("0.10")
    balance_tolerance: Decimal = Decimal("0.01")
    stale_after: timedelta = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. Shape: `book` and `broker` hold the compared values alone, as texts. `amount` is money."""

    kind: Kind
    ticket: str = ""
    symbol: str = ""
    book: Texts | None = None
    broker: Texts | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A trade of the book and the position of the broker that it is; `differences` is empty where they agree."""

    book: Row
    broker: Row
    differences: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Shape: each in order of the book's tickets, else the broker's."""

    matches: tuple[Match, ...]
    book_only: tuple[Row, ...]
    broker_only: tuple[Row, ...]

    def findings(self) -> Iterator[Finding]:
        """Every difference between the two sides."""
        for match in self.matches:
            yield from match.differences
        for row in self.book_only:
            yield Finding("closed_at_broker", row.ticket, row.symbol, book=_identity(row))
        for row in self.broker_only:
            yield Finding("unknown_at_book", row.ticket, row.symbol, broker=_identity(row))


def reconcile(broker: Sequence[Row], book: Sequence[Row], rules: Rules, markets: Markets) -> Outcome:
    """The matches, and what is on one side alone. Shape: a ticket stands once on each side."""
    names = {row.symbol: markets.name(row.symbol) for row in chain(broker, book)}
    prices: dict[str, list[Decimal]] = defaultdict(list)
    for row in chain(broker, book):
        prices[names[row.symbol]].append(row.open_price)
    pips = {name: markets.pip(name, found) for name, found in prices.items()}
    pairs = _by_ticket(broker, book)
    pairs += _by_likeness(*_rest(broker, book, pairs), rules, names, pips)
    left_broker, left_book = _rest(broker, book, pairs)
    matches = [
        Match(own, theirs, _differences(own, theirs, rules, pips[names[theirs.symbol]])) for own, theirs in pairs
    ]
    return Outcome(
        tuple(sorted(matches, key=lambda match: match.book.ticket)),
        tuple(sorted(left_book, key=_ticket)),
        tuple(sorted(left_broker, key=_ticket)),
    )


def balance_finding(book: Decimal | None, broker: Decimal | None, rules: Rules) -> Finding | None:
    """The broker's balance against the balance proof's; None where they agree or one of them is not known."""
    if book is None or broker is None or abs(broker - book) <= rules.balance_tolerance:
        return None
    return Finding(
        "balance_mismatch", book={"balance": _text(book)}, broker={"balance": _text(broker)}, amount=broker - book
    )


def stale_finding(last_sync_at: datetime | None, now: datetime, rules: Rules) -> Finding | None:
    """A feed that has been quiet for longer than the account allows; None where there never was one."""
    if last_sync_at is None or now - last_sync_at <= rules.stale_after:
        return None
    return Finding("stale", broker={"last_sync_at": last_sync_at.isoformat()})


Pair = tuple[Row, Row]


def _by_ticket(broker: Sequence[Row], book: Sequence[Row]) -> list[Pair]:
    own = {row.ticket: row for row in book}
    return [(own[row.ticket], row) for row in broker if row.ticket in own]


def _rest(broker: Sequence[Row], book: Sequence[Row], pairs: Sequence[Pair]) -> tuple[list[Row], list[Row]]:
    paired_book = {own.ticket for own, _ in pairs}
    paired_broker = {theirs.ticket for _, theirs in pairs}
    return (
        [row for row in broker if row.ticket not in paired_broker],
        [row for row in book if row.ticket not in paired_book],
    )


def _by_likeness(
    broker: Sequence[Row], book: Sequence[Row], rules: Rules, names: Mapping[str, str], pips: Mapping[str, Decimal]
) -> list[Pair]:
    """Pairs of one market and side whose price and volume are near, nearest first, each row once."""
    own_markets, their_markets = _by_market(book, names), _by_market(broker, names)
    pairs: list[Pair] = []
    for market, theirs in their_markets.items():
        if market in own_markets:
            pairs += _pair_market(own_markets[market], theirs, rules, pips[market[0]])
    return pairs


#: Price and volume; rows that have both in common are as near as each other.
_Spot = tuple[Decimal, Decimal]
_Spots = dict[_Spot, list[Row]]


def _by_market(rows: Sequence[Row], names: Mapping[str, str]) -> dict[tuple[str, str], _Spots]:
    """The rows of each market and side by their spots, the first ticket last."""
    markets: dict[tuple[str, str], _Spots] = defaultdict(lambda: defaultdict(list))
    for row in sorted(rows, key=_ticket, reverse=True):
        markets[names[row.symbol], row.side][row.open_price, row.volume].append(row)
    return markets


def _pair_market(own: _Spots, theirs: _Spots, rules: Rules, pip: Decimal) -> Iterator[Pair]:
    """Empties the spots that are near each other, the nearest first. Spots and not rows, as many rows may share one."""
    reach, places = rules.match_price_pips * pip, sorted(own)
    near = [
        (abs(spot[0] - place[0]) / pip, abs(spot[1] - place[1]), place, spot)
        for spot in theirs
        for place in _between(places, spot[0] - reach, spot[0] + reach)
        if abs(spot[1] - place[1]) <= rules.match_volume_ratio * place[1]
    ]
    for _, _, place, spot in sorted(near):
        while own[place] and theirs[spot]:
            yield own[place].pop(), theirs[spot].pop()


def _between(places: Sequence[_Spot], lowest: Decimal, highest: Decimal) -> Sequence[_Spot]:
    """Those of the places, which are in order, whose price lies between these, both included."""
    return places[bisect_left(places, lowest, key=_price) : bisect_right(places, highest, key=_price)]


def _volume_differs(own: Row, theirs: Row, ratio: Decimal) -> bool:
    return abs(theirs.volume - own.volume) > ratio * own.volume


def _differences(own: Row, theirs: Row, rules: Rules, pip: Decimal) -> tuple[Finding, ...]:
    found: list[Finding] = []

    def add(kind: Kind, name: str, value: Callable[[Row], str | None], **more: str) -> None:
        broker = {name: value(theirs), **more}
        if theirs.ticket != own.ticket:
            broker["ticket"] = theirs.ticket
        found.append(Finding(kind, own.ticket, own.symbol, {name: value(own)}, broker))

    if own.side != theirs.side:
        add("side_mismatch", "side", lambda row: row.side)
    if abs(theirs.open_price - own.open_price) > rules.slippage_pips * pip:
        apart = _text(((theirs.open_price - own.open_price) / pip).normalize())
        add("entry_slippage", "open_price", lambda row: _text(row.open_price), pips=apart)
    if _volume_differs(own, theirs, rules.volume_break_ratio):
        # Only a ticket in common says that the smaller volume is a part of the same order.
        is_part = theirs.volume < own.volume and theirs.ticket == own.ticket
        add("partial_fill" if is_part else "volume_mismatch", "volume", lambda row: _text(row.volume))
    if own.stop_loss != theirs.stop_loss:
        add("stop_loss_mismatch", "stop_loss", lambda row: _optional(row.stop_loss))
    if own.take_profit != theirs.take_profit:
        add("take_profit_mismatch", "take_profit", lambda row: _optional(row.take_profit))
    return tuple(found)


def _identity(row: Row) -> Texts:
    return {"side": row.side, "volume": _text(row.volume), "open_price": _text(row.open_price)}


def _text(value: Decimal) -> str:
    """The digits as they are printed, never with an exponent."""
    return f"{value:f}"


def _optional(value: Decimal | None) -> str | None:
    return None if value is None else _text(value)


def _price(place: _Spot) -> Decimal:
    return place[0]


def _ticket(row: Row) -> str:
    return row.ticket
