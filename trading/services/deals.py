"""Writes the deals of syncs and the trades that follow from them. Set-based: as many queries for one account as for 500.

The caller holds the locks of the accounts.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from trading.models import Direction
from trading.services.deals_building import Builder, Fill, RoundTrip
from trading.services.recordsets import Columns, fetch, run

#: What makes two reports of one deal the same. Texts only fill gaps.
_FACTS = (
    "symbol",
    "direction",
    "side",
    "volume_lots",
    "price",
    "executed_at",
    "commission",
    "swap",
    "fee",
    "gross_profit",
)
_DECIMALS = ("volume_lots", "price", "commission", "swap", "fee", "gross_profit")
_KEYS: Columns = {"account_id": "uuid", "key": "text"}
_FILL: Columns = {
    "id": "uuid",
    "account_id": "uuid",
    "trade_id": "uuid",
    "deal_id": "text",
    "position_ticket": "text",
    "order_id": "text",
    "symbol": "text",
    "direction": "text",
    "side": "text",
    "volume_lots": "numeric",
    "price": "numeric",
    "executed_at": "timestamptz",
    "executed_text": "text",
    "sequence": "bigint",
    "commission": "numeric",
    "swap": "numeric",
    "fee": "numeric",
    "gross_profit": "numeric",
    "balance_after": "numeric",
    "comment": "text",
}
_TRADE: Columns = {
    "id": "uuid",
    "account_id": "uuid",
    "ticket": "text",
    "symbol": "text",
    "side": "text",
    "volume_lots": "numeric",
    "closed_volume_lots": "numeric",
    "opened_at": "timestamptz",
    "opened_text": "text",
    "open_price": "numeric",
    "closed_at": "timestamptz",
    "closed_text": "text",
    "close_price": "numeric",
    "stop_loss": "numeric",
    "take_profit": "numeric",
    "commission": "numeric",
    "swap": "numeric",
    "fee": "numeric",
    "gross_profit": "numeric",
    "strategy_id": "text",
    "comment": "text",
}
#: What a change of a trade's deals can change of the trade.
_TRADE_FACTS = [name for name in _TRADE if name not in ("id", "account_id", "ticket", "symbol", "side")]
_FILL_NAMES = [name for name in _FILL if name != "account_id"]
_TRIP_NAMES = [column.name for column in fields(RoundTrip)]


@dataclass(slots=True)
class Stops:
    """The stop and the target of a position, as last reported."""

    stop_loss: Decimal | None
    take_profit: Decimal | None


@dataclass(slots=True)
class NewDeals:
    """What a sync brings of one account. `stops` are those of its open positions, by ticket."""

    account_id: UUID
    is_netting: bool
    fills: list[Fill]
    stops: dict[str, Stops] = field(default_factory=dict)


@dataclass(slots=True)
class DealTally:
    added: int = 0
    corrected: int = 0
    unchanged: int = 0
    trades_opened: int = 0
    trades_changed: int = 0
    trades_closed: int = 0

    @property
    def has_changed(self) -> bool:
        return bool(self.added or self.corrected or self.trades_opened or self.trades_changed or self.trades_closed)


@dataclass(slots=True)
class _Work:
    """One account's deals while they are being sorted out. `fresh` are those that change anything."""

    deals: NewDeals
    tally: DealTally = field(default_factory=DealTally)
    fresh: list[Fill] = field(default_factory=list)
    trades: dict[UUID, RoundTrip] = field(default_factory=dict)
    linked: dict[UUID, list[Fill]] = field(default_factory=lambda: defaultdict(list))
    waiting: list[Fill] = field(default_factory=list)

    @property
    def is_netting(self) -> bool:
        return self.deals.is_netting or any(fill.direction == Direction.IN_OUT for fill in self.fresh)


