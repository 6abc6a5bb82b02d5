"""Reads the equity that a feed reported, from every tier of the live snapshots, thinned to what figures need."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from trading.calc.figure_types import EquityPoint

#: Of each hour the reports with the lowest and the highest equity, with the highest margin, and the last one. What a
#: record began with stays as well.
_REPORTS = """
    SELECT DISTINCT ON (taken_at) taken_at, equity, margin FROM (
        SELECT taken_at, tier, equity, margin,
            row_number() OVER (hour ORDER BY equity, taken_at) AS from_below,
            row_number() OVER (hour ORDER BY equity DESC, taken_at) AS from_above,
            row_number() OVER (hour ORDER BY margin DESC, taken_at) AS from_margin,
            row_number() OVER (hour ORDER BY taken_at DESC) AS from_last,
            min(taken_at) OVER () AS first
        FROM trading_livesnapshot
        WHERE account_id = %(account)s AND taken_at >= coalesce(%(since)s, '-infinity'::timestamptz)
            AND taken_at < coalesce(%(until)s, 'infinity'::timestamptz)
        WINDOW hour AS (PARTITION BY date_bin('1 hour', taken_at, '2000-01-01'))
    ) AS numbered
    WHERE 1 IN (from_below, from_above, from_margin, from_last) OR taken_at = first
    ORDER BY taken_at, tier
"""


def equity_reports(account_id: UUID, since: datetime | None, until: datetime | None) -> list[EquityPoint]:
    """The account as its broker reported it from `since` to before `until`, oldest first, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_REPORTS, {"account": account_id, "since": since, "until": until})
        return [EquityPoint(*row) for row in cursor]
