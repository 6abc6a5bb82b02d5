"""Model fields of the house."""

from typing import Any

from django.db import models
from uuid_utils.compat import uuid7


class ExactDecimalField(models.DecimalField):  # type: ignore[type-arg]  # takes no arguments at run time
    """A PostgreSQL `numeric` without a fixed scale: it keeps the decimals that the broker printed (1.12340, 151396).

    Units: whatever the column says. max_digits and decimal_places bound what forms and the API accept, not the column.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 38)
        kwargs.setdefault("decimal_places", 18)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:
        return "numeric"


def uuid_primary_key() -> "models.UUIDField[Any, Any]":
    """A time-ordered UUIDv7 key: fit for a public URL, silent about how many rows there are, friendly to indexes."""
    return models.UUIDField(primary_key=True, default=uuid7, editable=False)