def record_deals(batch: Sequence[NewDeals]) -> dict[UUID, DealTally]:
    """Adds and corrects deals, and makes, updates and closes their trades. Returns what became of each account's."""
    work = {deals.account_id: _Work(deals) for deals in batch if deals.fills}
    _sort_out(work)
    busy = {account_id: one for account_id, one in work.items() if one.fresh}
    if busy:
        _load_trades(busy)
        _load_fills(busy)
        _write(busy, {account_id: _built(one) for account_id, one in busy.items()})
    return {account_id: one.tally for account_id, one in work.items()}


def rebuild_trades(trade_ids: Sequence[UUID]) -> None:
    """Makes these trades what their deals say, after something else has put them back."""
    work: dict[UUID, _Work] = {}
    columns = ", ".join(f"t.{name}" for name in _TRIP_NAMES)
    for account_id, *values in fetch(
        f"SELECT t.account_id, {columns} FROM trading_trade t WHERE t.id = ANY(%(ids)s::uuid[])",
        _KEYS,
        [],
        {"ids": list(trade_ids)},
    ):
        trade = RoundTrip(*values)
        assert trade.id is not None
        one = work.setdefault(account_id, _Work(NewDeals(account_id, False, [])))
        one.trades[trade.id] = trade
    _load_fills(work)
    for one in work.values():
        one.fresh = [fill for fills in one.linked.values() for fill in fills if not fill.is_derived]
    _write(work, {account_id: _built(one) for account_id, one in work.items()})


def _sort_out(work: dict[UUID, _Work]) -> None:
    """Tells deals that are new, differ, or wait for their trade from those that the book has."""
    keys = [{"account_id": key, "key": fill.deal_id} for key, one in work.items() for fill in one.deals.fills]
    if not keys:
        return
    known: dict[tuple[UUID, str], Fill] = {}
    for account_id, fill in _fills(
        f"SELECT e.account_id, {_select('e')} FROM incoming k "
        "JOIN trading_execution e ON e.account_id = k.account_id AND e.deal_id = k.key",
        _KEYS,
        keys,
    ):
        known[account_id, fill.deal_id] = fill
    for account_id, one in work.items():
        for fill in one.deals.fills:
            book = known.get((account_id, fill.deal_id))
            if book is None:
                one.tally.added += 1
            elif any(getattr(book, name) != getattr(fill, name) for name in _FACTS):
                one.tally.corrected += 1
            else:
                one.tally.unchanged += 1
                if book.trade_id is not None or book.position_ticket == fill.position_ticket:
                    continue
            _keep_what_is_known(fill, book)
            one.fresh.append(fill)


def _keep_what_is_known(fill: Fill, book: Fill | None) -> None:
    if book is not None:
        fill.id, fill.trade_id = book.id, book.trade_id
        fill.executed_text = book.executed_text or fill.executed_text
        fill.order_id = book.order_id or fill.order_id
        fill.comment = book.comment or fill.comment
        if fill.balance_after is None:
            fill.balance_after = book.balance_after


def _load_trades(work: dict[UUID, _Work]) -> None:
    """The trades of the fresh deals: by ticket, by what a deal belongs to already, and what runs in a netting account."""
    tickets = [{"account_id": key, "key": fill.position_ticket} for key, one in work.items() for fill in one.fresh]
    tickets += [
        {"account_id": key, "key": fill.order_id}
        for key, one in work.items()
        for fill in one.fresh
        if fill.direction == Direction.IN_OUT
    ]
    ids = [fill.trade_id for one in work.values() for fill in one.fresh if fill.trade_id]
    netting = [
        {"account_id": key, "key": symbol}
        for key, one in work.items()
        if one.is_netting
        for symbol in {fill.symbol for fill in one.fresh}
    ]
    columns = ", ".join(f"t.{name}" for name in _TRIP_NAMES)
    rows = fetch(
        f"SELECT t.account_id, {columns} FROM trading_trade t JOIN incoming k "
        "ON t.account_id = k.account_id AND t.ticket = k.key "
        f"UNION SELECT t.account_id, {columns} FROM trading_trade t WHERE t.id = ANY(%(ids)s::uuid[])",
        _KEYS,
        tickets,
        {"ids": ids},
    )
    if netting:
        rows += fetch(
            f"SELECT t.account_id, {columns} FROM trading_trade t JOIN incoming k "
            "ON t.account_id = k.account_id AND t.symbol = k.key WHERE t.closed_at IS NULL",
            _KEYS,
            netting,
        )
    for account_id, *values in rows:
        trade = RoundTrip(*values)
        assert trade.id is not None
        if account_id in work:
            work[account_id].trades[trade.id] = trade


