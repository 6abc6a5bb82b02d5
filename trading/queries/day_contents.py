"""What the book holds of each day (UTC), as the chain of digests seals it."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import accumulate

from django.db import connection

from accounts.models import BrokerAccount
from trading.calc.digests import balance_text, rows_text
from trading.queries.figures import opening_balance

ZERO = Decimal(0)


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


def _moment(column: str) -> str:
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def _array(kind: str, *parts: str) -> str:
    """SQL of a JSON array without spaces. Every part but a symbol is digits or a known word, with nothing to escape."""
    return f"""'["{kind}",' || {" || ',' || ".join(parts)} || ']'"""


def _text(part: str) -> str:
    return f"'\"' || {part} || '\"'"


_TRADE_NUMBERS = ("volume_lots", "open_price", "close_price", "gross_profit", "commission", "swap", "fee")
_TRADE = _array(
    "trade",
    _text(_moment("opened_at")),
    _text(_moment("closed_at")),
    "to_json(symbol)::text",
    _text("side"),
    *(_text(f"trim_scale({column})::text") for column in _TRADE_NUMBERS),
)
_CASH = _array("cash", _text(_moment("booked_at")), _text("kind"), _text("trim_scale(amount)::text"))
#: A day with its number of trades and its lines. The lines are written here because a long history takes five times as long
#: otherwise; "C" is the order of code points.
_DAYS = f"""
    SELECT (at AT TIME ZONE 'UTC')::date AS day, count(*) FILTER (WHERE is_trade),
        string_agg(line, E'\\n' ORDER BY line COLLATE "C")
    FROM (
        SELECT closed_at AS at, true AS is_trade, {_TRADE} AS line FROM trading_trade
        WHERE account_id = %(account)s AND closed_at < %(end)s
        UNION ALL
        SELECT booked_at, false, {_CASH} FROM trading_cashflow WHERE account_id = %(account)s AND booked_at < %(end)s
    ) rows GROUP BY day ORDER BY day"""


def day_contents(account: BrokerAccount, balances: DayBalances, until: date) -> Iterator[DayContent]:
    """The days before `until` that hold something, in order; a few days at a time are in memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_DAYS, {"account": account.pk, "end": datetime.combine(until, time(), UTC)})
        for day, trades, lines in cursor:
            yield DayContent(day, lines.split("\n"), trades, balances.at_end_of(day))


def empty_day(day: date, balances: DayBalances) -> DayContent:
    """What is left of a day whose rows are all gone."""
    return DayContent(day, (), 0, balances.at_end_of(day))
