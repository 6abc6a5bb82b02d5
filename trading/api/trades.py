"""trades/ and trades/{id}/."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tradeportal.rest.conditional import conditional
from tradeportal.rest.fields import ExactDecimalField
from tradeportal.rest.schemas import Error
from trading.api import shapes
from trading.api.base import (
    LIST_ANSWERS,
    ONE_ANSWERS,
    covered,
    cursor_of,
    filtered,
    limit_of,
    list_parameters,
    naming_cursor,
    of_covered,
    order_of,
    page_response,
    plain_page_of,
    revisions,
)
from trading.api.executions import execution_rows
from trading.cache import kept_answer
from trading.filters import TradeFilter
from trading.models import JournalEntry, Position, Trade
from trading.queries.keyset import Page
from trading.queries.trade_detail import trade_plan
from trading.queries.trades import ROW_FIELDS, SORTS, all_trades, closed_trades, journals, trade_page
from trading.services.journal import save_journal

DETAIL_FIELDS = (
    *ROW_FIELDS,
    "closed_volume_lots",
    "open_stop_loss",
    "open_take_profit",
    "stop_loss",
    "take_profit",
    "parent_ticket",
    "source",
)
#: Orders that only closed trades have a value for.
_OF_CLOSED = ("closed", "held")
_MAX_TAGS = 30


class TradeChanges(serializers.Serializer[Any]):
    """What a trader adds to a trade; what is left out stays as it is."""

    notes = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=_MAX_TAGS, help_text="All of its tags."
    )
    initial_stop_loss = ExactDecimalField(
        max_digits=38, decimal_places=18, required=False, allow_null=True, min_value=0
    )
    rating = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=5)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuses what can't be changed by its name, so that nobody takes it for changed."""
        unknown = sorted(set(self.initial_data) - set(self.fields))
        if unknown:
            raise ValidationError(
                {name: ["This can't be changed: a trade is as the broker told it."] for name in unknown}
            )
        return attrs


@extend_schema_view(
    get=extend_schema(
        operation_id="trades_list",
        summary="Trades, the last closed first",
        description=(
            "Closed trades, unless `status=open`. `from` and `to` are about the closing time: days in UTC, or moments with "
            "their offset; `to` as a day includes that day, as a moment it does not."
        ),
        tags=["trades"],
        parameters=list_parameters(TradeFilter, SORTS),
        responses={200: shapes.TradePage, **LIST_ANSWERS},
    )
)
class TradesView(APIView):
    @conditional(revisions, kept_answer)
    def get(self, request: Request) -> Response:
        page = _page(request)
        added = journals(request.user, ((row["account_id"], row["ticket"]) for row in page.rows))
        for row in page.rows:
            journal = added.get((row["account_id"], row["ticket"]))
            row["tags"] = journal.tags if journal else ()
            row.pop("held", None)
        return page_response(request, page)


def _page(request: Request) -> Page:
    wants_open = request.query_params.get("status") == "open"
    sort = order_of(request, SORTS, "-opened" if wants_open else "-closed")
    if wants_open and sort.name in _OF_CLOSED:
        raise ValidationError({"ordering": [f"Open trades have no value for “{sort.name}”. Order them by opened."]})
    rows_of = all_trades if wants_open else closed_trades
    plain = plain_page_of(request, TradeFilter, rows_of, sort, ROW_FIELDS)
    if plain is not None:
        return plain
    trades: QuerySet[Trade] = filtered(TradeFilter, request, rows_of(request.user))
    with naming_cursor():
        return trade_page(of_covered(request, trades), covered(request), sort, cursor_of(request), limit_of(request))


@extend_schema_view(
    get=extend_schema(
        operation_id="trades_retrieve",
        summary="One trade with its fills",
        tags=["trades"],
        responses={200: shapes.Trade, **ONE_ANSWERS},
    ),
    patch=extend_schema(
        operation_id="trades_change",
        summary="Notes, tags, rating and the initial stop of a trade",
        tags=["trades"],
        request=TradeChanges,
        responses={200: shapes.Trade, 400: Error, 415: Error, **ONE_ANSWERS},
    ),
)
class TradeView(APIView):
    @conditional(revisions)
    def get(self, request: Request, trade_id: UUID) -> Response:
        return Response(_shown(request, trade_id))

    def patch(self, request: Request, trade_id: UUID) -> Response:
        trade = all_trades(request.user).filter(pk=trade_id).first()
        if trade is None:
            raise Http404
        form = TradeChanges(data=request.data)
        form.is_valid(raise_exception=True)
        save_journal(trade, **{**_journal(trade.account_id, trade.ticket), **form.validated_data})
        return Response(_shown(request, trade_id))


def _shown(request: Request, trade_id: UUID) -> dict[str, Any]:
    trade = all_trades(request.user).filter(pk=trade_id).select_related("account").first()
    if trade is None:
        raise Http404
    shown = {name: getattr(trade, name) for name in DETAIL_FIELDS}
    shown["account"], shown["currency"] = shown.pop("account_id"), trade.account.currency
    shown |= _journal(trade.account_id, trade.ticket)
    shown["planned"] = _planned(trade, shown["initial_stop_loss"])
    shown["executions"] = execution_rows(trade_id, shown["currency"])
    return shown


def _planned(trade: Trade, own_stop: Decimal | None) -> dict[str, Any]:
    """The plan beside the result, as the page of the trade shows it."""
    position = None
    if trade.closed_at is None:
        position = Position.objects.filter(account=trade.account_id, ticket=trade.ticket).first()
    return dict(asdict(trade_plan(trade, trade.open_stop_loss if own_stop is None else own_stop, position)))


def _journal(account_id: UUID, ticket: str) -> dict[str, Any]:
    """What the trader has added so far."""
    entry = JournalEntry.objects.filter(account=account_id, ticket=ticket).prefetch_related("tags").first()
    if entry is None:
        return {"notes": "", "tags": [], "initial_stop_loss": None, "rating": None}
    names = [tag.name for tag in entry.tags.all()]
    return {
        "notes": entry.notes,
        "tags": names,
        "initial_stop_loss": entry.initial_stop_loss,
        "rating": entry.rating,
    }
