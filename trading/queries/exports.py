"""Rows of a filter for a file: through a server-side cursor, in the order of time, with all that an import would need."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from trading.models import JournalEntry, Screenshot

_CHUNK = 2_000
_ACCOUNT = {
    "account": "account__label",
    "platform": "account__platform",
    "server": "account__server",
    "account_number": "account__number",
    "currency": "account__currency",
    "server_time_zone": "account__server_time_zone",
}
#: What follows from other columns, or from how a row came here.
_MADE = ("net_profit", "source")


@dataclass(frozen=True, slots=True)
class Export:
    """One kind of rows. Shape: columns = {heading: field}; `order` is that of the file."""

    name: str
    columns: Mapping[str, str]
    order: tuple[str, ...]
    has_journal: bool = False

    @property
    def own_columns(self) -> dict[str, str]:
        """The columns that are not of the account, and not made from others."""
        return {name: field for name, field in self.columns.items() if name not in _ACCOUNT and name not in _MADE}

    @property
    def headings(self) -> list[str]:
        journal = ["initial_stop_loss", "rating", "tags", "notes", "screenshots"] if self.has_journal else []
        return [*self.columns, *journal]

    def rows(self, queryset: QuerySet[Any]) -> Iterator[tuple[Any, ...]]:
        """The rows, read as they are asked for."""
        fields = list(self.columns.values())
        if self.has_journal:
            queryset = queryset.annotate(**_journal())
            fields += ["own_stop_loss", "own_rating", "own_tags", "own_notes", "own_screenshots"]
        read: QuerySet[Any, tuple[Any, ...]] = queryset.order_by(*self.order).values_list(*fields)
        return read.iterator(chunk_size=_CHUNK)


def _own(*fields: str) -> dict[str, str]:
    return {field: field for field in fields}


def _journal() -> dict[str, Any]:
    entry = JournalEntry.objects.filter(account=OuterRef("account"), ticket=OuterRef("ticket"))
    tags = (
        entry.values("id")
        .annotate(names=ArrayAgg("tags__name", order_by="tags__name", filter=Q(tags__isnull=False)))
        .values("names")
    )
    shots = Screenshot.objects.shown().filter(account=OuterRef("account"), ticket=OuterRef("ticket"))
    return {
        "own_screenshots": Coalesce(Subquery(shots.order_by().values("ticket").annotate(n=Count("id")).values("n")), 0),
        "own_stop_loss": Subquery(entry.values("initial_stop_loss")[:1]),
        "own_rating": Subquery(entry.values("rating")[:1]),
        "own_tags": _joined(Subquery(tags[:1])),
        "own_notes": Coalesce(Subquery(entry.values("notes")[:1]), Value(""), output_field=TextField()),
    }


def _joined(names: Any) -> Any:
    return Coalesce(
        Func(names, Value(", "), function="array_to_string", output_field=TextField()),
        Value(""),
        output_field=TextField(),
    )


TRADES = Export(
    "trades",
    _ACCOUNT
    | _own(
        "ticket", "symbol", "side", "volume_lots", "closed_volume_lots", "opened_at", "open_price", "closed_at",
        "close_price", "open_stop_loss", "open_take_profit", "stop_loss", "take_profit", "gross_profit", "commission",
        "swap", "fee", "net_profit", "strategy_id", "comment", "parent_ticket", "source", "opened_text", "closed_text",
    ),
    ("-closed_at", "-id"),
    has_journal=True,
)  # fmt: skip
EXECUTIONS = Export(
    "executions",
    _ACCOUNT
    | {"ticket": "trade__ticket"}
    | _own(
        "deal_id", "order_id", "position_ticket", "symbol", "direction", "side", "volume_lots", "price", "executed_at",
        "executed_text", "sequence", "gross_profit", "commission", "swap", "fee", "net_profit", "balance_after",
        "comment", "is_derived", "source",
    ),
    ("-executed_at", "-sequence", "-id"),
)  # fmt: skip
CASH_FLOWS = Export(
    "cash-flows",
    _ACCOUNT
    | _own("reference", "kind", "amount", "booked_at", "booked_text", "sequence", "balance_after", "comment", "source"),
    ("-booked_at", "-sequence", "-id"),
)
POSITIONS = Export(
    "positions",
    _ACCOUNT
    | _own(
        "ticket", "symbol", "side", "volume_lots", "opened_at", "opened_text", "open_price", "current_price",
        "stop_loss", "take_profit", "swap", "commission", "floating_profit", "comment", "reported_at", "source",
    ),
    ("opened_at", "id"),
)  # fmt: skip
