"""How the closed trades of a filter are spread: by R multiple, by result and holding time, and in runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from accounts.models import BrokerAccount
from trading import cache
from trading.models import Trade
from trading.queries.chosen import chosen
from trading.queries.trades import kept_parts

#: A band of R multiples is a quarter wide. The first one holds everything below its end, the last one everything from
#: its beginning on.
BANDS_IN_ONE = 4
FIRST_BAND, LAST_BAND = -9, 20
#: As many trades can be told apart in a picture.
MOST_POINTS = 1_000
#: Of these the largest results, which must not be missing.
_LARGEST = 100
_RISKED = {
    "account_id": "account_id",
    "ticket": "ticket",
    "account__currency": "currency",
    "open_price": "entry",
    "close_price": "exit",
    "open_stop_loss": "stop",
    "gross_profit": "gross",
    "net_profit": "net",
}
_TIMED = {
    "id": "id",
    "account__currency": "currency",
    "opened_at": "opened_at",
    "closed_at": "closed_at",
    "net_profit": "net",
}
_POINTS = {
    "id": "id",
    "account__currency": "currency",
    "symbol": "symbol",
    "side": "side",
    "opened_at": "opened_at",
    "closed_at": "closed_at",
    "net_profit": "net",
}


@dataclass(frozen=True, slots=True)
class Band:
    """Trades whose R multiple is in [band, band + 1) / BANDS_IN_ONE."""

    trades: int = 0
    net: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Run:
    """Trades on the same side of zero, one after the other. `first_at` and `last_at` are the closes of its ends."""

    trades: int
    money: Decimal
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Runs:
    """Of wins or of losses: the longest, and the one that moved most money; None where there is none."""

    longest: Run | None = None
    richest: Run | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """The trades of one currency. `unknown` are those without an R multiple."""

    bands: Mapping[int, Band] = field(default_factory=dict)
    unknown: Band = Band()
    wins: Runs = Runs()
    losses: Runs = Runs()


@dataclass(frozen=True, slots=True)
class Point:
    """One trade of a picture. `held_s` in seconds."""

    id: Any
    symbol: str
    side: str
    held_s: int
    net: Decimal


@dataclass(frozen=True, slots=True)
class Points:
    """The trades that are drawn of one currency, the longest held last, and how many there are."""

    currency: str
    points: Sequence[Point]
    count: int


def kept_spreads(queryset: QuerySet[Trade], accounts: Sequence[BrokerAccount], key: str) -> Mapping[str, Spread]:
    """The spreads of a filter, kept until one of its accounts changes. `key` names the filter, its window and zone."""
    parts = kept_parts(accounts, key)
    return cache.remembered("spreads", parts, cache.BREAKDOWNS_S, lambda: spreads(queryset))


def spreads(queryset: QuerySet[Trade]) -> Mapping[str, Spread]:
    """By currency, in two statements whatever the number of trades."""
    bands, runs = _bands(queryset), _runs(queryset)
    return {
        currency: Spread(
            {band: found for band, found in by_band.items() if band is not None},
            by_band.get(None, Band()),
            _longest_and_richest(runs.get((currency, True), ())),
            _longest_and_richest(runs.get((currency, False), ())),
        )
        for currency, by_band in bands.items()
    }


# ---- R multiples ------------------------------------------------------------------------------------------------------

#: R is net / risk, where risk is |entry - stop| * |gross| / |exit - entry|. Whole numbers are taken by div(), which is
#: exact, so that a trade on an edge is where filters.min_r and below_r look for it.
_BANDS = """
    SELECT currency, CASE WHEN stake > 0 AND way > 0
            THEN least(greatest(div(top, stake) - (mod(top, stake) < 0)::int, %s), %s)::int END AS band,
        count(*), sum(net)
    FROM (
        SELECT currency, net, abs(exit - entry) AS way, {parts} * net * abs(exit - entry) AS top,
            abs(entry - coalesce(own.initial_stop_loss, stop)) * abs(gross) AS stake
        FROM {source}
        LEFT JOIN trading_journalentry own ON own.account_id = trade.account_id AND own.ticket = trade.ticket
    ) AS risked
    GROUP BY 1, 2"""


def _bands(queryset: QuerySet[Trade]) -> dict[str, dict[int | None, Band]]:
    found: dict[str, dict[int | None, Band]] = {}
    for currency, band, trades, net in _rows(queryset, _RISKED, _BANDS, [FIRST_BAND, LAST_BAND]):
        found.setdefault(currency, {})[band] = Band(trades, net)
    return found


# ---- Runs --------------------------------------------------------------------------------------------------------------

#: In the order of calc.closed_trades.in_order; results of zero are left out, as calc.results does.
_RUNS = """
    SELECT currency, won, count(*), sum(net), min(closed_at), max(closed_at), min(place)
    FROM (
        SELECT currency, won, net, closed_at, place, place - row_number() OVER (PARTITION BY currency, won ORDER BY place)
            AS run
        FROM (
            SELECT currency, net > 0 AS won, net, closed_at,
                row_number() OVER (PARTITION BY currency ORDER BY closed_at, opened_at, id) AS place
            FROM {source} WHERE net <> 0
        ) AS placed
    ) AS numbered
    GROUP BY currency, won, run ORDER BY min(place)"""


def _runs(queryset: QuerySet[Trade]) -> dict[tuple[str, bool], list[Run]]:
    found: dict[tuple[str, bool], list[Run]] = {}
    for currency, won, trades, money, first_at, last_at, _place in _rows(queryset, _TIMED, _RUNS, []):
        found.setdefault((currency, won), []).append(Run(trades, money, first_at, last_at))
    return found


def _longest_and_richest(runs: Sequence[Run]) -> Runs:
    """Of equals the earlier one, as calc.streaks does."""
    if not runs:
        return Runs()
    longest = max(runs, key=lambda run: (run.trades, abs(run.money)))
    return Runs(longest, max(runs, key=lambda run: abs(run.money)))


# ---- Results by holding time -------------------------------------------------------------------------------------------

#: Where there are too many, the largest results and an even choice of the others, the same at every look.
_DRAWN = """
    SELECT id, currency, symbol, side, extract(epoch FROM closed_at - opened_at)::bigint, net, counted
    FROM (
        SELECT trade.*, count(*) OVER of_currency AS counted,
            row_number() OVER (PARTITION BY currency ORDER BY abs(net) DESC, id) AS size_place,
            row_number() OVER (PARTITION BY currency ORDER BY hashtextextended(id::text, 0)) AS even_place
        FROM {source} WINDOW of_currency AS (PARTITION BY currency)
    ) AS placed
    WHERE counted <= %s OR size_place <= %s OR even_place <= %s
    ORDER BY currency, closed_at - opened_at, id"""


def kept_points(queryset: QuerySet[Trade], accounts: Sequence[BrokerAccount], key: str) -> Sequence[Points]:
    parts = kept_parts(accounts, key)
    return cache.remembered("points", parts, cache.BREAKDOWNS_S, lambda: points(queryset))


def points(queryset: QuerySet[Trade]) -> Sequence[Points]:
    """The trades that are drawn, one part for each currency."""
    found: dict[str, list[Point]] = {}
    counts: dict[str, int] = {}
    limits = [MOST_POINTS, _LARGEST, MOST_POINTS - _LARGEST]
    for pk, currency, symbol, side, held_s, net, counted in _rows(queryset, _POINTS, _DRAWN, limits):
        found.setdefault(currency, []).append(Point(pk, symbol, side, held_s, net))
        counts[currency] = counted
    return [Points(currency, found[currency], counts[currency]) for currency in sorted(found)]


def _rows(
    queryset: QuerySet[Trade], columns: Mapping[str, str], statement: str, own: Sequence[Any]
) -> Sequence[tuple[Any, ...]]:
    """What a statement of this file answers; its own parameters stand before or after those of the source."""
    found = chosen(queryset, columns)
    if found is None:
        return ()
    source, parameters = found
    text = statement.format(source=source, parts=BANDS_IN_ONE)
    is_first = statement.index("%s") < statement.index("{source}") if own else False
    with connection.cursor() as cursor:
        cursor.execute(text, [*own, *parameters] if is_first else [*parameters, *own])
        return list(cursor.fetchall())
