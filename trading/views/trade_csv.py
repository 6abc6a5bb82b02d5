"""The closed trades of a filter as CSV: one line at a time, however many there are."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from accounts.models import BrokerAccount
from trading.models import Trade

_COLUMNS = (
    "ticket", "symbol", "side", "volume_lots", "opened_at", "open_price", "closed_at", "close_price", "stop_loss",
    "take_profit", "gross_profit", "commission", "swap", "fee", "net_profit", "strategy_id", "comment", "opened_text",
    "closed_text",
)  # fmt: skip
_CHUNK = 2_000
#: A spreadsheet takes a cell that starts with one of these for a formula and runs it.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file that hands back what is written, for csv.writer."""

    def write(self, line: str) -> str:
        return line


def trade_lines(trades: QuerySet[Trade], accounts: Sequence[BrokerAccount]) -> Iterator[str]:
    """Lines of the file. Units: money in the currency of its line, times in UTC, exact as the broker printed them."""
    writer = csv.writer(_Echo())
    by_id = {account.pk: account for account in accounts}
    yield writer.writerow(["account", "account_number", "currency", *_COLUMNS])
    rows = trades.order_by("-closed_at", "-id").values_list("account_id", *_COLUMNS)
    for account_id, *values in rows.iterator(chunk_size=_CHUNK):
        account = by_id[account_id]
        head = [safe(account.label), safe(account.number), account.currency]
        yield writer.writerow([*head, *map(_cell, values)])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return safe(str(value))


def safe(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would run."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
