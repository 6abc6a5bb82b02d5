"""What the endpoints of the history share: whose accounts an answer covers, filters, and pages by key."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import django_filters
from django.db import connection
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import BrokerAccount, bound_accounts
from accounts.zones import zone_names
from tradeportal.rest.schemas import ERRORS, NOT_MODIFIED, Error
from trading.filters import TextsFilter
from trading.queries.keyset import MERGED_ACCOUNTS, BadCursorError, Column, Page, Sort, keyset_page, merged_page
from trading.queries.plain_lists import RowsOf, has_plain_page, plain_page

#: What a request has read already, so that its state and its answer share one query.
_COVERED, _OWN = "_covered_accounts", "_own_accounts"
_OWN_ACCOUNTS = "SELECT id, revision, currency FROM accounts_brokeraccount WHERE trader_id = %s ORDER BY id"
#: Whose days a window names: a token and a session of one trader must say the same.
_DAYS = ZoneInfo("UTC")
#: Parameters whose meaning changes with the day.
_WINDOW = {"from", "to", "period"}
DEFAULT_LIMIT = 50
MAX_LIMIT = 200

LIST_ANSWERS = {304: NOT_MODIFIED, 400: Error, **ERRORS}
ONE_ANSWERS = {304: NOT_MODIFIED, 404: Error, **ERRORS}


def list_parameters(filters: type[django_filters.FilterSet], orders: Mapping[str, Any]) -> list[OpenApiParameter]:
    """The address of a list, for its description: the filters of its filter class, order, cursor and limit."""
    names = [name for key in orders for name in (key, f"-{key}")]
    return [
        *filter_parameters(filters),
        OpenApiParameter("ordering", str, enum=names, description="A minus sign puts the greatest first."),
        OpenApiParameter("cursor", str, description="`next_cursor` of the page before."),
        OpenApiParameter("limit", int, description=f"Rows in a page: 1 to {MAX_LIMIT}, {DEFAULT_LIMIT} by default."),
    ]


def filter_parameters(filters: type[django_filters.FilterSet]) -> list[OpenApiParameter]:
    return [_parameter(name, a_filter) for name, a_filter in filters.base_filters.items()]


def _parameter(name: str, a_filter: django_filters.Filter) -> OpenApiParameter:
    label = str(a_filter.label or name)
    if isinstance(a_filter, django_filters.ModelMultipleChoiceFilter):
        return OpenApiParameter(
            name, {"type": "array", "items": {"type": "string", "format": "uuid"}}, description=label
        )
    if isinstance(a_filter, TextsFilter):
        return OpenApiParameter(name, {"type": "array", "items": {"type": "string"}}, description=label)
    choices = a_filter.extra.get("choices")
    enum = [str(value) for value, _ in choices] if choices else None
    if isinstance(a_filter, django_filters.MultipleChoiceFilter):
        return OpenApiParameter(name, {"type": "array", "items": {"type": "string", "enum": enum}}, description=label)
    kind: Any = {"type": "string", "format": "decimal"} if isinstance(a_filter, django_filters.NumberFilter) else str
    return OpenApiParameter(name, kind, enum=enum, description=label)


class Covered(NamedTuple):
    """What an answer needs of an account: three columns, where a whole row would cost more than the rest of a 304."""

    pk: UUID
    revision: int
    currency: str


def covered(request: Request) -> Sequence[Covered]:
    """The trader's accounts that the address covers, in one query per request. Other people's are not among them."""
    known: Sequence[Covered] | None = getattr(request, _COVERED, None)
    if known is None:
        accounts = _own(request.user)
        wanted = set(request.query_params.getlist("account"))
        known = [account for account in accounts if not wanted or str(account.pk) in wanted]
        setattr(request, _COVERED, known)
    return known


def _own(trader: Any) -> list[Covered]:
    """Every answer asks this, kept ones included, so it is said in SQL: a sixth of what a queryset costs."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN_ACCOUNTS, [trader.pk])
        own = [Covered(*row) for row in cursor.fetchall()]
    bound = bound_accounts(trader)
    return own if bound is None else [account for account in own if account.pk in bound]


def revisions(request: Request, **path: Any) -> Any:
    """The state of everything that the covered accounts hold; of a window of days also the day."""
    state: list[Any] = [(account.pk, account.revision) for account in covered(request)]
    if _WINDOW & request.query_params.keys():
        state.append(timezone.now().astimezone(_DAYS).date())
    return state


def revision_of(request: Request, account_id: UUID) -> Any:
    """The state of one account. Errors: Http404 for somebody else's."""
    return own_account(request, account_id).revision


def own_account(request: Request, account_id: UUID) -> BrokerAccount:
    """Errors: Http404 for somebody else's."""
    known: dict[UUID, BrokerAccount] = getattr(request, _OWN, {})
    account = known.get(account_id) or BrokerAccount.objects.for_trader(request.user).filter(pk=account_id).first()
    if account is None:
        raise Http404
    setattr(request, _OWN, {**known, account_id: account})
    return account


#: What an address may ask of a list besides its filters.
_OF_LISTS = frozenset({"ordering", "limit", "cursor"})


