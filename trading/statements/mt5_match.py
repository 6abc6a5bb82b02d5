"""Finds the position that each deal belongs to: a MetaTrader 5 report does not say.

An entry's order number is its position's number. An exit names nothing, so it is recognised by everything that its
position states about how it ended: symbol, side, time, volume, price, profit and swap together. Less is not enough: two
positions can close in the same second at the same price with their exits listed in the other order.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from trading.statements.derived import opposite
from trading.statements.ledger import ZERO
from trading.statements.rows import Direction, ExecutionRow, Side

#: Limits on searching. Real reports stay far below; a report made up to keep the reader busy must not.
_SEARCH_STEPS = 20_000  # for one position
_ALL_STEPS = 5_000_000  # for one report
_MOST_PARTS = 120
_MOST_CANDIDATES = 2_000


@dataclass(slots=True, kw_only=True)
class Book:
    """What is known of one position. `closed_at` is None where the report does not list it as closed.

    `left` is the closed volume that no exit has been found for yet.
    """

    ticket: str
    symbol: str
    side: Side
    opened_at: datetime
    volume: Decimal
    closed_volume: Decimal = ZERO
    closed_at: datetime | None = None
    close_price: Decimal = ZERO
    swap: Decimal = ZERO
    profit: Decimal = ZERO
    left: Decimal = ZERO
    from_deals: bool = False
    #: Another position that seems to have ended alike: a chain, because a list for each position takes more memory.
    next: "Book | None" = None


@dataclass(slots=True)
class Matched:
    """`tickets` runs along the deals; `guessed` counts exits placed by volume and time alone.

    `reversals` holds, for a deal that turned a position round, the ticket that it opened and with how much volume.
    """

    tickets: list[str]
    unmatched: list[int]
    guessed: int = 0
    reversals: dict[int, tuple[str, Decimal]] = field(default_factory=dict)


def match_deals(deals: Sequence[ExecutionRow], books: Sequence[Book], *, is_netting: bool | None) -> Matched:
    """The ticket of every deal, "" where none can be found. `is_netting` is None where the report does not say."""
    order = _oldest_first(deals)
    if is_netting is None:
        is_netting = _adds_up(deals, order, books)
    if is_netting or any(deal.direction is Direction.IN_OUT for deal in deals):
        return _Netting(deals, order, books).match()
    return _Hedging(deals, order, books).match()


def _adds_up(deals: Sequence[ExecutionRow], order: Sequence[int], books: Sequence[Book]) -> bool:
    """Whether a position was opened by several entries, as it only can be where a symbol has one position at a time."""
    entered: dict[str, Decimal] = defaultdict(Decimal)
    for deal in deals:
        if deal.direction is Direction.IN:
            entered[deal.order_id] += deal.volume_lots
    if any(0 < entered.get(book.ticket, ZERO) < book.volume for book in books):
        return True
    largest: dict[tuple[str, Side], Decimal] = defaultdict(Decimal)
    running: dict[tuple[str, Side], Decimal] = defaultdict(Decimal)
    for book in books:
        kind = (book.symbol, book.side)
        largest[kind] = max(largest[kind], book.volume)
    for index in order:
        deal = deals[index]
        if deal.direction is Direction.IN:
            if running[deal.symbol, opposite(deal.side)] > 0:
                return False  # both sides at once
            kind = (deal.symbol, deal.side)
            largest[kind] = max(largest[kind], deal.volume_lots)
            running[kind] += deal.volume_lots
            continue
        kind = (deal.symbol, opposite(deal.side))
        if largest[kind] < deal.volume_lots <= running[kind]:
            return True
        running[kind] = max(ZERO, running[kind] - deal.volume_lots)
    return False


def _oldest_first(deals: Sequence[ExecutionRow]) -> Sequence[int]:
    """The indexes of the deals in the order of time. Most reports have it already, and a sort of it would cost as much
    memory as a quarter of the deals."""
    keys = ((deal.executed_at, deal.sequence) for deal in deals)
    if all(earlier <= later for earlier, later in pairwise(keys)):
        return range(len(deals))
    return sorted(range(len(deals)), key=lambda index: (deals[index].executed_at, deals[index].sequence))


class _Hedging:
    """Every entry opens a position of its own."""

    def __init__(self, deals: Sequence[ExecutionRow], order: Sequence[int], books: Sequence[Book]) -> None:
        self._deals, self._order = deals, order
        self._books = {book.ticket: book for book in books}
        self._tickets = [""] * len(deals)
        self._guessed = 0
        self._steps_left = _ALL_STEPS

    def match(self) -> Matched:
        exits = self._enter()
        exits = self._whole(exits, with_price=True)
        exits = self._whole(exits, with_price=False)
        exits = self._parts(exits)
        exits = self._by_volume(exits)
        return Matched(self._tickets, exits, self._guessed)

    def _enter(self) -> list[int]:
        """Gives each entry its order's number and returns the exits, oldest first."""
        exits = []
        for index in self._order:
            deal = self._deals[index]
            if deal.direction is not Direction.IN:
                exits.append(index)
                continue
            ticket = self._tickets[index] = deal.order_id
            book = self._books.get(ticket)
            if book is None:
                book = Book(
                    ticket=ticket,
                    symbol=deal.symbol,
                    side=deal.side,
                    opened_at=deal.executed_at,
                    volume=ZERO,
                    from_deals=True,
                )
                self._books[ticket] = book
            if book.from_deals:
                book.volume += deal.volume_lots
                book.left += deal.volume_lots
        return exits

    def _whole(self, exits: list[int], *, with_price: bool) -> list[int]:
        """Places exits that closed all that their position states as closed."""
        waiting: dict[int, Book | None] = {}
        for book in reversed(self._books.values()):
            if book.closed_at is not None and book.left == book.closed_volume:
                key = hash(_ending(book, with_price=with_price))
                book.next, waiting[key] = waiting.get(key), book
        rest = []
        for index in exits:
            deal = self._deals[index]
            price = deal.price if with_price else None
            side = opposite(deal.side)
            ending = (deal.symbol, side, deal.executed_at, deal.volume_lots, price, deal.gross_profit, deal.swap)
            # Hashes only narrow the choice: those of -1 and -2 are the same.
            before, found = None, waiting.get(hash(ending))
            while found is not None and _ending(found, with_price=with_price) != ending:
                before, found = found, found.next
            if found is None:
                rest.append(index)
                continue
            self._place(index, found)
            if before is None:
                waiting[hash(ending)] = found.next
            else:
                before.next = found.next
        return rest

    def _parts(self, exits: list[int]) -> list[int]:
        """Places exits that together make up what their position states: volume, profit and swap add up exactly."""
        pools: dict[tuple[str, Side], _Pool] = defaultdict(_Pool)
        for index in exits:
            deal = self._deals[index]
            pools[deal.symbol, opposite(deal.side)].add(index, deal.executed_at)
        books = [book for book in self._books.values() if book.closed_at is not None and book.left > 0]
        for with_price in (True, False):
            for book in books:
                if book.left == book.closed_volume and self._steps_left > 0:
                    pool = pools[book.symbol, book.side]
                    for index in self._parts_of(book, pool, with_price=with_price):
                        self._place(index, book)
                        pool.remove(index, self._deals[index].executed_at)
        return [index for index in exits if not self._tickets[index]]

    def _parts_of(self, book: Book, pool: "_Pool", *, with_price: bool) -> list[int]:
        """The exits whose sums are the position's, the last of them at its close; empty when there are none."""
        if book.closed_at is None:
            return []
        candidates = pool.between(book.opened_at, book.closed_at)
        parts = [(index, self._deals[index]) for index in candidates]
        fitting = [part for part in parts if part[1].volume_lots <= book.closed_volume]
        search = _Search(book, fitting[:_MOST_PARTS], with_price=with_price)
        is_found = search.run(0, [], book.closed_volume, book.profit, book.swap)
        self._steps_left -= search.steps + len(candidates) // 10
        return search.found if is_found else []

    def _by_volume(self, exits: list[int]) -> list[int]:
        """Places what is left on the oldest position with enough volume: all that a report without positions allows."""
        waiting = sorted((book for book in self._books.values() if book.left > 0), key=lambda book: book.opened_at)
        waiting.reverse()
        running: dict[tuple[str, Side], list[Book]] = defaultdict(list)
        rest = []
        for index in exits:
            deal = self._deals[index]
            while waiting and waiting[-1].opened_at <= deal.executed_at:
                book = waiting.pop()
                running[book.symbol, book.side].append(book)
            pool = running[deal.symbol, opposite(deal.side)]
            self._steps_left -= len(pool) // 10
            fitting = [book for book in pool if book.left >= deal.volume_lots] if self._steps_left > 0 else []
            if not fitting:
                rest.append(index)
                continue
            book = next((book for book in fitting if book.left == deal.volume_lots), fitting[0])
            self._place(index, book)
            self._guessed += 1
            if not book.left:
                pool.remove(book)
        return rest

    def _place(self, index: int, book: Book) -> None:
        self._tickets[index] = book.ticket
        book.left -= self._deals[index].volume_lots


