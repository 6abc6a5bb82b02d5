"""The list of accounts with what only this room knows of them: how far their data can be trusted."""

from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from accounts.admin import BrokerAccountAdmin
from accounts.models import BrokerAccount
from trading.queries.data_quality import graded

_COLOURS = {"A": "success", "B": "success", "C": "info", "D": "warning", "E": "warning", "F": "danger"}

admin.site.unregister(BrokerAccount)


@admin.register(BrokerAccount)
class GradedAccountAdmin(BrokerAccountAdmin):
    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return (*super().get_list_display(request), "data_quality")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Grades the accounts of the page together."""
        changes = cast(Any, super().get_changelist_instance(request))
        accounts = list(changes.result_list)
        grades = graded(accounts, ZoneInfo("UTC"), timezone.now())
        for account in accounts:
            account.grade = grades[account.pk].quality.grade
        changes.result_list = accounts
        return changes

    @display(description="Data quality", label=_COLOURS)  # type: ignore[untyped-decorator]
    def data_quality(self, account: BrokerAccount) -> tuple[str, str]:
        grade = getattr(account, "grade", None)
        return (grade, grade) if grade else ("", "none yet")
