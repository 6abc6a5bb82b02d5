"""What the tables of an account's history share."""

from typing import Any, TypeVar

from django.db import models

_Row = TypeVar("_Row", bound=models.Model)


class AccountRowQuerySet(models.QuerySet[_Row]):
    """Rows that belong to a broker account."""

    def for_trader(self, trader: Any) -> "AccountRowQuerySet[_Row]":
        """The rows of this person's accounts; none for anybody who is not signed in. The only access rule."""
        return self.filter(account__trader_id=trader.pk) if trader.is_authenticated else self.none()


class Side(models.TextChoices):
    BUY = "buy", "Buy"
    SELL = "sell", "Sell"


class Source(models.TextChoices):
    STATEMENT = "statement", "Statement"
    SYNC = "sync", "Sync"
    API = "api", "API"
    MANUAL = "manual", "Manual"


def is_known(field: str, choices: type[models.TextChoices]) -> models.Q:
    return models.Q(**{f"{field}__in": choices.values})
