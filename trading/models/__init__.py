"""What happened in the accounts."""

from trading.models.cash_flow import CashFlow, FlowKind
from trading.models.common import Side, Source
from trading.models.day_note import DayNote
from trading.models.exchange_rate import ExchangeRate, RateUpload
from trading.models.execution import Direction, Execution
from trading.models.guards import (
    Alert,
    AuditEntry,
    AutoClose,
    CloseRequest,
    Delivery,
    GuardKind,
    GuardRule,
    GuardState,
    KillSwitch,
    Level,
    Webhook,
)
from trading.models.instrument import Instrument, SymbolMapping
from trading.models.journal import JournalEntry, Tag
from trading.models.position import Position, Snapshot
from trading.models.reconciliation import AccountRules, Break, BreakType, ReconciliationLog
from trading.models.rollup import AccountRollup, DayRollup
from trading.models.screenshot import Screenshot, ScreenshotData, ScreenshotKind
from trading.models.sharing import DayDigest, SharedRecord
from trading.models.statement import (
    BUSY_STATES,
    Origin,
    State,
    Statement,
    StatementCorrection,
    StatementFile,
    StatementFileChunk,
)
from trading.models.sync import LiveSnapshot, Quote, SyncReceipt, SyncState
from trading.models.trade import Trade

__all__ = [
    "BUSY_STATES",
    "AccountRollup",
    "AccountRules",
    "Alert",
    "AuditEntry",
    "AutoClose",
    "Break",
    "BreakType",
    "CashFlow",
    "CloseRequest",
    "DayDigest",
    "DayNote",
    "DayRollup",
    "Delivery",
    "Direction",
    "ExchangeRate",
    "Execution",
    "FlowKind",
    "GuardKind",
    "GuardRule",
    "GuardState",
    "Instrument",
    "JournalEntry",
    "KillSwitch",
    "Level",
    "LiveSnapshot",
    "Origin",
    "Position",
    "Quote",
    "RateUpload",
    "ReconciliationLog",
    "Screenshot",
    "ScreenshotData",
    "ScreenshotKind",
    "SharedRecord",
    "Side",
    "Snapshot",
    "Source",
    "State",
    "Statement",
    "StatementCorrection",
    "StatementFile",
    "StatementFileChunk",
    "SymbolMapping",
    "SyncReceipt",
    "SyncState",
    "Tag",
    "Trade",
    "Webhook",
]
