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
    "hides_first_steps",
)


@transaction.atomic
def change_settings(trader: Trader, **fields: Any) -> None:
    """Stores the choices given; the others stay. Errors: ValidationError."""
    strange = fields.keys() - set(CHOSEN)
    if strange:
        raise TypeError(f"A trader has no setting called {', '.join(sorted(strange))}.")
    if "time_zone" in fields:
        fields = {**fields, "has_chosen_zone": True}
    for name, value in fields.items():
        setattr(trader, name, value)
    trader.clean_fields(exclude=[field.name for field in Trader._meta.fields if field.name not in fields])
    trader.save(update_fields=list(fields))
