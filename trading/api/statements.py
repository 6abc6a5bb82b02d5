"""statements/: hand one in, follow it, and say what becomes of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db.models import F
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import BrokerAccount, Trader
from accounts.models.trader import validate_currency
from accounts.zones import validate_zone
from tradeportal.rest.conditional import of_itself
from tradeportal.rest.schemas import Error
from tradeportal.rest.throttles import TraderThrottle, UploadThrottle
from trading.api.base import LIST_ANSWERS, ONE_ANSWERS, filtered, keyset_page_of, list_parameters, order_of
from trading.api.filters import StatementFilter
from trading.api.shapes import money
from trading.errors import AccountNotFound
from trading.models import Origin, State, Statement
from trading.queries.keyset import moment
from trading.services import statements as services

SORTS = {"uploaded": moment("uploaded_at")}
#: What the form of an upload may weigh beside its file.
_FORM_BYTES = 65_536
LIST_FIELDS = (
    "id",
    "account_id",
    "name",
    "origin",
    "state",
    "stage",
    "progress_percent",
    "error_code",
    "error_message",
    "uploaded_at",
    "read_at",
    "committed_at",
    "undone_at",
    "format",
    "reader_version",
    "has_history",
    "server_time_zone",
    "zone_is_guessed",
    "period_start",
    "period_end",
    "counts",
)
DETAIL_FIELDS = (*LIST_FIELDS, "opening_balance", "header", "outcome", "problems", "stated", "notes", "created_account")


class StatementRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    account = serializers.UUIDField(allow_null=True, help_text="null until one is chosen or made.")
    name = serializers.CharField()
    origin = serializers.ChoiceField(choices=Origin.choices)
    state = serializers.ChoiceField(choices=State.choices)
    stage = serializers.CharField(help_text="What is being done, in words.")
    progress_percent = serializers.IntegerField()
    error_code = serializers.CharField()
    error_message = serializers.CharField()
    uploaded_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)
    committed_at = serializers.DateTimeField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)
    format = serializers.CharField()
    reader_version = serializers.IntegerField()
    has_history = serializers.BooleanField(help_text="false for a report of open positions alone.")
    server_time_zone = serializers.CharField()
    zone_is_guessed = serializers.BooleanField()
    period_start = serializers.DateTimeField(allow_null=True)
    period_end = serializers.DateTimeField(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Rows in the file, by kind.")


class KeptFile(serializers.Serializer[Any]):
    sha256 = serializers.CharField()
    size = serializers.IntegerField()


class Problem(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    reason = serializers.CharField()
    text = serializers.CharField()
    amount = money(optional=True)


class StatedFigure(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a name of the base class as well
    stated = serializers.CharField()
    printed = serializers.CharField(required=False, help_text="The file's own text.")
    ours = serializers.CharField(allow_null=True, help_text="Rounded as the file states it.")
    exact = serializers.CharField(allow_null=True, required=False, help_text="Ours in all its digits.")
    difference = serializers.CharField(allow_null=True)
    state = serializers.CharField(help_text="ties, differs, untrusted or not_computed")
    reason = serializers.CharField(required=False)


class StatementDetail(StatementRow):
    file = KeptFile()
    opening_balance = money(optional=True)
    header = serializers.DictField(help_text="Who the file says it is about.")
    outcome = serializers.DictField(help_text="What the dry run would do, or what the commit did, by kind of row.")
    problems = Problem(many=True, help_text="Rows that were not understood, word for word.")
    stated = StatedFigure(many=True, help_text="Each total that the file states beside ours.")
    notes = serializers.ListField(child=serializers.CharField())
    created_account = serializers.BooleanField()


class StatementPage(serializers.Serializer[Any]):
    results = StatementRow(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class Upload(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="The broker's file as it is: MetaTrader HTML or XLSX.", use_url=False)
    account = serializers.UUIDField(required=False, help_text="Where it belongs; otherwise the file says.")
    time_zone = serializers.CharField(
        required=False, allow_blank=True, max_length=64, validators=[validate_zone], help_text="Of the broker's server."
    )


class NewAccount(serializers.Serializer[Any]):
    label = serializers.CharField(required=False, allow_blank=True, max_length=80)  # type: ignore[assignment]
    currency = serializers.CharField(required=False, max_length=10, validators=[validate_currency])
    is_demo = serializers.BooleanField(required=False, allow_null=True)


class AccountChoice(serializers.Serializer[Any]):
    """One of the trader's accounts, or what is to be said of the one that the commit will make."""

    account = serializers.UUIDField(required=False, allow_null=True)
    new_account = NewAccount(required=False, allow_null=True)
    time_zone = serializers.CharField(required=False, allow_blank=True, max_length=64, validators=[validate_zone])


