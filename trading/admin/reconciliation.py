"""Feeds, tolerances, breaks and the log that nobody can change. Staff look; traders act."""

from django.apps import apps
from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter
from unfold.decorators import display

from accounts.admin import EventAdmin
from trading.admin.history import AccountRowAdmin
from trading.models import AccountRules, Break, ReconciliationLog, SyncState

_ACCOUNT = ("account", AutocompleteSelectFilter)
_OWNER = ("account__number", "account__label", "account__trader__email")
_FEED_COLOURS = {"healthy": "success", "idle": "info", "warning": "warning", "degraded": "danger"}
_BREAK_COLOURS = {"open": "warning", "acknowledged": "info", "resolved": "success"}


@admin.register(SyncState)
class SyncStateAdmin(AccountRowAdmin):
    list_display = (
        "account",
        "trader",
        "shown_status",
        "last_sync_at",
        "total_syncs",
        "open_positions",
        "matched_positions",
        "open_breaks",
        "failures_in_a_row",
    )
    list_filter = ("status", _ACCOUNT, ("last_sync_at", RangeDateTimeFilter))
    search_fields = ("error_message", *_OWNER)

    @display(description="Status", ordering="status", label=_FEED_COLOURS)  # type: ignore[untyped-decorator]
    def shown_status(self, feed: SyncState) -> tuple[str, str]:
        return feed.status, feed.get_status_display()


@admin.register(AccountRules)
class AccountRulesAdmin(AccountRowAdmin):
    """A trader's own: staff may read them to help, and never set them."""

    list_display = (
        "account",
        "trader",
        "match_price_pips",
        "match_volume_ratio",
        "slippage_pips",
        "volume_break_ratio",
        "balance_tolerance",
        "stale_after_s",
    )
    list_filter = (_ACCOUNT,)
    search_fields = _OWNER


@admin.register(Break)
class BreakAdmin(AccountRowAdmin):
    list_display = ("type", "symbol", "ticket", "shown_state", "amount", "opened_at", "seen_at", "account", "trader")
    list_select_related = ("account", "account__trader")
    list_filter = ("state", "type", _ACCOUNT, ("opened_at", RangeDateTimeFilter))
    search_fields = ("ticket", "symbol", "resolution", *_OWNER)

    @display(description="State", ordering="state", label=_BREAK_COLOURS)  # type: ignore[untyped-decorator]
    def shown_state(self, row: Break) -> tuple[str, str]:
        return row.state, row.get_state_display()


@admin.register(ReconciliationLog)
class ReconciliationLogAdmin(AccountRowAdmin):
    list_display = ("at", "event", "break_type", "ticket", "matched", "breaks", "actor", "account", "trader")
    list_filter = ("event", "break_type", _ACCOUNT, ("at", RangeDateTimeFilter))
    search_fields = ("ticket", "actor", *_OWNER)


admin.site.register(apps.get_model("trading", "BreakEvent"), EventAdmin, search_fields=("ticket",))
