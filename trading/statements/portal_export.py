"""Reads what TradePortal exports: trades, executions or cash flows of one account, or the account as a whole.

The kind of a list follows from its columns. Every row names its account, so that a file of several is refused: which of
them it should go to would be a guess.
"""

import csv
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from typing import Any, BinaryIO

import orjson

from trading.errors import StatementRefused
from trading.statements.derived import derived_executions
from trading.statements.ledger import Ledger
from trading.statements.limits import Limits
from trading.statements.portal_files import (
    ACCOUNT_START,
    Record,
    Records,
    account_records,
    csv_records,
    json_records,
    sheet_records,
)
from trading.statements.portal_rows import (
    Fields,
    RowRefused,
    cash_flow_of,
    execution_of,
    journal_of,
    trade_of,
)
from trading.statements.rows import (
    AccountHeader,
    CashFlowRow,
    ExecutionRow,
    JournalRow,
    ParsedStatement,
    Progress,
    StatedFigure,
    TradeRow,
)
from trading.statements.tables import Row

READER_VERSION = 1
#: The version of the file of a whole account that this reader knows.
ACCOUNT_VERSION = 1
_ACCOUNT_FORMAT = "portal-account"
_LISTS: Mapping[str, frozenset[str]] = {
    "portal-trades": frozenset({"ticket", "closed_volume_lots", "opened_at"}),
    "portal-executions": frozenset({"deal_id", "direction", "executed_at"}),
    "portal-cash-flows": frozenset({"reference", "kind", "booked_at"}),
    "portal-positions": frozenset({"ticket", "floating_profit", "reported_at"}),
}
FORMATS = (_ACCOUNT_FORMAT, "portal-trades", "portal-executions", "portal-cash-flows")
_IDENTITY = ("platform", "server", "account_number", "currency")
_PLATFORM_CHARS, _NAME_CHARS = 10, 120


def starts_like_export(text: str) -> bool:
    """Whether a file that begins with this text is an export of the portal, as CSV, JSON or the lines of an account."""
    return text.startswith(ACCOUNT_START) or _list_of(_first_columns(text)) is not None


def sheet_starts_like_export(head: list[Row]) -> bool:
    return bool(head) and _list_of(head[0].texts) is not None


def read_text(
    stream: BinaryIO, head: str, encoding: str, skip: int, size: int, limits: Limits, progress: Progress | None
) -> ParsedStatement:
    """The export that begins with `head`. Errors: StatementRefused."""
    tell = progress or _nobody
    if head.startswith(ACCOUNT_START):
        with closing(account_records(stream, size, limits, tell)) as lines:
            return _read_account(lines, limits)
    open_list = json_records if head.lstrip().startswith("[") else csv_records
    with closing(open_list(stream, encoding, skip, size, limits, tell)) as records:
        return _read_list(records, limits)


def read_sheet(rows: Any, limits: Limits) -> ParsedStatement:
    """The export in the first sheet of a workbook; `rows` yields tables.Row. Errors: StatementRefused."""
    return _read_list(sheet_records(rows), limits)


