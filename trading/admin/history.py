"""The book: trades, executions, cash flows, positions, snapshots, and the rows as they were before each correction."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter

from accounts.admin import EventAdmin, ReadOnlyAdmin
from trading.models import CashFlow, DayNote, Execution, JournalEntry, Position, Screenshot, Snapshot, Trade

_ACCOUNT = ("account", AutocompleteSelectFilter)
_OWNER = ("account__number", "account__label", "account__trader__email")


class AccountRowAdmin(ReadOnlyAdmin):
    list_select_related = ("account", "account__trader")

    @admin.display(description="Trader", ordering="account__trader__email")
    def trader(self, row: Any) -> str:
        return str(row.account.trader)


@admin.register(Trade)
class TradeAdmin(AccountRowAdmin):
    list_display = (
        "ticket",
        "symbol",
        "side",
        "volume_lots",
        "opened_at",
        "closed_at",
        "net_profit",
        "account",
        "trader",
        "source",
    )
    list_filter = ("side", "source", _ACCOUNT, ("closed_at", RangeDateTimeFilter))
    search_fields = ("ticket", "symbol", "comment", *_OWNER)


@admin.register(Execution)
class ExecutionAdmin(AccountRowAdmin):
    list_display = (
        "deal_id",
        "symbol",
        "direction",
        "side",
        "volume_lots",
        "price",
        "executed_at",
        "net_profit",
        "is_derived",
        "account",
        "trader",
    )
    list_filter = ("direction", "side", "is_derived", "source", _ACCOUNT, ("executed_at", RangeDateTimeFilter))
    search_fields = ("deal_id", "order_id", "symbol", "comment", *_OWNER)


@admin.register(CashFlow)
class CashFlowAdmin(AccountRowAdmin):
    list_display = ("reference", "kind", "amount", "booked_at", "comment", "account", "trader", "source")
    list_filter = ("kind", "source", _ACCOUNT, ("booked_at", RangeDateTimeFilter))
    search_fields = ("reference", "comment", *_OWNER)


@admin.register(Position)
class PositionAdmin(AccountRowAdmin):
    list_display = (
        "ticket",
        "symbol",
        "side",
        "volume_lots",
        "opened_at",
        "floating_profit",
        "reported_at",
        "account",
        "trader",
    )
    list_filter = ("side", "source", _ACCOUNT, ("reported_at", RangeDateTimeFilter))
    search_fields = ("ticket", "symbol", "comment", *_OWNER)


@admin.register(Snapshot)
class SnapshotAdmin(AccountRowAdmin):
    list_display = ("taken_at", "balance", "equity", "margin", "floating_profit", "open_positions", "account", "trader")
    list_filter = ("source", _ACCOUNT, ("taken_at", RangeDateTimeFilter))
    search_fields = _OWNER


@admin.register(JournalEntry)
class JournalEntryAdmin(AccountRowAdmin):
    """A trader's own words: staff may read them to help, and never write them."""

    list_display = ("ticket", "initial_stop_loss", "changed_at", "account", "trader")
    list_filter = (_ACCOUNT, ("changed_at", RangeDateTimeFilter))
    search_fields = ("ticket", "notes", *_OWNER)


@admin.register(Screenshot)
class ScreenshotAdmin(AccountRowAdmin):
    """That there is a picture, and how large it is; not the picture."""

    list_display = ("ticket", "caption", "width", "height", "size", "added_at", "removed_at", "account", "trader")
    list_filter = (_ACCOUNT, ("added_at", RangeDateTimeFilter))
    search_fields = ("ticket", "caption", *_OWNER)


@admin.register(DayNote)
class DayNoteAdmin(ReadOnlyAdmin):
    """A trader's own words, too."""

    list_display = ("day", "trader", "changed_at")
    list_select_related = ("trader",)
    list_filter = (("changed_at", RangeDateTimeFilter),)
    search_fields = ("text", "trader__email")


for _name, _key in (
    ("TradeEvent", "ticket"),
    ("ExecutionEvent", "deal_id"),
    ("CashFlowEvent", "reference"),
    ("JournalEntryEvent", "ticket"),
    ("DayNoteEvent", "text"),
):
    admin.site.register(apps.get_model("trading", _name), EventAdmin, search_fields=(_key,))
