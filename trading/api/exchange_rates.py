"""rates/ and converted/: exchange rates, and what accounts of several currencies hold together."""

from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import BrokerAccount, Trader
from accounts.models.trader import validate_currency
from tradeportal.rest.conditional import of_itself
from tradeportal.rest.schemas import NOT_MODIFIED, Error
from tradeportal.rest.throttles import TraderThrottle, UploadThrottle
from trading.api.base import ONE_ANSWERS
from trading.api.shapes import money
from trading.calc.exchange import Amounts, Rate, RateTable, converted, sums_by_currency
from trading.models import RateUpload
from trading.queries.exchange_rates import newest_rates, rate_table
from trading.queries.overview import overviews
from trading.ratefiles.reader import MAX_BYTES
from trading.services import exchange_rates as services

UPLOAD_FIELDS = (
    "id",
    "source",
    "name",
    "uploaded_at",
    "applied_at",
    "read_count",
    "count",
    "first_on",
    "last_on",
    "problem_count",
    "problems",
)
#: What the form of an upload may weigh beside its file.
_FORM_BYTES = 65_536
_LIST = 200


class RateRow(serializers.Serializer[Any]):
    base = serializers.CharField()
    quote = serializers.CharField()
    day = serializers.DateField()
    rate = money("What one unit of base was worth in quote.")


class RateList(serializers.Serializer[Any]):
    results = RateRow(many=True)


class NewRate(serializers.Serializer[Any]):
    base = serializers.CharField(max_length=10, validators=[validate_currency])
    quote = serializers.CharField(max_length=10, validators=[validate_currency])
    day = serializers.DateField()
    rate = serializers.DecimalField(max_digits=24, decimal_places=12)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["rate"] <= 0:
            raise ValidationError({"rate": ["A rate is above zero."]})
        if not date(1970, 1, 1) <= attrs["day"] <= timezone.now().date():
            raise ValidationError({"day": ["Choose a day that has been."]})
        if attrs["base"] == attrs["quote"]:
            raise ValidationError({"quote": ["A rate is between two currencies."]})
        # The field has added zeros up to its own number of places.
        return {**attrs, "rate": attrs["rate"].normalize()}


class RateProblem(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    reason = serializers.CharField()
    text = serializers.CharField()


class RateUploadRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    source = serializers.ChoiceField(choices=RateUpload.Source.choices)  # type: ignore[assignment]
    name = serializers.CharField()
    uploaded_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True, help_text="null: a dry run, which counts nowhere.")
    read_count = serializers.IntegerField(help_text="Rates in the file.")
    count = serializers.IntegerField(help_text="Those that were new or other than before; only they are kept.")
    first_on = serializers.DateField()
    last_on = serializers.DateField()
    problem_count = serializers.IntegerField()
    problems = RateProblem(many=True, help_text="Lines that were not understood, the first fifty.")


class RateUploadList(serializers.Serializer[Any]):
    results = RateUploadRow(many=True)


class RateFile(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="CSV, XML or ZIP of the ECB, or day,base,quote,rate.", use_url=False)


class UsedRate(RateRow):
    pass


class ConvertedTotal(serializers.Serializer[Any]):
    amounts = serializers.DictField(
        child=serializers.CharField(allow_null=True), help_text="By currency; null where it is not known."
    )
    converted = money("null where an amount or a rate is missing.", optional=True)
    rates = UsedRate(many=True, help_text="What it was converted by.")
    missing = serializers.ListField(child=serializers.CharField(), help_text="Currencies without a rate.")


class ConvertedTotals(serializers.Serializer[Any]):
    currency = serializers.CharField(help_text="What the totals are in.")
    balance = ConvertedTotal()
    equity = ConvertedTotal()


@extend_schema_view(
    get=extend_schema(
        operation_id="rates_list",
        summary="The newest rate of each pair that counts on a day",
        tags=["rates"],
        parameters=[OpenApiParameter("on", date, description="Today (UTC) by default.")],
        responses={200: RateList, 304: NOT_MODIFIED, 400: Error, **ONE_ANSWERS},
    ),
    post=extend_schema(
        operation_id="rates_create",
        summary="Enter one rate, which counts at once",
        tags=["rates"],
        request=NewRate,
        responses={201: RateUploadRow, 400: Error, 409: Error, 415: Error, **ONE_ANSWERS},
    ),
)
class RatesView(APIView):
    def get(self, request: Request) -> Response:
        return of_itself(request, {"results": newest_rates(request.user, _on(request))})

    def post(self, request: Request) -> Response:
        form = NewRate(data=request.data)
        form.is_valid(raise_exception=True)
        upload = services.enter_rate(_trader(request), Rate(**form.validated_data), now=timezone.now())
        return Response(_shown(upload), status=201, headers={"Location": f"{request.path}uploads/{upload.pk}/"})


