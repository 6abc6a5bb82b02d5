"""What live feeds leave behind: prices, and answers that were given. Staff look."""

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter

from accounts.admin import ReadOnlyAdmin
from trading.admin.history import AccountRowAdmin
from trading.models import Quote, SyncReceipt


@admin.register(Quote)
class QuoteAdmin(AccountRowAdmin):
    list_display = ("symbol", "account", "trader", "bid", "ask", "quoted_at", "previous_close", "day_open")
    list_filter = (("account", AutocompleteSelectFilter), ("quoted_at", RangeDateTimeFilter))
    search_fields = ("symbol", "account__number", "account__label", "account__trader__email")


@admin.register(SyncReceipt)
class SyncReceiptAdmin(ReadOnlyAdmin):
    list_display = ("key", "trader", "created_at")
    list_select_related = ("trader",)
    list_filter = (("trader", AutocompleteSelectFilter), ("created_at", RangeDateTimeFilter))
    search_fields = ("key", "trader__email")
