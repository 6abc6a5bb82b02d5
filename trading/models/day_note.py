"""What a trader writes about a day: of all accounts together, so that an undo or a new import never touches it."""

from typing import Any, ClassVar

import pghistory
from django.db import models
from django.db.models import Q

from accounts.models import Trader, bound_accounts
from tradeportal.fields import uuid_primary_key


class DayNoteQuerySet(models.QuerySet["DayNote"]):
    def for_trader(self, trader: Any) -> "DayNoteQuerySet":
        """This person's notes. A key sees none: a note is about all accounts, and a key is bound to some."""
        is_person = trader.is_authenticated and bound_accounts(trader) is None
        return self.filter(trader_id=trader.pk) if is_person else self.none()


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class DayNote(models.Model):
    """A day's note, in Markdown. `day` is a day of the trader's zone."""

    id = uuid_primary_key()
    trader = models.ForeignKey(Trader, on_delete=models.CASCADE, related_name="day_notes", db_index=False)
    day = models.DateField()
    text = models.TextField()
    changed_at = models.DateTimeField(auto_now=True)

    objects = DayNoteQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-day"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Its index serves the list, newest first, as well.
            models.UniqueConstraint(fields=["trader", "day"], name="day_note_one_per_day"),
            models.CheckConstraint(condition=~Q(text=""), name="day_note_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.trader_id} {self.day}"