class _Gathered:
    """Typed rows so far, and the problems among them."""

    def __init__(self, limits: Limits) -> None:
        self.ledger = Ledger(limits)
        self.trades: list[TradeRow] = []
        self.executions: list[ExecutionRow] = []
        self.flows: list[CashFlowRow] = []
        self.journal: list[JournalRow] = []
        self._add: Mapping[str, Callable[[Record], None]] = {
            "trade": self._trade,
            "execution": self._execution,
            "cash_flow": self._cash_flow,
            "journal": self._journal_entry,
        }

    def add(self, kind: str, record: Record) -> bool:
        """Takes a row, or keeps it as a problem with its reason and the money that it would move. Returns whether it took it."""
        add = self._add.get(kind)
        try:
            if add is None:
                raise RowRefused("This row is of no kind that an account holds.")
            add(record)
        except RowRefused as refused:
            self.ledger.problem(record.verbatim(), str(refused), _amount(record))
            return False
        return True

    def _trade(self, record: Record) -> None:
        row = trade_of(record.values, record.line)
        if self._is_first("ticket", row.ticket, record):
            self.trades.append(row)
            self.ledger.counts["closed_trades" if row.closed_at else "open_trades"] += 1

    def _execution(self, record: Record) -> None:
        row = execution_of(record.values, record.line)
        if self._is_first("deal", row.deal_id, record):
            self.executions.append(row)
            self.ledger.counts["deals"] += 1

    def _cash_flow(self, record: Record) -> None:
        row = cash_flow_of(record.values, record.line)
        if self._is_first("reference", row.reference, record):
            self.flows.append(row)
            self.ledger.counts["cash_flows"] += 1

    def _journal_entry(self, record: Record) -> None:
        row = journal_of(record.values)
        if row is not None:
            self.journal.append(row)

    def _is_first(self, kind: str, number: str, record: Record) -> bool:
        return self.ledger.is_first(kind, number, record.verbatim(), _amount(record))


def _read_list(records: Records, limits: Limits) -> ParsedStatement:
    gathered, header, name = _Gathered(limits), None, ""
    for record in records:
        if header is None:
            name = _list_of(record.values) or _refuse_columns()
            if name == "portal-positions":
                raise StatementRefused(
                    "Open positions are the broker's view of one moment, and come with the next statement or sync. "
                    "Import the trades of this account instead.",
                    code="positions_only",
                )
            header, identity = _header(record.values), _identity(record.values)
        if _identity(record.values) != identity:
            raise StatementRefused(
                "This export holds rows of several accounts. Choose one account in the list's filter and export each "
                "into a file of its own.",
                code="several_accounts",
            )
        kind = name.removeprefix("portal-").removesuffix("s").replace("-", "_")
        if gathered.add(kind, record) and kind == "trade":
            gathered.add("journal", record)
    if header is None:
        raise StatementRefused("This export holds no rows. Widen the filter and export again.", code="empty")
    fills = [fill for trade in gathered.trades for fill in derived_executions(trade)]
    return ParsedStatement(
        format=name,
        reader_version=READER_VERSION,
        header=header,
        trades=gathered.trades,
        executions=gathered.executions or fills,
        cash_flows=gathered.flows,
        journal=gathered.journal,
        needs_trades=name == "portal-executions",
        counts=gathered.ledger.counts,
        problems=gathered.ledger.problems,
        notes=_notes(name, gathered),
    )


def _read_account(records: Records, limits: Limits) -> ParsedStatement:
    head = next(records).values
    if head.get("tradeportal") != ACCOUNT_VERSION:
        raise StatementRefused(
            "This account was exported by a newer TradePortal. Update this one first.", code="newer_version"
        )
    try:
        fields = Fields(head)
        header = _header(head, fields.optional_moment("exported_at"))
        opening, balance = fields.optional_number("opening_balance"), fields.optional_number("balance")
    except RowRefused as refused:
        raise StatementRefused(
            f"The first line of this export does not make sense: {refused}", code="damaged"
        ) from None
    gathered, end = _Gathered(limits), None
    for record in records:
        kind = record.values.get("row")
        if end is not None:
            raise StatementRefused("Rows follow the end of this export. Export it again.", code="damaged")
        if kind == "end":
            end = record.values
        else:
            gathered.add(str(kind), record)
    _check_whole(end, gathered)
    return ParsedStatement(
        format=_ACCOUNT_FORMAT,
        reader_version=READER_VERSION,
        header=header,
        trades=gathered.trades,
        executions=gathered.executions,
        cash_flows=gathered.flows,
        journal=gathered.journal,
        stated=[] if balance is None else [StatedFigure("balance", balance, f"{balance:f}", "Balance", 1)],
        opening_balance=opening,
        counts=gathered.ledger.counts,
        problems=gathered.ledger.problems,
    )


