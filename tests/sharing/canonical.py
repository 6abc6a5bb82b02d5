"""The lines of a day as docs/sharing.md describes them, written a second time."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple


class ClosedTrade(NamedTuple):
    opened_at: datetime
    closed_at: datetime
    symbol: str
    side: str
    volume_lots: Decimal
    open_price: Decimal
    close_price: Decimal
    gross_profit: Decimal
    commission: Decimal
    swap: Decimal
    fee: Decimal


class CashMove(NamedTuple):
    booked_at: datetime
    kind: str
    amount: Decimal


def trade_line(trade: ClosedTrade) -> str:
    opened, closed = moment_text(trade.opened_at), moment_text(trade.closed_at)
    return _line("trade", opened, closed, trade.symbol, trade.side, *map(number_text, trade[4:]))


def cash_line(cash: CashMove) -> str:
    return _line("cash", moment_text(cash.booked_at), cash.kind, number_text(cash.amount))


def number_text(value: Decimal) -> str:
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def moment_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _line(*parts: str) -> str:
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
