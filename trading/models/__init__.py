"""What happened in the accounts."""

from trading.models.cash_flow import CashFlow, FlowKind
from trading.models.common import Side, Source
from trading.models.execution import Direction, Execution
from trading.models.instrument import Instrument, SymbolMapping
from trading.models.journal import JournalEntry, Tag
from trading.models.position import Position, Snapshot
from trading.models.statement import (
    BUSY_STATES,
    Origin,
    State,
    Statement,
    StatementCorrection,
    StatementFile,
    StatementFileChunk,
)
from trading.models.trade import Trade

__all__ = [
    "BUSY_STATES",
    "CashFlow",
    "Direction",
    "Execution",
    "FlowKind",
    "Instrument",
    "JournalEntry",
    "Origin",
    "Position",
    "Side",
    "Snapshot",
    "Source",
    "State",
    "Statement",
    "StatementCorrection",
    "StatementFile",
    "StatementFileChunk",
    "SymbolMapping",
    "Tag",
    "Trade",
]