def _load_fills(work: dict[UUID, _Work]) -> None:
    """The deals that these trades have, and those that wait for a trade of these positions."""
    ids = [trade_id for one in work.values() for trade_id in one.trades]
    tickets = {(key, fill.position_ticket) for key, one in work.items() for fill in one.fresh}
    found = _fills(
        f"SELECT e.account_id, {_select('e')} FROM trading_execution e WHERE e.trade_id = ANY(%(ids)s::uuid[]) "
        f"UNION ALL SELECT e.account_id, {_select('e')} FROM trading_execution e JOIN incoming k "
        "ON e.account_id = k.account_id AND e.position_ticket = k.key AND e.position_ticket <> '' "
        "WHERE e.trade_id IS NULL",
        _KEYS,
        [{"account_id": account_id, "key": ticket} for account_id, ticket in tickets],
        {"ids": ids},
    )
    for account_id, fill in found:
        one = work[account_id]
        if fill.trade_id is not None:
            one.linked[fill.trade_id].append(fill)
        elif fill.deal_id not in {fresh.deal_id for fresh in one.fresh}:
            one.waiting.append(fill)


def _built(one: _Work) -> list[tuple[RoundTrip | None, RoundTrip]]:
    tickets = {trade.id: trade.ticket for trade in one.trades.values()}
    for fill in one.fresh:
        fill.trade_ticket = tickets.get(fill.trade_id, "")
    builder = Builder(one.trades.values(), one.linked, is_netting=one.is_netting)
    builder.take([*one.fresh, *one.waiting])
    return builder.trades()


def _write(work: dict[UUID, _Work], built: dict[UUID, list[tuple[RoundTrip | None, RoundTrip]]]) -> None:
    last_stops = _last_stops(built)
    rows = []
    for account_id, one in work.items():
        ids = {trade.ticket: trade.id for trade in one.trades.values()}
        for before, after in built[account_id]:
            after.id = ids[after.ticket] = after.id or uuid7()
            _set_stops(before, after, one.deals.stops.get(after.ticket) or last_stops.get((account_id, after.ticket)))
            _count(one.tally, before, after)
            rows.append(_trade_row(account_id, before, after))
        for fill in (*one.fresh, *one.waiting):
            fill.trade_id = ids.get(fill.trade_ticket) if fill.trade_ticket else None
    _write_trades(rows)
    _write_fills(work)


