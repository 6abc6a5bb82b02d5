"""What a rule carries, as texts for a JSON column, and back, without losing a digit."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from trading.calc.guard_types import Carried, Episodes, Reading, Track, Verdict

_TIMES = frozenset({"at", "day"})
_TRACK, _EPISODES, _READING = (tuple(field.name for field in fields(kind)) for kind in (Track, Episodes, Reading))
_values_of = attrgetter(*_READING)


def to_texts(carried: Carried) -> dict[str, Any]:
    track = carried.track
    return {
        "track": None if track is None else {name: _text(getattr(track, name)) for name in _TRACK},
        "episodes": {
            symbol: {name: getattr(episodes, name) for name in _EPISODES}
            for symbol, episodes in carried.episodes.items()
        },
    }


def from_texts(texts: Mapping[str, Any]) -> Carried:
    """Errors: none; what an older version stored in another shape counts as nothing carried."""
    try:
        track = texts.get("track")
        episodes = {symbol: Episodes(**stored) for symbol, stored in texts.get("episodes", {}).items()}
        return Carried(_track(track) if track else None, episodes)
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return Carried()


def figures(verdict: Verdict) -> dict[str, Any]:
    """The numbers behind a verdict, for the page, the API and the alert that keeps them."""
    # A sync of a hundred accounts writes thousands of these: no call for each number.
    values = zip(_READING, _values_of(verdict.reading), strict=True)
    numbers = {name: format(value, "f") if isinstance(value, Decimal) else value for name, value in values}
    return {**numbers, "unit": verdict.rule.unit, "level": str(verdict.level), "is_reached": verdict.is_reached}


def reading_of(texts: Mapping[str, Any]) -> Reading:
    """The reading that `figures` wrote."""
    values: dict[str, Any] = {name: texts.get(name) for name in _READING}
    numbers = {name: Decimal(value) for name, value in values.items() if isinstance(value, str) and name != "forced"}
    return Reading(**{**values, **numbers})


def _track(stored: Mapping[str, str]) -> Track:
    values: dict[str, Any] = {
        name: datetime.fromisoformat(stored[name]) if name in _TIMES else Decimal(stored[name]) for name in _TRACK
    }
    return Track(**values)


def _text(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime) else value
