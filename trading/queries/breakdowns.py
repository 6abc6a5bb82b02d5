"""The closed trades of a filter in groups: by symbol, side, weekday, hour, month, strategy, holding time, session, tag."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet

from accounts.models import BrokerAccount
from trading import cache
from trading.calc.breakdown import HOLDINGS, NO_SESSION, SESSIONS, Tally
from trading.models import Trade
from trading.queries.chosen import chosen
from trading.queries.trades import kept_parts

Dimension = Literal["symbol", "side", "weekday", "hour", "month", "strategy", "holding", "session", "tag"]
DIMENSIONS: tuple[Dimension, ...] = (
    "symbol",
    "side",
    "weekday",
    "hour",
    "month",
    "strategy",
    "holding",
    "session",
    "tag",
)
Clock = Literal["closed", "opened"]
_COLUMNS = {
    "account_id": "account_id",
    "ticket": "ticket",
    "account__currency": "currency",
    "symbol": "symbol",
    "side": "side",
    "strategy_id": "strategy",
    "opened_at": "opened_at",
    "closed_at": "closed_at",
    "volume_lots": "lots",
    "commission": "commission",
    "swap": "swap",
    "fee": "fee",
    "net_profit": "net",
}
_TALLY = """count(*), count(*) FILTER (WHERE net > 0), count(*) FILTER (WHERE net < 0),
    coalesce(sum(net) FILTER (WHERE net > 0), 0), coalesce(sum(net) FILTER (WHERE net < 0), 0),
    sum(commission + swap + fee), sum(lots)"""
_SETS: tuple[tuple[Dimension, ...], ...] = (
    ("symbol",),
    ("side",),
    ("strategy",),
    ("weekday", "hour"),
    ("month",),
    ("holding",),
    ("session",),
)
_KEYS: tuple[Dimension, ...] = tuple(name for names in _SETS for name in names)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The groups of one currency.

    Shape: `groups` by dimension, then by value: symbols, sides, strategies and tags as they are written ("" for none),
    weekdays 1 (Monday) to 7, hours 0 to 23, months "2026-11"; names of holding times and sessions as in
    calc.breakdown. Every trade is in exactly one group of each dimension but for tags: one with two tags is in both.
    `slots` are (weekday, hour). Months are those of the close; weekdays and hours those of the clock that was asked for.
    """

    currency: str
    groups: Mapping[Dimension, Mapping[Any, Tally]]
    slots: Mapping[tuple[int, int], Tally]


def breakdowns(queryset: QuerySet[Trade], zone: ZoneInfo, clock: Clock = "closed") -> Sequence[Breakdown]:
    """The filtered closed trades in groups, one breakdown per currency, in two statements whatever their number."""
    found = chosen(queryset, _COLUMNS)
    if found is None:
        return ()
    source, parameters = found
    grouped, tagged = _grouped(source, parameters, zone, clock), _tagged(source, parameters)
    return [_breakdown(code, grouped[code], tagged.get(code, {})) for code in sorted(grouped)]


def kept_breakdowns(
    queryset: QuerySet[Trade], accounts: Sequence[BrokerAccount], key: str, zone: ZoneInfo
) -> Sequence[Breakdown]:
    """The breakdowns of a filter, kept until one of its accounts changes. `key` names the filter, its window and zone."""
    parts = kept_parts(accounts, key)
    return cache.remembered("breakdowns", parts, cache.BREAKDOWNS_S, lambda: breakdowns(queryset, zone))


_Found = dict[tuple[Any, ...], Tally]


def _grouped(source: str, parameters: Sequence[Any], zone: ZoneInfo, clock: Clock) -> dict[str, _Found]:
    """By currency, the tallies by their grouping set and its values."""
    keys, key_parameters = _key_columns(zone, clock)
    sets = ", ".join(f"({', '.join(names)})" for names in _SETS)
    flags = ", ".join(f"grouping({name})" for name in _KEYS)
    statement = (
        f"SELECT currency, ARRAY[{flags}], {', '.join(_KEYS)}, {_TALLY} FROM (SELECT trade.*, {keys} FROM {source}) AS t "
        f"GROUP BY currency, GROUPING SETS ({sets})"
    )
    found: dict[str, _Found] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, [*key_parameters, *parameters])
        for currency, flagged, *rest in cursor.fetchall():
            values, tally = rest[: len(_KEYS)], Tally(*rest[len(_KEYS) :])
            at = [index for index, flag in enumerate(flagged) if not flag]
            key = (tuple(_KEYS[index] for index in at), *(_value(_KEYS[index], values[index]) for index in at))
            found.setdefault(currency, {})[key] = tally
    return found


