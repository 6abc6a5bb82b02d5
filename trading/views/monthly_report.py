"""A month of one account or of all of them, made to be printed: results, proof, days, symbols, cash flows, trades.

Each account stands for itself, in its own currency.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import BrokerAccount, Trader
from trading.calc.balance_proof import ProofDay
from trading.context import own_accounts
from trading.formatting import Formats, month_name
from trading.models import CashFlow, Trade
from trading.queries.figures import balance_proof, opening_balance
from trading.queries.trades import trade_totals

_MONEY = ("flows", "gross_profit", "commission", "swap", "fee")
#: More than anybody prints; the export has all of them.
_TRADES_SHOWN = 2_000


@login_required
@require_safe
def monthly_report(request: HttpRequest) -> HttpResponse:
    trader = request.user
    assert isinstance(trader, Trader)
    formats = Formats.of(trader)
    now = timezone.now()
    first = _month(request.GET.get("month", ""), now.astimezone(formats.zone).date())
    following = (first + timedelta(days=31)).replace(day=1)
    context = {
        "title": month_name(first),
        "month": f"{first:%Y-%m}",
        "previous": f"{first - timedelta(days=1):%Y-%m}",
        "following": f"{following:%Y-%m}",
        "first": formats.day(first),
        "last": formats.day(following - timedelta(days=1)),
        "made_at": formats.clock(now),
        "chosen": request.GET.get("account", ""),
        "sections": [_section(account, first, following, formats) for account in _accounts(request)],
    }
    return render(request, "trading/monthly_report.html", context)


def _accounts(request: HttpRequest) -> Sequence[BrokerAccount]:
    """The account that the address names, else all in use. Errors: Http404 for one that is not the trader's own."""
    wanted = request.GET.get("account", "")
    accounts = own_accounts(request)
    if not wanted:
        return [account for account in accounts if account.archived_at is None]
    found = [account for account in accounts if str(account.pk) == wanted]
    if not found:
        raise Http404
    return found


def _month(text: str, today: date) -> date:
    """The first day of the month that the address names; of the present one for anything else."""
    try:
        found = datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        return today.replace(day=1)
    return found if 1970 <= found.year < 2200 else today.replace(day=1)


def _section(account: BrokerAccount, first: date, following: date, formats: Formats) -> dict[str, Any]:
    start = datetime.combine(first, time(), tzinfo=formats.zone)
    end = datetime.combine(following, time(), tzinfo=formats.zone)
    closed = Trade.objects.filter(account=account, closed_at__gte=start, closed_at__lt=end)
    trades = list(closed.order_by("closed_at", "id")[:_TRADES_SHOWN])
    flows = CashFlow.objects.filter(account=account, booked_at__gte=start, booked_at__lt=end)
    totals = trade_totals(closed)
    return {
        "account": account,
        "results": _results(totals[0], formats) if totals else [],
        "proof": _proof(account, first, following, formats),
        "symbols": _by_symbol(closed, account.currency, formats),
        "flows": [
            {
                "at": formats.moment(flow.booked_at, flow.booked_text),
                "kind": flow.get_kind_display(),
                "comment": flow.comment,
                "amount": formats.amount(flow.amount, account.currency),
            }
            for flow in flows.order_by("booked_at", "sequence")
        ],
        "trades": [_trade(trade, account.currency, formats) for trade in trades],
        "left_out": totals[0].count - len(trades) if totals else 0,
    }


def _results(totals: Any, formats: Formats) -> list[tuple[str, str]]:
    currency = totals.currency
    return [
        (_("Closed trades"), f"{totals.count:,}"),
        (_("Net result"), formats.amount(totals.net_profit, currency)),
        (_("Gross result"), formats.amount(totals.gross_profit, currency)),
        (_("Commission"), formats.amount(totals.commission, currency)),
        (_("Swap"), formats.amount(totals.swap, currency)),
        (_("Fees"), formats.amount(totals.fee, currency)),
        (_("Won"), formats.percent(totals.win_ratio)),
        (_("Best trade"), formats.amount(totals.best, currency)),
        (_("Worst trade"), formats.amount(totals.worst, currency)),
    ]


def _proof(account: BrokerAccount, first: date, following: date, formats: Formats) -> dict[str, Any]:
    """The proof of the month. A month in which nothing happened holds what the account held before it."""
    proof = balance_proof(account, formats.zone)
    before = [day for day in proof.days if day.on < first]
    inside = [day for day in proof.days if first <= day.on < following]
    opening = before[-1].closing if before else proof.opening
    sums = ProofDay(on=first, opening=opening, closing=inside[-1].closing if inside else opening)
    for name in _MONEY:
        setattr(sums, name, sum((getattr(day, name) for day in inside), Decimal(0)))
    return {
        "opening_is_known": opening_balance(account) is not None,
        "days": [_day(day, account.currency, formats) for day in inside],
        "sums": _day(sums, account.currency, formats),
        "stated": sum(day.stated is not None for day in inside),
        "broken": sum(not day.ties for day in inside),
    }


def _day(day: ProofDay, currency: str, formats: Formats) -> dict[str, str]:
    names = ("opening", *_MONEY, "closing")
    return {"on": formats.day(day.on)} | {name: formats.money(getattr(day, name), currency) for name in names}


def _by_symbol(closed: QuerySet[Trade], currency: str, formats: Formats) -> list[dict[str, Any]]:
    """Per symbol, over every trade of the month, the largest result first."""
    rows = (
        closed.order_by()
        .values("symbol")
        .annotate(count=Count("id"), won=Count("id", filter=Q(net_profit__gt=0)), net=Sum("net_profit"))
        .order_by("-net", "symbol")
    )
    return [{**row, "net": formats.amount(row["net"], currency)} for row in rows]


def _trade(trade: Trade, currency: str, formats: Formats) -> dict[str, Any]:
    assert trade.closed_at is not None
    assert trade.close_price is not None
    return {
        "closed": formats.moment(trade.closed_at, trade.closed_text),
        "ticket": trade.ticket,
        "symbol": trade.symbol,
        "side": trade.get_side_display(),
        "volume": formats.lots(trade.volume_lots),
        "entry": formats.price(trade.open_price),
        "exit": formats.price(trade.close_price),
        "costs": formats.money(trade.commission + trade.swap + trade.fee, currency),
        "net": formats.amount(trade.net_profit, currency),
    }
