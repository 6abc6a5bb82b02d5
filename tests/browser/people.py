"""The data that the browser tests look at: generated statements that went through the real importer."""

from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Trader
from tests import make
from tests.browser.differing import differ
from tests.browser.pages import Site
from tests.browser.watched import watch_a_day
from tests.cast import open_session
from tests.sync.bridge import make_key
from trading.models import State, Statement, Trade
from trading.samplefiles.account import Profile
from trading.samplefiles.mt4_html import write_mt4_html
from trading.samplefiles.mt5_xlsx import write_mt5_xlsx
from trading.samplefiles.simulate import simulate
from trading.services import sealing, sharing, statements

_ZONE = "Europe/Athens"


def build_site() -> Site:
    ann = make.trader("ann@example.com", name="Ann", time_zone="Europe/Berlin")
    eve = make.trader("eve@example.com", name="Eve")
    now = timezone.now()
    clock = now.astimezone(ZoneInfo(_ZONE)).replace(tzinfo=None, microsecond=0) - timedelta(minutes=30)
    older, newer = _mt5_files(clock)
    _imported(ann, "Statement-20417733.htm", _mt4_file(clock), now)
    committed = _imported(ann, "ReportHistory-51000001.xlsx", older, now)
    objects: dict[str, Any] = {
        "committed": committed,
        "refused": _read(ann, "holiday.jpg", b"\xff\xd8\xff\xe0 a photo", now),
        "waiting": _read(ann, "ReportHistory-51000001 (1).xlsx", newer, now),
        "trade": Trade.objects.filter(account=committed.account, closed_at__isnull=False).latest("closed_at"),
    }
    assert committed.account is not None
    made = make_key(committed.account)
    objects["api_key"], objects["api_key_text"] = made.key, made.text
    sealing.seal_account(committed.account.pk, now)
    shared = sharing.share_account(committed.account, sharing.Choices("Ann’s record", hides_symbols=True), now=now)
    shown = sharing.Choices("All of it", hides_amounts=False, hides_size=False, names_broker=True)
    objects |= {
        "shared": shared.record,
        "shared_token": shared.token,
        "open_token": sharing.share_account(committed.account, shown, now=now).token,
    }
    differ(committed.account, now)
    objects["webhook"] = watch_a_day(committed.account, now)
    for caption in ("The entry", ""):
        make.screenshot(objects["trade"], caption=caption)
    objects["beginner"] = make.trader("fay@example.com", name="Fay")
    make.web_session(ann)
    for act in ("signed_in", "sign_in_failed", "key_made"):
        make.security_event(ann, act=act, details={"key": "tpk_0123456789ab"} if act == "key_made" else {})
    objects["careful"] = make.trader("gus@example.com", name="Gus")
    make.verified(objects["careful"])
    sessions = {"trader": _session_of(ann), "newcomer": _session_of(eve)}
    return Site(ann, eve, committed.account, objects, sessions)


def _mt4_file(clock: datetime) -> bytes:
    out = BytesIO()
    profile = Profile(number="20417733", server="NorthwindMarkets-Live04", currency="USD", seed=11, ends_at=clock)
    write_mt4_html(simulate(profile), out)
    return out.getvalue()


def small_statement() -> bytes:
    """The report of an account with few trades, for who imports in front of the browser."""
    out = BytesIO()
    ends_at = datetime(2026, 3, 2, 12, 0)
    write_mt5_xlsx(simulate(Profile(number="61000001", currency="EUR", seed=5, trades=12, ends_at=ends_at)), out)
    return out.getvalue()


def _mt5_files(clock: datetime) -> tuple[bytes, bytes]:
    """The report of an account as it was two weeks ago, and as it is now."""
    older, newer = BytesIO(), BytesIO()
    life = simulate(
        Profile(
            number="51000001", currency="EUR", seed=23, trades=400, ends_at=clock, deposit=Decimal(40_000), kind="real"
        )
    )
    write_mt5_xlsx(life, older, until=clock - timedelta(days=14))
    write_mt5_xlsx(life, newer)
    return older.getvalue(), newer.getvalue()


def _imported(trader: Trader, name: str, content: bytes, now: datetime) -> Statement:
    statement = statements.import_now(trader, name, [content], now=now, time_zone=_ZONE)
    assert statement.state == State.COMMITTED, statement.error_message
    return statement


def _read(trader: Trader, name: str, content: bytes, now: datetime) -> Statement:
    """The statement after its upload and the reading job, without a commit."""
    statement = statements.receive_statement(trader, name, [content], now=now, time_zone=_ZONE)
    statements.read(statement.pk, now)
    return Statement.objects.get(pk=statement.pk)


def _session_of(trader: Trader) -> str:
    client = Client()
    open_session(client, trader)
    return client.cookies[settings.SESSION_COOKIE_NAME].value
