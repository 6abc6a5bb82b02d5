"""Making, changing, archiving and restoring broker accounts."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import BrokerAccount, Trader
from accounts.revisions import announce, raise_revision

#: What a trader may set. The owner, the revision and the archive mark are not among them.
EDITABLE = (
    "label",
    "platform",
    "broker",
    "server",
    "number",
    "currency",
    "margin_mode",
    "leverage",
    "server_time_zone",
    "is_demo",
    "phase",
    "opened_on",
)


@transaction.atomic
def create_account(trader: Trader, **fields: Any) -> BrokerAccount:
    """A new account of this trader. Errors: ValidationError, also when the trader has it already."""
    Trader.objects.select_for_update(no_key=True).get(pk=trader.pk)  # A second click waits, and is then told.
    account = BrokerAccount(trader=trader, **_only_editable(fields))
    account.full_clean()
    account.save()
    announce([trader.pk])
    return account


@transaction.atomic
def edit_account(account: BrokerAccount, **fields: Any) -> BrokerAccount:
    """The account with new values and a raised revision, since pages show its name. Errors: ValidationError."""
    locked = BrokerAccount.objects.select_for_update().get(pk=account.pk)
    for name, value in _only_editable(fields).items():
        setattr(locked, name, value)
    locked.full_clean()
    locked.save(update_fields=list(EDITABLE))
    _raise_revision(locked)
    return locked


@transaction.atomic
def archive_account(account: BrokerAccount) -> None:
    """Takes the account out of lists and totals; nothing of it is lost. Again: no change."""
    if BrokerAccount.objects.filter(pk=account.pk).active().update(archived_at=timezone.now()):
        _raise_revision(account)


@transaction.atomic
def restore_account(account: BrokerAccount) -> None:
    """Brings an archived account back. Again: no change."""
    if BrokerAccount.objects.filter(pk=account.pk, archived_at__isnull=False).update(archived_at=None):
        _raise_revision(account)


def _raise_revision(account: BrokerAccount) -> None:
    raise_revision([account.pk])
    account.refresh_from_db(fields=["revision", "archived_at"])


def _only_editable(fields: dict[str, Any]) -> dict[str, Any]:
    strange = fields.keys() - set(EDITABLE)
    if strange:
        raise TypeError(f"An account has no field to set called {', '.join(sorted(strange))}.")
    return fields
