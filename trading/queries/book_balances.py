"""What accounts hold by the balance proof, beside what their brokers last reported; for many accounts at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import connection


@dataclass(frozen=True, slots=True)
class Balances:
    """`book` is None where nothing tells what the account held at its start; `broker` where no sync reported one."""

    book: Decimal | None
    broker: Decimal | None


#: The opening balance is that of trading.queries.figures.opening_balance: the statement that reaches furthest back, else
#: the first sync less what the book holds up to that moment. Derived entries carry no money, and credit is no balance.
_BALANCES = """
WITH wanted AS (SELECT unnest(%(accounts)s::uuid[]) AS account_id),
stated AS (
    SELECT DISTINCT ON (account_id) account_id, opening_balance FROM trading_statement
    WHERE account_id = ANY(%(accounts)s::uuid[]) AND state IN ('committed', 'undoing') AND has_history
    ORDER BY account_id, opening_balance IS NULL, period_start NULLS LAST, committed_at
),
money AS (
    SELECT w.account_id, booked.at, booked.amount
    FROM wanted w CROSS JOIN LATERAL (
        SELECT executed_at AS at, net_profit AS amount FROM trading_execution
        WHERE account_id = w.account_id AND NOT (is_derived AND direction = 'in')
        UNION ALL
        SELECT booked_at, amount FROM trading_cashflow WHERE account_id = w.account_id AND kind <> 'credit'
    ) booked
),
booked AS (
    SELECT m.account_id, sum(m.amount) AS whole,
        sum(m.amount) FILTER (WHERE m.at <= s.first_booked_at) AS until_first
    FROM money m LEFT JOIN trading_syncstate s USING (account_id) GROUP BY m.account_id
)
SELECT w.account_id,
    CASE WHEN stated.account_id IS NOT NULL THEN stated.opening_balance
        ELSE s.first_balance - COALESCE(booked.until_first, 0) END + COALESCE(booked.whole, 0),
    n.balance
FROM wanted w
LEFT JOIN stated USING (account_id)
LEFT JOIN booked USING (account_id)
LEFT JOIN trading_syncstate s USING (account_id)
LEFT JOIN trading_snapshot n ON n.account_id = w.account_id AND n.source = 'sync'
"""


def balances(account_ids: Sequence[UUID]) -> Mapping[UUID, Balances]:
    """Both balances of each account, in one query however many there are."""
    with connection.cursor() as cursor:
        cursor.execute(_BALANCES, {"accounts": list(account_ids)})
        return {account_id: Balances(book, broker) for account_id, book, broker in cursor.fetchall()}
