"""Cash flows: money that moved without a trade."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.models import Trader
from trading.downloads import download
from trading.filters import CashFlowFilter
from trading.formatting import Formats
from trading.models import CashFlow, FlowKind
from trading.queries import keyset
from trading.queries.cash_flows import FlowPage, FlowTotals, cash_flows, flow_page, flow_totals
from trading.queries.exports import CASH_FLOWS
from trading.tabular import FORMATS


@dataclass(frozen=True, slots=True)
class FlowRow:
    booked: SafeString
    kind: str
    amount: str
    running: str
    is_credit: bool
    account: str
    currency: str
    comment: str
    reference: str
    statement_id: Any


@login_required
@require_safe
def cash_flow_list(request: HttpRequest) -> HttpResponse:
    trader = request.user
    assert isinstance(trader, Trader)
    formats = Formats.of(trader)
    narrowed = CashFlowFilter(request.GET, cash_flows(trader), request=request)
    queryset = narrowed.qs if narrowed.is_valid() else cash_flows(trader).none()
    page = _page(queryset, request.GET.get("cursor", ""))
    context = {
        "filter": narrowed,
        "rows": [_row(row, formats) for row in page.rows],
        "strips": [_figures(totals, formats) for totals in flow_totals(queryset)],
        "kinds": _kinds(request, narrowed),
        "next_url": _with(request, cursor=page.next_cursor) if page.next_cursor else "",
        "exports": [
            (ending.upper(), f"{reverse(f'cash_flow_export_{ending}')}?{_filters(request)}") for ending in FORMATS
        ],
        "is_narrowed": any(request.GET.get(name) for name in narrowed.filters),
    }
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    is_more = htmx and not htmx.history_restore_request and request.GET.get("cursor")
    response = render(request, "trading/_cash_flow_rows.html" if is_more else "trading/cash_flow_list.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@login_required
@require_safe
def cash_flow_export(request: HttpRequest, ending: str) -> StreamingHttpResponse:
    """The whole filter as a file, sent while it is read."""
    narrowed = CashFlowFilter(request.GET, CashFlow.objects.for_trader(request.user), request=request)
    rows = narrowed.qs if narrowed.is_valid() else CashFlow.objects.none()
    return download(CASH_FLOWS, rows, ending, timezone.now())


def _page(queryset: Any, cursor: str) -> FlowPage:
    """The asked page; the first one when the cursor is not one of ours."""
    try:
        return flow_page(queryset, cursor)
    except keyset.BadCursorError:
        return flow_page(queryset)


def _row(row: Mapping[str, Any], formats: Formats) -> FlowRow:
    currency = row["account__currency"]
    return FlowRow(
        booked=formats.moment(row["booked_at"], row["booked_text"]),
        kind=str(FlowKind(row["kind"]).label),
        amount=formats.signed(row["amount"], currency),
        running=formats.money(row["running"], currency),
        is_credit=row["kind"] == FlowKind.CREDIT,
        account=row["account__label"],
        currency=currency,
        comment=row["comment"],
        reference=row["reference"],
        statement_id=row["added_by_id"],
    )


def _figures(totals: FlowTotals, formats: Formats) -> dict[str, Any]:
    amounts = ("deposits", "withdrawals", "other", "credit")
    return {
        "currency": totals.currency,
        "count": totals.count,
        "net": formats.plain(totals.net, totals.currency, unit=True),
        **{name: formats.plain(getattr(totals, name), totals.currency) for name in amounts},
    }


def _kinds(request: HttpRequest, narrowed: CashFlowFilter) -> list[tuple[str, str, bool]]:
    """Label, address and whether it is on, of each kind; a click turns one on or off."""
    chosen = set(request.GET.getlist("kind")) if "kind" not in narrowed.errors else set()
    return [
        (str(kind.label), _with(request, cursor=None, kind=sorted(chosen ^ {kind.value})), kind.value in chosen)
        for kind in FlowKind
    ]


def _with(request: HttpRequest, **changes: Any) -> str:
    kept = {name: request.GET.getlist(name) for name in request.GET} | changes
    query = urlencode({name: value for name, value in kept.items() if value and value != [""]}, doseq=True)
    path = reverse("cash_flow_list")
    return f"{path}?{query}" if query else path


def _filters(request: HttpRequest) -> str:
    """The filter of this page, without the place in the list."""
    kept = {name: request.GET.getlist(name) for name in request.GET if name != "cursor"}
    return urlencode({name: value for name, value in kept.items() if value != [""]}, doseq=True)
