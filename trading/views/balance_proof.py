"""The balance proof: what an account held each day, proven from what happened on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import BrokerAccount, Trader
from trading.calc.balance_proof import BalanceProof, ProofDay
from trading.formatting import Formats, month_name
from trading.queries.balance_proof import DayRows, rows_of_day
from trading.queries.figures import balance_proof as prove
from trading.queries.figures import opening_balance


@dataclass(frozen=True, slots=True)
class DayRow:
    on: str
    date: date
    opening: str
    flows: str
    gross: str
    commission: str
    swap: str
    fee: str
    closing: str
    stated: SafeString
    difference: str
    new_difference: str
    ties: bool
    is_stated: bool
    credit: str


@dataclass(frozen=True, slots=True)
class Month:
    """A month that has days in the proof: its name, its address and whether one of its days does not tie."""

    name: str
    value: str
    is_shown: bool
    has_break: bool


@login_required
@require_safe
def balance_proof(request: HttpRequest, account_id: Any) -> HttpResponse:
    trader = request.user
    assert isinstance(trader, Trader)
    account = get_object_or_404(BrokerAccount.objects.for_trader(trader), pk=account_id)
    formats = Formats.of(trader)
    proof = prove(account, formats.zone)
    first_break = proof.first_break
    months = _months(proof, _asked(request.GET.get("month", ""), proof))
    shown = next((month.value for month in months if month.is_shown), "")
    days = [day for day in proof.days if f"{day.on:%Y-%m}" == shown]
    context = {
        "account": account,
        "proof": proof,
        "opening_is_known": opening_balance(account) is not None,
        "months": months,
        "earlier": _beside(months, 1),
        "later": _beside(months, -1),
        "rows": [_row(day, account.currency, formats) for day in reversed(days)],
        "sums": _row(_sum(days), account.currency, formats) if days else None,
        "first_break": _row(first_break, account.currency, formats) if first_break else None,
        "on_break_day": _of_day(account, first_break.on, formats) if first_break else None,
        "opening": formats.money(proof.opening, account.currency),
        "closing": formats.plain(proof.closing, account.currency, unit=True),
        "stated_days": sum(day.stated is not None for day in proof.days),
        "broken_days": sum(not day.ties for day in proof.days),
    }
    return render(request, "trading/balance_proof.html", context)


def _asked(month: str, proof: BalanceProof) -> str:
    """The month that the address asks for; else that of the first break, else the newest."""
    known = {f"{day.on:%Y-%m}" for day in proof.days}
    if month in known:
        return month
    at = proof.first_break or (proof.days[-1] if proof.days else None)
    return f"{at.on:%Y-%m}" if at else ""


def _months(proof: BalanceProof, shown: str) -> list[Month]:
    """Newest first."""
    breaks: dict[str, bool] = {}
    for day in proof.days:
        value = f"{day.on:%Y-%m}"
        breaks[value] = breaks.get(value, False) or bool(day.new_difference)
    names = {value: month_name(date.fromisoformat(f"{value}-01")) for value in breaks}
    return [Month(names[value], value, value == shown, breaks[value]) for value in sorted(breaks, reverse=True)]


def _beside(months: Sequence[Month], step: int) -> Month | None:
    at = next((place for place, month in enumerate(months) if month.is_shown), None)
    if at is None or not 0 <= at + step < len(months):
        return None
    return months[at + step]


def _sum(days: Sequence[ProofDay]) -> ProofDay:
    """The days of a month as one line."""
    total = ProofDay(on=days[0].on, opening=days[0].opening, closing=days[-1].closing)
    for name in ("flows", "gross_profit", "commission", "swap", "fee", "credit"):
        setattr(total, name, sum((getattr(day, name) for day in days), Decimal(0)))
    return total


def _row(day: ProofDay, currency: str, formats: Formats) -> DayRow:
    return DayRow(
        on=formats.day(day.on),
        date=day.on,
        opening=formats.money(day.opening, currency),
        flows=formats.money(day.flows, currency),
        gross=formats.money(day.gross_profit, currency),
        commission=formats.money(day.commission, currency),
        swap=formats.money(day.swap, currency),
        fee=formats.money(day.fee, currency),
        closing=formats.money(day.closing, currency),
        stated=formats.plain(day.stated, currency, reason=_("The broker stated no balance on this day.")),
        difference=_exact(day.difference, currency, formats),
        new_difference=_exact(day.new_difference, currency, formats),
        ties=day.ties,
        is_stated=day.stated is not None,
        credit=formats.signed(day.credit, currency) if day.credit else "",
    )


def _exact(difference: Decimal | None, currency: str, formats: Formats) -> str:
    """A difference with every digit that it has: one that rounds to zero is still one."""
    if not difference:
        return "" if difference is None else formats.money(difference, currency)
    text = formats.money(difference, currency, exact=True)
    return f"+{text}" if difference > 0 else text


def _of_day(account: BrokerAccount, on: date, formats: Formats) -> dict[str, Any]:
    """What lies on a day of the trader's zone: where the reason of a break is to be found."""
    start = datetime.combine(on, time(), tzinfo=formats.zone)
    found: DayRows = rows_of_day(account, start, datetime.combine(on + timedelta(days=1), time(), tzinfo=formats.zone))
    return {
        "fills": [
            {
                "at": formats.moment(fill.executed_at, fill.executed_text),
                "trade_id": fill.trade_id,
                "symbol": fill.symbol,
                "what": fill.get_direction_display(),
                "net": formats.amount(fill.net_profit, account.currency),
            }
            for fill in found.fills
        ],
        "flows": [
            {
                "at": formats.moment(flow.booked_at, flow.booked_text),
                "kind": flow.get_kind_display(),
                "comment": flow.comment,
                "amount": formats.amount(flow.amount, account.currency),
            }
            for flow in found.flows
        ],
        "problems": found.problems,
        "more": found.more,
    }
