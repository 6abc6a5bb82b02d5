"""What a trader adds to a trade and to a day. None of it touches money."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction

from accounts.models import BrokerAccount, Trader
from accounts.revisions import raise_revision
from trading.models import DayNote, JournalEntry, Tag, Trade
from trading.statements.rows import JournalRow

_ENTRIES_AT_ONCE = 1_000


@transaction.atomic
def save_journal(
    trade: Trade, *, notes: str, tags: Iterable[str], initial_stop_loss: Decimal | None, rating: int | None = None
) -> JournalEntry:
    """The trader's entry on this trade, as it now is. Tags that do not exist yet are made."""
    # The row lock makes two saves of one trade follow each other; the revision makes cached lists forget the old one.
    account = BrokerAccount.objects.select_for_update().select_related("trader").get(pk=trade.account_id)
    entry, _ = JournalEntry.objects.update_or_create(
        account=account,
        ticket=trade.ticket,
        defaults={"notes": notes, "initial_stop_loss": initial_stop_loss, "rating": rating},
    )
    entry.tags.set(_tags(account.trader, tags))
    raise_revision([account.pk])
    return entry


@transaction.atomic
def add_missing_entries(account: BrokerAccount, rows: Sequence[JournalRow]) -> int:
    """Writes what an export says of trades of which the trader has noted nothing here; what is here is never replaced.

    The caller holds the lock of the account. Returns how many entries were added.
    """
    wanted = {row.ticket: row for row in rows}
    there = JournalEntry.objects.filter(account=account, ticket__in=list(wanted)).values_list("ticket", flat=True)
    for ticket in list(there):
        del wanted[ticket]
    entries = {
        ticket: JournalEntry(
            account=account,
            ticket=ticket,
            notes=row.notes,
            initial_stop_loss=row.initial_stop_loss,
            rating=row.rating,
        )
        for ticket, row in wanted.items()
    }
    JournalEntry.objects.bulk_create(entries.values(), batch_size=_ENTRIES_AT_ONCE)
    tags = {
        _key(tag.name): tag for tag in _tags(account.trader, [name for row in wanted.values() for name in row.tags])
    }
    links = JournalEntry.tags.through
    links.objects.bulk_create(
        [
            links(journalentry_id=entries[ticket].pk, tag_id=tags[key].pk)
            for ticket, row in wanted.items()
            for key in dict.fromkeys(_key(name) for name in row.tags)
        ],
        batch_size=_ENTRIES_AT_ONCE,
    )
    return len(entries)


@transaction.atomic
def save_day_note(trader: Trader, day: date, text: str) -> DayNote | None:
    """The trader's note on this day, as it now is; None where nothing is left of it."""
    text = text.strip()
    if not text:
        DayNote.objects.for_trader(trader).filter(day=day).delete()
        return None
    # The insert waits for a simultaneous one of the same day, and then changes that one.
    note, _ = DayNote.objects.update_or_create(trader=trader, day=day, defaults={"text": text})
    return note


def _tags(trader: Trader, names: Iterable[str]) -> list[Tag]:
    """The trader's tags of these names, in any case; each once."""
    wanted = {_key(name): name.strip() for name in names if name.strip()}
    known = {_key(tag.name): tag for tag in Tag.objects.for_trader(trader)}
    return [known.get(key) or Tag.objects.create(trader=trader, name=name) for key, name in wanted.items()]


def _key(name: str) -> str:
    """What two spellings of one tag share. PostgreSQL, which refuses a second spelling, may know no final sigma."""
    return name.strip().lower().replace("ς", "σ")