def filtered(
    kind: type[django_filters.FilterSet],
    request: Request,
    queryset: QuerySet[Any],
    *,
    besides: AbstractSet[str] = frozenset(),
    zone: ZoneInfo = _DAYS,
) -> QuerySet[Any]:
    """The rows that the address asks for. Errors: ValidationError naming each filter that makes no sense.

    `besides` are parameters that the caller reads itself. Days, weekdays and hours are those of `zone`.
    """
    refuse_unknown(request, kind.base_filters.keys() | _OF_LISTS | besides)
    if asks_for_accounts_alone(kind, request):
        is_all = "account" not in request.query_params
        return queryset if is_all else queryset.filter(account__in=[account.pk for account in covered(request)])
    found = kind(request.query_params, queryset=queryset, request=request)
    found.zone = zone
    if not found.form.is_valid():
        raise ValidationError({name: list(messages) for name, messages in found.form.errors.items()})
    narrowed: QuerySet[Any] = found.qs
    return narrowed


def refuse_unknown(request: Request, known: AbstractSet[str]) -> None:
    """Errors: ValidationError naming each parameter of the address that would be ignored."""
    if unknown := request.query_params.keys() - known:
        raise ValidationError({name: ["This list has no such filter."] for name in sorted(unknown)})


def zone_of_request(request: Request) -> ZoneInfo:
    """The zone whose days count. Errors: ValidationError."""
    name = request.query_params.get("time_zone") or "UTC"
    if name not in zone_names():
        raise ValidationError({"time_zone": ["This is not an IANA time zone. Use a name such as Europe/Athens."]})
    return ZoneInfo(name)


def asks_for_accounts_alone(kind: type[django_filters.FilterSet], request: Request) -> bool:
    """Whether the covered accounts say already all that the address narrows by.

    The filter class would copy all of its fields and read the accounts once more to find out the same.
    """
    asked = kind.base_filters.keys() & request.query_params.keys()
    wanted = set(request.query_params.getlist("account"))
    return not asked or (asked == {"account"} and wanted == {str(account.pk) for account in covered(request)})


def order_of(request: Request, orders: Mapping[str, Column], default: str) -> Sort:
    raw = request.query_params.get("ordering") or default
    name = raw.removeprefix("-")
    if name not in orders:
        known = ", ".join(orders)
        raise ValidationError({"ordering": [f"This list can be ordered by {known}; with a minus sign the other way."]})
    return Sort(name, orders[name], raw.startswith("-"))


def limit_of(request: Request) -> int:
    if "limit" not in request.query_params:
        return DEFAULT_LIMIT
    field = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT)
    try:
        return int(field.run_validation(request.query_params["limit"]))
    except ValidationError as error:
        raise ValidationError({"limit": error.detail}) from error


def cursor_of(request: Request) -> str:
    return str(request.query_params.get("cursor", ""))


@contextmanager
def naming_cursor() -> Iterator[None]:
    """Answers a cursor of another list as a mistake of the caller."""
    try:
        yield
    except BadCursorError as error:
        message = "This cursor is not of this list and order. Start again without it."
        raise ValidationError({"cursor": [message]}) from error


def of_covered(request: Request, queryset: QuerySet[Any]) -> QuerySet[Any]:
    """The same rows, said so that PostgreSQL walks an index in its order: with one account, that account's own."""
    accounts = covered(request)
    return queryset.filter(account=accounts[0].pk) if len(accounts) == 1 else queryset


def page_of(request: Request, queryset: QuerySet[Any], sort: Sort, fields: Sequence[str]) -> Page:
    """A page of rows of accounts, in the order of time of which every account has an index."""
    account_ids = [account.pk for account in covered(request)]
    if not 1 < len(account_ids) <= MERGED_ACCOUNTS:
        return keyset_page_of(request, of_covered(request, queryset), sort, fields)
    with naming_cursor():
        return merged_page(queryset, account_ids, sort, fields, cursor_of(request), limit_of(request))


def list_of(
    request: Request, kind: type[django_filters.FilterSet], rows_of: RowsOf, sort: Sort, fields: tuple[str, ...]
) -> Page:
    """The page of the rows that the address asks for."""
    plain = plain_page_of(request, kind, rows_of, sort, fields)
    return plain or page_of(request, filtered(kind, request, rows_of(request.user)), sort, fields)


def plain_page_of(
    request: Request, kind: type[django_filters.FilterSet], rows_of: RowsOf, sort: Sort, fields: tuple[str, ...]
) -> Page | None:
    """The page of an address that narrows by nothing but accounts, which is what most ask for; None for any other.

    `rows_of` is the same object at each call, since what is compiled is kept by it.
    """
    refuse_unknown(request, kind.base_filters.keys() | _OF_LISTS)
    account_ids = [account.pk for account in covered(request)]
    if not asks_for_accounts_alone(kind, request) or not has_plain_page(sort, len(account_ids)):
        return None
    with naming_cursor():
        return plain_page(rows_of, request.user, account_ids, sort, fields, cursor_of(request), limit_of(request))


def keyset_page_of(request: Request, queryset: QuerySet[Any], sort: Sort, fields: Sequence[str]) -> Page:
    """The page that the address asks for. Errors: ValidationError for a cursor that was not made by this list."""
    with naming_cursor():
        return keyset_page(queryset, sort, fields, cursor_of(request), limit_of(request))


def page_response(request: Request, page: Page) -> Response:
    """A page of rows of accounts: each with its account's id and currency beside its money."""
    currencies = {account.pk: account.currency for account in covered(request)}
    for row in page.rows:
        row["account"] = row.pop("account_id")
        row["currency"] = currencies.get(row["account"])
    return Response({"results": page.rows, "next_cursor": page.next_cursor or None})
