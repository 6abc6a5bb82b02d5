"""What a shared record is made of: its days, months and closed trades, in percent and in money."""

import hashlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import accumulate, groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Min

from accounts.models import BrokerAccount
from trading import cache
from trading.calc.percent_days import START, percent_days
from trading.calc.thinning import LinePoint, thin
from trading.models import SharedRecord, Trade
from trading.queries.daily import DayResult, daily_results
from trading.queries.figures import bookings_of, flows_of, opening_balance
from trading.queries.trades import TradeTotals, kept_totals

ZERO = Decimal(0)
ZONE = ZoneInfo("UTC")
TRADES_ON_A_PAGE = 50
_POINTS = 400
_FIELDS = ("symbol", "side", "volume_lots", "opened_at", "open_price", "closed_at", "close_price", "net_profit")


@dataclass(frozen=True, slots=True)
class RecordMonth:
    """A month with closed trades or a change of the balance. `month` is its first day.

    `return_ratio` and `drawdown_ratio` are None where there is no percentage; `net` is of the trades closed in it.
    """

    month: date
    trades: int
    wins: int
    net: Decimal
    return_ratio: Decimal | None
    drawdown_ratio: Decimal | None


@dataclass(frozen=True, slots=True)
class Record:
    """One account as a whole. `points` hold the index (`has_percent`) or nothing, `balances` the balance, each thinned.

    `held` is the balance before the first booking of each day. `without_percent` counts results booked while nothing was held.
    """

    months: Sequence[RecordMonth]
    points: Sequence[LinePoint]
    balances: Sequence[LinePoint]
    held: Mapping[date, Decimal]
    without_percent: int

    @property
    def has_percent(self) -> bool:
        return bool(self.points)

    @property
    def return_ratio(self) -> Decimal | None:
        return self.points[-1].value / START - 1 if self.points else None

    @property
    def drawdown_ratio(self) -> Decimal | None:
        return max((month.drawdown_ratio or ZERO for month in self.months), default=None) if self.points else None

    @property
    def balance(self) -> Decimal | None:
        return self.balances[-1].value if self.balances else None


@dataclass(frozen=True, slots=True)
class SharedTrade:
    """A closed trade. `number` counts from the first that was closed; `ratio` is its net of the balance right before its close."""

    number: int
    symbol: str
    side: str
    volume_lots: Decimal
    opened_at: datetime
    open_price: Decimal
    closed_at: datetime
    close_price: Decimal
    net_profit: Decimal
    ratio: Decimal | None


def token_digest(token: str) -> str:
    """Plain SHA-256 will do: the token is 256 random bits, which no dictionary holds."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def open_record(token: str, now: datetime) -> SharedRecord | None:
    """What this token opens at this moment; None for one that is wrong, expired, revoked or at rest."""
    found = SharedRecord.objects.open_at(now).select_related("account")
    return found.filter(token_sha256=token_digest(token)).first()


def record_totals(account: BrokerAccount) -> TradeTotals | None:
    """The totals of every closed trade; None without one."""
    return next(iter(kept_totals(_closed(account), [account], "shared")), None)


def record_of(account: BrokerAccount) -> Record:
    """The account's days and months (UTC), kept until it changes."""
    return cache.remembered(
        "record",
        (account.pk, account.history_revision),
        cache.RECORD_S,
        lambda: _record(account, daily_results([account], ZONE)),
    )


def _record(account: BrokerAccount, results: Sequence[DayResult]) -> Record:
    opening = opening_balance(account)
    days, without = ([], 0) if opening is None else percent_days(
        opening, flows_of(account.pk), bookings_of(account.pk), ZONE
    )  # fmt: skip
    has_percent = any(day.held > 0 or day.balance > 0 for day in days)
    points: list[LinePoint] = []
    balances: list[LinePoint] = []
    for day in days:
        at = datetime.combine(day.day, time(), UTC)
        points.append(LinePoint(at, day.index, day.drawdown_ratio))
        balances.append(LinePoint(at, day.balance))
    return Record(
        months=_months(points if has_percent else [], results),
        points=thin(points, _POINTS) if has_percent else [],
        balances=thin(balances, _POINTS),
        held={day.day: day.held for day in days},
        without_percent=without,
    )


