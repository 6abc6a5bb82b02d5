"""An account at a broker."""

from typing import Any, ClassVar

import pghistory
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.trader import Trader, bound_accounts, validate_currency
from accounts.zones import validate_zone
from tradeportal.fields import uuid_primary_key


class Platform(models.TextChoices):
    MT4 = "mt4", "MetaTrader 4"
    MT5 = "mt5", "MetaTrader 5"
    CTRADER = "ctrader", "cTrader"
    IBKR = "ibkr", "Interactive Brokers"
    CRYPTO = "crypto", _("Crypto exchange")
    OTHER = "other", _("Other")


class MarginMode(models.TextChoices):
    HEDGING = "hedging", _("Hedging")
    NETTING = "netting", _("Netting")


class Phase(models.TextChoices):
    PERSONAL = "personal", _("Personal")
    CHALLENGE = "challenge", _("Challenge")
    VERIFICATION = "verification", _("Verification")
    FUNDED = "funded", _("Funded")
    PAYOUT = "payout", _("Payout")


#: What the rows of a history were read with, and why it can't change under them.
_FIXED_BY_HISTORY = {
    "platform": _("Its history comes from statements of this platform."),
    "number": _("Its history comes from statements of this number. Make another account for another number."),
    "currency": _("Its history is in this currency, and amounts are never converted."),
    "server_time_zone": _(
        "Its history was dated in this time zone. Undo its imports, change the zone, then read the kept files again: "
        "notes and tags stay."
    ),
}
#: The names under which an account knows the rows of its history.
_HISTORY = ("trades", "executions", "cash_flows", "positions", "snapshots")


class BrokerAccountQuerySet(models.QuerySet["BrokerAccount"]):
    def for_trader(self, trader: Any) -> "BrokerAccountQuerySet":
        """The accounts that this person owns, or that this key is bound to; none for anybody who is not signed in."""
        if not trader.is_authenticated:
            return self.none()
        own, bound = self.filter(trader_id=trader.pk), bound_accounts(trader)
        return own if bound is None else own.filter(pk__in=bound)

    def active(self) -> "BrokerAccountQuerySet":
        return self.filter(archived_at__isnull=True)


@pghistory.track(
    pghistory.UpdateEvent(row=pghistory.Old, condition=pghistory.AnyChange(exclude=["revision", "history_revision"])),
    pghistory.DeleteEvent(),
)
class BrokerAccount(models.Model):
    """One account at one broker. `revision` is raised by every write to what the account holds.

    `history_revision` rises along with it where more has changed than what is open and what the feed says: see
    accounts.revisions.
    """

    id = uuid_primary_key()
    trader = models.ForeignKey(Trader, on_delete=models.CASCADE, related_name="accounts", verbose_name=_("trader"))
    label = models.CharField(_("label"), max_length=80)
    platform = models.CharField(_("platform"), max_length=10, choices=Platform.choices)
    broker = models.CharField(_("broker"), max_length=120, blank=True)
    server = models.CharField(_("server"), max_length=120, blank=True)
    number = models.CharField(_("account number"), max_length=64)
    currency = models.CharField(_("currency"), max_length=10, validators=[validate_currency])
    margin_mode = models.CharField(
        _("margin mode"), max_length=10, choices=MarginMode.choices, default=MarginMode.HEDGING
    )
    leverage = models.PositiveIntegerField(
        _("leverage"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5000)]
    )
    server_time_zone = models.CharField(
        _("server time zone"), max_length=64, default="Europe/Athens", validators=[validate_zone]
    )
    is_demo = models.BooleanField(_("demo account"), default=False)
    phase = models.CharField(_("phase"), max_length=14, choices=Phase.choices, default=Phase.PERSONAL)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True)
    revision = models.PositiveBigIntegerField(_("revision"), default=0, editable=False)
    history_revision = models.PositiveBigIntegerField(
        _("revision of the history"), default=0, db_default=0, editable=False
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = BrokerAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering: ClassVar[list[str]] = ["label", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["trader", "platform", "server", "number"], name="account_unique_per_trader_and_server"
            ),
            models.CheckConstraint(condition=models.Q(platform__in=Platform.values), name="account_platform_is_known"),
            models.CheckConstraint(
                condition=models.Q(margin_mode__in=MarginMode.values), name="account_margin_mode_is_known"
            ),
            models.CheckConstraint(condition=models.Q(phase__in=Phase.values), name="account_phase_is_known"),
            models.CheckConstraint(
                condition=models.Q(leverage__isnull=True) | models.Q(leverage__gte=1), name="account_leverage_positive"
            ),
            models.CheckConstraint(condition=~models.Q(number=""), name="account_number_given"),
        ]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        """Errors: ValidationError for a change that would make the account's history say something else."""
        super().clean()
        if self._state.adding:
            return
        kept = BrokerAccount.objects.filter(pk=self.pk).values(*_FIXED_BY_HISTORY).first() or {}
        changed = [name for name, value in kept.items() if getattr(self, name) != value]
        if changed and any(getattr(self, rows).exists() for rows in _HISTORY):
            raise ValidationError({name: _FIXED_BY_HISTORY[name] for name in changed})
