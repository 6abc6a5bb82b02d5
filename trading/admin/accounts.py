"""The list of accounts with what only this room knows of them: what they came to, and how far their data can be trusted."""

from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from accounts.admin import BrokerAccountAdmin
from accounts.models import BrokerAccount, Trader
from trading.formatting import Formats
from trading.queries.account_results import account_results
from trading.queries.data_quality import graded

_COLOURS = {"A": "success", "B": "success", "C": "info", "D": "warning", "E": "warning", "F": "danger"}

admin.site.unregister(BrokerAccount)


@admin.register(BrokerAccount)
class GradedAccountAdmin(BrokerAccountAdmin):
    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return (*super().get_list_display(request), "closed_trades", "net_result", "data_quality")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Adds up and grades the accounts of the page together."""
        changes = cast(Any, super().get_changelist_instance(request))
        accounts = list(changes.result_list)
        grades = graded(accounts, ZoneInfo("UTC"), timezone.now())
        results, formats = account_results(accounts), Formats.of(cast(Trader, request.user))
        for account in accounts:
            result = results[account.pk]
            account.grade = grades[account.pk].quality.grade
            account.trades_shown = formats.number(result.trades)
            account.net_shown = formats.signed(result.net, account.currency)
        changes.result_list = accounts
        return changes

    @display(description="Closed trades")  # type: ignore[untyped-decorator]
    def closed_trades(self, account: BrokerAccount) -> str:
        return str(getattr(account, "trades_shown", ""))

    @display(description="Net")  # type: ignore[untyped-decorator]
    def net_result(self, account: BrokerAccount) -> str:
        return str(getattr(account, "net_shown", ""))

    @display(description="Data quality", label=_COLOURS)  # type: ignore[untyped-decorator]
    def data_quality(self, account: BrokerAccount) -> tuple[str, str]:
        grade = getattr(account, "grade", None)
        return (grade, grade) if grade else ("", "none yet")
