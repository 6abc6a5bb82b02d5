"""Rolls up the days of accounts. From then on, triggers keep them right in the transaction of every write."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import BrokerAccount
from trading.models import AccountRollup
from trading.services.reconciliation_inputs import lock

_FIRST, _LAST = date(1990, 1, 1), date(2050, 1, 1)


@cache
def has_plain_days(zone: ZoneInfo) -> bool:
    """Whether every day of the zone is one stretch of time. Where a clock was put back over midnight it is not, and
    PostgreSQL and the filters of lists name the moments in between differently: such a zone is never rolled up.
    """
    for number in range((_LAST - _FIRST).days):
        day = _FIRST + timedelta(days=number)
        begins = datetime.combine(day, time.min, zone).astimezone(ZoneInfo("UTC"))
        before, later = begins - timedelta(microseconds=1), begins + timedelta(hours=3)
        if before.astimezone(zone).date() >= day or not day <= later.astimezone(zone).date() <= day + timedelta(1):
            return False
        if begins.astimezone(zone).date() < day or (begins + timedelta(minutes=1)).astimezone(zone).date() < day:
            return False
    return True


def roll_up_missing(account_ids: Iterable[UUID] | None = None) -> int:
    """Rolls up those of these accounts, or of all, that are not, or not in the zone of their trader. Returns how many."""
    accounts = BrokerAccount.objects.order_by("pk").values_list("pk", "trader__time_zone")
    known = AccountRollup.objects.order_by()
    if account_ids is not None:
        keys = list(account_ids)
        accounts, known = accounts.filter(pk__in=keys), known.filter(account__in=keys)
    zones = dict(known.values_list("account_id", "time_zone"))
    waiting = [key for key, zone in accounts if zones.get(key) != zone and has_plain_days(ZoneInfo(zone))]
    for key in waiting:
        roll_up(key)
    return len(waiting)


@transaction.atomic
def roll_up(account_id: UUID) -> None:
    """Rolls up one account anew, in the zone of its trader, under the account's lock."""
    lock([account_id])
    account = BrokerAccount.objects.select_related("trader").filter(pk=account_id).first()
    if account is None:
        return
    zone = account.trader.time_zone
    with connection.cursor() as cursor:
        if has_plain_days(ZoneInfo(zone)):
            cursor.execute("SELECT trading_roll_up_account(%s, %s)", [account_id, zone])
        else:
            AccountRollup.objects.filter(account=account_id).delete()


def differing_accounts(at_most: int | None = None) -> list[UUID]:
    """The accounts whose rolled-up days are not what their trades and fills add up to; for whoever doubts the triggers."""
    found = []
    for account_id in AccountRollup.objects.order_by("-pk").values_list("account_id", flat=True)[:at_most]:
        with transaction.atomic(), connection.cursor() as cursor:
            lock([account_id])
            before = _rows(cursor, account_id)
            cursor.execute(
                "SELECT trading_roll_up_account(account_id, time_zone) FROM trading_accountrollup WHERE account_id = %s",
                [account_id],
            )
            if _rows(cursor, account_id) != before:
                found.append(account_id)
            transaction.set_rollback(True)
    return found


def _rows(cursor: CursorWrapper, account_id: UUID) -> list[tuple[Any, ...]]:
    cursor.execute("SELECT * FROM trading_dayrollup WHERE account_id = %s ORDER BY day", [account_id])
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
