"""`manage.py seal_days`: seals the days that are over, as the worker does every hour; or checks the chains."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts.models import BrokerAccount
from trading.queries.chain import check
from trading.services.sealing import seal_all


class Command(BaseCommand):
    help = "Seal the days of every account that are over, or only hold the chains against the book (--check)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="seal nothing; exit status 1 where a chain does not hold"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if not options["check"]:
            self.stdout.write(f"{seal_all(now)} links sealed.")
            return
        failing = 0
        for account in BrokerAccount.objects.order_by("pk"):
            found = check(account, now)
            if found.broken:
                self.stdout.write(f"{account.pk} breaks at link {found.broken.position} ({found.broken.reason})")
            for day in found.differing:
                self.stdout.write(f"{account.pk} {day} is not what was sealed")
            failing += not found.is_intact
        if failing:
            sys.exit(1)
        self.stdout.write("Every chain holds.")
