"""`manage.py demo`: a demo trader with two accounts, made of generated statements that go through the real importer."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from accounts.models import Trader
from tradeportal.local import Secrets

DEMO_EMAIL = "demo@tradeportal.example"
STAFF_EMAIL = "staff@tradeportal.example"


class Command(BaseCommand):
    help = "Make a demo trader with two accounts and a staff user, and say how to sign in as them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="only on a database without traders")

    def handle(self, *args: Any, if_empty: bool = False, **options: Any) -> None:
        secrets = Secrets(settings.VAR_DIR)
        passwords = {DEMO_EMAIL: secrets.get("demo_password"), STAFF_EMAIL: secrets.get("staff_password")}
        if not if_empty or not Trader.objects.exists():
            _make(passwords)
        for email, place in ((DEMO_EMAIL, ""), (STAFF_EMAIL, " (also /admin/)")):
            trader = Trader.objects.filter(email=email).first()
            if trader and trader.check_password(passwords[email]):
                self.stdout.write(f"Sign in{place} as {email} with the password {passwords[email]}")


@transaction.atomic
def _make(passwords: dict[str, str]) -> None:
    """Both people, and the statements of the first; an account that is there already only gains what it lacks."""
    _person(DEMO_EMAIL, passwords[DEMO_EMAIL], name="Demo Trader", time_zone="Europe/Berlin")
    _person(STAFF_EMAIL, passwords[STAFF_EMAIL], name="Staff", is_staff=True, is_superuser=True)


def _person(email: str, password: str, **fields: Any) -> Trader:
    trader = Trader.objects.filter(email=email).first() or Trader.objects.create_user(email, password, **fields)
    EmailAddress.objects.get_or_create(user=trader, email=email, defaults={"verified": True, "primary": True})
    return trader
