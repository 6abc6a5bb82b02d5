"""`manage.py load_rates FILE`: exchange rates for everybody, or for one trader."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Trader
from trading.errors import TradingError
from trading.models import RateUpload
from trading.services.exchange_rates import apply_rates, receive_rates, remove_rates


class Command(BaseCommand):
    help = (
        "Lets the exchange rates of a file count for everybody: of the European Central Bank, or day,base,quote,rate."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--trader", metavar="EMAIL", help="for this trader alone")
        parser.add_argument("--dry-run", action="store_true", help="say what is in the file, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = _trader(options["trader"]) if options["trader"] else None
        path: Path = options["file"]
        try:
            upload = receive_rates(owner, path.name, path.read_bytes(), now=timezone.now())
        except (OSError, TradingError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_plain(upload))
        if options["dry_run"] or not upload.count:
            remove_rates(upload)
        else:
            apply_rates(upload, now=timezone.now())


def _trader(email: str) -> Trader:
    trader = Trader.objects.filter(email__iexact=email).first()
    if trader is None:
        raise CommandError(f"There is no trader with the e-mail address {email}.")
    return trader


def _plain(upload: RateUpload) -> str:
    lines = [f"line {problem['line']}: {problem['reason']} ({problem['text']})" for problem in upload.problems]
    days = f"from {upload.first_on} to {upload.last_on}"
    return "\n".join([*lines, f"{upload.read_count:,} rates {days}, {upload.count:,} of them new or other than before"])
