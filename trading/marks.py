"""The mark of a trader: one short text that differs when anything that the API shows of their accounts differs."""

from uuid import UUID

from django.db import connection

#: Everything else that an answer shows raises the revision of its account, which is part of the account's row.
_MARK = """
    SELECT md5(concat_ws('|',
        (SELECT string_agg(a::text, ';' ORDER BY a.id) FROM accounts_brokeraccount a WHERE a.trader_id = %(trader)s),
        (SELECT string_agg(s::text, ';' ORDER BY s.account_id) FROM trading_syncstate s
            JOIN accounts_brokeraccount a ON a.id = s.account_id WHERE a.trader_id = %(trader)s),
        (SELECT max(g.evaluated_at)::text FROM trading_guardstate g JOIN trading_guardrule r ON r.id = g.rule_id
            JOIN accounts_brokeraccount a ON a.id = r.account_id WHERE a.trader_id = %(trader)s)))"""


def mark_of(trader_id: UUID) -> str:
    """The mark as the database has it now, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK, {"trader": trader_id})
        (mark,) = cursor.fetchone()
        return str(mark)
