"""accounts/: the trader's own accounts."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import BrokerAccount, Trader
from accounts.services import accounts as services
from tradeportal.rest.conditional import of_itself
from tradeportal.rest.schemas import ERRORS, NOT_MODIFIED, Error

#: What an account shows.
FIELDS = ("id", *services.EDITABLE, "archived_at", "revision", "created_at")


class Account(serializers.ModelSerializer[BrokerAccount]):
    """An account at a broker. `revision` rises with every change of what the account holds."""

    class Meta:
        model = BrokerAccount
        fields: ClassVar[tuple[str, ...]] = FIELDS
        read_only_fields: ClassVar[tuple[str, ...]] = ("id", "archived_at", "revision", "created_at")
        # The service says so as well, under the same lock that keeps the account from being made twice.
        validators: ClassVar[list[Any]] = []


class AccountPatch(Account):
    """What may be changed of an account; `archived` puts it away and brings it back."""

    archived = serializers.BooleanField(required=False, write_only=True)

    class Meta(Account.Meta):
        fields = (*FIELDS, "archived")


class AccountList(serializers.Serializer[Any]):
    results = Account(many=True)


@extend_schema_view(
    get=extend_schema(
        operation_id="accounts_list",
        summary="The trader's accounts",
        tags=["accounts"],
        parameters=[OpenApiParameter("archived", bool, description="Only archived ones, or only the others.")],
        responses={200: AccountList, 304: NOT_MODIFIED, **ERRORS},
    ),
    post=extend_schema(
        operation_id="accounts_create",
        summary="A new account",
        tags=["accounts"],
        request=Account,
        responses={201: Account, 400: Error, 415: Error, **ERRORS},
    ),
)
class AccountsView(APIView):
    def get(self, request: Request) -> Response:
        accounts = BrokerAccount.objects.for_trader(request.user)
        archived = _flag(request, "archived")
        if archived is not None:
            accounts = accounts.filter(archived_at__isnull=not archived)
        return of_itself(request, {"results": list(accounts.values(*FIELDS))})

    def post(self, request: Request) -> Response:
        form = Account(data=request.data)
        form.is_valid(raise_exception=True)
        trader = Trader.objects.get(pk=str(request.user.pk))
        account = services.create_account(trader, **form.validated_data)
        return Response(_shown(request, account.pk), status=201, headers={"Location": f"{request.path}{account.pk}/"})


@extend_schema_view(
    get=extend_schema(
        operation_id="accounts_retrieve",
        summary="One account",
        tags=["accounts"],
        responses={200: Account, 304: NOT_MODIFIED, 404: Error, **ERRORS},
    ),
    patch=extend_schema(
        operation_id="accounts_change",
        summary="Change, archive or restore an account",
        tags=["accounts"],
        request=AccountPatch,
        responses={200: Account, 400: Error, 404: Error, 415: Error, **ERRORS},
    ),
    delete=extend_schema(
        operation_id="accounts_archive",
        summary="Archive an account: nothing of it is lost",
        tags=["accounts"],
        responses={204: OpenApiResponse(description="Archived."), 404: Error, **ERRORS},
    ),
)
class AccountView(APIView):
    def get(self, request: Request, account_id: UUID) -> Response:
        return of_itself(request, _shown(request, account_id))

    def patch(self, request: Request, account_id: UUID) -> Response:
        account = own_account(request, account_id)
        form = AccountPatch(account, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        changes = dict(form.validated_data)
        archived = changes.pop("archived", None)
        if changes:
            services.edit_account(account, **changes)
        if archived is not None:
            (services.archive_account if archived else services.restore_account)(account)
        return Response(_shown(request, account_id))

    def delete(self, request: Request, account_id: UUID) -> Response:
        services.archive_account(own_account(request, account_id))
        return Response(status=204)


def own_account(request: Request, account_id: UUID) -> BrokerAccount:
    """Errors: Http404, also for somebody else's."""
    account = BrokerAccount.objects.for_trader(request.user).filter(pk=account_id).first()
    if account is None:
        raise Http404
    return account


def _shown(request: Request, account_id: UUID) -> dict[str, Any]:
    shown = BrokerAccount.objects.for_trader(request.user).filter(pk=account_id).values(*FIELDS).first()
    if shown is None:
        raise Http404
    return dict(shown)


def _flag(request: Request, name: str) -> bool | None:
    """A yes or no of the address. Errors: ValidationError for anything else."""
    raw = request.query_params.get(name, "")
    return None if raw == "" else bool(serializers.BooleanField().run_validation(raw))
