"""Money that moved without a trade."""

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import BrokerAccount
from tradeportal.fields import ExactDecimalField, uuid_primary_key
from trading.models.common import AccountRowQuerySet, Source, is_known


class FlowKind(models.TextChoices):
    DEPOSIT = "deposit", _("Deposit")
    WITHDRAWAL = "withdrawal", _("Withdrawal")
    CREDIT = "credit", _("Credit")
    BONUS = "bonus", _("Bonus")
    DIVIDEND = "dividend", _("Dividend")
    INTEREST = "interest", _("Interest")
    FEE = "fee", _("Fee")
    TAX = "tax", _("Tax")
    CORRECTION = "correction", _("Correction")


class CashFlowQuerySet(AccountRowQuerySet["CashFlow"]):
    pass


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class CashFlow(models.Model):
    """A deposit, withdrawal, credit ...: signed, in the account's currency. Credit is not part of the balance."""

    id = uuid_primary_key()
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="cash_flows", db_index=False)
    reference = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=FlowKind.choices)
    amount = ExactDecimalField()
    booked_at = models.DateTimeField()
    booked_text = models.CharField(max_length=40, blank=True)
    sequence = models.BigIntegerField(default=0)
    balance_after = ExactDecimalField(null=True, blank=True)
    comment = models.TextField(blank=True)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.STATEMENT)
    added_by = models.ForeignKey(
        "trading.Statement", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    objects = CashFlowQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-booked_at", "-sequence", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "reference"], name="cash_flow_reference_unique_in_account"),
            models.CheckConstraint(condition=is_known("kind", FlowKind), name="cash_flow_kind_is_known"),
            models.CheckConstraint(condition=is_known("source", Source), name="cash_flow_source_is_known"),
            models.CheckConstraint(condition=~Q(reference=""), name="cash_flow_reference_given"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # queries.cash_flows and the balance proof.
            models.Index(F("account"), F("booked_at"), F("sequence"), name="cash_flow_in_order"),
            # services: undo of one import.
            models.Index(F("added_by"), name="cash_flow_added_by", condition=Q(added_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
