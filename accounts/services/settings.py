"""What a trader chooses: name, time zone, ways to write and to look."""

from typing import Any

from django.db import transaction

from accounts.models import Trader

CHOSEN = (
    "name",
    "language",
    "time_zone",
    "display_currency",
    "definition",
    "theme",
    "palette",
    "number_format",
    "mails_warnings",
    "mails_criticals",
)


@transaction.atomic
def change_settings(trader: Trader, **fields: Any) -> None:
    """Stores the choices given; the others stay. Errors: ValidationError."""
    strange = fields.keys() - set(CHOSEN)
    if strange:
        raise TypeError(f"A trader has no setting called {', '.join(sorted(strange))}.")
    for name, value in fields.items():
        setattr(trader, name, value)
    trader.clean_fields(exclude=[field.name for field in Trader._meta.fields if field.name not in fields])
    trader.save(update_fields=list(fields))
