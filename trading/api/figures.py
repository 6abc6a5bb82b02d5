"""accounts/{id}/summary/, /balance-proof/ and /equity-curve/."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import BrokerAccount
from tradeportal.rest.conditional import conditional
from tradeportal.rest.schemas import Error
from trading.api.base import ONE_ANSWERS, filter_parameters, own_account, revision_of, zone_of_request
from trading.api.figure_sets import BOOTSTRAP, wanted_trades, wants_intervals
from trading.api.shapes import money
from trading.calc.figure_types import FigureValue
from trading.calc.undefined import why_undefined
from trading.context import read_definition
from trading.filters import TradeFilter
from trading.queries import figures
from trading.queries.account_results import account_results
from trading.queries.curves import account_curve
from trading.queries.figure_sets import figure_sets
from trading.queries.recent import period_sums

DEFINITIONS = ("mt4", "mt5", "myfxbook", "portal")
MAX_POINTS = 5000
DEFAULT_POINTS = 500
_ANSWERS = {400: Error, **ONE_ANSWERS}
_TIME_ZONE = OpenApiParameter("time_zone", str, description="IANA name of the zone whose days count; UTC by default.")


class PeriodSum(serializers.Serializer[Any]):
    net = money("Of the trades closed in the period, each with all of its costs.")
    count = serializers.IntegerField(help_text="Closed trades.")
    wins = serializers.IntegerField(help_text="Those with a net above zero.")


class Interval(serializers.Serializer[Any]):
    low = money("In the unit of the figure.")
    high = money("In the unit of the figure.")


class Summary(serializers.Serializer[Any]):
    account = serializers.UUIDField()
    currency = serializers.CharField()
    revision = serializers.IntegerField()
    definition = serializers.ChoiceField(choices=DEFINITIONS)
    figures = serializers.DictField(
        child=serializers.CharField(allow_null=True),
        help_text="Each by its key, a decimal in all its digits; null: undefined.",
    )
    undefined = serializers.DictField(child=serializers.CharField(), help_text="Why a figure is null.")
    notes = serializers.DictField(child=serializers.CharField(), help_text="What to know of a figure that has a value.")
    intervals = serializers.DictField(
        child=Interval(),
        help_text="The 95 % interval of a figure, where one was computed; of averages with `bootstrap=1`.",
    )
    periods = serializers.DictField(
        child=PeriodSum(),
        help_text="today, week, month and all: closed trades, as pages count them, whatever the definition.",
    )
    booked_on_open = money("What open trades have booked so far, in no period: entry commission, partial closes.")


class ProofDay(serializers.Serializer[Any]):
    on = serializers.DateField()
    opening = money()
    flows = money("Deposits, withdrawals and other cash, credit left out.")
    gross_profit = money()
    commission = money()
    swap = money()
    fee = money()
    closing = money("opening + flows + gross_profit + commission + swap + fee")
    credit = money()
    stated = money("The broker's last balance of the day; null where it stated none.", optional=True)
    difference = money("Ours less the broker's.", optional=True)
    new_difference = money("What arose since the last stated balance.", optional=True)
    ties = serializers.BooleanField()


class BalanceProof(serializers.Serializer[Any]):
    account = serializers.UUIDField()
    currency = serializers.CharField()
    time_zone = serializers.CharField()
    opening_is_known = serializers.BooleanField(help_text="Otherwise zero was taken for it.")
    opening = money()
    closing = money()
    ties = serializers.BooleanField()
    first_break_on = serializers.DateField(allow_null=True)
    days = ProofDay(many=True)


class CurvePoint(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    balance = money()
    flows = money("All cash that moved so far.")
    drawdown_ratio = serializers.CharField(help_text="A decimal: 0.05 is 5 % under the peak.")


class EquityCurve(serializers.Serializer[Any]):
    account = serializers.UUIDField()
    currency = serializers.CharField()
    kind = serializers.CharField(help_text="balance")
    points = CurvePoint(many=True, help_text="Empty where the opening balance is not known.")


def _state_today(request: Request, account_id: UUID) -> Any:
    """Sums of today and this week change with the day, not only with the account; reports of the equity with the hour.

    A day begins at a quarter of an hour in every zone.
    """
    now = timezone.now()
    return revision_of(request, account_id), now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)


@extend_schema_view(
    get=extend_schema(
        operation_id="accounts_summary",
        summary="The figures of an account or of a choice of its trades, by the definition of its platform or another",
        tags=["accounts"],
        parameters=[
            OpenApiParameter(
                "definition", str, enum=DEFINITIONS, description="Whose definition; the platform's by default."
            ),
            BOOTSTRAP,
            _TIME_ZONE,
            *(of for of in filter_parameters(TradeFilter) if of.name != "account"),
        ],
        responses={200: Summary, **_ANSWERS},
    )
)
class SummaryView(APIView):
    @conditional(_state_today)
    def get(self, request: Request, account_id: UUID) -> Response:
        account = own_account(request, account_id)
        definition = _definition(request, account)
        found = _figures(request, account, definition)
        sums = period_sums([account], timezone.now(), zone_of_request(request))
        return Response(
            {
                "account": account.pk,
                "currency": account.currency,
                "revision": account.revision,
                "definition": definition,
                "figures": {figure.key: figure.value for figure in found},
                "undefined": {figure.key: figure.reason for figure in found if figure.value is None},
                "notes": {figure.key: figure.note for figure in found if figure.note},
                "intervals": {
                    figure.key: {"low": figure.low, "high": figure.high} for figure in found if figure.low is not None
                },
                "periods": sums[account.currency],
                "booked_on_open": account_results([account])[account.pk].on_open,
            }
        )


@extend_schema_view(
    get=extend_schema(
        operation_id="accounts_balance_proof",
        summary="Day by day: what the account held follows from what happened",
        tags=["accounts"],
        parameters=[_TIME_ZONE],
        responses={200: BalanceProof, **_ANSWERS},
    )
)
class BalanceProofView(APIView):
    @conditional(revision_of)
    def get(self, request: Request, account_id: UUID) -> Response:
        account = own_account(request, account_id)
        zone = zone_of_request(request)
        proof = figures.balance_proof(account, zone)
        return Response(
            {
                "account": account.pk,
                "currency": account.currency,
                "time_zone": zone.key,
                "opening_is_known": figures.opening_balance(account) is not None,
                "opening": proof.opening,
                "closing": proof.closing,
                "ties": proof.ties,
                "first_break_on": proof.first_break.on if proof.first_break else None,
                "days": [{name: getattr(day, name) for name in _DAY_FIELDS} for day in proof.days],
            }
        )


_DAY_FIELDS = tuple(ProofDay().fields)


@extend_schema_view(
    get=extend_schema(
        operation_id="accounts_equity_curve",
        summary="The balance over time, thinned for drawing",
        tags=["accounts"],
        parameters=[
            OpenApiParameter("points", int, description=f"At most: 2 to {MAX_POINTS}, {DEFAULT_POINTS} by default.")
        ],
        responses={200: EquityCurve, **_ANSWERS},
    )
)
class EquityCurveView(APIView):
    @conditional(revision_of)
    def get(self, request: Request, account_id: UUID) -> Response:
        account = own_account(request, account_id)
        points = account_curve(account, _points(request))
        return Response({"account": account.pk, "currency": account.currency, "kind": "balance", "points": points})


def _definition(request: Request, account: BrokerAccount) -> str:
    asked = request.query_params.get("definition") or figures.definition_of(account)
    if asked in DEFINITIONS:
        return asked
    raise ValidationError({"definition": [f"Choose one of {', '.join(DEFINITIONS)}."]})


def _figures(request: Request, account: BrokerAccount, definition: str) -> list[FigureValue]:
    """The figures of the account's trades that the address asks for."""
    parameters = request.query_params.copy()
    parameters.setlist("account", [str(account.pk)])
    wanted = wanted_trades(request, parameters)
    is_asked = wants_intervals(request)
    if wanted.is_whole and (definition == "mt4" or definition == "mt5"):
        printed = figures.account_figures(account, "mt4" if definition == "mt4" else "mt5")
        return [FigureValue(key, value, why_undefined(key, printed)) for key, value in printed.items()]
    # None where the account is in another phase than the address asks for.
    sets = figure_sets(wanted, read_definition(definition, "mt5"), wants_intervals=is_asked)
    return [figure for found in sets for figure in found.figures.values()]


def _points(request: Request) -> int:
    field = serializers.IntegerField(min_value=2, max_value=MAX_POINTS)
    try:
        return int(field.run_validation(request.query_params.get("points", DEFAULT_POINTS)))
    except ValidationError as error:
        raise ValidationError({"points": error.detail}) from error
