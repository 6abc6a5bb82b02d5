"""Rules, alerts and how they were told, closing, and staff's kill switch. What happened can be looked at, not changed."""

from typing import Any, ClassVar

from django.apps import apps
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter
from unfold.decorators import display

from accounts.admin import EventAdmin, ReadOnlyAdmin
from trading.admin.history import AccountRowAdmin
from trading.models import (
    Alert,
    AuditEntry,
    AutoClose,
    CloseRequest,
    Delivery,
    GuardRule,
    GuardState,
    KillSwitch,
    Webhook,
)
from trading.services.close_requests import set_kill_switch

_ACCOUNT = ("account", AutocompleteSelectFilter)
_TRADER = ("trader", AutocompleteSelectFilter)
_OWNER = ("account__number", "account__label", "account__trader__email")
_LEVEL_COLOURS = {"normal": "success", "warning": "warning", "critical": "danger"}
_STATE_COLOURS = {
    "pending": "warning",
    "collected": "info",
    "delivered": "success",
    "done": "success",
    "failed": "danger",
    "expired": "danger",
}


@admin.register(GuardRule)
class GuardRuleAdmin(AccountRowAdmin):
    """A trader's own: staff may read them to help, and never set them."""

    list_display = (
        "kind",
        "name",
        "unit",
        "warning",
        "critical",
        "reference",
        "enabled",
        "account",
        "trader",
        "preset",
    )
    list_filter = ("kind", "enabled", "preset", _ACCOUNT)
    search_fields = ("name", "preset", *_OWNER)


@admin.register(GuardState)
class GuardStateAdmin(ReadOnlyAdmin):
    list_display = ("rule", "account", "shown_level", "evaluated_at")
    list_select_related = ("rule", "rule__account")
    list_filter = ("level", "rule__kind", ("evaluated_at", RangeDateTimeFilter))
    search_fields = ("rule__name", "rule__account__number", "rule__account__label", "rule__account__trader__email")

    @admin.display(description="Account")
    def account(self, state: GuardState) -> str:
        return str(state.rule.account)

    @display(description="Level", ordering="level", label=_LEVEL_COLOURS)  # type: ignore[untyped-decorator]
    def shown_level(self, state: GuardState) -> tuple[str, str]:
        return state.level, state.get_level_display()


@admin.register(Alert)
class AlertAdmin(AccountRowAdmin):
    list_display = ("raised_at", "shown_level", "kind", "symbol", "sentence", "episode", "account", "trader")
    list_filter = ("level", "kind", _ACCOUNT, ("raised_at", RangeDateTimeFilter))
    search_fields = ("sentence", "symbol", *_OWNER)

    @display(description="Level", ordering="level", label=_LEVEL_COLOURS)  # type: ignore[untyped-decorator]
    def shown_level(self, alert: Alert) -> tuple[str, str]:
        return alert.level, alert.get_level_display()


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    """Without the secret: nobody but its trader needs it."""

    list_display = ("url", "trader", "is_active", "created_at")
    list_select_related = ("trader",)
    list_filter = ("is_active", _TRADER)
    search_fields = ("url", "trader__email")
    exclude = ("secret",)
    formfield_overrides: ClassVar[dict[Any, Any]] = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "channel", "shown_state", "attempt_count", "next_attempt_at", "alert", "trader")
    list_select_related = ("alert", "trader")
    list_filter = ("channel", "state", _TRADER, ("created_at", RangeDateTimeFilter))
    search_fields = ("trader__email", "webhook__url")

    @display(description="State", ordering="state", label=_STATE_COLOURS)  # type: ignore[untyped-decorator]
    def shown_state(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.state, delivery.get_state_display()

    @admin.display(description="Attempts")
    def attempt_count(self, delivery: Delivery) -> int:
        return len(delivery.attempts)


@admin.register(AutoClose)
class AutoCloseAdmin(ReadOnlyAdmin):
    list_display = ("account", "enabled_by", "enabled_at", "confirmation")
    list_select_related = ("account", "enabled_by")
    list_filter = (_ACCOUNT, ("enabled_at", RangeDateTimeFilter))
    search_fields = _OWNER


@admin.register(CloseRequest)
class CloseRequestAdmin(AccountRowAdmin):
    list_display = (
        "requested_at",
        "symbol",
        "ticket",
        "volume_lots",
        "shown_state",
        "attempts",
        "price",
        "profit",
        "account",
        "trader",
    )
    list_filter = ("state", _ACCOUNT, ("requested_at", RangeDateTimeFilter))
    search_fields = ("ticket", "symbol", "error_message", *_OWNER)

    @display(description="State", ordering="state", label=_STATE_COLOURS)  # type: ignore[untyped-decorator]
    def shown_state(self, request: CloseRequest) -> tuple[str, str]:
        return request.state, request.get_state_display()


@admin.register(AuditEntry)
class AuditEntryAdmin(AccountRowAdmin):
    list_display = ("at", "act", "actor", "subject", "account", "trader")
    list_filter = ("act", _ACCOUNT, ("at", RangeDateTimeFilter))
    search_fields = ("act", "actor", "subject", *_OWNER)


@admin.register(KillSwitch)
class KillSwitchAdmin(ModelAdmin):  # type: ignore[misc]
    """Adding a row stops all auto-closing, or lets it go on; the newest row counts. Rows stay as they are."""

    list_display = ("set_at", "is_on", "reason", "set_by")
    list_select_related = ("set_by",)
    list_filter = ("is_on", ("set_at", RangeDateTimeFilter))
    search_fields = ("reason", "set_by__email")
    fields = ("is_on", "reason")
    show_full_result_count = False
    list_per_page = 50

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: KillSwitch, form: Any, change: bool) -> None:
        """The service writes the row, and the audit trail with it."""
        made = set_kill_switch(obj.is_on, reason=obj.reason, staff=request.user, now=timezone.now())  # type: ignore[arg-type]
        obj.pk, obj.set_at, obj.set_by = made.pk, made.set_at, made.set_by


admin.site.register(apps.get_model("trading", "GuardRuleEvent"), EventAdmin, search_fields=("name", "preset"))
