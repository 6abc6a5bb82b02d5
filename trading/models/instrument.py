"""What a symbol stands for."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import BrokerAccount
from tradeportal.fields import ExactDecimalField, uuid_primary_key
from trading.models.common import AccountRowQuerySet


class Instrument(models.Model):
    """A market under its usual name. Units: pip in price; digits are those of a quoted price."""

    class Kind(models.TextChoices):
        FOREX = "forex", _("Forex")
        METAL = "metal", _("Metal")
        INDEX = "index", _("Index")
        ENERGY = "energy", _("Energy")
        CRYPTO = "crypto", _("Crypto")
        STOCK = "stock", _("Stock")
        OTHER = "other", _("Other")

    id = uuid_primary_key()
    symbol = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.OTHER)
    pip = ExactDecimalField()
    digits = models.PositiveSmallIntegerField(default=5)

    class Meta:
        ordering: ClassVar[list[str]] = ["symbol"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(pip__gt=0), name="instrument_pip_positive"),
        ]

    def __str__(self) -> str:
        return self.symbol


class SymbolMappingQuerySet(AccountRowQuerySet["SymbolMapping"]):
    pass


class SymbolMapping(models.Model):
    """An account's own name for an instrument: EURUSD.m, eurusdpro, EURUSD#."""

    id = uuid_primary_key()
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="symbol_mappings", db_index=False)
    broker_symbol = models.CharField(max_length=64)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="mappings")

    objects = SymbolMappingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["broker_symbol"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "broker_symbol"], name="symbol_mapping_unique_in_account"),
        ]

    def __str__(self) -> str:
        return f"{self.broker_symbol} → {self.instrument_id}"
