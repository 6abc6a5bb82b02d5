"""An account as one file: all that its history was made of, line by line, so that it can be imported elsewhere or again.

What only the broker knows at a moment (open positions, equity, live snapshots) is left out: the next statement or sync
brings it. Uploaded files are left out too: they are there to download.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from accounts.models import BrokerAccount
from trading.models import CashFlow, Execution, JournalEntry, Trade
from trading.queries.exports import CASH_FLOWS, EXECUTIONS, TRADES
from trading.queries.figures import opening_balance
from trading.queries.overview import overviews
from trading.statements.portal_export import ACCOUNT_VERSION
from trading.tabular import written

_CHUNK = 2_000
_JOURNAL = ("ticket", "notes", "initial_stop_loss", "rating", "names")

Line = Mapping[str, Any]


def account_lines(account: BrokerAccount, now: datetime) -> Iterator[Line]:
    """The account, its trades, executions, cash flows and what its trader noted, and an end that tells how many they are.

    The rows are read while they are sent: `unchanged` of the end says whether the account stayed as it was meanwhile.
    """
    began_at = _revision(account)
    yield _head(account, now)
    rows = 0
    for line in _rows(account):
        rows += 1
        yield line
    yield {"row": "end", "rows": rows, "unchanged": _revision(account) == began_at}


def _revision(account: BrokerAccount) -> int | None:
    return BrokerAccount.objects.values_list("revision", flat=True).filter(pk=account.pk).first()


def _head(account: BrokerAccount, now: datetime) -> Line:
    (overview,) = overviews([account])
    return {
        "tradeportal": ACCOUNT_VERSION,
        "exported_at": written(now),
        "account": account.label,
        "platform": account.platform,
        "broker": account.broker,
        "server": account.server,
        "account_number": account.number,
        "currency": account.currency,
        "server_time_zone": account.server_time_zone,
        "margin_mode": account.margin_mode,
        "leverage": account.leverage,
        "is_demo": account.is_demo,
        "opening_balance": written(opening_balance(account)),
        "balance": written(overview.balance),
    }


def _rows(account: BrokerAccount) -> Iterator[Line]:
    trades = Trade.objects.filter(account=account).order_by("opened_at", "id")
    yield from _lines("trade", TRADES.own_columns, trades.values_list(*TRADES.own_columns.values()))
    fills = Execution.objects.filter(account=account).order_by("executed_at", "sequence", "id")
    yield from _lines("execution", EXECUTIONS.own_columns, fills.values_list(*EXECUTIONS.own_columns.values()))
    flows = CashFlow.objects.filter(account=account).order_by("booked_at", "sequence", "id")
    yield from _lines("cash_flow", CASH_FLOWS.own_columns, flows.values_list(*CASH_FLOWS.own_columns.values()))
    names = ArrayAgg("tags__name", order_by="tags__name", filter=Q(tags__isnull=False), default=[])
    notes = JournalEntry.objects.filter(account=account).order_by("ticket").annotate(names=names)
    yield from _lines("journal", [*_JOURNAL[:-1], "tags"], notes.values_list(*_JOURNAL))


def _lines(row: str, columns: Iterable[str], queryset: Any) -> Iterator[Line]:
    names = list(columns)
    for values in queryset.iterator(chunk_size=_CHUNK):
        yield {"row": row, **dict(zip(names, map(written, values), strict=True))}
