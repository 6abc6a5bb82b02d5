"""One sign-in to the API."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models

from accounts.models.trader import Trader, bound_accounts
from tradeportal.fields import uuid_primary_key


class EndReason(models.TextChoices):
    SIGNED_OUT = "signed_out", "Signed out"
    REUSED = "reused", "A used refresh token came back"


class SignInQuerySet(models.QuerySet["SignIn"]):
    def for_trader(self, trader: Any) -> "SignInQuerySet":
        """This person's; a key sees none."""
        is_person = trader.is_authenticated and bound_accounts(trader) is None
        return self.filter(trader_id=trader.pk) if is_person else self.none()

    def live(self, now: datetime) -> "SignInQuerySet":
        return self.filter(ended_at__isnull=True, expires_at__gt=now)


class SignIn(models.Model):
    """The family of all tokens that descend from one sign-in; it lives and ends as one.

    `token_id` is the id of the only refresh token that is still good. `password_stamp` is a digest of the password hash
    at the sign-in: another password makes another stamp, and the family is dead.
    """

    id = uuid_primary_key()
    trader = models.ForeignKey(Trader, on_delete=models.CASCADE, related_name="sign_ins")
    token_id = models.CharField(max_length=32)
    password_stamp = models.CharField(max_length=64)
    address = models.GenericIPAddressField(null=True, blank=True)
    client = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=10, choices=EndReason.choices, blank=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        verbose_name = "API sign-in"
        ordering: ClassVar[list[str]] = ["-started_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, end_reason="")
                | models.Q(ended_at__isnull=False, end_reason__in=EndReason.values),
                name="sign_in_end_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trader_id} {self.started_at:%Y-%m-%d %H:%M}"
