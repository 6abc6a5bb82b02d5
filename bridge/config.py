"""What a bridge is told: a TOML file, and variables of the environment that win over it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from bridge.client import is_acceptable

Table = Mapping[str, Any]
#: Variable, table and name in the file.
VARIABLES = {
    "BRIDGE_URL": ("portal", "url"),
    "BRIDGE_API_KEY": ("portal", "api_key"),
    "BRIDGE_ACCOUNT": ("portal", "account"),
    "BRIDGE_STATE_DIR": ("bridge", "state_dir"),
    "BRIDGE_LOG_LEVEL": ("bridge", "log_level"),
    "BRIDGE_TERMINAL_PASSWORD": ("terminal", "password"),
}
#: Of the simulated terminal alone: how it begins.
SIMULATION = ("seed", "currency", "deposit", "story")
KNOWN = {
    "portal": {"url", "api_key", "account", "ca_file"},
    "bridge": {"state_dir", "log_level", "interval_s", "history_days", "close"},
    "terminal": {"kind", "path", "login", "password", "server", "server_time_zone", "state", *SIMULATION},
}
KINDS = ("metatrader5", "simulated")


class ConfigError(Exception):
    """What is wrong with the configuration, as one sentence."""


@dataclass(frozen=True, slots=True)
class Config:
    url: str
    account: str
    zone: ZoneInfo
    kind: str
    state_dir: Path
    api_key: str = field(repr=False)
    ca_file: str = ""
    interval_s: float = 5.0
    history_days: int = 30
    close: bool = True
    log_level: str = "INFO"
    login: int | None = None
    terminal: Mapping[str, Any] = field(default_factory=dict, repr=False)


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Config:
    """The configuration. Errors: ConfigError."""
    tables = _tables(path, environment)
    portal, own, terminal = tables["portal"], tables["bridge"], tables["terminal"]
    return Config(
        url=_url(_text(portal, "portal", "url")),
        api_key=_key(_text(portal, "portal", "api_key")),
        account=_account(_text(portal, "portal", "account")),
        ca_file=str(portal.get("ca_file", "")),
        zone=_zone(str(terminal.get("server_time_zone", "Europe/Athens"))),
        kind=_kind(str(terminal.get("kind", "metatrader5"))),
        state_dir=Path(str(own.get("state_dir", "bridge-state"))).expanduser(),
        interval_s=_number(own, "interval_s", 5, 0.2, 3600),
        history_days=int(_number(own, "history_days", 30, 1, 3650)),
        close=_boolean(own, "close", True),
        log_level=_level(str(own.get("log_level", "INFO"))),
        login=_login(terminal.get("login")),
        terminal=terminal,
    )


def _tables(path: Path | None, environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    found: dict[str, Any] = {}
    if path is not None:
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path} can't be read: {error.strerror or error}.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is no TOML: {error}.") from error
    tables = {name: dict(found[name]) if isinstance(found.get(name), dict) else {} for name in KNOWN}
    unknown = [name for name in found if name not in KNOWN]
    unknown += [f"{table}.{name}" for table, names in KNOWN.items() for name in tables[table] if name not in names]
    if unknown:
        raise ConfigError(f"{', '.join(unknown)}: no such setting. See docs/bridge.md.")
    for variable, (table, name) in VARIABLES.items():
        if environment.get(variable):
            tables[table][name] = environment[variable]
    return tables


def _text(table: Table, of: str, name: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{of}.{name} is needed.")
    return value.strip()


def _url(url: str) -> str:
    if not is_acceptable(url):
        raise ConfigError(f"portal.url must be an https address (http only for this machine itself), not {url!r}.")
    return url


def _key(key: str) -> str:
    if not key.isascii() or not key.isprintable() or "." not in key or " " in key:
        raise ConfigError("portal.api_key must be a key of the page API keys: <prefix>.<secret>.")
    return key


def _account(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ConfigError(f"portal.account must be the id of an account, not {text!r}.") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ConfigError(f"terminal.server_time_zone: there is no time zone {name!r}.") from None


def _kind(kind: str) -> str:
    if kind not in KINDS:
        raise ConfigError(f"terminal.kind must be one of {', '.join(KINDS)}, not {kind!r}.")
    return kind


def _level(level: str) -> str:
    if level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ConfigError(f"bridge.log_level must be DEBUG, INFO, WARNING or ERROR, not {level!r}.")
    return level.upper()


def _number(table: Table, name: str, default: float, least: float, most: float) -> float:
    value = table.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise ConfigError(f"bridge.{name} must be a number from {least:g} to {most:g}, not {value!r}.")
    return float(value)


def _boolean(table: Table, name: str, default: bool) -> bool:
    value = table.get(name, default)
    if not isinstance(value, bool):
        raise ConfigError(f"bridge.{name} must be true or false, not {value!r}.")
    return value


def _login(value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ConfigError(f"terminal.login must be the number of the account, not {value!r}.")
