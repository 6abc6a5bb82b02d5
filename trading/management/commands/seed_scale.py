"""`manage.py seed_scale`: fills a database of no other use with many traders, trades and snapshots."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from trading.management.scale import Sizes, fill, is_foreign
from trading.services.snapshot_tiers import keep_tiers

_TOLD_EVERY_S = 10


class Command(BaseCommand):
    help = "Fill a database with many traders, trades and snapshots, to measure the portal at that size."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--traders", type=int, default=10_000, help="with an account each (10,000)")
        parser.add_argument("--trades", type=int, default=10_000_000, help="closed ones of all together (10,000,000)")
        parser.add_argument("--snapshots", type=int, default=0, help="of the last days, of all together (0)")
        parser.add_argument("--fills", action="store_true", help="an entry and an exit for each trade as well")
        parser.add_argument("--yes", action="store_true", help="also where people use this database")

    def handle(self, *args: Any, **options: Any) -> None:
        sizes = Sizes(options["traders"], options["trades"], options["snapshots"], options["fills"])
        if sizes.traders < 1 or sizes.trades < 0 or sizes.snapshots < 0:
            raise CommandError("--traders must be at least 1, --trades and --snapshots not below 0.")
        if not options["yes"] and is_foreign():
            raise CommandError("People use this database. Fill one of no other use, or say --yes.")
        started = time.monotonic()
        keep_tiers(timezone.now())
        told_at = started
        written = 0
        for traders, written in fill(sizes, timezone.now()):
            if time.monotonic() - told_at > _TOLD_EVERY_S:
                told_at = time.monotonic()
                self._say(traders, sizes, written, told_at - started)
        self.stdout.write("Analysing ...")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        self._say(sizes.traders, sizes, written, time.monotonic() - started)
        self.stdout.write(self._measured())

    def _say(self, traders: int, sizes: Sizes, written: int, took_s: float) -> None:
        self.stdout.write(
            f"{traders:,} of {sizes.traders:,} traders, {written:,} trades written: {took_s:.0f} s,"
            f" {written / took_s:,.0f} trades/s"
        )
        self.stdout.flush()

    def _measured(self) -> str:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT pg_size_pretty(pg_database_size(current_database())),
                    (SELECT string_agg(format('%s %s', name, pg_size_pretty(size)), ', ' ORDER BY size DESC) FROM (
                        SELECT relname AS name, pg_total_relation_size(oid) AS size FROM pg_class
                        WHERE relkind IN ('r', 'm') AND relnamespace = 'public'::regnamespace
                        ORDER BY size DESC LIMIT 4) t)"""
            )
            database, tables = cursor.fetchone()
        return f"The database takes {database}: {tables}."
