"""The demo trader's live account: its guard, and the bridge that feeds it from a simulated terminal."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

from django.conf import settings

from accounts.models import ApiKey, BrokerAccount, Trader
from accounts.services.accounts import create_account
from accounts.services.api_keys import MAX_DAYS, check_api_key, create_api_key, revoke_api_key
from bridge.config import ConfigError, load
from trading.models import GuardRule
from trading.services.guard_rules import as_values, give_defaults, save_rules

NUMBER, KEY_NAME, SERVER_ZONE = "61000001", "Demo bridge", "Europe/Athens"
DEPOSIT = 50_000
#: Narrow enough that the loss of the demo's story is warned of.
_DAILY_LOSS = {"kind": "daily_loss", "reference": "day_higher", "warning": "0.02", "critical": "0.06"}


def config_path() -> Path:
    """Where the configuration of the demo's bridge is; the launcher starts a bridge where it exists."""
    return Path(settings.VAR_DIR) / "bridge" / "demo.toml"


def prepare_live_account(trader: Trader, now: datetime) -> None:
    """Makes the account with its guard, and writes the configuration of its bridge. Again: no change."""
    account = BrokerAccount.objects.for_trader(trader).filter(number=NUMBER).first() or _account(trader, now)
    if not has_good_key(now):
        _write_config(account, now)


def has_good_key(now: datetime) -> bool:
    """Whether the configuration that is there would be let into this database."""
    try:
        return check_api_key(load(config_path(), {}).api_key, now) is not None
    except ConfigError:
        return False


def _account(trader: Trader, now: datetime) -> BrokerAccount:
    account = create_account(
        trader,
        label="Live demo",
        platform="mt5",
        broker="Northwind Markets",
        server="NorthwindMarkets-Demo",
        number=NUMBER,
        currency="USD",
        leverage=100,
        server_time_zone=SERVER_ZONE,
        is_demo=True,
    )
    give_defaults([account.pk])
    rules = [as_values(rule) for rule in GuardRule.objects.filter(account=account)]
    save_rules(account, [*rules, _DAILY_LOSS], actor=trader, now=now)
    return account


def _write_config(account: BrokerAccount, now: datetime) -> None:
    for old in ApiKey.objects.for_trader(account.trader).filter(name=KEY_NAME, revoked_at__isnull=True):
        revoke_api_key(old, now)
    key = create_api_key(account.trader, KEY_NAME, ["sync", "close"], [account], now=now, days=MAX_DAYS)
    path = config_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    # JSON's strings are TOML's. Each account has a terminal of its own, also after the database was made anew.
    state = json.dumps(str(path.parent))
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(
            f"""# Written by `manage.py demo` for the bridge that `make run` starts.
[portal]
url = "http://127.0.0.1:8000"
account = "{account.pk}"
api_key = "{key.text}"

[bridge]
interval_s = 2
log_level = "WARNING"
state_dir = {state}

[terminal]
kind = "simulated"
server_time_zone = "{SERVER_ZONE}"
state = {json.dumps(str(path.parent / f"terminal-{account.pk}.json"))}
seed = 7
deposit = {DEPOSIT}
story = true
"""
        )
    draft.replace(path)
