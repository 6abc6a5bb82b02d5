"""What a live feed leaves behind beside the history: its state, quotes, answers already given, and snapshots in tiers."""

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import BrokerAccount, Trader
from tradeportal.fields import ExactDecimalField, uuid_primary_key
from trading.models.common import AccountRowQuerySet


class SyncStateQuerySet(AccountRowQuerySet["SyncState"]):
    pass


class SyncState(models.Model):
    """How the feed of one account is doing. `last_sent_at` is the bridge's clock: an older sync changes no figures.

    `first_balance` is what the broker reported at the first sync, with all in it that was booked until `first_booked_at`:
    an account without a statement starts from there. `positions_at` is when a sync last listed the open positions; null:
    the feed never said what is open.
    """

    class Status(models.TextChoices):
        HEALTHY = "healthy", _("Healthy")
        IDLE = "idle", _("Idle")
        WARNING = "warning", _("Warning")
        DEGRADED = "degraded", _("Degraded")

    account = models.OneToOneField(BrokerAccount, on_delete=models.CASCADE, primary_key=True, related_name="sync_state")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.IDLE)
    last_sync_at = models.DateTimeField(null=True, blank=True)
    last_sent_at = models.DateTimeField(null=True, blank=True)
    positions_at = models.DateTimeField(null=True, blank=True)
    last_sync_duration_ms = models.PositiveIntegerField(default=0)
    total_syncs = models.PositiveBigIntegerField(default=0)
    # The last run that has a row in the log, and how many syncs there had been by then. Null: the next run has one.
    run_logged_at = models.DateTimeField(null=True, blank=True)
    runs_logged = models.PositiveBigIntegerField(default=0, db_default=0)
    failures_in_a_row = models.PositiveIntegerField(default=0)
    error_message = models.TextField(blank=True)
    open_positions = models.PositiveIntegerField(default=0)
    matched_positions = models.PositiveIntegerField(default=0)
    open_breaks = models.PositiveIntegerField(default=0)
    first_balance = ExactDecimalField(null=True, blank=True)
    first_booked_at = models.DateTimeField(null=True, blank=True)

    objects = SyncStateQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # tasks: accounts whose feed has gone quiet.
            models.Index(fields=["last_sync_at"], name="sync_state_quiet_feeds"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.status}"


class QuoteQuerySet(AccountRowQuerySet["Quote"]):
    pass


class Quote(models.Model):
    """The newest price of a symbol as an account sees it. `previous_close` and `day_open` serve the gap guard."""

    id = uuid_primary_key()
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="quotes", db_index=False)
    symbol = models.CharField(max_length=64)
    bid = ExactDecimalField()
    ask = ExactDecimalField()
    quoted_at = models.DateTimeField()
    previous_close = ExactDecimalField(null=True, blank=True)
    day_open = ExactDecimalField(null=True, blank=True)

    objects = QuoteQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "symbol"], name="quote_unique_in_account"),
            models.CheckConstraint(condition=Q(bid__gt=0, ask__gte=models.F("bid")), name="quote_bid_not_above_ask"),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.bid}/{self.ask}"


class SyncReceipt(models.Model):
    """The answer that a sync got, by its idempotency key: the same key gets the same answer and writes nothing."""

    id = uuid_primary_key()
    trader = models.ForeignKey(Trader, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=80)
    request_sha256 = models.CharField(max_length=64)
    answer = models.JSONField(encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["trader", "key"], name="sync_receipt_unique_per_trader"),
        ]

    def __str__(self) -> str:
        return self.key


class LiveSnapshotQuerySet(AccountRowQuerySet["LiveSnapshot"]):
    pass


class LiveSnapshot(models.Model):
    """The account at the moment of a sync, in one of three tiers: every sync, the last of each minute, of each hour.

    The table is partitioned by tier and by range of `taken_at`; tier and time are part of the key. The partitions are
    made and dropped by trading.services.snapshot_tiers, so Django manages none of it.
    """

    class Tier(models.TextChoices):
        FULL = "full", _("Every sync")
        MINUTE = "minute", _("Per minute")
        HOUR = "hour", _("Per hour")

    pk = models.CompositePrimaryKey("account_id", "tier", "taken_at")
    # Not known to the database: dropping a partition would then lock all accounts.
    account = models.ForeignKey(
        BrokerAccount, on_delete=models.CASCADE, related_name="live_snapshots", db_constraint=False
    )
    tier = models.CharField(max_length=6, choices=Tier.choices)
    taken_at = models.DateTimeField()
    balance = ExactDecimalField()
    equity = ExactDecimalField()
    margin = ExactDecimalField()
    free_margin = ExactDecimalField()
    floating_profit = ExactDecimalField()
    credit = ExactDecimalField()
    open_positions = models.PositiveIntegerField()
    open_risk = ExactDecimalField(null=True)

    objects = LiveSnapshotQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "trading_livesnapshot"

    def __str__(self) -> str:
        return f"{self.account_id} {self.tier} {self.taken_at:%Y-%m-%d %H:%M:%S}"
