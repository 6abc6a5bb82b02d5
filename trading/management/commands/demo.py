"""`manage.py demo`: a demo trader with two accounts, made of generated statements that go through the real importer, and a
live one, which a bridge feeds from a simulated terminal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Trader
from tradeportal.local import Secrets
from trading.management.live_demo import config_path, has_good_key, prepare_live_account
from trading.models import State, Statement
from trading.samplefiles.account import Profile
from trading.samplefiles.mt4_html import write_mt4_html
from trading.samplefiles.mt5_xlsx import write_mt5_xlsx
from trading.samplefiles.simulate import simulate
from trading.services.statements import import_now

DEMO_EMAIL = "demo@tradeportal.example"
STAFF_EMAIL = "staff@tradeportal.example"
SERVER_ZONE = "Europe/Athens"


class Command(BaseCommand):
    help = "Make a demo trader with two accounts and a live one, and a staff user, and say how to sign in as them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="only when nobody else uses this database")

    def handle(self, *args: Any, if_empty: bool = False, **options: Any) -> None:
        secrets = Secrets(settings.VAR_DIR)
        passwords = {DEMO_EMAIL: secrets.get("demo_password"), STAFF_EMAIL: secrets.get("staff_password")}
        if not if_empty or not Trader.objects.exclude(email__in=passwords).exists():
            trader = _person(DEMO_EMAIL, passwords[DEMO_EMAIL], name="Demo Trader", time_zone="Europe/Berlin")
            _person(STAFF_EMAIL, passwords[STAFF_EMAIL], name="Staff", is_staff=True, is_superuser=True)
            _import_statements(trader, timezone.now())
            prepare_live_account(trader, timezone.now())
        if not has_good_key(timezone.now()):
            # A configuration of another database must not set a bridge on this one.
            config_path().unlink(missing_ok=True)
        for email, place in ((DEMO_EMAIL, ""), (STAFF_EMAIL, " (also /admin/)")):
            person = Trader.objects.filter(email=email).first()
            if person and person.check_password(passwords[email]):
                self.stdout.write(f"Sign in{place} as {email} with the password {passwords[email]}")


def _person(email: str, password: str, **fields: Any) -> Trader:
    trader = Trader.objects.filter(email=email).first() or Trader.objects.create_user(email, password, **fields)
    EmailAddress.objects.get_or_create(user=trader, email=email, defaults={"verified": True, "primary": True})
    return trader


def _import_statements(trader: Trader, now: datetime) -> None:
    """Imports each statement that this trader has not handed in yet, so that an interrupted demo is completed."""
    clock = now.astimezone(ZoneInfo(SERVER_ZONE)).replace(tzinfo=None, microsecond=0)
    for name, write in _statements(clock):
        if Statement.objects.filter(trader=trader, name=name).exclude(state=State.FAILED).exists():
            continue
        content = BytesIO()
        write(content)
        statement = import_now(trader, name, [content.getvalue()], now=now, time_zone=SERVER_ZONE)
        if statement.state != State.COMMITTED:
            raise CommandError(f"{name} was not imported: {statement.error_message or statement.get_state_display()}")


def _statements(clock: datetime) -> list[tuple[str, Callable[[BytesIO], None]]]:
    """The names and writers of 18 months in two accounts. Units: `clock` is the broker's server time, naive."""
    ends_at = clock - timedelta(minutes=30)
    swing = Profile(number="20417733", server="NorthwindMarkets-Live04", currency="USD", seed=11, ends_at=ends_at)
    intraday = Profile(
        number="51000001", currency="EUR", seed=23, trades=620, ends_at=ends_at, deposit=Decimal(40_000), kind="real"
    )
    return [
        ("Statement-20417733.htm", lambda out: write_mt4_html(simulate(swing), out)),
        ("ReportHistory-51000001.xlsx", lambda out: write_mt5_xlsx(simulate(intraday), out)),
    ]
