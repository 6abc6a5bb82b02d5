"""What waits for a trader, as the menu of every page counts it."""

from typing import NamedTuple

from django.db import connection

from accounts.models import Trader


class Waiting(NamedTuple):
    """Statements to look at; rules that stand at warning or critical; breaks that stand. The latter of accounts in use."""

    statements: int = 0
    rules: int = 0
    breaks: int = 0


#: Every page asks it: as querysets it would be three statements, and as long in Python as in the database.
_WAITING = """
    SELECT (SELECT count(*) FROM trading_statement WHERE trader_id = %(trader)s AND state = 'ready'),
        (SELECT count(*) FROM trading_guardstate s JOIN trading_guardrule r ON r.id = s.rule_id AND r.enabled
            JOIN accounts_brokeraccount a ON a.id = r.account_id
            WHERE a.trader_id = %(trader)s AND a.archived_at IS NULL AND s.level <> 'normal'),
        (SELECT COALESCE(sum(f.open_breaks), 0)::bigint FROM trading_syncstate f
            JOIN accounts_brokeraccount a ON a.id = f.account_id
            WHERE a.trader_id = %(trader)s AND a.archived_at IS NULL)"""


def waiting(trader: Trader) -> Waiting:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"trader": trader.pk})
        return Waiting(*cursor.fetchone())
