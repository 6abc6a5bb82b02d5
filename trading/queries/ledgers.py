"""The ledger of fills out of the database: four strings of bytes, where a long history would be as many objects."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from sys import byteorder

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from trading.calc.history import Flow
from trading.calc.ledger import Ledger, PlacedFlow, Sums, ledger_of
from trading.models import Execution

#: What PostgreSQL counts its microseconds from.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIELDS = (
    "executed_at",
    "sequence",
    "direction",
    "side",
    "gross_profit",
    "commission",
    "swap",
    "fee",
    "net_profit",
)
# One statement, so that the scale is that of the rows it is applied to. Only where each net in the smallest of its decimals is a
# whole number of 18 digits is there anything packed. OFFSET keeps the order below the aggregates, so that all four have the same.
_PACKED = """WITH s AS (
    SELECT COALESCE(max(min_scale(net_profit)), 0) AS places, COALESCE(max(abs(net_profit)), 0) AS largest,
        10::numeric ^ COALESCE(max(min_scale(net_profit)), 0) AS unit,
        COALESCE(sum(gross_profit), 0) AS gross_profit, COALESCE(sum(commission), 0) AS commission,
        COALESCE(sum(swap), 0) AS swap, COALESCE(sum(fee), 0) AS fee
    FROM ({fills}) AS summed({columns})
)
SELECT s.gross_profit, s.commission, s.swap, s.fee, s.places, s.largest < 10::numeric ^ (18 - s.places), p.*
FROM s LEFT JOIN LATERAL (
    SELECT string_agg(int8send((net_profit * s.unit)::bigint), ''),
        string_agg(
            CASE WHEN direction = 'in' THEN '\\x00'::bytea WHEN side = 'sell' THEN '\\x01'::bytea ELSE '\\x02'::bytea END, ''
        ),
        string_agg(timestamptz_send(executed_at), ''),
        string_agg(int8send(sequence), '')
    FROM (SELECT * FROM ({fills}) AS f({columns}) ORDER BY executed_at, sequence OFFSET 0) AS ordered
    WHERE s.largest < 10::numeric ^ (18 - s.places)
) p ON true"""


def read_ledger(fills: QuerySet[Execution], flows: Sequence[Flow]) -> Ledger | None:
    """What `ledger_of` says of these fills, but for derived entries, and of these flows, in order; None where an amount is too
    long to be packed."""
    wanted = fills.exclude(is_derived=True, direction="in").order_by().values_list(*_FIELDS)
    try:
        source, parameters = wanted.query.sql_with_params()
    except EmptyResultSet:
        return ledger_of((), flows)
    with connection.cursor() as cursor:
        cursor.execute(_PACKED.format(fills=source, columns=", ".join(_FIELDS)), [*parameters, *parameters])
        *sums, places, is_packed, nets, marks, moments, sequences = cursor.fetchone()
    if not is_packed:
        return None
    return Ledger(
        nets=_decimals(_numbers(nets), places),
        marks=bytes(marks or b""),
        flows=_placed(flows, _numbers(moments), _numbers(sequences)),
        sums=Sums(*sums),
    )


def _numbers(packed: bytes | None) -> "array[int]":
    numbers = array("q", bytes(packed or b""))
    if byteorder == "little":
        numbers.byteswap()
    return numbers


def _decimals(numbers: Sequence[int], places: int) -> list[Decimal]:
    """Few of the amounts of a history differ, so that each is made once."""
    made = {number: Decimal(number).scaleb(-places) for number in set(numbers)}
    return [made[number] for number in numbers]


def _placed(flows: Sequence[Flow], moments: Sequence[int], sequences: Sequence[int]) -> list[PlacedFlow]:
    placed = []
    for flow in flows:
        moment = (flow.at - _EPOCH) // _MICROSECOND
        first, last = bisect_left(moments, moment), bisect_right(moments, moment)
        placed.append(PlacedFlow(bisect_right(sequences, flow.sequence, first, last), flow))
    return placed
