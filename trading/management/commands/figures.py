"""Prints the figures of an account, in MetaTrader's own definition."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import BrokerAccount
from trading.calc.rounding import to_places
from trading.calc.undefined import why_undefined
from trading.calc.units import places_of_figure
from trading.formatting import currency_digits
from trading.queries.figures import account_figures, definition_of

_PLACES = 2


class Command(BaseCommand):
    help = "Prints the figures that MetaTrader prints under a report, computed from what is in the book."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", metavar="ACCOUNT", help="id of an account, or its number where only one has it")
        parser.add_argument("--definition", choices=["mt4", "mt5"], help="default: that of the account's platform")
        parser.add_argument("--json", action="store_true", help="print JSON only")

    def handle(self, *args: Any, **options: Any) -> None:
        account = _account(options["account"])
        definition = options["definition"] or definition_of(account)
        figures = account_figures(account, definition)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(account, definition, figures), ensure_ascii=False, indent=2))
            return
        self.stdout.write(f"{account.label}, {account.number}, {account.currency}, definition {definition}")
        digits = currency_digits(account.currency)
        for key, value in figures.items():
            places = places_of_figure(key, digits)
            shown = why_undefined(key, figures) if value is None else format(to_places(value, places), "f")
            self.stdout.write(f"  {key}: {shown}")


def _as_json(account: BrokerAccount, definition: str, figures: dict[str, Decimal | None]) -> dict[str, Any]:
    """Shape: `figures` at full precision, `rounded` to two places, `undefined` says why a figure has no value."""
    return {
        "account": {"id": str(account.pk), "number": account.number, "currency": account.currency},
        "definition": definition,
        "figures": {key: None if value is None else format(value, "f") for key, value in figures.items()},
        "rounded": {
            key: None if value is None else format(to_places(value, _PLACES), "f") for key, value in figures.items()
        },
        "undefined": {key: why_undefined(key, figures) for key, value in figures.items() if value is None},
    }


def _account(wanted: str) -> BrokerAccount:
    """Errors: CommandError for none, and for a number that several accounts have."""
    try:
        found = list(BrokerAccount.objects.filter(pk=UUID(wanted)))
    except ValueError:
        found = list(BrokerAccount.objects.filter(number=wanted)[:2])
    if not found:
        raise CommandError(f"There is no account with the id or number {wanted}.")
    if len(found) > 1:
        raise CommandError(f"Several accounts have the number {wanted}. Give the id of one of them.")
    return found[0]
