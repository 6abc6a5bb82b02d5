"""accounts/{id}/quality/: how far an account's data can be trusted."""

from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tradeportal.rest.conditional import of_itself
from trading.api.base import ONE_ANSWERS, own_account
from trading.api.shapes import money
from trading.calc.data_quality import Defect, Feed, Grade
from trading.queries.data_quality import graded

_UTC = ZoneInfo("UTC")
FACTS = (
    "trades",
    "without_stop",
    "opening",
    "stated_days",
    "untied_days",
    "untied_on",
    "difference",
    "feed",
    "last_sync_at",
    "snapshot_days",
    "missing_days",
    "unknown_symbols",
)


class QualityReason(serializers.Serializer[Any]):
    defect = serializers.ChoiceField(choices=get_args(Defect))
    cost = money("Points of a hundred.")


class QualityFacts(serializers.Serializer[Any]):
    trades = serializers.IntegerField(help_text="Closed ones.")
    without_stop = serializers.IntegerField()
    opening = money("Before the first row; null where nothing tells it.", optional=True)
    stated_days = serializers.IntegerField(help_text="Days (UTC) for which the broker stated a balance.")
    untied_days = serializers.IntegerField(help_text="Those on which ours is another.")
    untied_on = serializers.DateField(allow_null=True, help_text="The first of them.")
    difference = money("Ours less the broker's on that day.", optional=True)
    feed = serializers.ChoiceField(choices=get_args(Feed))
    last_sync_at = serializers.DateTimeField(allow_null=True)
    snapshot_days = serializers.IntegerField(help_text="Working days of the last 30 on which one was due.")
    missing_days = serializers.IntegerField()
    unknown_symbols = serializers.ListField(child=serializers.CharField())


class DataQuality(serializers.Serializer[Any]):
    account = serializers.UUIDField()
    currency = serializers.CharField()
    grade = serializers.ChoiceField(
        choices=get_args(Grade), allow_null=True, help_text="null: nothing happened in the account yet."
    )
    points = money("100 less what each reason costs.")
    reasons = QualityReason(many=True, help_text="The costliest first; docs/formulas.md has the rule.")
    facts = QualityFacts()


@extend_schema_view(
    get=extend_schema(
        operation_id="accounts_quality",
        summary="How far the data of an account can be trusted: a grade, and what lowers it",
        tags=["accounts"],
        responses={200: DataQuality, **ONE_ANSWERS},
    )
)
class QualityView(APIView):
    """Its tag is that of its own content: a feed turns stale by waiting, without a write."""

    def get(self, request: Request, account_id: UUID) -> Response:
        account = own_account(request, account_id)
        of = graded([account], _UTC, timezone.now())[account.pk]
        answer = {
            "account": account.pk,
            "currency": account.currency,
            "grade": of.quality.grade,
            "points": of.quality.points,
            "reasons": [{"defect": reason.defect, "cost": reason.cost} for reason in of.quality.reasons],
            "facts": {name: getattr(of.facts, name) for name in FACTS},
        }
        return of_itself(request, answer)
