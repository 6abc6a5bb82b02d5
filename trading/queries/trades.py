"""Reads of trades: pages of a filter, its totals, one trade with its neighbours."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Protocol

from django.apps import apps
from django.db import connection
from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Min, Q, QuerySet, Sum

from accounts.models import BrokerAccount
from trading import cache
from trading.models import Tag, Trade
from trading.queries import keyset
from trading.queries.keyset import Column, Page, Sort

SORTS: Mapping[str, Column] = {
    "closed": keyset.moment("closed_at"),
    "opened": keyset.moment("opened_at"),
    "symbol": keyset.text("symbol"),
    "volume": keyset.number("volume_lots"),
    "gross": keyset.number("gross_profit"),
    "net": keyset.number("net_profit"),
    "held": keyset.duration("held"),
}
DEFAULT_SORT = "-closed"
PAGE_SIZE = 50
#: What a row of the list needs; the account's own columns come from the accounts, which the page has anyway.
ROW_FIELDS = (
    "id",
    "account_id",
    "ticket",
    "symbol",
    "side",
    "volume_lots",
    "opened_at",
    "opened_text",
    "open_price",
    "closed_at",
    "closed_text",
    "close_price",
    "gross_profit",
    "commission",
    "swap",
    "fee",
    "net_profit",
    "strategy_id",
    "comment",
)


class HasKey(Protocol):
    """An account, or as much of it as a page needs."""

    @property
    def pk(self) -> Any: ...


def all_trades(trader: Any) -> QuerySet[Trade]:
    """Every trade of this person, open and closed."""
    return Trade.objects.for_trader(trader)


def closed_trades(trader: Any) -> QuerySet[Trade]:
    """Every closed trade of this person. Unsorted and unsliced: filter it, then page it."""
    return Trade.objects.for_trader(trader).filter(closed_at__isnull=False)


def trade_page(
    queryset: QuerySet[Trade], accounts: Sequence[HasKey], sort: Sort, cursor: str = "", size: int = PAGE_SIZE
) -> Page:
    """`size` rows of a filter after the cursor. `accounts` are those that the filter covers. Errors: BadCursorError."""
    if queryset.query.is_empty():
        return Page((), "")
    queryset = with_sort(queryset, sort)
    if len(accounts) == 1:  # said so that PostgreSQL walks the account's own index
        queryset = queryset.filter(account=accounts[0].pk)
    fields = (*ROW_FIELDS, "held") if sort.name == "held" else ROW_FIELDS
    if sort.name != "closed" or not 1 < len(accounts) <= keyset.MERGED_ACCOUNTS:
        return keyset.keyset_page(queryset, sort, fields, cursor, size)
    return keyset.merged_page(queryset, [account.pk for account in accounts], sort, fields, cursor, size)


def with_sort(queryset: QuerySet[Trade], sort: Sort) -> QuerySet[Trade]:
    """The queryset with the computed column that this order needs."""
    if sort.name != "held":
        return queryset
    held = ExpressionWrapper(F("closed_at") - F("opened_at"), output_field=DurationField())
    return queryset.annotate(held=held)


def neighbours(queryset: QuerySet[Trade], trade: Trade, sort: Sort) -> tuple[Any | None, Any | None]:
    """The ids of the trades before and after this one within a filter, in its order."""
    field = sort.column.field
    value = held(trade) if sort.name == "held" else getattr(trade, field)
    if value is None:
        return None, None
    queryset = with_sort(queryset, sort)

    def beside(*, backwards: bool) -> Any | None:
        beyond = queryset.filter(sort.beyond(value, trade.pk, backwards=backwards))
        return beyond.order_by(*sort.order(backwards=backwards)).values_list("id", flat=True).first()

    return beside(backwards=True), beside(backwards=False)


def held(trade: Trade) -> timedelta | None:
    return trade.closed_at - trade.opened_at if trade.closed_at else None


@dataclass(frozen=True, slots=True)
class TradeTotals:
    """What the trades of a filter come to in one currency. Units: money in that currency, costs negative."""

    currency: str
    count: int
    wins: int
    losses: int
    volume_lots: Decimal
    gross_profit: Decimal
    commission: Decimal
    swap: Decimal
    fee: Decimal
    net_profit: Decimal
    won: Decimal
    lost: Decimal
    best: Decimal
    worst: Decimal

    @property
    def costs(self) -> Decimal:
        return self.commission + self.swap + self.fee

    @property
    def win_ratio(self) -> Decimal | None:
        return Decimal(self.wins) / self.count if self.count else None

    @property
    def profit_factor(self) -> Decimal | None:
        """None where nothing was lost."""
        return self.won / -self.lost if self.lost else None

    @property
    def expected_payoff(self) -> Decimal | None:
        return self.net_profit / self.count if self.count else None

    @property
    def average_win(self) -> Decimal | None:
        return self.won / self.wins if self.wins else None

    @property
    def average_loss(self) -> Decimal | None:
        return self.lost / self.losses if self.losses else None


def trade_totals(queryset: QuerySet[Trade]) -> tuple[TradeTotals, ...]:
    """The totals of a whole filter, one per currency, in one pass."""
    won, lost = Q(net_profit__gt=0), Q(net_profit__lt=0)
    rows = (
        queryset.order_by()
        .values(currency=F("account__currency"))
        .annotate(
            count=Count("id"),
            wins=Count("id", filter=won),
            losses=Count("id", filter=lost),
            total_volume=Sum("volume_lots"),
            total_gross=Sum("gross_profit"),
            total_commission=Sum("commission"),
            total_swap=Sum("swap"),
            total_fee=Sum("fee"),
            total_net=Sum("net_profit"),
            won=Sum("net_profit", filter=won, default=Decimal(0)),
            lost=Sum("net_profit", filter=lost, default=Decimal(0)),
            best=Max("net_profit"),
            worst=Min("net_profit"),
        )
        .order_by("currency")
    )
    return tuple(_totals(row) for row in rows)


def kept_totals(queryset: QuerySet[Trade], accounts: Sequence[BrokerAccount], key: str) -> tuple[TradeTotals, ...]:
    """The totals of a filter, kept until the history of one of its accounts changes. `key` names the filter and its window."""
    return cache.remembered("totals", kept_parts(accounts, key), cache.TRADE_TOTALS_S, lambda: trade_totals(queryset))


def kept_parts(accounts: Sequence[BrokerAccount], key: str) -> tuple[str, str]:
    """What an answer about a filter is kept under that rests on the history alone: its state, and the filter with its window."""
    return _histories(accounts), _digest(key)


def _histories(accounts: Sequence[BrokerAccount]) -> str:
    return _digest(",".join(sorted(f"{account.pk}.{account.history_revision}" for account in accounts)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _totals(row: Mapping[str, Any]) -> TradeTotals:
    return TradeTotals(
        currency=row["currency"],
        count=row["count"],
        wins=row["wins"],
        losses=row["losses"],
        volume_lots=row["total_volume"],
        gross_profit=row["total_gross"],
        commission=row["total_commission"],
        swap=row["total_swap"],
        fee=row["total_fee"],
        net_profit=row["total_net"],
        won=row["won"],
        lost=row["lost"],
        best=row["best"],
        worst=row["worst"],
    )


@dataclass(frozen=True, slots=True)
class Journal:
    """What a trader added to one trade."""

    has_notes: bool = False
    tags: tuple[str, ...] = ()


#: A quarter of what the same costs as a queryset, and every page and every answer with trades asks it.
_JOURNALS = """
    SELECT entry.account_id, entry.ticket, entry.notes <> '',
        COALESCE(array_agg(tag.name ORDER BY tag.name) FILTER (WHERE tag.name IS NOT NULL), '{}')
    FROM trading_journalentry entry
    JOIN accounts_brokeraccount account ON account.id = entry.account_id AND account.trader_id = %s
    LEFT JOIN trading_journalentry_tags tagged ON tagged.journalentry_id = entry.id
    LEFT JOIN trading_tag tag ON tag.id = tagged.tag_id
    WHERE entry.account_id = ANY(%s) AND entry.ticket = ANY(%s)
    GROUP BY entry.id"""


def journals(trader: Any, keys: Iterable[tuple[Any, str]]) -> dict[tuple[Any, str], Journal]:
    """What the trader added, by (account id, ticket), in one query for a whole page. Trades without are left out."""
    wanted = set(keys)
    if not wanted:
        return {}
    account_ids, tickets = {account_id for account_id, _ in wanted}, [ticket for _, ticket in wanted]
    with connection.cursor() as cursor:
        cursor.execute(_JOURNALS, [trader.pk, list(account_ids), tickets])
        rows = cursor.fetchall()
    return {
        (account_id, ticket): Journal(has_notes, tuple(tags))
        for account_id, ticket, has_notes, tags in rows
        if (account_id, ticket) in wanted
    }


@dataclass(frozen=True, slots=True)
class TradeChoices:
    """What a filter can be set to: only values that occur."""

    symbols: tuple[str, ...]
    strategies: tuple[str, ...]
    tags: tuple[str, ...]


def trade_choices(trader: Any, accounts: Sequence[BrokerAccount]) -> TradeChoices:
    """What occurs in the trader's closed trades, kept until one of these accounts, all of the trader's, changes."""
    parts = (trader.pk, _histories(accounts))
    return cache.remembered("choices", parts, cache.TRADE_CHOICES_S, lambda: _choices(trader))


def _choices(trader: Any) -> TradeChoices:
    pairs = set(closed_trades(trader).order_by().values_list("symbol", "strategy_id").distinct())
    return TradeChoices(
        tuple(sorted({symbol for symbol, _ in pairs})),
        tuple(sorted({strategy for _, strategy in pairs if strategy})),
        tuple(Tag.objects.for_trader(trader).values_list("name", flat=True)),
    )


def corrected_trades(ids: Sequence[Any]) -> frozenset[Any]:
    """Those of these trades that were changed after they were first recorded."""
    events: Any = apps.get_model("trading", "TradeEvent")
    return frozenset(events.objects.filter(pgh_obj_id__in=ids).values_list("pgh_obj_id", flat=True))