def _ending(book: Book, *, with_price: bool) -> tuple[object, ...]:
    price = book.close_price if with_price else None
    return (book.symbol, book.side, book.closed_at, book.closed_volume, price, book.profit, book.swap)


class _Pool:
    """Exits of one symbol and side that have no position yet, oldest first."""

    def __init__(self) -> None:
        self._times: list[datetime] = []
        self._indexes: list[int] = []

    def add(self, index: int, at: datetime) -> None:
        self._times.append(at)
        self._indexes.append(index)

    def remove(self, index: int, at: datetime) -> None:
        place = self._indexes.index(index, bisect_left(self._times, at))
        del self._times[place], self._indexes[place]

    def between(self, first: datetime, last: datetime) -> list[int]:
        """Those of a span of time, both ends included, the newest first; of very many only the newest."""
        end = bisect_right(self._times, last)
        start = max(bisect_left(self._times, first), end - _MOST_CANDIDATES)
        return self._indexes[start:end][::-1]


class _Search:
    """A search with a limit: reports can hold sets of exits that no search would ever finish."""

    def __init__(self, book: Book, parts: list[tuple[int, ExecutionRow]], *, with_price: bool) -> None:
        self._book, self._parts, self._with_price = book, parts, with_price
        self.steps = 0
        self.found: list[int] = []

    def run(self, start: int, taken: list[int], volume: Decimal, profit: Decimal, swap: Decimal) -> bool:
        if not volume:
            if profit or swap or (self._with_price and not self._price_fits(taken)):
                return False
            self.found = [self._parts[place][0] for place in taken]
            return True
        for place in range(start, len(self._parts)):
            self.steps += 1
            if self.steps > _SEARCH_STEPS:
                return False
            deal = self._parts[place][1]
            if not taken and deal.executed_at != self._book.closed_at:
                return False  # the pool runs from the newest back: no exit is left that closes the position
            if deal.volume_lots > volume:
                continue
            rest = (volume - deal.volume_lots, profit - deal.gross_profit, swap - deal.swap)
            if self.run(place + 1, [*taken, place], *rest):
                return True
        return False

    def _price_fits(self, taken: list[int]) -> bool:
        """Whether the exits' average price is the position's close price, to its last printed digit."""
        deals = [self._parts[place][1] for place in taken]
        average = sum((deal.price * deal.volume_lots for deal in deals), ZERO) / self._book.closed_volume
        exponent = min(int(deal.price.as_tuple().exponent) for deal in deals)
        return abs(average - self._book.close_price) <= Decimal(1).scaleb(exponent)


