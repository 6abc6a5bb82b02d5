"""The tables that an import writes, and how a row that the book has already is corrected.

A row is found by its account and `key`. `facts` are taken from whichever report is newer. `details` are what a report
may leave out: a blank one never replaces what the book knows, and an older report may still fill a gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    key: str
    facts: Sequence[str]
    details: Sequence[str] = ()  # texts: blank is unknown
    optional: Sequence[str] = ()  # null is unknown
    staged_only: Sequence[str] = ()  # columns of the stage that the table does not have
    looked_up: Sequence[str] = ()  # of the optional ones: found by SQL, so that the stage does not have them

    @property
    def table(self) -> str:
        return f"trading_{self.name.replace('_', '')}"

    @property
    def stage(self) -> str:
        return f"stage_{self.name}"

    @property
    def columns(self) -> list[str]:
        """What is written besides id, account, source and added_by."""
        return [self.key, *self.facts, *self.details, *self.optional]

    @property
    def staged_columns(self) -> list[str]:
        """What a staged line holds after its id."""
        return [*(column for column in self.columns if column not in self.looked_up), *self.staged_only]


TRADE = Table(
    "trade",
    "ticket",
    facts=(
        "symbol",
        "side",
        "volume_lots",
        "closed_volume_lots",
        "opened_at",
        "opened_text",
        "open_price",
        "closed_at",
        "closed_text",
        "close_price",
        "stop_loss",
        "take_profit",
        "commission",
        "swap",
        "fee",
        "gross_profit",
    ),
    details=("strategy_id", "comment", "parent_ticket"),
    optional=("open_stop_loss", "open_take_profit"),
)
EXECUTION = Table(
    "execution",
    "deal_id",
    facts=(
        "symbol",
        "direction",
        "side",
        "volume_lots",
        "price",
        "executed_at",
        "executed_text",
        "sequence",
        "commission",
        "swap",
        "fee",
        "gross_profit",
        "is_derived",
    ),
    details=("order_id", "comment", "position_ticket"),
    optional=("balance_after", "trade_id"),
    staged_only=("ticket",),
    looked_up=("trade_id",),
)
CASH_FLOW = Table(
    "cash_flow",
    "reference",
    facts=("kind", "amount", "booked_at", "booked_text", "sequence"),
    details=("comment",),
    optional=("balance_after",),
)
POSITION = Table(
    "position",
    "ticket",
    facts=(
        "symbol",
        "side",
        "volume_lots",
        "opened_at",
        "opened_text",
        "open_price",
        "current_price",
        "stop_loss",
        "take_profit",
        "swap",
        "commission",
        "floating_profit",
        "reported_at",
    ),
    details=("comment",),
)
SNAPSHOT = Table(
    "snapshot",
    "taken_at",
    facts=("open_positions",),
    optional=("balance", "equity", "margin", "free_margin", "floating_profit", "credit"),
)

#: In the order in which they are written; each under the word that outcomes use for it.
TABLES = {
    "trades": TRADE,
    "executions": EXECUTION,
    "cash_flows": CASH_FLOW,
    "positions": POSITION,
    "snapshots": SNAPSHOT,
}
