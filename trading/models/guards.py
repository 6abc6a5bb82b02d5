"""Rules that watch an account, what they raised, how it was told, and the closing of positions that they ask for."""

from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import BrokerAccount, Trader, bound_accounts
from tradeportal.fields import ExactDecimalField, uuid_primary_key
from trading.models.common import AccountRowQuerySet, is_known


class Level(models.TextChoices):
    NORMAL = "normal", _("Normal")
    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Critical")


class GuardKind(models.TextChoices):
    DRAWDOWN = "drawdown", _("Drawdown")
    DAILY_LOSS = "daily_loss", _("Daily loss")
    MINIMUM_EQUITY = "minimum_equity", _("Minimum equity")
    OPEN_RISK = "open_risk", _("Open risk")
    MARGIN_USE = "margin_use", _("Margin in use")
    PROFIT_TARGET = "profit_target", _("Profit target")
    MINIMUM_DAYS = "minimum_days", _("Minimum trading days")
    MARKET_GAP = "market_gap", _("Market gap")
    SPREAD = "spread", _("Spread")
    STALE_QUOTE = "stale_quote", _("Stale quotes")


class GuardRuleQuerySet(AccountRowQuerySet["GuardRule"]):
    pass


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent(row=pghistory.Old))
class GuardRule(models.Model):
    """One rule of one account, as data: thresholds, reference point, reset clock and trailing mode.

    Units: `warning` and `critical` are ratios (0 to 1) or, where `unit` is "money", amounts in the account's currency
    (minimum equity, a fixed loss limit), days for minimum days, seconds for stale quotes.
    """

    class Reference(models.TextChoices):
        PEAK_EQUITY = "peak_equity", _("Highest equity")
        INITIAL_BALANCE = "initial_balance", _("Initial balance")
        DAY_BALANCE = "day_balance", _("Balance at the daily reset")
        DAY_EQUITY = "day_equity", _("Equity at the daily reset")
        DAY_HIGHER = "day_higher", _("Higher of balance and equity at the daily reset")

    class Trailing(models.TextChoices):
        FIXED = "fixed", _("Fixed")
        EQUITY = "equity", _("Trails the highest equity")
        BALANCE = "balance", _("Trails the highest balance")
        DAY_CLOSE = "day_close", _("Trails the highest balance at the daily reset")

    class Unit(models.TextChoices):
        RATIO = "ratio", pgettext_lazy("unit", "Share")
        MONEY = "money", _("Money")
        DAYS = "days", _("Days")
        SECONDS = "seconds", _("Seconds")

    class ShareOf(models.TextChoices):
        REFERENCE = "reference", _("The reference")
        INITIAL_BALANCE = "initial_balance", _("The initial balance")

    id = uuid_primary_key()
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="guard_rules", db_index=False)
    kind = models.CharField(max_length=16, choices=GuardKind.choices)
    name = models.CharField(max_length=80, blank=True)
    preset = models.CharField(max_length=60, blank=True)
    enabled = models.BooleanField(default=True)
    unit = models.CharField(max_length=8, choices=Unit.choices, default=Unit.RATIO)
    warning = ExactDecimalField(null=True, blank=True)
    critical = ExactDecimalField()
    reference = models.CharField(max_length=16, choices=Reference.choices, default=Reference.PEAK_EQUITY)
    trailing = models.CharField(max_length=10, choices=Trailing.choices, default=Trailing.EQUITY)
    # What a share of loss is taken of: five percent of the initial balance below the day's balance, say.
    share_of = models.CharField(max_length=16, choices=ShareOf.choices, default=ShareOf.REFERENCE)
    # Where the trader says so; null: the first balance that is known.
    initial_balance = ExactDecimalField(null=True, blank=True)
    # The trailing line stops rising here, as a share of the initial balance (1 = the initial balance); null: never.
    lock_ratio = ExactDecimalField(null=True, blank=True)
    reset_time = models.TimeField(default="00:00")
    reset_zone = models.CharField(max_length=64, default="UTC")
    rearm_ratio = ExactDecimalField(default="0.01")

    objects = GuardRuleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["kind", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "kind", "name"], name="guard_rule_unique_in_account"),
            models.CheckConstraint(condition=is_known("kind", GuardKind), name="guard_rule_kind_is_known"),
            models.CheckConstraint(condition=Q(critical__gt=0), name="guard_rule_critical_positive"),
        ]

    def __str__(self) -> str:
        return self.name or self.get_kind_display()


class GuardState(models.Model):
    """Where one rule stands: what the pure evaluator carried from the last observation to this one, as texts."""

    rule = models.OneToOneField(GuardRule, on_delete=models.CASCADE, primary_key=True, related_name="state")
    level = models.CharField(max_length=8, choices=Level.choices, default=Level.NORMAL)
    carried = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    figures = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    evaluated_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.rule_id} {self.level}"


class AlertQuerySet(AccountRowQuerySet["Alert"]):
    pass


