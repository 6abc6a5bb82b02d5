"""Shared records and chains. Staff look; a token is nowhere, and a salt is not shown."""

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter

from trading.admin.history import AccountRowAdmin
from trading.models import DayDigest, SharedRecord

_ACCOUNT = ("account", AutocompleteSelectFilter)
_OWNER = ("account__number", "account__label", "account__trader__email")


@admin.register(SharedRecord)
class SharedRecordAdmin(AccountRowAdmin):
    exclude = ("token_sha256",)
    list_display = (
        "title",
        "account",
        "trader",
        "hides_amounts",
        "hides_size",
        "hides_symbols",
        "names_broker",
        "expires_at",
        "revoked_at",
        "last_opened_at",
        "opens",
    )
    list_filter = ("hides_amounts", "hides_symbols", _ACCOUNT, ("expires_at", RangeDateTimeFilter))
    search_fields = ("title", *_OWNER)


@admin.register(DayDigest)
class DayDigestAdmin(AccountRowAdmin):
    exclude = ("salt",)
    list_display = ("position", "day", "sealed_at", "trades", "digest", "account", "trader")
    list_filter = (_ACCOUNT, ("sealed_at", RangeDateTimeFilter))
    search_fields = ("digest", *_OWNER)
