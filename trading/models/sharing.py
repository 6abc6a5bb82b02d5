"""What a trader shows of an account to readers who have a link, and the chain that seals its days."""

from datetime import datetime, timedelta
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import BrokerAccount
from tradeportal.fields import uuid_primary_key
from trading.calc.digests import Link
from trading.models.common import AccountRowQuerySet

_HEX = r"^[0-9a-f]{64}$"


class SharedRecordQuerySet(AccountRowQuerySet["SharedRecord"]):
    def open_at(self, now: datetime) -> "SharedRecordQuerySet":
        """Those that answer their readers: neither expired nor revoked, of an account in use and an active trader."""
        return self.filter(
            revoked_at__isnull=True,
            expires_at__gt=now,
            account__archived_at__isnull=True,
            account__trader__is_active=True,
        )


class SharedRecord(models.Model):
    """A link that shows one account, read-only. The token in it is kept as a SHA-256 of 256 random bits and shown once.

    Never changed but for being opened and revoked: another choice of what is hidden is another link.
    """

    id = uuid_primary_key()
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="shared_records", db_index=False)
    title = models.CharField(_("title"), max_length=80)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    hides_amounts = models.BooleanField(_("hide amounts"), default=True)
    hides_size = models.BooleanField(_("hide sizes"), default=True)
    hides_symbols = models.BooleanField(_("hide symbols"), default=False)
    names_broker = models.BooleanField(_("name broker and platform"), default=False)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_opened_at = models.DateTimeField(_("last opened at"), null=True, blank=True)
    opens = models.PositiveIntegerField(_("opens"), default=0)

    objects = SharedRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("shared record")
        verbose_name_plural = _("shared records")
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(token_sha256__regex=_HEX), name="shared_record_token_is_hashed"),
            models.CheckConstraint(condition=~Q(title=""), name="shared_record_has_a_title"),
            models.CheckConstraint(
                condition=Q(hides_amounts=False) | Q(hides_size=True), name="shared_record_hides_size_with_amounts"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at"), expires_at__lte=F("created_at") + timedelta(days=366)),
                name="shared_record_expires_within_a_year",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # views.sharing: the links of an account, newest first.
            models.Index(F("account"), F("created_at").desc(), name="shared_record_newest"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def hides_prices(self) -> bool:
        """A price tells the symbol; and of amount, size and the way between two prices, any two give the third."""
        return self.hides_amounts or self.hides_size or self.hides_symbols

    @property
    def hides_nothing(self) -> bool:
        return not self.hides_prices


class DayDigestQuerySet(AccountRowQuerySet["DayDigest"]):
    pass


@pgtrigger.register(
    pgtrigger.Trigger(
        name="append_only",
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func="""
            IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM accounts_brokeraccount WHERE id = OLD.account_id) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
        """,
    )
)
class DayDigest(models.Model):
    """One link of an account's chain: a day as the book had it when it was sealed. The database refuses to change it.

    A day that changed afterwards gets a further link; the last link of a day is the one that counts. `salt` opens the
    commitments, so it stays with the trader and with readers who may see everything.
    """

    id = uuid_primary_key()
    # The database deletes it along with its account, whose absence is what lets the trigger pass.
    account = models.ForeignKey(
        BrokerAccount, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    position = models.PositiveIntegerField()
    day = models.DateField()
    sealed_at = models.DateTimeField()
    trades = models.PositiveIntegerField()
    rows = models.CharField(max_length=64)
    balance = models.CharField(max_length=64)
    salt = models.CharField(max_length=64)
    prev = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    objects = DayDigestQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["account", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "position"], name="day_digest_position_unique_in_account"),
            models.UniqueConstraint(fields=["account", "prev"], name="day_digest_never_forks"),
            models.CheckConstraint(condition=Q(position__gte=1), name="day_digest_counts_from_one"),
            models.CheckConstraint(
                condition=Q(
                    rows__regex=_HEX, balance__regex=_HEX, salt__regex=_HEX, prev__regex=_HEX, digest__regex=_HEX
                ),
                name="day_digest_is_hex",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.day}"

    def link(self) -> Link:
        return Link(
            self.position, self.day, self.sealed_at, self.trades, self.rows, self.balance, self.prev, self.digest
        )
