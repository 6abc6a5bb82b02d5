"""What moved the balance of accounts, packed: a long history comes as whole numbers in one answer of the database."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from trading.calc.history import Flow
from trading.calc.outline import Movements, count_of

#: Of a packed amount. What has more, or would not fit into eight bytes, is read row by row.
_DECIMALS = 8
_ONE = """(SELECT executed_at, sequence, net_profit FROM trading_execution
    WHERE account_id = %s AND NOT (is_derived AND direction = 'in') AND executed_at > %s AND executed_at < %s
    ORDER BY executed_at, sequence)"""
#: OFFSET keeps the order below the sum. PostgreSQL counts moments from the same midnight as Movements.
_PACKED = f"""SELECT count(*), max(scale(net_profit)), string_agg(timestamptz_send(executed_at) || CASE
        WHEN min_scale(net_profit) <= {_DECIMALS} AND abs(net_profit) < 90000000000
        THEN int8send((net_profit * 1e{_DECIMALS})::int8) END, '')
    FROM (SELECT executed_at, net_profit FROM (%s) f ORDER BY executed_at, sequence OFFSET 0) o"""
_ALWAYS = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))


@dataclass(slots=True)
class _Fills:
    times: Sequence[int]
    amounts: Sequence[int]
    decimals: int
    shown: int


def read_movements(
    keys: Sequence[UUID], flows: Sequence[Flow], opening: Decimal, after: datetime | None, end: datetime | None
) -> Movements:
    """The fills of the accounts after `after` and before `end`, and those of the flows that lie there, credit left out.

    `opening` is what they add to: its decimals count as well.
    """
    bounds = (after or _ALWAYS[0], end or _ALWAYS[1])
    cash = [flow for flow in flows if flow.kind != "credit" and bounds[0] < flow.at < bounds[1]]
    cash.sort(key=lambda flow: (flow.at, flow.sequence))
    fills = _fills(keys, bounds)
    shown = max([fills.shown, _decimals_of(opening), *(_decimals_of(flow.amount) for flow in cash)])
    decimals = max(shown, fills.decimals)
    amounts = fills.amounts
    if decimals > fills.decimals:
        unit = 10 ** (decimals - fills.decimals)
        amounts = [amount * unit for amount in amounts]
    times, merged, places = fills.times, amounts, _places(keys, fills.times, cash)
    if cash:
        times = _merged(times, [count_of(flow.at) for flow in cash], places)
        merged = _merged(amounts, [int(flow.amount.scaleb(decimals)) for flow in cash], places)
    return Movements(times, merged, [place + number for number, place in enumerate(places)], decimals, shown)


def _fills(keys: Sequence[UUID], bounds: tuple[datetime, datetime]) -> _Fills:
    if not keys:
        return _Fills([], [], 0, 0)
    rows = " UNION ALL ".join([_ONE] * len(keys))
    parameters = [value for key in keys for value in (key, *bounds)]
    with connection.cursor() as cursor:
        cursor.execute(_PACKED.replace("%s", rows, 1), parameters)
        count, scale, packed = cursor.fetchone()
        if not count:
            return _Fills([], [], 0, 0)
        if packed is not None and len(packed) == 16 * count:
            numbers = array("q", packed)
            numbers.byteswap()
            return _Fills(numbers[::2], numbers[1::2], _DECIMALS, min(scale, _DECIMALS))
        cursor.execute(f"SELECT * FROM ({rows}) f ORDER BY executed_at, sequence", parameters)
        return _unpacked(cursor.fetchall())


def _unpacked(rows: Sequence[tuple[Any, ...]]) -> _Fills:
    decimals = max((_decimals_of(net) for _, _, net in rows), default=0)
    nets = [int(net.scaleb(decimals)) for _, _, net in rows]
    return _Fills([count_of(at) for at, _, _ in rows], nets, decimals, decimals)


def _decimals_of(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _places(keys: Sequence[UUID], times: Sequence[int], cash: Sequence[Flow]) -> list[int]:
    """How many fills come before each of the flows; of the same moment and sequence, the flow comes first."""
    counts = [count_of(flow.at) for flow in cash]
    shared = {flow.at for flow, at in zip(cash, counts, strict=True) if _is_in(times, at)}
    sequences = _sequences(keys, shared)
    return [
        bisect_left(times, at) + bisect_left(sequences.get(flow.at, []), flow.sequence)
        for flow, at in zip(cash, counts, strict=True)
    ]


def _is_in(times: Sequence[int], at: int) -> bool:
    return bisect_left(times, at) != bisect_right(times, at)


def _sequences(keys: Sequence[UUID], moments: set[datetime]) -> dict[datetime, list[int]]:
    """Of the fills at these moments, in order."""
    found: dict[datetime, list[int]] = {}
    if moments:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT executed_at, sequence FROM trading_execution
                WHERE account_id = ANY(%s) AND NOT (is_derived AND direction = 'in') AND executed_at = ANY(%s)
                ORDER BY executed_at, sequence""",
                [list(keys), list(moments)],
            )
            for at, sequence in cursor.fetchall():
                found.setdefault(at, []).append(sequence)
    return found


def _merged(numbers: Sequence[int], others: Sequence[int], places: Sequence[int]) -> list[int]:
    """Each of the others before the number at its place."""
    merged: list[int] = []
    begin = 0
    for other, place in zip(others, places, strict=True):
        merged += numbers[begin:place]
        merged.append(other)
        begin = place
    return [*merged, *numbers[begin:]]
