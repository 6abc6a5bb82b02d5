"""What lies on one day of an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import BrokerAccount
from trading.models import CashFlow, Execution
from trading.models.statement import Statement

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class DayRows:
    """Shape: fills that carry money, flows, and (statement, problem) for each line with money that was not understood
    in a statement that covers the day. `more` counts the fills that are left out."""

    fills: Sequence[Execution]
    flows: Sequence[CashFlow]
    problems: Sequence[tuple[Statement, dict[str, Any]]]
    more: int


def rows_of_day(account: BrokerAccount, starts_at: datetime, ends_at: datetime) -> DayRows:
    """The rows in [starts_at, ends_at), oldest first."""
    fills = Execution.objects.filter(account=account, executed_at__gte=starts_at, executed_at__lt=ends_at)
    with_money = fills.exclude(net_profit=0)
    flows = CashFlow.objects.filter(account=account, booked_at__gte=starts_at, booked_at__lt=ends_at)
    covering = Statement.objects.committed().filter(
        account=account, period_start__lt=ends_at, period_end__gte=starts_at
    )
    problems = [
        (statement, problem)
        for statement in covering.only("id", "name", "problems")
        for problem in statement.problems
        if problem.get("amount")
    ]
    shown = list(with_money.order_by("executed_at", "sequence")[:_SHOWN])
    more = with_money.count() - _SHOWN if len(shown) == _SHOWN else 0
    return DayRows(shown, list(flows.order_by("booked_at", "sequence")), problems[:_SHOWN], max(0, more))
