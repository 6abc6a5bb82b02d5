"""`manage.py rebuild_rollups`: every account's days rolled up anew."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.models import BrokerAccount
from trading.services.rollups import differing_accounts, roll_up


class Command(BaseCommand):
    help = "Roll up the days of every account anew, or only compare them with the trades (--check)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit status 1 where any differ")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            differing = differing_accounts()
            for account_id in differing:
                self.stdout.write(f"{account_id} differs")
            if differing:
                sys.exit(1)
            self.stdout.write("All rolled-up days are what their trades and fills add up to.")
            return
        keys = list(BrokerAccount.objects.order_by("pk").values_list("pk", flat=True))
        for key in keys:
            roll_up(key)
        self.stdout.write(f"{len(keys)} accounts rolled up.")
