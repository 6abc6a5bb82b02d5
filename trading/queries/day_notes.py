"""Notes on days, newest first. There is one for each day, so that the day itself is the place in the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from trading.models import DayNote

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class NotePage:
    """`next_before` is None on the last page."""

    notes: Sequence[DayNote]
    next_before: date | None


def note_page(trader: Any, search: str = "", before: date | None = None, size: int = PAGE_SIZE) -> NotePage:
    """The notes with this text in them, of days before that one, in one query."""
    notes = DayNote.objects.for_trader(trader).order_by("-day")
    if search:
        notes = notes.filter(text__icontains=search)
    if before:
        notes = notes.filter(day__lt=before)
    found = list(notes[: size + 1])
    return NotePage(found[:size], found[size - 1].day if len(found) > size else None)


def note_of(trader: Any, day: date) -> str:
    """The text of the trader's note on this day; "" where there is none."""
    return DayNote.objects.for_trader(trader).filter(day=day).values_list("text", flat=True).first() or ""


def days_with_notes(trader: Any, first: date, last: date) -> frozenset[date]:
    """The days from `first` to `last`, both counted, that the trader wrote about."""
    return frozenset(DayNote.objects.for_trader(trader).filter(day__range=(first, last)).values_list("day", flat=True))
