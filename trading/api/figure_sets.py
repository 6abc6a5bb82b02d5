"""GET figures/: every figure of any choice of closed trades, by any of the definitions, with what it rests on."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import BrokerAccount, Trader
from tradeportal.rest.conditional import conditional
from trading import cache
from trading.api.base import LIST_ANSWERS, filter_parameters, refuse_unknown, revisions, zone_of_request
from trading.calc.figure_types import DefinitionSet, FigureValue
from trading.calc.registry import BY_KEY, DEFINITION_SETS
from trading.filters import TradeFilter
from trading.queries.figure_sets import FigureSet, Wanted, figure_sets
from trading.queries.trades import closed_trades

#: What the address may say besides the filter.
OWN_PARAMETERS = frozenset({"definition", "time_zone", "bootstrap"})
DEFINITION = OpenApiParameter(
    "definition", str, enum=list(DEFINITION_SETS), description="Whose rules; the trader’s own choice by default."
)
TIME_ZONE = OpenApiParameter("time_zone", str, description="IANA name of the zone whose days count; UTC by default.")

BOOTSTRAP = OpenApiParameter(
    "bootstrap",
    str,
    enum=["1"],
    description="1: averages with the ends of their 95 % interval, by drawing their trades anew; MetaTrader's set has none.",
)


class Figure(serializers.Serializer[Any]):
    value = serializers.CharField(allow_null=True, help_text="A decimal in all its digits; null: undefined.")
    reason = serializers.CharField(help_text="Why it is undefined; else empty.")
    note = serializers.CharField(help_text="What to know of the value; mostly empty.")
    sample = serializers.IntegerField(help_text="How many trades, days or reports it rests on.")
    is_thin = serializers.BooleanField(help_text="The sample is too small for the value to say anything.")
    low = serializers.CharField(
        allow_null=True, help_text="The lower end of its 95 % interval, where one was computed."
    )
    high = serializers.CharField(allow_null=True, help_text="The upper end.")
    on = serializers.DateField(allow_null=True, help_text="The day that it is of, where it is of one.")
    version = serializers.IntegerField(help_text="Of the formula.")


class EquityCoverage(serializers.Serializer[Any]):
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    weekdays = serializers.IntegerField(help_text="Mondays to Fridays from the first report to the last.")
    missing = serializers.IntegerField(help_text="Those of them without a report.")


class FigureSetShape(serializers.Serializer[Any]):
    currency = serializers.CharField(help_text="Of every amount in this set; currencies are never added.")
    definition = serializers.ChoiceField(choices=list(DEFINITION_SETS))
    platform = serializers.CharField(help_text="The MetaTrader whose rules an mt5 set follows: mt4 or mt5.")
    accounts = serializers.ListField(child=serializers.UUIDField())
    trades = serializers.IntegerField(help_text="Closed trades in it.")
    time_zone = serializers.CharField()
    exclusions = serializers.ListField(child=serializers.CharField(), help_text="What is not in it, and why.")
    equity = EquityCoverage(
        allow_null=True, help_text="What the equity covers that the broker reported; null where nothing rests on it."
    )
    figures = serializers.DictField(child=Figure(), help_text="Each by its key; docs/formulas.md has the formulas.")


class FigureSets(serializers.Serializer[Any]):
    results = FigureSetShape(many=True, help_text="One for each currency.")


def wanted_trades(request: Request, parameters: Any) -> Wanted:
    """The closed trades that the address asks for. Errors: ValidationError naming each parameter that makes no sense."""
    refuse_unknown(request, TradeFilter.base_filters.keys() | OWN_PARAMETERS)
    found = TradeFilter(parameters, closed_trades(request.user), request=request)
    found.zone = zone_of_request(request)
    if not found.form.is_valid():
        raise ValidationError({name: list(messages) for name, messages in found.form.errors.items()})
    return found.wanted(list(BrokerAccount.objects.for_trader(request.user)))


def asked_definition(request: Request) -> DefinitionSet:
    own = request.user.definition if isinstance(request.user, Trader) else Trader.Definition.MT5
    asked = request.query_params.get("definition") or own
    for name in DEFINITION_SETS:
        if asked == name:
            return name
    raise ValidationError({"definition": [f"Choose one of {', '.join(DEFINITION_SETS)}."]})


def wants_intervals(request: Request) -> bool:
    """Whether averages shall have the ends of their interval. Errors: ValidationError for anything but 1."""
    asked = request.query_params.get("bootstrap", "")
    if asked not in {"", "1"}:
        raise ValidationError({"bootstrap": ["Say 1, or leave it out."]})
    return asked == "1"


def shape_of(found: FigureSet) -> dict[str, Any]:
    return {
        "currency": found.currency,
        "definition": found.definition,
        "platform": found.platform,
        "accounts": [pk for pk, _ in found.accounts],
        "trades": found.trades,
        "time_zone": found.zone,
        "exclusions": [str(sentence) for sentence in found.exclusions],
        "equity": asdict(found.coverage) if found.coverage else None,
        "figures": {key: _figure(figure) for key, figure in found.figures.items()},
    }


def _figure(figure: FigureValue) -> Mapping[str, Any]:
    entry = BY_KEY[figure.key]
    return {
        "value": figure.value,
        "reason": figure.reason,
        "note": figure.note,
        "sample": figure.sample,
        "is_thin": figure.value is not None and figure.sample < entry.minimum,
        "low": figure.low,
        "high": figure.high,
        "on": figure.on,
        "version": entry.version,
    }


def _state(request: Request) -> Any:
    """What accounts hold, the trader's definition, and the hour: each brings a report of the equity."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    return revisions(request), getattr(request.user, "definition", ""), hour


@extend_schema_view(
    get=extend_schema(
        operation_id="figures",
        summary="Every figure of any choice of closed trades, with what it rests on",
        tags=["figures"],
        parameters=[DEFINITION, TIME_ZONE, BOOTSTRAP, *filter_parameters(TradeFilter)],
        responses={200: FigureSets, **LIST_ANSWERS},
    )
)
class FiguresView(APIView):
    @conditional(_state, cache.kept_answer)
    def get(self, request: Request) -> Response:
        wanted = wanted_trades(request, request.query_params)
        sets = figure_sets(wanted, asked_definition(request), wants_intervals=wants_intervals(request))
        return Response({"results": [shape_of(found) for found in sets]})
