"""positions/, positions/open/ and positions/{id}/: open trades as the broker last reported them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tradeportal.rest.conditional import conditional
from trading.api.base import LIST_ANSWERS, ONE_ANSWERS, covered, filter_parameters, filtered, revisions
from trading.api.shapes import money
from trading.cache import kept_answer
from trading.filters import PositionFilter
from trading.models import Position, Side
from trading.queries.positions import Equities, equities, in_book, percent

ZERO = Decimal(0)


class PositionRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    account = serializers.UUIDField()
    currency = serializers.CharField(help_text="Of every amount in this row.")
    ticket = serializers.CharField()
    symbol = serializers.CharField()
    direction = serializers.ChoiceField(choices=Side.choices)
    volume = money("Lots that are still open.")
    entry_price = money()
    entry_time = serializers.DateTimeField()
    current_price = money(optional=True)
    unrealized_pnl = money("The broker's floating profit with swap and commission.")
    unrealized_pnl_pct = money("Of the account's equity; null where the broker did not report it.", optional=True)
    floating_profit = money("The broker's own figure, without swap and commission.")
    swap = money()
    commission = money()
    take_profit = money(optional=True)
    stop_loss = money(optional=True)
    matched = serializers.BooleanField(
        help_text="The book has this trade, and it is open there too: by its ticket or by reconciliation."
    )
    last_updated_at = serializers.DateTimeField()


class CurrencyTotal(serializers.Serializer[Any]):
    currency = serializers.CharField()
    positions = serializers.IntegerField()
    unrealized_pnl = money()
    equity = money("Of the accounts with open positions, as last reported.", optional=True)
    unrealized_pnl_pct = money(optional=True)


class Positions(serializers.Serializer[Any]):
    total_positions = serializers.IntegerField()
    total_unrealized_pnl = money("null where positions are in several currencies: see totals.", optional=True)
    total_unrealized_pnl_pct = money("Of the equity.", optional=True)
    totals = CurrencyTotal(many=True)
    positions = PositionRow(many=True)


def _described(operation_id: str) -> Any:
    described = extend_schema(
        operation_id=operation_id,
        summary="Open positions and what they are worth",
        tags=["positions"],
        parameters=filter_parameters(PositionFilter),
        responses={200: Positions, **LIST_ANSWERS},
    )
    return extend_schema_view(get=described)


@_described("positions_list")
class PositionsView(APIView):
    @conditional(revisions, kept_answer)
    def get(self, request: Request) -> Response:
        positions = filtered(PositionFilter, request, Position.objects.for_trader(request.user))
        equity_of = equities(account.pk for account in covered(request))
        rows = [_row(row, equity_of) for row in _values(positions)]
        totals = _totals(rows, equity_of)
        only = totals[0] if len(totals) == 1 else None
        return Response(
            {
                "total_positions": len(rows),
                "total_unrealized_pnl": only["unrealized_pnl"] if only else (ZERO if not rows else None),
                "total_unrealized_pnl_pct": only["unrealized_pnl_pct"] if only else None,
                "totals": totals,
                "positions": rows,
            }
        )


@_described("positions_open_list")
class OpenPositionsView(PositionsView):
    """The same under the name that says it: a position is open."""


@extend_schema_view(
    get=extend_schema(
        operation_id="positions_retrieve",
        summary="One open position",
        tags=["positions"],
        responses={200: PositionRow, **ONE_ANSWERS},
    )
)
class PositionView(APIView):
    @conditional(revisions)
    def get(self, request: Request, position_id: UUID) -> Response:
        found = _values(Position.objects.for_trader(request.user).filter(pk=position_id)).first()
        if found is None:
            raise Http404
        return Response(_row(found, equities([found["account"]])))


def _values(positions: QuerySet[Position]) -> QuerySet[Position, Any]:
    return positions.order_by("-opened_at", "-id").values(
        "id",
        "account",
        "ticket",
        "symbol",
        "current_price",
        "floating_profit",
        "swap",
        "commission",
        "take_profit",
        "stop_loss",
        currency=F("account__currency"),
        direction=F("side"),
        volume=F("volume_lots"),
        entry_price=F("open_price"),
        entry_time=F("opened_at"),
        matched=in_book(),
        last_updated_at=F("reported_at"),
    )


def _row(row: dict[str, Any], equity_of: Equities) -> dict[str, Any]:
    profit = row["floating_profit"] + row["swap"] + row["commission"]
    return {**row, "unrealized_pnl": profit, "unrealized_pnl_pct": percent(profit, equity_of.get(row["account"]))}


def _totals(rows: Sequence[dict[str, Any]], equity_of: Equities) -> list[dict[str, Any]]:
    """One per currency; amounts of different currencies are never added."""
    totals = []
    for currency in sorted({row["currency"] for row in rows}):
        own = [row for row in rows if row["currency"] == currency]
        profit = sum((row["unrealized_pnl"] for row in own), ZERO)
        accounts = {row["account"] for row in own}
        known = accounts <= equity_of.keys()
        equity = sum((equity_of[account] for account in accounts), ZERO) if known else None
        totals.append(
            {
                "currency": currency,
                "positions": len(own),
                "unrealized_pnl": profit,
                "equity": equity,
                "unrealized_pnl_pct": percent(profit, equity),
            }
        )
    return totals
