"""A key with which a program, such as a bridge, calls the API for its trader."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.broker_account import BrokerAccount
from accounts.models.trader import Trader, bound_accounts
from tradeportal.fields import uuid_primary_key


class Scope(models.TextChoices):
    READ = "read", _("Read")
    SYNC = "sync", _("Send syncs")
    CLOSE = "close", _("Carry out close requests")


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def for_trader(self, trader: Any) -> "ApiKeyQuerySet":
        """This person's keys. A key sees none, not even itself: whoever steals one learns of no other."""
        is_person = trader.is_authenticated and bound_accounts(trader) is None
        return self.filter(trader_id=trader.pk) if is_person else self.none()


class ApiKey(models.Model):
    """`<prefix>.<secret>`: the prefix finds the key, the secret is kept as a SHA-256 of 256 random bits and shown once.

    A key reaches the accounts that it is bound to and no others.
    """

    PREFIX_LENGTH: ClassVar[int] = 16

    id = uuid_primary_key()
    trader = models.ForeignKey(Trader, on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("trader"))
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=PREFIX_LENGTH, unique=True, editable=False)
    secret_sha256 = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=8, choices=Scope.choices), verbose_name=_("scopes"))
    accounts: "models.ManyToManyField[BrokerAccount, Any]" = models.ManyToManyField(
        BrokerAccount, related_name="api_keys", verbose_name=_("accounts")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"))
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(secret_sha256__regex=r"^[0-9a-f]{64}$"), name="api_key_secret_is_hashed"
            ),
            models.CheckConstraint(condition=Q(scopes__len__gt=0), name="api_key_has_a_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    def is_usable(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now
