"""The rule sets that can be put on an account in one step, read from guard_presets.toml."""

import tomllib
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

DEFAULT = "default"
_FILE = Path(__file__).with_name("guard_presets.toml")
_DECIMALS = frozenset({"warning", "critical", "lock_ratio", "rearm_ratio"})


@dataclass(frozen=True, slots=True)
class Preset:
    """`rules` hold the fields of a stored rule; what a rule leaves out has the default of its column."""

    key: str
    name: str
    source: str
    needs_initial_balance: bool
    rules: tuple[dict[str, Any], ...]


@cache
def presets() -> dict[str, Preset]:
    """By key, in the order of the file."""
    with _FILE.open("rb") as file:
        read = tomllib.load(file)["preset"]
    found = [Preset(**{**one, "rules": tuple(_rule(rule) for rule in one["rules"])}) for one in read]
    return {preset.key: preset for preset in found}


def _rule(texts: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {name: Decimal(text) if name in _DECIMALS else text for name, text in texts.items()}
    if "reset_time" in values:
        values["reset_time"] = time.fromisoformat(values["reset_time"])
    return values