def _key_columns(zone: ZoneInfo, clock: Clock) -> tuple[str, list[Any]]:
    """The computed columns that trades are grouped by, and their parameters: small numbers, which PostgreSQL groups in half
    the time that it needs for texts. `_value` gives them their names."""
    moment = {"closed": "closed_at", "opened": "opened_at"}[clock]
    sessions = " ".join(
        "WHEN extract(isodow FROM opened_at AT TIME ZONE %s) <= 5 AND extract(hour FROM opened_at AT TIME ZONE %s) >= %s "
        f"AND extract(hour FROM opened_at AT TIME ZONE %s) < %s THEN {place}"
        for place in range(len(SESSIONS))
    )
    holdings = " ".join(
        f"WHEN closed_at - opened_at < make_interval(secs => %s) THEN {place}" for place in range(len(HOLDINGS) - 1)
    )
    columns = (
        f"extract(isodow FROM {moment} AT TIME ZONE %s)::int AS weekday, "
        f"extract(hour FROM {moment} AT TIME ZONE %s)::int AS hour, "
        "(extract(year FROM closed_at AT TIME ZONE %s) * 100 + extract(month FROM closed_at AT TIME ZONE %s))::int AS month, "
        f"CASE {holdings} ELSE {len(HOLDINGS) - 1} END AS holding, CASE {sessions} ELSE {len(SESSIONS)} END AS session"
    )
    parameters: list[Any] = [zone.key] * 4
    parameters += [end_s for _name, end_s in HOLDINGS[:-1]]
    for _name, place, first, last in SESSIONS:
        parameters += [place.key, place.key, first, place.key, last]
    return columns, parameters


def _value(name: Dimension, found: Any) -> Any:
    """The name of a group by the number that the statement gave it."""
    if name == "month":
        return f"{found // 100}-{found % 100:02}"
    if name == "holding":
        return HOLDINGS[found][0]
    if name == "session":
        return SESSIONS[found][0] if found < len(SESSIONS) else NO_SESSION
    return found


def _tagged(source: str, parameters: Sequence[Any]) -> dict[str, dict[str, Tally]]:
    statement = (
        f"SELECT currency, coalesce(tag.name, ''), {_TALLY} FROM {source} "
        "LEFT JOIN trading_journalentry entry ON entry.account_id = trade.account_id AND entry.ticket = trade.ticket "
        "LEFT JOIN trading_journalentry_tags tagged ON tagged.journalentry_id = entry.id "
        "LEFT JOIN trading_tag tag ON tag.id = tagged.tag_id GROUP BY 1, 2"
    )
    found: dict[str, dict[str, Tally]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        for currency, name, *rest in cursor.fetchall():
            found.setdefault(currency, {})[name] = Tally(*rest)
    return found


def _breakdown(currency: str, found: _Found, tags: Mapping[str, Tally]) -> Breakdown:
    groups: dict[Dimension, dict[Any, Tally]] = {name: {} for name in DIMENSIONS}
    groups["tag"].update(tags)
    slots = {}
    for (names, *values), tally in found.items():
        if len(names) > 1:
            slots[values[0], values[1]] = tally
        for name, value in zip(names, values, strict=True):
            groups[name][value] = groups[name].get(value, Tally()) + tally
    groups["symbol"] = _in_any_case(groups["symbol"])
    ordered = {name: dict(sorted(rows.items())) for name, rows in groups.items()}
    return Breakdown(currency, ordered, slots)


def _in_any_case(symbols: Mapping[str, Tally]) -> dict[str, Tally]:
    """Brokers write one symbol in several ways, which a filter takes for one: so does a row, by the most traded name."""
    names: dict[str, str] = {}
    found: dict[str, Tally] = {}
    for symbol in sorted(symbols, key=lambda symbol: (-symbols[symbol].trades, symbol)):
        name = names.setdefault(symbol.upper(), symbol)
        found[name] = found.get(name, Tally()) + symbols[symbol]
    return found