def _months(points: Sequence[LinePoint], results: Sequence[DayResult]) -> list[RecordMonth]:
    """Oldest first."""
    moved = {month: list(group) for month, group in groupby(points, lambda point: point.at.date().replace(day=1))}
    closed = {month: list(group) for month, group in groupby(results, lambda result: result.day.replace(day=1))}
    before, lines = START, []
    for month in sorted({*moved, *closed}):
        of_month = closed.get(month, [])
        in_percent = moved.get(month, [])
        index = in_percent[-1].value if in_percent else before
        lines.append(
            RecordMonth(
                month,
                trades=sum(day.trades for day in of_month),
                wins=sum(day.wins for day in of_month),
                net=sum((day.net for day in of_month), ZERO),
                return_ratio=index / before - 1 if points and before else None,
                drawdown_ratio=max((point.drawdown_ratio for point in in_percent), default=None),
            )
        )
        before = index
    return lines


def symbol_numbers(account: BrokerAccount) -> Mapping[str, int]:
    """The number under which each symbol hides: 1 for the one that was closed first."""

    def compute() -> dict[str, int]:
        firsts = _closed(account).order_by().values("symbol").annotate(first=Min("closed_at"))
        names = firsts.order_by("first", "symbol").values_list("symbol", flat=True)
        return {symbol: number for number, symbol in enumerate(names, start=1)}

    return cache.remembered("record-symbols", (account.pk, account.history_revision), cache.RECORD_S, compute)


def shared_trades(account: BrokerAccount, held: Mapping[date, Decimal], total: int, start: int) -> list[SharedTrade]:
    """A page of closed trades, the last first, from the `start`-th on (0 is the last one)."""
    # The ids alone come from the index, however far back the page lies.
    newest_first = _closed(account).order_by("-closed_at", "-id")
    ids = list(newest_first.values_list("id", flat=True)[start : start + TRADES_ON_A_PAGE])
    rows: list[dict[str, Any]] = list(newest_first.filter(pk__in=ids).values(*_FIELDS)) if ids else []
    before = _balances_before([row["closed_at"] for row in rows], account, held)
    return [
        SharedTrade(number=total - start - place, ratio=_ratio(row["net_profit"], before.get(row["closed_at"])), **row)
        for place, row in enumerate(rows)
    ]


def _ratio(net: Decimal, balance: Decimal | None) -> Decimal | None:
    return net / balance if balance is not None and balance > 0 else None


def _balances_before(
    moments: Sequence[datetime], account: BrokerAccount, held: Mapping[date, Decimal]
) -> dict[datetime, Decimal]:
    """The balance right before each of these moments; empty where none is known."""
    if not moments or not held:
        return {}
    first, last = min(moments), max(moments)
    day = first.astimezone(UTC).date()
    if day not in held:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT at, sum(amount) FROM (
                SELECT executed_at AS at, net_profit AS amount FROM trading_execution
                WHERE account_id = %(account)s AND NOT (is_derived AND direction = 'in')
                AND executed_at >= %(start)s AND executed_at < %(end)s
                UNION ALL
                SELECT booked_at, amount FROM trading_cashflow
                WHERE account_id = %(account)s AND kind <> 'credit' AND booked_at >= %(start)s AND booked_at < %(end)s
            ) moved GROUP BY at ORDER BY at""",
            {"account": account.pk, "start": datetime.combine(day, time(), UTC), "end": last},
        )
        moved = cursor.fetchall()
    sums = list(accumulate((amount for _, amount in moved), initial=held[day]))
    times = [at for at, _ in moved]
    return {moment: sums[bisect_left(times, moment)] for moment in set(moments)}


def _closed(account: BrokerAccount) -> Any:
    return Trade.objects.filter(account=account, closed_at__isnull=False)
