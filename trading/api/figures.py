"""accounts/{id}/summary/, /balance-proof/ and /equity-curve/."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import BrokerAccount
from accounts.zones import zone_names
from tradeportal.rest.conditional import conditional
from tradeportal.rest.schemas import Error
from trading.api.base import ONE_ANSWERS, own_account, revision_of
from trading.api.shapes import money
from trading.calc.metatrader import Definition
from trading.calc.undefined import why_undefined
from trading.queries import figures

DEFINITIONS: tuple[Definition, ...] = ("mt4", "mt5")
MAX_POINTS = 5000
DEFAULT_POINTS = 500
_ANSWERS = {400: Error, **ONE_ANSWERS}
_TIME_ZONE = OpenApiParameter("time_zone", str, description="IANA name of the zone whose days count; UTC by default.")


class PeriodSum(serializers.Serializer[Any]):
    net = money("All costs booked in the period are in it.")
    count = serializers.IntegerField(help_text="Exits.")
    wins = serializers.IntegerField(help_text="Exits with a result of zero or more, as MetaTrader counts.")


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
    periods = serializers.DictField(child=PeriodSum(), help_text="today, week, month and all.")


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
    """Sums of today and this week change with the day, not only with the account."""
    return revision_of(request, account_id), timezone.now().date()


@extend_schema_view(
    get=extend_schema(
        operation_id="accounts_summary",
        summary="The figures of an account, by the definition of its platform",
        tags=["accounts"],
        parameters=[
            OpenApiParameter(
                "definition", str, enum=DEFINITIONS, description="Whose definition; the platform's by default."
            )
        ],
        responses={200: Summary, **_ANSWERS},
    )
)
class SummaryView(APIView):
    @conditional(_state_today)
    def get(self, request: Request, account_id: UUID) -> Response:
        account = own_account(request, account_id)
        definition = _definition(request, account)
        found = figures.account_figures(account, definition)
        sums = figures.period_sums([account], timezone.now(), ZoneInfo("UTC"))
        return Response(
            {
                "account": account.pk,
                "currency": account.currency,
                "revision": account.revision,
                "definition": definition,
                "figures": found,
                "undefined": {key: why_undefined(key, found) for key, value in found.items() if value is None},
                "periods": sums.get(account.currency, {}),
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
        zone = _zone(request)
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
        points = figures.balance_curve(account, _points(request))
        return Response({"account": account.pk, "currency": account.currency, "kind": "balance", "points": points})


def _definition(request: Request, account: BrokerAccount) -> Definition:
    asked = request.query_params.get("definition") or figures.definition_of(account)
    for definition in DEFINITIONS:
        if asked == definition:
            return definition
    raise ValidationError({"definition": ["Choose mt4 or mt5."]})


def _points(request: Request) -> int:
    field = serializers.IntegerField(min_value=2, max_value=MAX_POINTS)
    try:
        return int(field.run_validation(request.query_params.get("points", DEFAULT_POINTS)))
    except ValidationError as error:
        raise ValidationError({"points": error.detail}) from error


def _zone(request: Request) -> ZoneInfo:
    name = request.query_params.get("time_zone") or "UTC"
    if name not in zone_names():
        raise ValidationError({"time_zone": ["This is not an IANA time zone. Use a name such as Europe/Athens."]})
    return ZoneInfo(name)
