"""What the tables of an account's history share."""

from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import bound_accounts

_Row = TypeVar("_Row", bound=models.Model)


class AccountRowQuerySet(models.QuerySet[_Row]):
    """Rows that belong to a broker account."""

    def for_trader(self, trader: Any) -> "AccountRowQuerySet[_Row]":
        """The rows of this person's accounts, or of those that this key is bound to. The only access rule.

        None for anybody who is not signed in.
        """
        if not trader.is_authenticated:
            return self.none()
        own, bound = self.filter(account__trader_id=trader.pk), bound_accounts(trader)
        return own if bound is None else own.filter(account__in=bound)


class Side(models.TextChoices):
    BUY = "buy", _("Buy")
    SELL = "sell", _("Sell")


class Source(models.TextChoices):
    STATEMENT = "statement", _("Statement")
    SYNC = "sync", _("Sync")
    API = "api", "API"
    MANUAL = "manual", _("Manual")


def is_known(field: str, choices: type[models.TextChoices]) -> models.Q:
    return models.Q(**{f"{field}__in": choices.values})
