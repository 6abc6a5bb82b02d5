"""One uploaded broker file, kept byte for byte, and what became of it."""

from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import BrokerAccount, Trader, bound_accounts
from tradeportal.fields import ExactDecimalField, uuid_primary_key
from trading.models.common import is_known


class StatementFile(models.Model):
    """The bytes of a file, once per trader. Shape: chunks of at most 1 MiB, in order, that join to `size` bytes."""

    id = uuid_primary_key()
    trader = models.ForeignKey(Trader, on_delete=models.CASCADE, related_name="+", db_index=False)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    stored_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["trader", "sha256"], name="statement_file_kept_once_per_trader"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="statement_file_sha256_is_hex"),
        ]

    def __str__(self) -> str:
        return self.sha256


class StatementFileChunk(models.Model):
    file = models.ForeignKey(StatementFile, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["file", "number"], name="statement_file_chunk_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.file_id} {self.number}"


class State(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    READING = "reading", _("Reading")
    READY = "ready", _("Dry run ready")
    REFUSED = "refused", _("Refused")
    COMMITTING = "committing", _("Committing")
    COMMITTED = "committed", _("Committed")
    UNDOING = "undoing", _("Undoing")
    UNDONE = "undone", _("Undone")
    DISCARDED = "discarded", _("Discarded")
    FAILED = "failed", _("Failed")


#: States in which a background job is at work or due.
BUSY_STATES = (State.QUEUED, State.READING, State.COMMITTING, State.UNDOING)


class Origin(models.TextChoices):
    PAGE = "page", _("Page")
    API = "api", "API"
    COMMAND = "command", _("Command")


class StatementQuerySet(models.QuerySet["Statement"]):
    def for_trader(self, trader: Any) -> "StatementQuerySet":
        """The statements that this person uploaded; a key sees those of its accounts. None without a sign-in."""
        if not trader.is_authenticated:
            return self.none()
        own, bound = self.filter(trader_id=trader.pk), bound_accounts(trader)
        return own if bound is None else own.filter(account__in=bound)

    def committed(self) -> "StatementQuerySet":
        return self.filter(state=State.COMMITTED)


class Statement(models.Model):
    """One upload. `outcome` holds the dry run (or what the commit did); `stated` each stated figure beside ours.

    `reported_at` is when the broker made the report: a newer report knows better than an older one.

    Shape: outcome = {kind: {"added", "corrected", "unchanged", "removed"}, ...} and previews; problems = [{"line", "reason",
    "text", "amount"}]; stated = [{"key", "label", "stated", "ours", "difference", "state"}]. Amounts are texts.
    """

    id = uuid_primary_key()
    trader = models.ForeignKey(Trader, on_delete=models.CASCADE, related_name="statements", db_index=False)
    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="statements")
    account = models.ForeignKey(
        BrokerAccount, on_delete=models.SET_NULL, null=True, blank=True, related_name="statements"
    )
    name = models.CharField(max_length=255)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.PAGE)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    stage = models.CharField(max_length=120, blank=True)
    progress_percent = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    uploaded_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    committed_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    format = models.CharField(max_length=40, blank=True)
    reader_version = models.PositiveIntegerField(default=0)
    has_history = models.BooleanField(default=True)
    header = models.JSONField(default=dict, encoder=DjangoJSONEncoder, blank=True)
    server_time_zone = models.CharField(max_length=64, blank=True)
    zone_is_guessed = models.BooleanField(default=False)
    reported_at = models.DateTimeField(null=True, blank=True)
    period_start = models.DateTimeField(null=True, blank=True)
    period_end = models.DateTimeField(null=True, blank=True)
    opening_balance = ExactDecimalField(null=True, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    outcome = models.JSONField(default=dict, encoder=DjangoJSONEncoder, blank=True)
    problems = models.JSONField(default=list, encoder=DjangoJSONEncoder, blank=True)
    stated = models.JSONField(default=list, encoder=DjangoJSONEncoder, blank=True)
    notes = models.JSONField(default=list, blank=True)
    created_account = models.BooleanField(default=False)

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-uploaded_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=is_known("state", State), name="statement_state_is_known"),
            models.CheckConstraint(condition=is_known("origin", Origin), name="statement_origin_is_known"),
            models.CheckConstraint(condition=Q(progress_percent__lte=100), name="statement_progress_at_most_100"),
            models.CheckConstraint(
                condition=~Q(state__in=[State.REFUSED, State.FAILED]) | ~Q(error_message=""),
                name="statement_refusal_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.COMMITTED) | Q(committed_at__isnull=False), name="statement_committed_has_time"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # queries.statements: a trader's list, newest first.
            models.Index(F("trader"), F("uploaded_at").desc(), name="statement_newest_first"),
            # services: the newest committed import of an account, and the opening balance of the account.
            models.Index(
                F("account"), F("committed_at"), name="statement_committed", condition=Q(state=State.COMMITTED)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_busy(self) -> bool:
        return self.state in BUSY_STATES


class StatementCorrection(models.Model):
    """One row that an import changed or took away, as it was before: what undo puts back."""

    class Action(models.TextChoices):
        CORRECTED = "corrected", _("Corrected")
        REMOVED = "removed", _("Removed")

    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="corrections")
    table = models.CharField(max_length=20)
    row_id = models.UUIDField()
    action = models.CharField(max_length=10, choices=Action.choices)
    before = models.JSONField(encoder=DjangoJSONEncoder)
    after = models.JSONField(encoder=DjangoJSONEncoder, null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["statement", "table", "row_id"], name="correction_once_per_row"),
            models.CheckConstraint(
                condition=Q(table__in=["trade", "execution", "cash_flow", "position", "snapshot", "account"]),
                name="correction_table_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.table} {self.row_id}"
