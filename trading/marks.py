"""The marks of a trader: short texts that differ when anything that is shown of their accounts differs.

One is of what the API shows; the other, of pages, knows the trader's own row and the day where they live as well.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.db import connection
from django.utils import timezone

from accounts.models import Trader

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


#: What kept pages show of a trader's accounts, and of what waits.
PAGE_STATE = """
    SELECT (SELECT array_agg(id::text || '.' || revision ORDER BY id) FROM accounts_brokeraccount WHERE trader_id = %(trader)s),
        (SELECT count(*) FROM trading_statement WHERE trader_id = %(trader)s AND state = 'ready'),
        (SELECT count(*) FROM trading_guardstate s JOIN trading_guardrule r ON r.id = s.rule_id
            JOIN accounts_brokeraccount a ON a.id = r.account_id
            WHERE a.trader_id = %(trader)s AND r.enabled AND s.level <> 'normal'),
        (SELECT sum(f.open_breaks) FROM trading_syncstate f JOIN accounts_brokeraccount a ON a.id = f.account_id
            WHERE a.trader_id = %(trader)s)"""
_PAGE_MARK = f"""
    SELECT md5((SELECT state::text FROM ({PAGE_STATE}) state) || t::text), t.password, t.session_salt, t.time_zone, t.is_active
    FROM accounts_trader t WHERE t.id = %(trader)s"""


@dataclass(frozen=True, slots=True)
class PageMark:
    """The state of what pages show. `auth` is the stamp that a good session of this trader bears."""

    state: str
    auth: str
    time_zone: str
    day: str

    def is_of(self, now: datetime) -> bool:
        """Whether the day and the clock of this mark are those of now."""
        return self.day == _day(now, self.time_zone)

    def packed(self) -> bytes:
        return orjson.dumps([self.state, self.auth, self.time_zone, self.day])


def page_mark_of(trader_id: UUID) -> PageMark | None:
    """The mark as the database has it now, in one query; None for somebody whose account is closed or gone."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_PAGE_MARK, {"trader": trader_id})
        found: tuple[Any, ...] | None = cursor.fetchone()
    if found is None or not found[4]:
        return None
    state, password, salt, time_zone, _is_active = found
    auth = Trader(password=password, session_salt=salt).get_session_auth_hash()
    return PageMark(state, auth, time_zone, _day(now, time_zone))


@lru_cache(maxsize=10_000)
def unpacked_page_mark(packed: bytes) -> PageMark:
    return PageMark(*orjson.loads(packed))


def _day(now: datetime, time_zone: str) -> str:
    return f"{now.astimezone(ZoneInfo(time_zone)):%Y-%m-%d%z}"
