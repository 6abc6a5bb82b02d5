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


#: The opening balance is that of trading.queries.figures.opening_balance: of the statement that reaches furthest back,
#: else of the first sync, which has everything in it that was booked until then. Only what came later is summed up.
#: Derived entries carry no money, and credit is no balance.
_BALANCES = """
WITH stated AS (
    SELECT DISTINCT ON (account_id) account_id, opening_balance FROM trading_statement
    WHERE account_id = ANY(%(accounts)s::uuid[]) AND state IN ('committed', 'undoing') AND has_history
    ORDER BY account_id, opening_balance IS NULL, period_start NULLS LAST, committed_at
),
opened AS (
    SELECT w.account_id,
        CASE WHEN d.account_id IS NULL THEN s.first_balance ELSE d.opening_balance END AS balance,
        CASE WHEN d.account_id IS NULL THEN s.first_booked_at ELSE '-infinity' END AS since
    FROM unnest(%(accounts)s::uuid[]) AS w(account_id)
    LEFT JOIN stated d USING (account_id)
    LEFT JOIN trading_syncstate s USING (account_id)
)
SELECT o.account_id, o.balance + COALESCE(fills.amount, 0) + COALESCE(flows.amount, 0), n.balance
FROM opened o
LEFT JOIN LATERAL (
    SELECT sum(net_profit) AS amount FROM trading_execution
    WHERE account_id = o.account_id AND executed_at > o.since AND NOT (is_derived AND direction = 'in')
) fills ON o.balance IS NOT NULL
LEFT JOIN LATERAL (
    SELECT sum(amount) AS amount FROM trading_cashflow
    WHERE account_id = o.account_id AND booked_at > o.since AND kind <> 'credit'
) flows ON o.balance IS NOT NULL
LEFT JOIN trading_snapshot n ON n.account_id = o.account_id AND n.source = 'sync'
"""


def balances(account_ids: Sequence[UUID]) -> Mapping[UUID, Balances]:
    """Both balances of each account, in one query however many there are."""
    with connection.cursor() as cursor:
        cursor.execute(_BALANCES, {"accounts": list(account_ids)})
        return {account_id: Balances(book, broker) for account_id, book, broker in cursor.fetchall()}
