"""accounts/{id}/breakdown/."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tradeportal.rest.conditional import conditional
from tradeportal.rest.schemas import Error
from trading.api.base import ONE_ANSWERS, filter_parameters, filtered, own_account, revision_of, zone_of_request
from trading.api.shapes import money
from trading.calc.breakdown import Tally, total
from trading.filters import TradeFilter
from trading.queries.breakdowns import DIMENSIONS, Dimension, breakdowns
from trading.queries.trades import closed_trades

_TIME_ZONE = OpenApiParameter(
    "time_zone", str, description="IANA name of the zone of days, weekdays, hours and months; UTC."
)


class BreakdownRow(serializers.Serializer[Any]):
    label = serializers.CharField(help_text='"" for trades without a strategy or tag; weekdays 1 (Monday) to 7.')  # type: ignore[assignment]  # a name of the base class as well
    trades = serializers.IntegerField()
    wins = serializers.IntegerField()
    losses = serializers.IntegerField()
    win_ratio = serializers.CharField()
    gross_profit = money("Of the trades that won, costs included.")
    gross_loss = money("Of the trades that lost, costs included.")
    net = money("gross_profit + gross_loss")
    profit_factor = serializers.CharField(allow_null=True, help_text="null: nothing was lost.")
    average = serializers.CharField()
    costs = money("Commission, swap and fee.")
    volume_lots = money()
    share = serializers.CharField(help_text="Of the trades, 0 to 1.")


class Breakdown(serializers.Serializer[Any]):
    account = serializers.UUIDField()
    currency = serializers.CharField()
    by = serializers.ChoiceField(choices=DIMENSIONS)
    time_zone = serializers.CharField()
    rows = BreakdownRow(many=True, help_text="A trade with two tags is in both rows; elsewhere each is in one.")


def _state(request: Request, account_id: UUID) -> Any:
    """Named periods move with the day."""
    return revision_of(request, account_id), timezone.now().date()


@extend_schema_view(
    get=extend_schema(
        operation_id="accounts_breakdown",
        summary="The closed trades of an account in groups",
        tags=["accounts"],
        parameters=[
            OpenApiParameter("by", str, enum=DIMENSIONS, description="symbol by default."),
            _TIME_ZONE,
            *(each for each in filter_parameters(TradeFilter) if each.name != "account"),
        ],
        responses={200: Breakdown, 400: Error, **ONE_ANSWERS},
    )
)
class BreakdownView(APIView):
    @conditional(_state)
    def get(self, request: Request, account_id: UUID) -> Response:
        account = own_account(request, account_id)
        by, zone = _dimension(request), zone_of_request(request)
        own = closed_trades(request.user).filter(account=account)
        trades = filtered(TradeFilter, request, own, besides={"by", "time_zone"}, zone=zone)
        found = breakdowns(trades, zone)
        groups = found[0].groups[by] if found else {}
        whole = total(found[0].groups["side"].values()) if found else Tally()
        return Response(
            {
                "account": account.pk,
                "currency": account.currency,
                "by": by,
                "time_zone": zone.key,
                "rows": [_row(label, tally, whole) for label, tally in groups.items()],
            }
        )


def _dimension(request: Request) -> Dimension:
    asked = request.query_params.get("by", "symbol")
    for dimension in DIMENSIONS:
        if asked == dimension:
            return dimension
    raise ValidationError({"by": [f"Choose one of {', '.join(DIMENSIONS)}."]})


def _row(label: Any, tally: Tally, whole: Tally) -> dict[str, Any]:
    return {
        "label": str(label),
        "trades": tally.trades,
        "wins": tally.wins,
        "losses": tally.losses,
        "win_ratio": tally.win_ratio,
        "gross_profit": tally.gross_profit,
        "gross_loss": tally.gross_loss,
        "net": tally.net,
        "profit_factor": tally.profit_factor,
        "average": tally.average,
        "costs": tally.costs,
        "volume_lots": tally.volume_lots,
        "share": tally.share_of(whole),
    }
