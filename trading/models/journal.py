"""What a trader adds to a trade: kept by (account, ticket), so that it outlives an undo and a new import."""

from typing import Any, ClassVar

import pghistory
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import BrokerAccount, Trader, bound_accounts
from tradeportal.fields import ExactDecimalField, uuid_primary_key
from trading.models.common import AccountRowQuerySet


class TagQuerySet(models.QuerySet["Tag"]):
    def for_trader(self, trader: Any) -> "TagQuerySet":
        """This person's tags. A key sees none by themselves: they are of all accounts, and stand on its trades."""
        is_person = trader.is_authenticated and bound_accounts(trader) is None
        return self.filter(trader_id=trader.pk) if is_person else self.none()


class Tag(models.Model):
    id = uuid_primary_key()
    trader = models.ForeignKey(Trader, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40)

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("trader", Lower("name"), name="tag_name_unique_per_trader"),
            models.CheckConstraint(condition=~Q(name=""), name="tag_name_given"),
        ]

    def __str__(self) -> str:
        return self.name


class JournalEntryQuerySet(AccountRowQuerySet["JournalEntry"]):
    pass


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class JournalEntry(models.Model):
    """A trader's notes, tags, rating and initial stop on one trade. No foreign key to the trade, on purpose: see above."""

    id = uuid_primary_key()
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="journal_entries", db_index=False)
    ticket = models.CharField(max_length=64)
    notes = models.TextField(blank=True)
    initial_stop_loss = ExactDecimalField(null=True, blank=True)
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    tags = models.ManyToManyField(Tag, related_name="entries", blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = JournalEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "journal entries"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "ticket"], name="journal_entry_one_per_trade"),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__range=(1, 5)), name="journal_entry_rating_from_1_to_5"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.ticket}"
