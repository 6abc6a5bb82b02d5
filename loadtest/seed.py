"""Fills a portal for a load test: traders with a history and a live account, signed in, and a key for each bridge.

`python -m loadtest.seed TRADERS FILE` writes to FILE what the callers need. Shape: [{"token", "session", "key", "account"}].
"""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import django

from tradeportal.local import provide_environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradeportal.settings")
provide_environment()
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import BrokerAccount, Trader  # noqa: E402
from accounts.services.api_keys import create_api_key  # noqa: E402
from accounts.services.sign_in import start_sign_in  # noqa: E402
from accounts.session_store import SessionStore  # noqa: E402
from accounts.tokens import pair  # noqa: E402
from loadtest.entries import opening_entry  # noqa: E402
from trading.services.rollups import roll_up_missing  # noqa: E402
from trading.services.sync import record_sync  # noqa: E402

TRADES = 200
BACKEND = "django.contrib.auth.backends.ModelBackend"


def seed(traders: int) -> list[dict[str, Any]]:
    """The callers; each trader has one account with closed trades of the last months and five open positions."""
    callers = [_caller(number) for number in range(traders)]
    analyze()
    return callers


@transaction.atomic
def _caller(number: int) -> dict[str, Any]:
    now = timezone.now()
    trader = Trader(email=f"load-{uuid4()}@example.com", name=f"Load {number}")
    trader.set_unusable_password()
    trader.save()
    account = BrokerAccount.objects.create(
        trader=trader, label=f"Load {number}", platform="mt5", number=str(60_000_000 + number), currency="USD"
    )
    _close_trades(account)
    roll_up_missing([account.pk])
    record_sync(
        trader, {"accounts": [opening_entry(str(account.pk), (now - timedelta(seconds=20)).isoformat())]}, now=now
    )
    access, _refresh = pair(start_sign_in(trader, now))
    key = create_api_key(trader, "Load", ["sync"], [account], now=now)
    return {"token": str(access), "session": _session(trader), "key": key.text, "account": str(account.pk)}


def _close_trades(account: BrokerAccount) -> None:
    """One trade every six hours back from now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO trading_trade (id, account_id, ticket, symbol, side, volume_lots, closed_volume_lots,
                opened_at, opened_text, open_price, closed_at, closed_text, close_price, commission, swap, fee,
                gross_profit, strategy_id, comment, parent_ticket, source)
            SELECT gen_random_uuid(), %s, n::text, (ARRAY['EURUSD','GBPUSD','XAUUSD'])[1 + n %% 3],
                (ARRAY['buy','sell'])[1 + n %% 2], 0.10, 0.10, now() - n * interval '6 hours', '', 1.1,
                now() - n * interval '6 hours' + interval '10 minutes', '', 1.2, -0.70, -0.10, 0,
                (n %% 41) - 18.5, '', '', '', 'sync'
            FROM generate_series(1, %s) AS n""",
            [account.pk, TRADES],
        )


def analyze() -> None:
    """Lets PostgreSQL see how much there is, as it would by itself after a while."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _session(trader: Trader) -> str:
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(trader.pk), BACKEND
    session[HASH_SESSION_KEY] = trader.get_session_auth_hash()
    session.create()
    session.save()
    return str(session.session_key)


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(seed(int(sys.argv[1]))), encoding="utf-8")
