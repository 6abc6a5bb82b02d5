"""What an account's closed trades came to, and what leads from there to all that its fills booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import connection

from accounts.models import BrokerAccount
from trading import cache
from trading.queries import rollups
from trading.queries.trades import kept_parts

ZERO = Decimal(0)
#: Of closed trades the number and the net, of fills the net and the exits.
_Sums = tuple[int, Decimal, Decimal, int]
_NOTHING: _Sums = (0, ZERO, ZERO, 0)


@dataclass(frozen=True, slots=True)
class AccountResult:
    """`net` and `trades` are of closed trades. `net` + `on_open` + `elsewhere` = `booked`, what all fills moved the balance by.

    `on_open` is what trades that are still open have booked: entry commission, partial closes. `exits` are closing fills.
    """

    trades: int = 0
    net: Decimal = ZERO
    booked: Decimal = ZERO
    exits: int = 0
    on_open: Decimal = ZERO

    @property
    def elsewhere(self) -> Decimal:
        """What fills say that their closed trades do not, and fills that belong to no trade."""
        return self.booked - self.net - self.on_open

    def __add__(self, other: "AccountResult") -> "AccountResult":
        return AccountResult(
            self.trades + other.trades,
            self.net + other.net,
            self.booked + other.booked,
            self.exits + other.exits,
            self.on_open + other.on_open,
        )


def account_results(accounts: Sequence[BrokerAccount]) -> dict[UUID, AccountResult]:
    """One for each of these accounts, in two queries, kept until one of them changes."""
    keys = [account.pk for account in accounts]
    return cache.remembered("results", kept_parts(accounts, ""), cache.RESULTS_S, lambda: read_results(keys))


def read_results(keys: Sequence[UUID]) -> dict[UUID, AccountResult]:
    """The same without what is kept of it."""
    sums: dict[UUID, _Sums] = dict(rollups.by_account(keys)) or _added_up(keys)
    on_open = _on_open(keys)
    return {key: AccountResult(*sums.get(key, _NOTHING), on_open.get(key, ZERO)) for key in keys}


def _added_up(keys: Sequence[UUID]) -> dict[UUID, _Sums]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT account_id, sum(trades)::bigint, sum(net), sum(booked), sum(exits)::bigint FROM (
                SELECT account_id, count(*) AS trades, sum(net_profit) AS net, 0 AS booked, 0 AS exits
                FROM trading_trade WHERE account_id = ANY(%(keys)s) AND closed_at IS NOT NULL GROUP BY 1
                UNION ALL
                SELECT account_id, 0, 0, sum(net_profit), count(*) FILTER (WHERE direction <> 'in')
                FROM trading_execution WHERE account_id = ANY(%(keys)s) GROUP BY 1
            ) s GROUP BY 1""",
            {"keys": list(keys)},
        )
        return {key: (trades, net, booked, exits) for key, trades, net, booked, exits in cursor}


def _on_open(keys: Sequence[UUID]) -> dict[UUID, Decimal]:
    """By the open trades, of which there are few, and not by the fills."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT t.account_id, sum(e.net_profit)
            FROM trading_trade t JOIN trading_execution e ON e.trade_id = t.id
            WHERE t.account_id = ANY(%s) AND t.closed_at IS NULL GROUP BY 1""",
            [list(keys)],
        )
        return dict(cursor.fetchall())
