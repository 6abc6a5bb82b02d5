"""Reads of cash flows: pages with their running total, and what each kind comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from trading.models import CashFlow, FlowKind
from trading.queries import keyset
from trading.queries.keyset import Sort

ZERO = Decimal(0)
PAGE_SIZE = 50
SORT = Sort("booked", keyset.moment("booked_at"), True)
ROW_FIELDS = (
    "id",
    "account_id",
    "account__label",
    "account__currency",
    "reference",
    "kind",
    "amount",
    "booked_at",
    "booked_text",
    "comment",
    "added_by_id",
)


@dataclass(frozen=True, slots=True)
class FlowPage:
    """Shape: rows newest first, each with `running`: the sum of its currency up to it, credit left out."""

    rows: Sequence[dict[str, Any]]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class FlowTotals:
    """What moved in one currency. `net` is without credit, which is the broker's money, not the trader's."""

    currency: str
    count: int
    deposits: Decimal
    withdrawals: Decimal
    other: Decimal
    net: Decimal
    credit: Decimal


def cash_flows(trader: Any) -> QuerySet[CashFlow]:
    return CashFlow.objects.for_trader(trader)


def flow_page(queryset: QuerySet[CashFlow], cursor: str = "", size: int = PAGE_SIZE) -> FlowPage:
    """`size` flows after the cursor with their running totals, in two queries. Errors: BadCursorError."""
    page = keyset.keyset_page(queryset, SORT, ROW_FIELDS, cursor, size)
    if not page.rows:
        return FlowPage([], "")
    running = _sums(queryset.filter(SORT.beyond(page.rows[-1]["booked_at"], page.rows[-1]["id"])))
    for row in reversed(page.rows):
        currency = row["account__currency"]
        amount = ZERO if row["kind"] == FlowKind.CREDIT else row["amount"]
        running[currency] = row["running"] = running.get(currency, ZERO) + amount
    return FlowPage(page.rows, page.next_cursor)


def _sums(older: QuerySet[CashFlow]) -> dict[str, Decimal]:
    rows = older.exclude(kind=FlowKind.CREDIT).order_by().values_list("account__currency").annotate(total=Sum("amount"))
    return dict(rows)


def flow_totals(queryset: QuerySet[CashFlow]) -> list[FlowTotals]:
    """The totals of a whole filter, one per currency, in one query."""
    kinds = {
        "deposits": Q(kind=FlowKind.DEPOSIT),
        "withdrawals": Q(kind=FlowKind.WITHDRAWAL),
        "net": ~Q(kind=FlowKind.CREDIT),
        "credit": Q(kind=FlowKind.CREDIT),
    }
    sums = {name: Sum("amount", filter=condition, default=ZERO) for name, condition in kinds.items()}
    rows = (
        queryset.order_by()
        .values(currency=F("account__currency"))
        .annotate(count=Count("id"), **sums)
        .order_by("currency")
    )
    return [_totals(row) for row in rows]


def _totals(row: Mapping[str, Any]) -> FlowTotals:
    return FlowTotals(
        currency=row["currency"],
        count=row["count"],
        deposits=row["deposits"],
        withdrawals=row["withdrawals"],
        other=row["net"] - row["deposits"] - row["withdrawals"],
        net=row["net"],
        credit=row["credit"],
    )