@dataclass(slots=True)
class _Running:
    """The one position that a netting account holds in a symbol."""

    ticket: str
    side: Side
    volume: Decimal


class _Netting:
    """Every symbol has one position at a time."""

    def __init__(self, deals: Sequence[ExecutionRow], order: Sequence[int], books: Sequence[Book]) -> None:
        self._deals, self._order = deals, order
        self._known = {book.ticket for book in books}
        self._opened = {(book.symbol, book.side, book.opened_at): book.ticket for book in reversed(books)}
        self._by_kind: dict[tuple[str, Side], list[Book]] = defaultdict(list)
        for book in sorted(books, key=lambda book: book.opened_at):
            self._by_kind[book.symbol, book.side].append(book)
        self._running: dict[str, _Running] = {}

    def match(self) -> Matched:
        result = Matched([""] * len(self._deals), [])
        for index in self._order:
            deal = self._deals[index]
            held = self._running.get(deal.symbol)
            if deal.direction is Direction.IN:
                result.tickets[index] = self._enter(deal, held)
            elif held is None:
                result.tickets[index] = self._opened_before(deal)
                if not result.tickets[index]:
                    result.unmatched.append(index)
            else:
                result.tickets[index] = held.ticket
                if over := self._reduce(held, deal):
                    result.reversals[index] = (deal.order_id, over)
        return result

    def _enter(self, deal: ExecutionRow, held: _Running | None) -> str:
        if held is None:
            opened = self._opened.get((deal.symbol, deal.side, deal.executed_at), deal.order_id)
            ticket = deal.order_id if deal.order_id in self._known else opened
            held = self._running[deal.symbol] = _Running(ticket, deal.side, ZERO)
        held.volume += deal.volume_lots
        return held.ticket

    def _reduce(self, held: _Running, deal: ExecutionRow) -> Decimal:
        """Takes a deal off the position. What a reversal has over opens the next one, and that volume comes back."""
        over = deal.volume_lots - held.volume
        if over < 0:
            held.volume = -over
            return ZERO
        del self._running[deal.symbol]
        if over > 0 and deal.direction is Direction.IN_OUT:
            self._running[deal.symbol] = _Running(deal.order_id, deal.side, over)
            return over
        return ZERO

    def _opened_before(self, deal: ExecutionRow) -> str:
        """The ticket of the position that was opened before the report begins, or ""."""
        books = self._by_kind[deal.symbol, opposite(deal.side)]
        while books and books[0].closed_at is not None and books[0].closed_at < deal.executed_at:
            books.pop(0)
        return books[0].ticket if books and books[0].opened_at <= deal.executed_at else ""