@extend_schema_view(
    get=extend_schema(
        operation_id="rates_uploads_list",
        summary="What the trader brought, the newest first: files, and rates entered one by one",
        tags=["rates"],
        responses={200: RateUploadList, 304: NOT_MODIFIED, **ONE_ANSWERS},
    ),
    post=extend_schema(
        operation_id="rates_uploads_create",
        summary="Hand in a file of rates: a dry run, until it is applied",
        tags=["rates"],
        request={"multipart/form-data": RateFile},
        responses={201: RateUploadRow, 400: Error, 409: Error, 413: Error, 415: Error, **ONE_ANSWERS},
    ),
)
class RateUploadsView(APIView):
    parser_classes = (MultiPartParser,)
    throttle_classes = (TraderThrottle, UploadThrottle)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuses what is announced as too large before anything reads of it."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES + _FORM_BYTES:
            raise RequestDataTooBig(f"This file is larger than {MAX_BYTES // 1024 // 1024} MB.")
        super().initial(request, *args, **kwargs)

    def get(self, request: Request) -> Response:
        uploads = RateUpload.objects.for_trader(request.user)
        return of_itself(request, {"results": list(uploads.values(*UPLOAD_FIELDS)[:_LIST])})

    def post(self, request: Request) -> Response:
        form = RateFile(data=request.data)
        form.is_valid(raise_exception=True)
        file = form.validated_data["file"]
        upload = services.receive_rates(_trader(request), file.name, file.read(), now=timezone.now())
        return Response(_shown(upload), status=201, headers={"Location": f"{request.path}{upload.pk}/"})


@extend_schema_view(
    get=extend_schema(
        operation_id="rates_uploads_retrieve",
        summary="One upload of rates, with the lines that were not understood",
        tags=["rates"],
        responses={200: RateUploadRow, 304: NOT_MODIFIED, **ONE_ANSWERS},
    ),
    delete=extend_schema(
        operation_id="rates_uploads_delete",
        summary="Take its rates away; what they had replaced counts again",
        tags=["rates"],
        responses={204: OpenApiResponse(description="Gone."), **ONE_ANSWERS},
    ),
)
class RateUploadView(APIView):
    def get(self, request: Request, upload_id: UUID) -> Response:
        return of_itself(request, _shown(_own(request, upload_id)))

    def delete(self, request: Request, upload_id: UUID) -> Response:
        services.remove_rates(_own(request, upload_id))
        return Response(status=204)


@extend_schema_view(
    post=extend_schema(
        operation_id="rates_uploads_apply",
        summary="Let the rates of a dry run count",
        tags=["rates"],
        request=None,
        responses={200: RateUploadRow, 409: Error, **ONE_ANSWERS},
    )
)
class RateUploadApplyView(APIView):
    def post(self, request: Request, upload_id: UUID) -> Response:
        return Response(_shown(services.apply_rates(_own(request, upload_id), now=timezone.now())))


@extend_schema_view(
    get=extend_schema(
        operation_id="converted",
        summary="What the accounts in use hold, by currency, and together in one with rates and their days",
        tags=["rates"],
        parameters=[OpenApiParameter("currency", str, description="The trader's display currency by default.")],
        responses={200: ConvertedTotals, 304: NOT_MODIFIED, 400: Error, **ONE_ANSWERS},
    )
)
class ConvertedView(APIView):
    def get(self, request: Request) -> Response:
        shown = overviews(BrokerAccount.objects.for_trader(request.user).active())
        target = _currency(request)
        held = {
            "balance": sums_by_currency((of.account.currency, of.balance) for of in shown),
            "equity": sums_by_currency((of.account.currency, of.equity) for of in shown),
        }
        on = timezone.now().date()
        rates = rate_table(request.user, [target, *held["balance"]], on)
        totals = {name: _total(amounts, target, rates, on) for name, amounts in held.items()}
        return of_itself(request, {"currency": target, **totals})


def _total(amounts: Amounts, target: str, rates: RateTable, on: date) -> dict[str, Any]:
    known = {code: amount for code, amount in amounts.items() if amount is not None}
    found = converted(known, target, rates, on)
    return {
        "amounts": amounts,
        "converted": found.amount if len(known) == len(amounts) else None,
        "rates": found.used,
        "missing": found.missing,
    }


def _on(request: Request) -> date:
    raw = request.query_params.get("on")
    try:
        return serializers.DateField().run_validation(raw) if raw else timezone.now().date()
    except ValidationError as error:
        raise ValidationError({"on": error.detail}) from error


def _currency(request: Request) -> str:
    raw = request.query_params.get("currency") or _trader(request).display_currency
    field = serializers.CharField(max_length=10, validators=[validate_currency])
    try:
        return str(field.run_validation(raw))
    except ValidationError as error:
        raise ValidationError({"currency": error.detail}) from error


def _trader(request: Request) -> Trader:
    return Trader.objects.get(pk=str(request.user.pk))


def _own(request: Request, upload_id: UUID) -> RateUpload:
    upload = RateUpload.objects.for_trader(request.user).filter(pk=upload_id).first()
    if upload is None:
        raise Http404
    return upload


def _shown(upload: RateUpload) -> dict[str, Any]:
    return {name: getattr(upload, name) for name in UPLOAD_FIELDS}
