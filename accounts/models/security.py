"""Where a trader is signed in by a browser, and what happened around signing in."""

from typing import Any, ClassVar

import pgtrigger
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models.trader import Trader, bound_accounts
from tradeportal.fields import uuid_primary_key


class OwnedQuerySet(models.QuerySet[Any]):
    def for_trader(self, trader: Any) -> "OwnedQuerySet":
        """This person's. A key sees none: whoever steals one learns nothing of its owner's devices."""
        is_person = trader.is_authenticated and bound_accounts(trader) is None
        return self.filter(trader_id=trader.pk) if is_person else self.none()


class WebSession(models.Model):
    """A browser that is signed in. The row goes when the session ends."""

    id = uuid_primary_key()
    trader = models.ForeignKey(Trader, on_delete=models.CASCADE, related_name="web_sessions")
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    address = models.GenericIPAddressField(null=True, blank=True)
    client = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-started_at", "-id"]

    def __str__(self) -> str:
        return f"{self.trader_id} {self.started_at:%Y-%m-%d %H:%M}"


class SecurityAct(models.TextChoices):
    SIGNED_IN = "signed_in", _("Signed in")
    API_SIGNED_IN = "api_signed_in", _("Signed in by the API")
    SIGN_IN_FAILED = "sign_in_failed", _("A sign-in failed")
    FACTOR_FAILED = "factor_failed", _("A wrong second factor was given")
    SIGNED_OUT = "signed_out", _("Signed out")
    SESSION_ENDED = "session_ended", _("A device was signed out")
    ALL_ENDED = "all_ended", _("All other devices were signed out")
    TOKEN_REUSED = "token_reused", _("A used token came back; its sign-in was ended")
    PASSWORD_CHANGED = "password_changed", _("The password was changed")
    EMAIL_ADDED = "email_added", _("An e-mail address was added")
    EMAIL_CHANGED = "email_changed", _("The e-mail address was changed")
    EMAIL_REMOVED = "email_removed", _("An e-mail address was removed")
    FACTOR_ADDED = "factor_added", _("A second factor or passkey was added")
    FACTOR_REMOVED = "factor_removed", _("A second factor or passkey was removed")
    CODES_RENEWED = "codes_renewed", _("Recovery codes were made anew")
    RIGHTS_CHANGED = "rights_changed", _("Permissions were changed")
    EXPORTED = "exported", _("Everything was exported")
    KEY_MADE = "key_made", _("An API key was made")
    KEY_REVOKED = "key_revoked", _("An API key was revoked")


@pgtrigger.register(pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete))
class SecurityEvent(models.Model):
    """Who did what from where. The database keeps it unchanged, also when the trader is gone.

    `trader` is empty where somebody tried an e-mail that nobody has. `actor` names the staff who did it, if it was not
    the trader.
    """

    id = uuid_primary_key()
    trader = models.ForeignKey(
        Trader, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    act = models.CharField(max_length=20, choices=SecurityAct.choices)
    actor = models.CharField(max_length=254, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    client = models.CharField(max_length=200, blank=True)
    details = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-id"]
        indexes: ClassVar[list[models.Index]] = [
            # The page of the security log: a trader's events, newest first.
            models.Index(F("trader"), F("at").desc(), F("id").desc(), name="security_newest_first"),
            # The admin's list: everybody's, newest first.
            models.Index(F("at").desc(), F("id").desc(), name="security_all_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.at:%Y-%m-%d %H:%M}"
