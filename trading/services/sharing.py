"""Makes, revokes and counts the links of shared records."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from accounts.models import BrokerAccount
from trading import cache
from trading.errors import TradingError
from trading.models import SharedRecord
from trading.queries.shared_records import token_digest
from trading.services.reconciliation_inputs import lock

DEFAULT_DAYS, MAX_DAYS = 90, 365
MAX_RECORDS = 20
_TOKEN_BYTES = 32
_OPENS_NOTED_EVERY_S = 60


class SharingRefused(TradingError):
    code = "sharing_refused"


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A link that was just made. `token` is what its owner copies now or never."""

    record: SharedRecord
    token: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What a link says and hides. Hiding amounts hides sizes, whatever `hides_size` says."""

    title: str
    hides_amounts: bool = True
    hides_size: bool = True
    hides_symbols: bool = False
    names_broker: bool = False
    days: int = DEFAULT_DAYS


@transaction.atomic
def share_account(account: BrokerAccount, choices: Choices, *, now: datetime) -> NewRecord:
    """A new link to this account. Errors: SharingRefused; ValidationError for a title that is none."""
    lock([account.pk])  # two at once count each other
    if account.archived_at is not None:
        raise SharingRefused("This account is archived, and links to it rest. Restore it first.")
    if not 1 <= choices.days <= MAX_DAYS:
        raise SharingRefused(f"A link expires within a year. Choose 1 to {MAX_DAYS} days.")
    if SharedRecord.objects.filter(account=account).open_at(now).count() >= MAX_RECORDS:
        raise SharingRefused(f"This account has {MAX_RECORDS} links, which is the most. End one first.")
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    record = SharedRecord(
        account=account,
        title=choices.title.strip(),
        token_sha256=token_digest(token),
        hides_amounts=choices.hides_amounts,
        hides_size=choices.hides_size or choices.hides_amounts,
        hides_symbols=choices.hides_symbols,
        names_broker=choices.names_broker,
        created_at=now,
        expires_at=now + timedelta(days=choices.days),
    )
    record.full_clean()
    record.save()
    return NewRecord(record, token)


def revoke_record(record: SharedRecord, now: datetime) -> None:
    """Ends a link at once. Again: no change."""
    SharedRecord.objects.filter(pk=record.pk, revoked_at__isnull=True).update(revoked_at=now)
    record.refresh_from_db(fields=["revoked_at"])


def note_open(record: SharedRecord, now: datetime) -> None:
    """Counts that somebody opened the link: one open a minute at most, so that a reader costs no write per page."""
    if cache.is_first_open(record.pk, _OPENS_NOTED_EVERY_S):
        SharedRecord.objects.filter(pk=record.pk).update(opens=F("opens") + 1, last_opened_at=now)
