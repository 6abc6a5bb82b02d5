"""Reads both sides of accounts, their rules and what is known of their symbols: as many queries for any batch."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from trading.calc.reconciliation import Row, Rules
from trading.calc.symbols import Markets
from trading.models import AccountRules, Instrument, Position, SymbolMapping, SyncState, Trade
from trading.queries.book_balances import Balances, balances

_LOCK = "SELECT FROM accounts_brokeraccount WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE"


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared of one account."""

    state: SyncState
    rules: Rules
    broker: Sequence[Row]
    book: Sequence[Row]
    markets: Markets
    balances: Balances


def lock(account_ids: Iterable[UUID]) -> None:
    """Holds these accounts until the transaction ends, in one order, so that nobody waits for another in a circle.

    "No key": rows of other tables may still be made to point at them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [list(set(account_ids))])


def load(account_ids: Sequence[UUID]) -> dict[UUID, Sides]:
    """Both sides of each of these accounts, which the caller has locked; one that was never synced is left out."""
    rows = SyncState.objects.filter(account__in=list(account_ids)).select_related("account__rules")
    states = {state.account_id: state for state in rows}
    keys = list(states)
    if not keys:
        return {}
    # A feed that never said what is open, says nothing about the book's trades either.
    told = [key for key, state in states.items() if state.positions_at]
    broker, book, known, mappings = _broker(told), _book(told), balances(keys), _mappings(keys)
    pips = dict(Instrument.objects.values_list("symbol", "pip"))
    return {
        key: Sides(state, rules_of(state), broker[key], book[key], Markets(pips, mappings[key]), known[key])
        for key, state in states.items()
    }


def as_rules(stored: AccountRules) -> Rules:
    """The stored rules as the comparison takes them."""
    return Rules(
        match_volume_ratio=Decimal(stored.match_volume_ratio),
        match_price_pips=Decimal(stored.match_price_pips),
        slippage_pips=Decimal(stored.slippage_pips),
        volume_break_ratio=Decimal(stored.volume_break_ratio),
        balance_tolerance=Decimal(stored.balance_tolerance),
        stale_after=timedelta(seconds=stored.stale_after_s),
    )


def rules_of(state: SyncState) -> Rules:
    """The tolerances of the state's account: its own, else the defaults."""
    stored: AccountRules | None = getattr(state.account, "rules", None)
    return as_rules(stored) if stored else Rules()


def _broker(keys: Sequence[UUID]) -> Mapping[UUID, list[Row]]:
    rows = Position.objects.filter(account__in=keys).order_by()
    return _grouped(
        rows.values_list(
            "account_id", "ticket", "symbol", "side", "volume_lots", "open_price", "stop_loss", "take_profit"
        )
    )


def _book(keys: Sequence[UUID]) -> Mapping[UUID, list[Row]]:
    rows = Trade.objects.open().filter(account__in=keys).order_by()
    still_open = F("volume_lots") - F("closed_volume_lots")
    return _grouped(
        rows.values_list("account_id", "ticket", "symbol", "side", still_open, "open_price", "stop_loss", "take_profit")
    )


def _grouped(rows: Iterable[Any]) -> Mapping[UUID, list[Row]]:
    grouped: dict[UUID, list[Row]] = defaultdict(list)
    for account_id, *values in rows:
        grouped[account_id].append(Row(*values))
    return grouped


def _mappings(keys: Sequence[UUID]) -> Mapping[UUID, dict[str, str]]:
    """Per account: what its own symbols, in capitals, stand for."""
    grouped: dict[UUID, dict[str, str]] = defaultdict(dict)
    rows = SymbolMapping.objects.filter(account__in=keys).order_by()
    for account_id, symbol, name in rows.values_list("account_id", "broker_symbol", "instrument__symbol"):
        grouped[account_id][symbol.strip().upper()] = name
    return grouped