def _check_whole(end: Mapping[str, Any] | None, gathered: _Gathered) -> None:
    """Errors: StatementRefused where lines are missing, or the account changed while it was written."""
    if end is None:
        raise StatementRefused("This export is cut short: its last line is missing. Export it again.", code="truncated")
    if end.get("unchanged") is not True:
        raise StatementRefused(
            "The account changed while this file was made, so its rows may not fit together. Export it again.",
            code="changed_meanwhile",
        )
    read = len(gathered.trades) + len(gathered.executions) + len(gathered.flows) + len(gathered.journal)
    if end.get("rows") != read + len(gathered.ledger.problems):
        raise StatementRefused(
            "This export holds other rows than its last line says. Export it again and upload it as it is.",
            code="truncated",
        )


def _header(values: Mapping[str, Any], exported_at: datetime | None = None) -> AccountHeader:
    try:
        fields = Fields(values)
        leverage = fields.integer("leverage") if values.get("leverage") is not None else None
        kind = "" if values.get("is_demo") is None else "demo" if fields.truth("is_demo") else "real"
        return AccountHeader(
            number=fields.text("account_number", _NAME_CHARS, needed=True),
            platform=fields.text("platform", _PLATFORM_CHARS, needed=True),
            currency=fields.text("currency", _PLATFORM_CHARS, needed=True),
            broker=fields.text("broker", _NAME_CHARS),
            server=fields.text("server", _NAME_CHARS),
            leverage=leverage,
            margin_mode=fields.text("margin_mode", _PLATFORM_CHARS),
            kind=kind,
            title=fields.text("account", _NAME_CHARS),
            reported_at=exported_at,
            reported_text=fields.text("exported_at"),
            time_zone=fields.text("server_time_zone", _NAME_CHARS),
        )
    except RowRefused as refused:
        raise StatementRefused(f"This export does not say whose account it is: {refused}", code="damaged") from None


def _identity(values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(values.get(name) or "" for name in _IDENTITY)


def _list_of(columns: Any) -> str | None:
    """The name of the list with these columns."""
    found = set(columns)
    if not {"account_number", "platform", "currency"} <= found:
        return None
    return next((name for name, needed in _LISTS.items() if needed <= found), None)


def _refuse_columns() -> str:
    raise StatementRefused(
        "Columns that an export has are missing from this file. Export it again and upload the file as it is.",
        code="damaged",
    )


def _first_columns(text: str) -> list[str]:
    """The headings of a CSV, or the names of the first object of a JSON list."""
    plain = text.lstrip("\ufeff \r\n\t")
    if plain.startswith("["):
        return _names_of(plain[1:].lstrip())
    line = plain.partition("\n")[0]
    try:
        return next(csv.reader([line], delimiter=max(",;\t", key=line.count)), [])
    except csv.Error:
        return []


def _names_of(text: str) -> list[str]:
    """The names in the object that the text begins with: on a line of its own, or laid out over several."""
    for end in (text.find("\n"), text.find("}") + 1):
        try:
            found = orjson.loads(text[:end].rstrip().removesuffix(",")) if end > 0 else None
        except orjson.JSONDecodeError:
            continue
        if isinstance(found, dict):
            return list(found)
    return []


def _notes(name: str, gathered: _Gathered) -> list[str]:
    booked = sum(1 for row in gathered.trades if row.closed_at is None and _booked(row))
    if not booked:
        return []
    which = "One open trade" if booked == 1 else f"{booked} open trades"
    return [f"{which} of this list had amounts booked already. They come with the export of the executions."]


def _booked(row: TradeRow) -> bool:
    return any((row.gross_profit, row.commission, row.swap, row.fee))


def _amount(record: Record) -> Decimal | None:
    """The money that a row says it moves."""
    try:
        fields = Fields(record.values)
        return fields.optional_number("net_profit") or fields.optional_number("amount")
    except RowRefused:
        return None


def _nobody(done: int, total: int) -> None:
    """Progress that nobody asked for."""
