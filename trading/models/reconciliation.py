"""Differences between the book and the broker, and the append-only log of how they were found."""

from typing import ClassVar

import pghistory
import pgtrigger
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import BrokerAccount, Trader
from tradeportal.fields import ExactDecimalField, uuid_primary_key
from trading.models.common import AccountRowQuerySet, is_known


class BreakType(models.TextChoices):
    ENTRY_SLIPPAGE = "entry_slippage", _("Entry price differs")
    VOLUME_MISMATCH = "volume_mismatch", _("Volume differs")
    PARTIAL_FILL = "partial_fill", _("Partly filled or closed at the broker")
    TAKE_PROFIT_MISMATCH = "take_profit_mismatch", _("Take profit differs")
    STOP_LOSS_MISMATCH = "stop_loss_mismatch", _("Stop loss differs")
    SIDE_MISMATCH = "side_mismatch", _("Side differs")
    CLOSED_AT_BROKER = "closed_at_broker", _("Closed at the broker")
    UNKNOWN_AT_BOOK = "unknown_at_book", _("Not in the book")
    BALANCE_MISMATCH = "balance_mismatch", _("Balance differs")
    STALE = "stale", _("No sync")


class AccountRulesQuerySet(AccountRowQuerySet["AccountRules"]):
    pass


class AccountRules(models.Model):
    """The tolerances of one account's reconciliation and how long its feed may be quiet. Ratios are 0 to 1."""

    account = models.OneToOneField(BrokerAccount, on_delete=models.CASCADE, primary_key=True, related_name="rules")
    match_volume_ratio = ExactDecimalField(default="0.05", validators=[MinValueValidator(0)])
    match_price_pips = ExactDecimalField(default="2", validators=[MinValueValidator(0)])
    slippage_pips = ExactDecimalField(default="5", validators=[MinValueValidator(0)])
    volume_break_ratio = ExactDecimalField(default="0.10", validators=[MinValueValidator(0)])
    balance_tolerance = ExactDecimalField(default="0.01", validators=[MinValueValidator(0)])
    stale_after_s = models.PositiveIntegerField(default=120, validators=[MinValueValidator(10)])

    objects = AccountRulesQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "account rules"

    def __str__(self) -> str:
        return str(self.account_id)


class BreakQuerySet(AccountRowQuerySet["Break"]):
    def unresolved(self) -> "BreakQuerySet":
        return self.filter(state__in=[Break.State.OPEN, Break.State.ACKNOWLEDGED])


@pghistory.track(
    pghistory.UpdateEvent(row=pghistory.Old, condition=pghistory.AnyChange(exclude=["seen_at"])),
    pghistory.DeleteEvent(row=pghistory.Old),
)
class Break(models.Model):
    """One difference, from the sync that first showed it to the one that no longer does, or to the trader's word.

    Shape: book and broker = the compared values of each side as texts. `amount` is money in the account's currency.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        RESOLVED = "resolved", _("Resolved")
        IGNORED = "ignored", _("Ignored")

    id = uuid_primary_key()
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="breaks", db_index=False)
    type = models.CharField(max_length=20, choices=BreakType.choices)
    ticket = models.CharField(max_length=64, blank=True)
    symbol = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    book = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    broker = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    amount = ExactDecimalField(null=True, blank=True)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    state_changed_at = models.DateTimeField()
    state_changed_by = models.ForeignKey(Trader, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    resolution = models.CharField(max_length=200, blank=True)

    objects = BreakQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-opened_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["account", "type", "ticket"],
                condition=~Q(state="resolved"),
                name="break_one_unresolved_of_a_kind",
            ),
            models.CheckConstraint(condition=is_known("type", BreakType), name="break_type_is_known"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # queries.breaks: an account's breaks, newest first.
            models.Index(F("account"), F("opened_at").desc(), name="break_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.ticket}"


class ReconciliationLogQuerySet(AccountRowQuerySet["ReconciliationLog"]):
    pass


@pgtrigger.register(pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete))
class ReconciliationLog(models.Model):
    """One run or event of reconciliation. The database refuses to change or delete it."""

    class Event(models.TextChoices):
        SYNC = "sync", _("Sync")
        SYNC_FAILED = "sync_failed", _("Sync failed")
        BREAK_OPENED = "break_opened", _("Break opened")
        BREAK_CHANGED = "break_changed", _("Break changed")
        BREAK_RESOLVED = "break_resolved", _("Break resolved")
        BREAK_ACKNOWLEDGED = "break_acknowledged", _("Break acknowledged")
        BREAK_IGNORED = "break_ignored", _("Break ignored")
        POSITION_ACCEPTED = "position_accepted", _("Position accepted into the book")
        STALE = "stale", _("Feed went quiet")

    id = uuid_primary_key()
    account = models.ForeignKey(
        BrokerAccount, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    event = models.CharField(max_length=20, choices=Event.choices)
    at = models.DateTimeField()
    break_type = models.CharField(max_length=20, blank=True)
    ticket = models.CharField(max_length=64, blank=True)
    matched = models.PositiveIntegerField(default=0)
    breaks = models.PositiveIntegerField(default=0)
    details = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    actor = models.CharField(max_length=120, blank=True)

    objects = ReconciliationLogQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-id"]
        indexes: ClassVar[list[models.Index]] = [
            # queries.reconciliation_log: an account's events, newest first.
            models.Index(F("account"), F("at").desc(), F("id").desc(), name="reconciliation_log_newest"),
            # queries.reconciliation.recent_events: what happened besides the runs, which are many.
            models.Index(
                F("account"),
                F("at").desc(),
                F("id").desc(),
                name="reconciliation_log_news",
                condition=~Q(event="sync"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.at:%Y-%m-%d %H:%M:%S}"
