"""What the book holds of each day (UTC), as the chain of digests seals it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import accumulate, groupby

from django.db import connection

from accounts.models import BrokerAccount
from trading.calc.digests import CashMove, ClosedTrade, balance_text, cash_line, rows_text, trade_line
from trading.models import CashFlow, Trade
from trading.queries.figures import opening_balance

ZERO = Decimal(0)
_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class DayContent:
    """A day with closed trades or cash flows. `balance` is the one at its end; None where no statement tells the first."""

    day: date
    lines: Sequence[str]
    trades: int
    balance: Decimal | None

    @property
    def rows_text(self) -> str:
        return rows_text(self.day, self.lines)

    @property
    def balance_text(self) -> str:
        return balance_text(self.day, self.balance)


class DayBalances:
    """The balance at the end of any day: of every fill and cash flow, credit left out, as the balance proof counts."""

    def __init__(self, account: BrokerAccount) -> None:
        self._opening = opening_balance(account)
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT day, sum(amount) FROM (
                    SELECT (executed_at AT TIME ZONE 'UTC')::date AS day, net_profit AS amount FROM trading_execution
                    WHERE account_id = %(account)s AND NOT (is_derived AND direction = 'in')
                    UNION ALL
                    SELECT (booked_at AT TIME ZONE 'UTC')::date, amount FROM trading_cashflow
                    WHERE account_id = %(account)s AND kind <> 'credit'
                ) moved GROUP BY day ORDER BY day""",
                {"account": account.pk},
            )
            moved = cursor.fetchall()
        self._days = [day for day, _ in moved]
        self._sums = list(accumulate((amount for _, amount in moved), initial=ZERO))

    def at_end_of(self, day: date) -> Decimal | None:
        return None if self._opening is None else self._opening + self._sums[bisect_right(self._days, day)]


def day_contents(account: BrokerAccount, balances: DayBalances, until: date) -> Iterator[DayContent]:
    """The days before `until` that hold something, in order; one day at a time is in memory."""
    end = datetime.combine(until, time(), UTC)
    cash: dict[date, list[str]] = defaultdict(list)
    moves = CashFlow.objects.filter(account=account, booked_at__lt=end).order_by()
    for booked_at, kind, amount in moves.values_list("booked_at", "kind", "amount"):
        cash[_day(booked_at)].append(cash_line(CashMove(booked_at, kind, amount)))
    waiting = sorted(cash)
    for day, lines in _trade_days(account, end):
        while waiting and waiting[0] < day:
            yield _content(waiting[0], [], cash[waiting.pop(0)], balances)
        if waiting and waiting[0] == day:
            waiting.pop(0)
        yield _content(day, lines, cash.get(day, []), balances)
    for day in waiting:
        yield _content(day, [], cash[day], balances)


def empty_day(day: date, balances: DayBalances) -> DayContent:
    """What is left of a day whose rows are all gone."""
    return _content(day, [], [], balances)


def _trade_days(account: BrokerAccount, end: datetime) -> Iterator[tuple[date, list[str]]]:
    closed = Trade.objects.filter(account=account, closed_at__lt=end).order_by("closed_at")
    rows = closed.values_list(*ClosedTrade._fields).iterator(chunk_size=_CHUNK)
    for day, of_day in groupby(map(ClosedTrade._make, rows), lambda trade: _day(trade.closed_at)):
        yield day, [trade_line(trade) for trade in of_day]


def _content(day: date, trades: list[str], cash: list[str], balances: DayBalances) -> DayContent:
    return DayContent(day, [*trades, *cash], len(trades), balances.at_end_of(day))


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
