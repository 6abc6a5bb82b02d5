"""alerts/: every alert with the figures that raised it, and how it was told."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Prefetch
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tradeportal.rest.conditional import conditional
from trading.api.base import (
    LIST_ANSWERS,
    ONE_ANSWERS,
    covered,
    filtered,
    list_parameters,
    order_of,
    page_of,
    page_response,
    revisions,
)
from trading.filters import WindowFilter
from trading.models import Alert, Delivery, GuardKind
from trading.queries.keyset import moment

SORTS = {"raised": moment("raised_at")}
FIELDS = ("id", "account_id", "rule_id", "kind", "symbol", "level", "episode", "raised_at", "sentence", "figures")
LEVELS = [("warning", "Warning"), ("critical", "Critical")]


class AlertFilter(WindowFilter):
    """Alerts; the window is about when they were raised."""

    moment_field = "raised_at"

    level = django_filters.MultipleChoiceFilter(choices=LEVELS, label="Level")
    kind = django_filters.MultipleChoiceFilter(choices=GuardKind.choices, label="Kind of rule")
    symbol = django_filters.CharFilter(lookup_expr="iexact", label="Symbol")

    class Meta:
        model = Alert
        fields: tuple[str, ...] = ()


class AlertRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    account = serializers.UUIDField()
    currency = serializers.CharField()
    rule_id = serializers.UUIDField(help_text="The rule may have been taken away since; the alert stays.")
    kind = serializers.ChoiceField(choices=GuardKind.choices)
    symbol = serializers.CharField()
    level = serializers.ChoiceField(choices=LEVELS)
    episode = serializers.IntegerField(help_text="Counted per rule, symbol and level.")
    raised_at = serializers.DateTimeField()
    sentence = serializers.CharField()
    figures = serializers.DictField(help_text="What was seen then, as texts. It never changes.")


class Telling(serializers.Serializer[Any]):
    channel = serializers.ChoiceField(choices=Delivery.Channel.choices)
    state = serializers.ChoiceField(choices=Delivery.State.choices)
    attempts = serializers.IntegerField()
    delivered_at = serializers.DateTimeField(allow_null=True)


class AlertDetail(AlertRow):
    deliveries = Telling(many=True)


class AlertPage(serializers.Serializer[Any]):
    results = AlertRow(many=True)
    next_cursor = serializers.CharField(allow_null=True)


@extend_schema_view(
    get=extend_schema(
        operation_id="alerts_list",
        summary="Alerts, the newest first",
        tags=["guards"],
        parameters=list_parameters(AlertFilter, SORTS),
        responses={200: AlertPage, **LIST_ANSWERS},
    )
)
class AlertsView(APIView):
    @conditional(revisions)
    def get(self, request: Request) -> Response:
        alerts = filtered(AlertFilter, request, Alert.objects.for_trader(request.user))
        return page_response(request, page_of(request, alerts, order_of(request, SORTS, "-raised"), FIELDS))


@extend_schema_view(
    get=extend_schema(
        operation_id="alerts_retrieve",
        summary="One alert, and how it was told",
        tags=["guards"],
        responses={200: AlertDetail, **ONE_ANSWERS},
    )
)
class AlertView(APIView):
    def get(self, request: Request, alert_id: UUID) -> Response:
        told = Prefetch("deliveries", Delivery.objects.order_by("created_at", "id"))
        alert = Alert.objects.for_trader(request.user).filter(pk=alert_id).prefetch_related(told).first()
        if alert is None:
            raise Http404
        currencies = {account.pk: account.currency for account in covered(request)}
        shown = {name: getattr(alert, name) for name in FIELDS if name != "account_id"}
        shown |= {"account": alert.account_id, "currency": currencies.get(alert.account_id, "")}
        shown["deliveries"] = [
            {
                "channel": row.channel,
                "state": row.state,
                "attempts": len(row.attempts),
                "delivered_at": row.delivered_at,
            }
            for row in alert.deliveries.all()
        ]
        return Response(shown, headers={"Cache-Control": "private, no-cache"})