@extend_schema_view(
    get=extend_schema(
        operation_id="statements_list",
        summary="Statements, the last uploaded first",
        tags=["statements"],
        parameters=list_parameters(StatementFilter, SORTS),
        responses={200: StatementPage, **LIST_ANSWERS},
    ),
    post=extend_schema(
        operation_id="statements_upload",
        summary="Hand in a broker's file; it is read in the background",
        tags=["statements"],
        request={"multipart/form-data": Upload},
        responses={201: StatementDetail, 400: Error, 404: Error, 413: Error, 415: Error, **LIST_ANSWERS},
    ),
)
class StatementsView(APIView):
    parser_classes = (MultiPartParser,)
    throttle_classes = (TraderThrottle, UploadThrottle)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuses what is announced as too large before anything, the check of a session included, reads of it."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.STATEMENT_MAX_BYTES + _FORM_BYTES:
            raise RequestDataTooBig(
                f"This file is larger than {settings.STATEMENT_MAX_BYTES / 1_048_576:.0f} MiB. "
                "Export a shorter period and upload it in parts."
            )
        super().initial(request, *args, **kwargs)

    def get(self, request: Request) -> Response:
        statements = filtered(StatementFilter, request, Statement.objects.for_trader(request.user))
        page = keyset_page_of(request, statements, order_of(request, SORTS, "-uploaded"), LIST_FIELDS)
        for row in page.rows:
            row["account"] = row.pop("account_id")
        return of_itself(request, {"results": page.rows, "next_cursor": page.next_cursor or None})

    def post(self, request: Request) -> Response:
        form = Upload(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        statement = services.receive_statement(
            Trader.objects.get(pk=str(request.user.pk)),
            given["file"].name,
            given["file"].chunks(),
            origin=Origin.API,
            now=timezone.now(),
            account=_chosen(request, given.get("account")),
            time_zone=given.get("time_zone", ""),
        )
        location = f"{request.path}{statement.pk}/"
        return Response(_shown(request, statement.pk), status=201, headers={"Location": location})


@extend_schema_view(
    get=extend_schema(
        operation_id="statements_retrieve",
        summary="One statement: state, progress, counts, problems, stated against ours",
        tags=["statements"],
        responses={200: StatementDetail, **ONE_ANSWERS},
    )
)
class StatementView(APIView):
    def get(self, request: Request, statement_id: UUID) -> Response:
        return of_itself(request, _shown(request, statement_id))


@extend_schema_view(
    post=extend_schema(
        operation_id="statements_account",
        summary="Choose the account of a dry run",
        tags=["statements"],
        request=AccountChoice,
        responses={202: StatementDetail, 400: Error, 409: Error, 415: Error, **ONE_ANSWERS},
    )
)
class StatementAccountView(APIView):
    def post(self, request: Request, statement_id: UUID) -> Response:
        statement = _own(request, statement_id)
        form = AccountChoice(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        new = given.get("new_account")
        services.choose_account(
            statement,
            now=timezone.now(),
            account=_chosen(request, given.get("account")),
            new_account=services.NewAccount(**new) if new else None,
            time_zone=given.get("time_zone", ""),
        )
        return Response(_shown(request, statement_id), status=202)


class ActView(APIView):
    """One act on a statement; what it does is done in the background where it takes long."""

    act: Callable[[Statement, datetime], Statement]
    status = 202

    def post(self, request: Request, statement_id: UUID) -> Response:
        statement = type(self).act(_own(request, statement_id), timezone.now())
        location = request.path.replace(str(statement_id), str(statement.pk)).rsplit("/", 2)[0] + "/"
        return Response(_shown(request, statement.pk), status=self.status, headers={"Location": location})


def _act(name: str, summary: str, act: Callable[[Statement, datetime], Statement], status: int) -> type[ActView]:
    """The endpoint of one act."""
    view = type(f"Statement{name.title()}View", (ActView,), {"act": staticmethod(act), "status": status})
    answers = {status: StatementDetail, 409: Error, **ONE_ANSWERS}
    described = extend_schema(
        operation_id=f"statements_{name}", summary=summary, tags=["statements"], request=None, responses=answers
    )
    return extend_schema_view(post=described)(view)


StatementCommitView = _act("commit", "Bring a dry run into the book", services.request_commit, 202)
StatementUndoView = _act("undo", "Take exactly this import out of the book again", services.request_undo, 202)
StatementRereadView = _act("reread", "Read the kept file again, as a new dry run", services.request_reread, 202)
StatementDiscardView = _act("discard", "Put a dry run aside", services.discard_statement, 200)


def _own(request: Request, statement_id: UUID) -> Statement:
    """Errors: Http404 for somebody else's."""
    statement = Statement.objects.for_trader(request.user).filter(pk=statement_id).first()
    if statement is None:
        raise Http404
    return statement


def _chosen(request: Request, account_id: UUID | None) -> BrokerAccount | None:
    """Errors: AccountNotFound for somebody else's."""
    if account_id is None:
        return None
    account = BrokerAccount.objects.for_trader(request.user).filter(pk=account_id).first()
    if account is None:
        raise AccountNotFound
    return account


def _shown(request: Request, statement_id: UUID) -> dict[str, Any]:
    statements = Statement.objects.for_trader(request.user).filter(pk=statement_id)
    shown = statements.values(*DETAIL_FIELDS, sha256=F("file__sha256"), size=F("file__size")).first()
    if shown is None:
        raise Http404
    shown["account"] = shown.pop("account_id")
    shown["file"] = {"sha256": shown.pop("sha256"), "size": shown.pop("size")}
    shown["header"] = {key: value for key, value in shown["header"].items() if key != "new_account"}
    return dict(shown)