@pgtrigger.register(pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete))
class Alert(models.Model):
    """One rule reaching one level in one episode, with the figures that raised it. The database keeps it unchanged."""

    id = uuid_primary_key()
    account = models.ForeignKey(
        BrokerAccount, on_delete=models.DO_NOTHING, db_constraint=False, related_name="alerts", db_index=False
    )
    rule_id = models.UUIDField()
    kind = models.CharField(max_length=16, choices=GuardKind.choices)
    symbol = models.CharField(max_length=64, blank=True)
    level = models.CharField(max_length=8, choices=Level.choices)
    episode = models.PositiveIntegerField()
    raised_at = models.DateTimeField()
    sentence = models.CharField(max_length=300)
    figures = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-raised_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["rule_id", "symbol", "episode", "level"], name="alert_once_per_episode"),
            models.CheckConstraint(condition=Q(level__in=["warning", "critical"]), name="alert_level_alerts"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # queries.alerts: newest first.
            models.Index(F("account"), F("raised_at").desc(), name="alert_newest_first"),
        ]

    def __str__(self) -> str:
        return self.sentence


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def for_trader(self, trader: Any) -> "WebhookQuerySet":
        """This person's webhooks; none for a key, which is bound to accounts and not to people."""
        is_person = trader.is_authenticated and bound_accounts(trader) is None
        return self.filter(trader_id=trader.pk) if is_person else self.none()


class Webhook(models.Model):
    """An address of the trader's own that is told of alerts, signed with HMAC-SHA256 and a timestamp."""

    id = uuid_primary_key()
    trader = models.ForeignKey(Trader, on_delete=models.CASCADE, related_name="webhooks")
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=64, editable=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return self.url


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def for_trader(self, trader: Any) -> "DeliveryQuerySet":
        is_person = trader.is_authenticated and bound_accounts(trader) is None
        return self.filter(trader_id=trader.pk) if is_person else self.none()


class Delivery(models.Model):
    """One telling of one alert by e-mail or to one webhook, with each attempt's outcome. No alert: a test of the webhook."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        WEBHOOK = "webhook", _("Webhook")

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")

    id = uuid_primary_key()
    trader = models.ForeignKey(Trader, on_delete=models.CASCADE, related_name="+")
    alert = models.ForeignKey(
        Alert, on_delete=models.DO_NOTHING, db_constraint=False, null=True, blank=True, related_name="deliveries"
    )
    channel = models.CharField(max_length=8, choices=Channel.choices)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["alert", "channel", "webhook"],
                name="delivery_once_per_channel",
                nulls_distinct=False,
                condition=Q(alert__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(alert__isnull=False) | Q(webhook__isnull=False),
                name="delivery_is_of_an_alert_or_tests_a_webhook",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"


class AutoClose(models.Model):
    """A trader's own, typed consent that a critical guard may close this account's positions. No row: off."""

    account = models.OneToOneField(BrokerAccount, on_delete=models.CASCADE, primary_key=True, related_name="auto_close")
    enabled_at = models.DateTimeField()
    enabled_by = models.ForeignKey(Trader, on_delete=models.CASCADE, related_name="+")
    confirmation = models.CharField(max_length=200)

    def __str__(self) -> str:
        return str(self.account_id)


class KillSwitch(models.Model):
    """Staff's own stop of all auto-closing: the newest row says whether it is on."""

    is_on = models.BooleanField()
    reason = models.CharField(max_length=200)
    set_by = models.ForeignKey(Trader, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-set_at", "-id"]

    def __str__(self) -> str:
        return "on" if self.is_on else "off"


class CloseRequestQuerySet(AccountRowQuerySet["CloseRequest"]):
    pass


class CloseRequest(models.Model):
    """A request that the bridge closes one position because of one alert."""

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        COLLECTED = "collected", _("Collected")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Expired")
        CANCELLED = "cancelled", _("Cancelled")

    id = uuid_primary_key()
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="close_requests", db_index=False)
    alert = models.ForeignKey(Alert, on_delete=models.DO_NOTHING, db_constraint=False, related_name="close_requests")
    ticket = models.CharField(max_length=64)
    symbol = models.CharField(max_length=64)
    volume_lots = ExactDecimalField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    requested_at = models.DateTimeField()
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField()
    collected_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    price = ExactDecimalField(null=True, blank=True)
    profit = ExactDecimalField(null=True, blank=True)
    error_message = models.CharField(max_length=300, blank=True)

    objects = CloseRequestQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["requested_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["alert", "ticket"], name="close_request_once_per_alert_and_position"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # services.close_requests: what a bridge has to collect.
            models.Index(
                F("account"),
                F("not_before"),
                name="close_request_waiting",
                condition=Q(state__in=["pending", "collected"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.ticket} {self.state}"


class AuditEntryQuerySet(AccountRowQuerySet["AuditEntry"]):
    pass


@pgtrigger.register(pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete))
class AuditEntry(models.Model):
    """One step of guarding and closing: who did what to which thing. The database keeps it unchanged."""

    id = uuid_primary_key()
    account = models.ForeignKey(
        BrokerAccount, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    actor = models.CharField(max_length=120)
    act = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    details = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-id"]
        verbose_name_plural = "audit entries"
        indexes: ClassVar[list[models.Index]] = [
            # queries.audit: an account's steps, newest first.
            models.Index(F("account"), F("at").desc(), F("id").desc(), name="audit_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.subject}"
