"""accounts/{id}/shares/ and accounts/{id}/digests/: links to the account's record, and the chain that seals its days."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tradeportal.rest.conditional import of_itself
from tradeportal.rest.schemas import Error
from trading.api.base import DEFAULT_LIMIT, MAX_LIMIT, ONE_ANSWERS, cursor_of, limit_of, own_account, refuse_unknown
from trading.models import DayDigest, SharedRecord
from trading.queries.chain import summary
from trading.services import sharing as services

FIELDS = (
    "id",
    "title",
    "hides_amounts",
    "hides_size",
    "hides_symbols",
    "names_broker",
    "created_at",
    "expires_at",
    "revoked_at",
    "last_opened_at",
    "opens",
)
DIGEST_FIELDS = ("position", "day", "sealed_at", "trades", "rows", "balance", "salt", "prev", "digest")


class ShareRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    hides_amounts = serializers.BooleanField()
    hides_size = serializers.BooleanField()
    hides_symbols = serializers.BooleanField()
    names_broker = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_opened_at = serializers.DateTimeField(allow_null=True)
    opens = serializers.IntegerField(help_text="At most one a minute is counted.")


class NewShare(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=80, help_text="What readers see above the record.")
    hides_amounts = serializers.BooleanField(default=True, help_text="Hides sizes and prices as well.")
    hides_size = serializers.BooleanField(default=True, help_text="Hides prices as well.")
    hides_symbols = serializers.BooleanField(default=False, help_text="Hides prices and times of day as well.")
    names_broker = serializers.BooleanField(default=False, help_text="Names the broker and the platform.")
    days = serializers.IntegerField(
        default=services.DEFAULT_DAYS, min_value=1, max_value=services.MAX_DAYS, help_text="Until it expires."
    )


class ShareWithLink(ShareRow):
    token = serializers.CharField(help_text="What opens it. Shown here once.")
    url = serializers.URLField(help_text="The address for readers, with the token in it.")


class ShareList(serializers.Serializer[Any]):
    results = ShareRow(many=True)


class DigestRow(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    day = serializers.DateField()
    sealed_at = serializers.DateTimeField()
    trades = serializers.IntegerField(help_text="Closed trades of the day.")
    rows = serializers.CharField(help_text="Commitment to the closed trades and cash flows of the day.")
    balance = serializers.CharField(help_text="Commitment to the balance at the end of the day.")
    salt = serializers.CharField(help_text="Opens both commitments: give it to nobody who may not see the day.")
    prev = serializers.CharField()
    digest = serializers.CharField()


class AmendedDay(serializers.Serializer[Any]):
    day = serializers.DateField()
    times = serializers.IntegerField()
    last_at = serializers.DateTimeField()


class DigestPage(serializers.Serializer[Any]):
    head = serializers.CharField(allow_null=True, help_text="The digest of the last link.")
    days = serializers.IntegerField(help_text="Days that are sealed.")
    late = serializers.IntegerField(help_text="Of these, sealed more than two days after their end.")
    amended = AmendedDay(many=True)
    results = DigestRow(many=True)
    next_cursor = serializers.CharField(allow_null=True)


@extend_schema_view(
    get=extend_schema(
        operation_id="shares_list",
        summary="The links to an account's record, the last made first",
        tags=["sharing"],
        responses={200: ShareList, **ONE_ANSWERS},
    ),
    post=extend_schema(
        operation_id="shares_create",
        summary="A new link, with the token that opens it",
        tags=["sharing"],
        request=NewShare,
        responses={201: ShareWithLink, 400: Error, 415: Error, **ONE_ANSWERS},
    ),
)
class SharesView(APIView):
    def get(self, request: Request, account_id: UUID) -> Response:
        rows = SharedRecord.objects.filter(account=own_account(request, account_id))
        return of_itself(request, {"results": list(rows.values(*FIELDS))})

    def post(self, request: Request, account_id: UUID) -> Response:
        account = own_account(request, account_id)
        form = NewShare(data=request.data)
        form.is_valid(raise_exception=True)
        made = services.share_account(account, services.Choices(**form.validated_data), now=timezone.now())
        url = request.build_absolute_uri(reverse("shared_record", args=[made.token]))
        shown = {name: getattr(made.record, name) for name in FIELDS} | {"token": made.token, "url": url}
        headers = {"Location": f"{request.path}{made.record.pk}/", "Cache-Control": "no-store"}
        return Response(shown, status=201, headers=headers)


@extend_schema_view(
    get=extend_schema(
        operation_id="shares_retrieve",
        summary="One link",
        tags=["sharing"],
        responses={200: ShareRow, **ONE_ANSWERS},
    ),
    delete=extend_schema(
        operation_id="shares_revoke",
        summary="End a link at once; it stays in the list",
        tags=["sharing"],
        responses={204: OpenApiResponse(description="It answers nobody any more."), **ONE_ANSWERS},
    ),
)
class ShareView(APIView):
    def get(self, request: Request, account_id: UUID, shared_record_id: UUID) -> Response:
        record = _own(request, account_id, shared_record_id)
        return of_itself(request, {name: getattr(record, name) for name in FIELDS})

    def delete(self, request: Request, account_id: UUID, shared_record_id: UUID) -> Response:
        services.revoke_record(_own(request, account_id, shared_record_id), timezone.now())
        return Response(status=204)


@extend_schema_view(
    get=extend_schema(
        operation_id="digests_list",
        summary="The chain of an account's days, the first link first, with the salts that open it",
        tags=["sharing"],
        parameters=[
            OpenApiParameter("cursor", str, description="`next_cursor` of the page before."),
            OpenApiParameter(
                "limit", int, description=f"Rows in a page: 1 to {MAX_LIMIT}, {DEFAULT_LIMIT} by default."
            ),
        ],
        responses={200: DigestPage, 400: Error, **ONE_ANSWERS},
    ),
)
class DigestsView(APIView):
    def get(self, request: Request, account_id: UUID) -> Response:
        account = own_account(request, account_id)
        refuse_unknown(request, {"cursor", "limit"})
        limit = limit_of(request)
        later = DayDigest.objects.filter(account=account, position__gt=_position(cursor_of(request)))
        rows = list(later.order_by("position").values(*DIGEST_FIELDS)[: limit + 1])
        told = summary(account)
        return of_itself(
            request,
            {
                "head": told.head or None,
                "days": told.days,
                "late": told.late,
                "amended": [{"day": day.day, "times": day.times, "last_at": day.last_at} for day in told.amended],
                "results": rows[:limit],
                "next_cursor": str(rows[limit - 1]["position"]) if len(rows) > limit else None,
            },
        )


def _position(cursor: str) -> int:
    """Errors: ValidationError for a cursor that is no position."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise ValidationError({"cursor": ["This cursor is not of this list. Start again without it."]})
    return int(cursor)


def _own(request: Request, account_id: UUID, shared_record_id: UUID) -> SharedRecord:
    """Errors: Http404 for somebody else's, and for one of another account."""
    account = own_account(request, account_id)
    record = SharedRecord.objects.filter(account=account, pk=shared_record_id).first()
    if record is None:
        raise Http404
    return record