def _write_trades(rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    columns, stops = ", ".join(_TRADE), "open_stop_loss, open_take_profit"
    changes = ", ".join(f"{name} = excluded.{name}" for name in _TRADE_FACTS)
    opened: Columns = {"open_stop_loss": "numeric", "open_take_profit": "numeric"}
    run(
        f"INSERT INTO trading_trade AS t ({columns}, {stops}, parent_ticket, source) "
        f"SELECT {columns}, {stops}, '', 'sync' FROM incoming ON CONFLICT (account_id, ticket) DO UPDATE SET {changes}",
        {**_TRADE, **opened},
        rows,
    )


def _write_fills(work: dict[UUID, _Work]) -> None:
    fills = [(key, fill) for key, one in work.items() for fill in (*one.fresh, *one.waiting)]
    columns = [*_FILL]
    changed = [name for name in columns if name not in ("id", "account_id", "deal_id")]
    listed = ", ".join(columns)
    run(
        f"INSERT INTO trading_execution AS e ({listed}, is_derived, source) SELECT {listed}, false, 'sync' FROM incoming "
        "ON CONFLICT (account_id, deal_id) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in changed)
        + f" WHERE ({_all('e', changed)}) IS DISTINCT FROM ({_all('excluded', changed)})",
        _FILL,
        [{"account_id": key, **{name: getattr(fill, name) for name in _FILL_NAMES}} for key, fill in fills],
    )
    # A listed fill takes the place of a derived one of the same trade and direction.
    trades = [{"trade_id": fill.trade_id, "is_entry": fill.is_entry} for _key, fill in fills if fill.trade_id]
    derived = any(old.is_derived for one in work.values() for linked in one.linked.values() for old in linked)
    if trades and derived:
        run(
            "DELETE FROM trading_execution e USING incoming k WHERE e.trade_id = k.trade_id AND e.is_derived "
            "AND (e.direction = 'in') = k.is_entry",
            {"trade_id": "uuid", "is_entry": "boolean"},
            trades,
        )


def _last_stops(built: dict[UUID, list[tuple[RoundTrip | None, RoundTrip]]]) -> dict[tuple[UUID, str], Stops]:
    """What the broker last reported of the positions of these trades."""
    keys = [{"account_id": key, "key": after.ticket} for key, trades in built.items() for _before, after in trades]
    if not keys:
        return {}
    rows = fetch(
        "SELECT p.account_id, p.ticket, p.stop_loss, p.take_profit FROM incoming k "
        "JOIN trading_position p ON p.account_id = k.account_id AND p.ticket = k.key",
        _KEYS,
        keys,
    )
    return {(account_id, ticket): Stops(stop, target) for account_id, ticket, stop, target in rows}


def _set_stops(before: RoundTrip | None, after: RoundTrip, stops: Stops | None) -> None:
    """Stop and target at the open, and those at the close; a trader moves them in between."""
    just_closed = after.is_closed and not (before and before.is_closed)
    if stops and (before is None or just_closed):
        after.stop_loss, after.take_profit = stops.stop_loss, stops.take_profit


def _count(tally: DealTally, before: RoundTrip | None, after: RoundTrip) -> None:
    tally.trades_opened += before is None
    if after.is_closed and not (before and before.is_closed):
        tally.trades_closed += 1
    elif before is not None:
        tally.trades_changed += 1


def _trade_row(account_id: UUID, before: RoundTrip | None, after: RoundTrip) -> dict[str, Any]:
    row = {name: getattr(after, name) for name in _TRADE if name != "account_id"}
    is_open = before is None and not after.is_closed
    return row | {
        "account_id": account_id,
        "open_stop_loss": after.stop_loss if is_open else None,
        "open_take_profit": after.take_profit if is_open else None,
    }


def _fills(
    sql: str, columns: Columns, rows: Sequence[dict[str, Any]], more: dict[str, Any] | None = None
) -> Iterable[tuple[UUID, Fill]]:
    names = [*_FILL_NAMES, "is_derived"]
    for account_id, *values in fetch(sql, columns, rows, more):
        yield account_id, Fill(**dict(zip(names, values, strict=True)))


def _select(alias: str) -> str:
    return _all(alias, [*_FILL_NAMES, "is_derived"])


def _all(alias: str, names: Iterable[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


def fill_of(row: dict[str, Any], executed_text: str) -> Fill:
    """A deal from the checked texts of a call. `sequence` is its number, as in statements."""
    deal_id = row["deal_id"]
    amounts: dict[str, Any] = {name: Decimal(row[name]) for name in _DECIMALS}
    return Fill(
        **amounts,
        deal_id=deal_id,
        position_ticket=row["position_ticket"],
        order_id=row["order_id"],
        symbol=row["symbol"],
        direction=row["direction"],
        side=row["side"],
        executed_at=datetime.fromisoformat(row["executed_at"]),
        executed_text=executed_text,
        sequence=number_in(deal_id),
        balance_after=None if row["balance_after"] is None else Decimal(row["balance_after"]),
        comment=row["comment"],
        strategy_id=row["strategy_id"],
        id=uuid7(),
    )


def number_in(text: str) -> int:
    """The number that orders what happened in the same second; zero where the id is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
