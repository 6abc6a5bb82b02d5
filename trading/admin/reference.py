"""Markets, the names that accounts have for them, exchange rates, and traders' tags."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter, RangeDateTimeFilter

from accounts.admin import ReadOnlyAdmin
from accounts.models import BrokerAccount
from accounts.revisions import raise_revision
from trading.models import ExchangeRate, Instrument, RateUpload, SymbolMapping, Tag


class EditableAdmin(ModelAdmin):  # type: ignore[misc]
    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True


@admin.register(Instrument)
class InstrumentAdmin(EditableAdmin):
    list_display = ("symbol", "name", "kind", "pip", "digits")
    list_filter = ("kind",)
    search_fields = ("symbol", "name")


@admin.register(SymbolMapping)
class SymbolMappingAdmin(EditableAdmin):
    list_display = ("broker_symbol", "instrument", "account", "trader")
    list_select_related = ("instrument", "account", "account__trader")
    list_filter = (("account", AutocompleteSelectFilter), ("instrument", AutocompleteSelectFilter))
    search_fields = ("broker_symbol", "instrument__symbol", "account__number", "account__trader__email")
    autocomplete_fields = ("account", "instrument")

    @admin.display(description="Trader", ordering="account__trader__email")
    def trader(self, mapping: SymbolMapping) -> str:
        return str(mapping.account.trader)


@admin.register(Tag)
class TagAdmin(EditableAdmin):
    list_display = ("name", "trader")
    list_select_related = ("trader",)
    list_filter = (("trader", AutocompleteSelectFilter),)
    search_fields = ("name", "trader__email")
    autocomplete_fields = ("trader",)

    def save_model(self, request: HttpRequest, obj: Tag, form: Any, change: bool) -> None:
        """Pages and answers show tags by name, so the trader's kept ones must go."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            raise_revision(BrokerAccount.objects.for_trader(obj.trader).values_list("pk", flat=True))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Its trader may; for staff it would change what a trader wrote."""
        return False


@admin.register(RateUpload)
class RateUploadAdmin(ReadOnlyAdmin):
    """Traders bring and remove their own; for everybody, `manage.py load_rates` does."""

    list_display = ("name", "trader", "source", "count", "first_on", "last_on", "uploaded_at", "applied_at")
    list_select_related = ("trader",)
    list_filter = ("source", ("trader", AutocompleteSelectFilter), ("uploaded_at", RangeDateTimeFilter))
    search_fields = ("name", "trader__email")


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ReadOnlyAdmin):
    list_display = ("base", "quote", "day", "rate", "upload", "trader")
    list_select_related = ("upload", "upload__trader")
    list_filter = (("day", RangeDateFilter), "upload__source")
    search_fields = ("base", "quote", "upload__trader__email")
    ordering = ("-pk",)

    @admin.display(description="Trader", ordering="upload__trader__email")
    def trader(self, rate: ExchangeRate) -> str:
        return str(rate.upload.trader or "Everybody")
