"""What a rule carries, as texts for a JSON column, and back, without losing a digit."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from trading.calc.guard_types import Carried, Episodes, Reading, Track, Verdict

_TIMES = frozenset({"at", "day"})


def to_texts(carried: Carried) -> dict[str, Any]:
    track = carried.track
    return {
        "track": None if track is None else {name: _text(value) for name, value in asdict(track).items()},
        "episodes": {symbol: asdict(episodes) for symbol, episodes in carried.episodes.items()},
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
    reading = verdict.reading
    numbers = {field.name: _text(getattr(reading, field.name)) for field in fields(Reading)}
    return {**numbers, "unit": verdict.rule.unit, "level": str(verdict.level), "is_reached": verdict.is_reached}


def _track(stored: Mapping[str, str]) -> Track:
    values: dict[str, Any] = {
        field.name: datetime.fromisoformat(stored[field.name]) if field.name in _TIMES else Decimal(stored[field.name])
        for field in fields(Track)
    }
    return Track(**values)


def _text(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime) else value
