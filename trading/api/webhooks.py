"""webhooks/: addresses of the trader's own that are told of alerts."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Trader
from accounts.step_up import require_fresh
from tradeportal.rest.conditional import of_itself
from tradeportal.rest.schemas import NOT_MODIFIED, Error
from trading.api.base import ONE_ANSWERS
from trading.models import Delivery, Webhook
from trading.services import webhooks as services

FIELDS = ("id", "url", "is_active", "created_at")
DELIVERY_FIELDS = ("id", "alert_id", "state", "attempts", "created_at", "next_attempt_at", "delivered_at")
_LOG = 100


class WebhookRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    url = serializers.URLField(max_length=500)
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class NewWebhook(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=500, help_text="https:// and reachable from the internet.")


class WebhookWithSecret(WebhookRow):
    secret = serializers.CharField(help_text="The key of the signature. Shown here once.")


class WebhookPatch(serializers.Serializer[Any]):
    is_active = serializers.BooleanField(help_text="false pauses it; what is raised meanwhile is not told later.")


class WebhookList(serializers.Serializer[Any]):
    results = WebhookRow(many=True)


class Attempt(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    status = serializers.IntegerField(required=False)
    duration_ms = serializers.IntegerField(required=False)
    error = serializers.CharField(required=False)


class DeliveryRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    alert_id = serializers.UUIDField(allow_null=True, help_text="null: a test.")
    state = serializers.ChoiceField(choices=Delivery.State.choices)
    attempts = Attempt(many=True)
    created_at = serializers.DateTimeField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)


class DeliveryList(serializers.Serializer[Any]):
    results = DeliveryRow(many=True)


@extend_schema_view(
    get=extend_schema(
        operation_id="webhooks_list",
        summary="The trader's webhooks",
        tags=["webhooks"],
        responses={200: WebhookList, 304: NOT_MODIFIED, **ONE_ANSWERS},
    ),
    post=extend_schema(
        operation_id="webhooks_create",
        summary="A new webhook, with the secret that signs its calls",
        tags=["webhooks"],
        request=NewWebhook,
        responses={201: WebhookWithSecret, 400: Error, 403: Error, 415: Error, **ONE_ANSWERS},
    ),
)
class WebhooksView(APIView):
    def get(self, request: Request) -> Response:
        return of_itself(request, {"results": list(Webhook.objects.for_trader(request.user).values(*FIELDS))})

    def post(self, request: Request) -> Response:
        form = NewWebhook(data=request.data)
        form.is_valid(raise_exception=True)
        require_fresh(request, timezone.now())
        webhook = services.create_webhook(Trader.objects.get(pk=str(request.user.pk)), form.validated_data["url"])
        shown = {**_shown(webhook), "secret": webhook.secret}
        headers = {"Location": f"{request.path}{webhook.pk}/", "Cache-Control": "no-store"}
        return Response(shown, status=201, headers=headers)


@extend_schema_view(
    get=extend_schema(
        operation_id="webhooks_retrieve",
        summary="One webhook",
        tags=["webhooks"],
        responses={200: WebhookRow, **ONE_ANSWERS},
    ),
    patch=extend_schema(
        operation_id="webhooks_change",
        summary="Pause a webhook or let it go on",
        tags=["webhooks"],
        request=WebhookPatch,
        responses={200: WebhookRow, 400: Error, 415: Error, **ONE_ANSWERS},
    ),
    delete=extend_schema(
        operation_id="webhooks_delete",
        summary="Take a webhook away, and the log of its deliveries with it",
        tags=["webhooks"],
        responses={204: OpenApiResponse(description="Gone."), **ONE_ANSWERS},
    ),
)
class WebhookView(APIView):
    def get(self, request: Request, webhook_id: UUID) -> Response:
        return of_itself(request, _shown(_own(request, webhook_id)))

    def patch(self, request: Request, webhook_id: UUID) -> Response:
        webhook = _own(request, webhook_id)
        form = WebhookPatch(data=request.data)
        form.is_valid(raise_exception=True)
        services.set_active(webhook, form.validated_data["is_active"])
        return Response(_shown(webhook))

    def delete(self, request: Request, webhook_id: UUID) -> Response:
        services.delete_webhook(_own(request, webhook_id))
        return Response(status=204)


@extend_schema_view(
    get=extend_schema(
        operation_id="webhooks_deliveries",
        summary="The last deliveries of a webhook, each with its attempts",
        tags=["webhooks"],
        responses={200: DeliveryList, **ONE_ANSWERS},
    )
)
class WebhookDeliveriesView(APIView):
    def get(self, request: Request, webhook_id: UUID) -> Response:
        rows = Delivery.objects.for_trader(request.user).filter(webhook=_own(request, webhook_id))
        return of_itself(request, {"results": list(rows.values(*DELIVERY_FIELDS)[:_LOG])})


@extend_schema_view(
    post=extend_schema(
        operation_id="webhooks_test",
        summary="Send a signed test to a webhook; its outcome is in the deliveries",
        tags=["webhooks"],
        request=None,
        responses={202: DeliveryRow, 400: Error, 429: Error, **ONE_ANSWERS},
    )
)
class WebhookTestView(APIView):
    def post(self, request: Request, webhook_id: UUID) -> Response:
        delivery = services.send_test(_own(request, webhook_id), now=timezone.now())
        return Response({name: getattr(delivery, name) for name in DELIVERY_FIELDS}, status=202)


def _own(request: Request, webhook_id: UUID) -> Webhook:
    webhook = Webhook.objects.for_trader(request.user).filter(pk=webhook_id).first()
    if webhook is None:
        raise Http404
    return webhook


def _shown(webhook: Webhook) -> dict[str, Any]:
    return {name: getattr(webhook, name) for name in FIELDS}
