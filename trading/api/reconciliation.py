"""reconciliation/: how the two sides of each account stand, in what they differ, and what happened."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import BrokerAccount, Trader
from tradeportal.rest.conditional import conditional
from tradeportal.rest.schemas import Error
from trading.api.base import LIST_ANSWERS, ONE_ANSWERS, filtered, list_parameters, order_of, page_of
from trading.api.shapes import money
from trading.cache import kept_answer
from trading.filters import WindowFilter
from trading.models import Break, BreakType, ReconciliationLog, SyncState
from trading.queries import reconciliation as queries
from trading.queries.keyset import moment
from trading.services import breaks as services

_EVENTS = 10
_MAX_HOURS = 24 * 366
_DEFAULT_HOURS = 24
LOG_SORTS = {"at": moment("at")}
BREAK_SORTS = {"opened": moment("opened_at")}
_BREAK_FIELDS = (
    "id",
    "account_id",
    "type",
    "ticket",
    "symbol",
    "state",
    "book",
    "broker",
    "amount",
    "opened_at",
    "seen_at",
    "state_changed_at",
    "state_changed_by__email",
    "resolution",
    "account__currency",
)
_ACCOUNT = OpenApiParameter("account", {"type": "array", "items": {"type": "string", "format": "uuid"}})


# ---- Shapes ----------------------------------------------------------------------------------------------------------


class ReconciliationEvent(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    account = serializers.UUIDField()
    event = serializers.ChoiceField(choices=ReconciliationLog.Event.choices)
    at = serializers.DateTimeField()
    break_type = serializers.CharField(help_text="Empty for a run.")
    ticket = serializers.CharField()
    matched = serializers.IntegerField(help_text="Matched positions after a comparison.")
    breaks = serializers.IntegerField(help_text="Breaks that stood after it.")
    details = serializers.DictField()
    actor = serializers.CharField(help_text="Who did it; empty for the portal itself.")


class _Standing(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=SyncState.Status.choices)
    last_sync_at = serializers.DateTimeField(allow_null=True, help_text="null where nothing was ever synced.")
    last_sync_duration_ms = serializers.IntegerField()
    total_syncs = serializers.IntegerField()
    open_positions_count = serializers.IntegerField(help_text="At the broker.")
    matched_positions = serializers.IntegerField(help_text="Of them in the book, with or without a difference.")
    divergences_detected = serializers.IntegerField(help_text="Breaks that are open or acknowledged.")
    recent_events = ReconciliationEvent(many=True, help_text="The last ten, without the runs.")
    error_message = serializers.CharField(help_text="Why the last sync was refused; empty when it was not.")


class AccountReconciliation(_Standing):
    account = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]


class ReconciliationStatus(_Standing):
    accounts = AccountReconciliation(many=True)


class ReconciliationLogPage(serializers.Serializer[Any]):
    results = ReconciliationEvent(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class BreakRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    account = serializers.UUIDField()
    currency = serializers.CharField()
    type = serializers.ChoiceField(choices=BreakType.choices)
    ticket = serializers.CharField(help_text="The book's, else the broker's; empty for balance and feed.")
    symbol = serializers.CharField()
    state = serializers.ChoiceField(choices=Break.State.choices)
    book = serializers.DictField(help_text="The compared values as the book has them, as texts.")
    broker = serializers.DictField(help_text="As the broker reported them.")
    amount = money("What the broker's balance has more than the proof; null for other types.", optional=True)
    opened_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField(help_text="By the last comparison that found it.")
    state_changed_at = serializers.DateTimeField()
    state_changed_by = serializers.CharField(allow_null=True, help_text="null for the portal itself.")
    resolution = serializers.CharField()
    can_accept = serializers.BooleanField(help_text="Whether accept/ takes the broker's word into the book.")


class BreakPage(serializers.Serializer[Any]):
    results = BreakRow(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class Reason(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=services.REASON_LENGTH, default="")


# ---- Filters ---------------------------------------------------------------------------------------------------------


class BreakFilter(WindowFilter):
    """Breaks; the window is about when they were opened."""

    moment_field = "opened_at"

    state = django_filters.MultipleChoiceFilter(choices=Break.State.choices, label="State")
    type = django_filters.MultipleChoiceFilter(choices=BreakType.choices, label="Type")
    symbol = django_filters.CharFilter(lookup_expr="iexact", label="Symbol")
    ticket = django_filters.CharFilter(label="Ticket")

    class Meta:
        model = Break
        fields: tuple[str, ...] = ()


class LogFilter(WindowFilter):
    """Events of the log; the window is about when they happened. Without one: the last `hours`."""

    moment_field = "at"

    type = django_filters.MultipleChoiceFilter(
        choices=list(dict([*ReconciliationLog.Event.choices, *BreakType.choices]).items()),
        method="filter_type",
        label="An event, or a type of break",
    )

    class Meta:
        model = ReconciliationLog
        fields: tuple[str, ...] = ()

    def filter_type(
        self, queryset: QuerySet[ReconciliationLog], name: str, value: list[str]
    ) -> QuerySet[ReconciliationLog]:
        return queryset.filter(Q(event__in=value) | Q(break_type__in=value)) if value else queryset


# ---- Whose, and in what state ----------------------------------------------------------------------------------------


def _feeds(request: Request) -> Sequence[BrokerAccount]:
    """The trader's accounts that the address covers, with their feeds. Errors: Http404 for one that is not theirs."""
    known: Sequence[BrokerAccount] | None = getattr(request, "_feeds", None)
    if known is None:
        wanted = set(request.query_params.getlist("account"))
        known = [one for one in queries.feeds(request.user) if not wanted or str(one.pk) in wanted]
        if len(known) < len(wanted):
            raise Http404
        request._feeds = known  # type: ignore[attr-defined]
    return known


def _state(request: Request, **path: Any) -> Any:
    return queries.mark_of(_feeds(request))


def _log_state(request: Request) -> Any:
    """The window of hours moves on by itself: an answer is good for its minute."""
    return queries.mark_of(_feeds(request)), timezone.now().replace(second=0, microsecond=0)


# ---- Views -----------------------------------------------------------------------------------------------------------


@extend_schema_view(
    get=extend_schema(
        operation_id="reconciliation_status",
        summary="How the accounts stand against their brokers",
        tags=["reconciliation"],
        parameters=[_ACCOUNT],
        responses={200: ReconciliationStatus, 404: Error, **LIST_ANSWERS},
    )
)
class StatusView(APIView):
    @conditional(_state, kept_answer)
    def get(self, request: Request) -> Response:
        is_chosen = "account" in request.query_params
        feeds = [account for account in _feeds(request) if is_chosen or not account.archived_at]
        events = queries.recent_events([account.pk for account in feeds], _EVENTS)
        rows = [_standing(account, events.get(account.pk, [])) for account in feeds]
        return Response({**_together(rows), "accounts": rows})


@extend_schema_view(
    get=extend_schema(
        operation_id="reconciliation_logs",
        summary="What happened, the newest first",
        tags=["reconciliation"],
        parameters=[
            *list_parameters(LogFilter, LOG_SORTS),
            OpenApiParameter(
                "hours", int, description=f"How far back: 1 to {_MAX_HOURS}, {_DEFAULT_HOURS} by default."
            ),
        ],
        responses={200: ReconciliationLogPage, 404: Error, **LIST_ANSWERS},
    )
)
class LogsView(APIView):
    @conditional(_log_state)
    def get(self, request: Request) -> Response:
        events = filtered(LogFilter, request, queries.logs(request.user), besides={"hours"})
        page = page_of(
            request, _within_hours(request, events), order_of(request, LOG_SORTS, "-at"), queries.EVENT_FIELDS
        )
        return Response({"results": [_event(row) for row in page.rows], "next_cursor": page.next_cursor or None})


@extend_schema_view(
    get=extend_schema(
        operation_id="reconciliation_breaks_list",
        summary="In what the two sides differ, the newest first",
        tags=["reconciliation"],
        parameters=list_parameters(BreakFilter, BREAK_SORTS),
        responses={200: BreakPage, 404: Error, **LIST_ANSWERS},
    )
)
class BreaksView(APIView):
    @conditional(_state)
    def get(self, request: Request) -> Response:
        found = filtered(BreakFilter, request, queries.breaks(request.user))
        page = page_of(request, found, order_of(request, BREAK_SORTS, "-opened"), _BREAK_FIELDS)
        return Response({"results": [_break(row) for row in page.rows], "next_cursor": page.next_cursor or None})


@extend_schema_view(
    get=extend_schema(
        operation_id="reconciliation_breaks_retrieve",
        summary="One break",
        tags=["reconciliation"],
        responses={200: BreakRow, **ONE_ANSWERS},
    )
)
class BreakView(APIView):
    @conditional(_state)
    def get(self, request: Request, break_id: UUID) -> Response:
        return Response(_shown(request, break_id))


Act = Callable[..., Break]


class ActView(APIView):
    """One act of a trader on a break. An API key may not: it speaks for a program."""

    act: Act

    def post(self, request: Request, break_id: UUID) -> Response:
        found = queries.breaks(request.user).filter(pk=break_id).first()
        if found is None:
            raise Http404
        form = Reason(data=request.data)
        form.is_valid(raise_exception=True)
        trader = Trader.objects.get(pk=str(request.user.pk))
        type(self).act(found, trader, now=timezone.now(), reason=form.validated_data["reason"])
        return Response(_shown(request, break_id))


def _act(name: str, summary: str, act: Act) -> type[ActView]:
    """The endpoint of one act."""
    view = type(f"Break{name.title()}View", (ActView,), {"act": staticmethod(act)})
    answers = {200: BreakRow, 400: Error, 409: Error, 415: Error, **ONE_ANSWERS}
    answers.pop(304)
    described = extend_schema(
        operation_id=f"reconciliation_breaks_{name}",
        summary=summary,
        tags=["reconciliation"],
        request=Reason,
        responses=answers,
    )
    return extend_schema_view(post=described)(view)


BreakAcknowledgeView = _act("acknowledge", "Say that a break was seen; it still counts", services.acknowledge)
BreakResolveView = _act("resolve", "Close a break; a sync that still finds it opens a new one", services.resolve)
BreakIgnoreView = _act("ignore", "Let a break not count while its values stay as they are", services.ignore)
BreakAcceptView = _act("accept", "Take the broker's position or stop into the book", services.accept)


# ---- Rows ------------------------------------------------------------------------------------------------------------


def _standing(account: BrokerAccount, events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    feed = queries.feed_of(account) or SyncState()
    return {
        "account": account.pk,
        "label": account.label,
        "status": feed.status,
        "last_sync_at": feed.last_sync_at,
        "last_sync_duration_ms": feed.last_sync_duration_ms,
        "total_syncs": feed.total_syncs,
        "open_positions_count": feed.open_positions,
        "matched_positions": feed.matched_positions,
        "divergences_detected": feed.open_breaks,
        "recent_events": [_event(event) for event in events],
        "error_message": feed.error_message,
    }


def _together(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All accounts as one: the worst status, the newest sync, sums, and the newest events of any."""
    synced = [row for row in rows if row["last_sync_at"]]
    newest = max(synced, key=lambda row: row["last_sync_at"], default=None)
    events = [event for row in rows for event in row["recent_events"]]
    summed = ("total_syncs", "open_positions_count", "matched_positions", "divergences_detected")
    return {
        "status": queries.worst_status(row["status"] for row in rows),
        "last_sync_at": newest["last_sync_at"] if newest else None,
        "last_sync_duration_ms": newest["last_sync_duration_ms"] if newest else 0,
        **{name: sum(row[name] for row in rows) for name in summed},
        "recent_events": sorted(events, key=lambda event: (event["at"], str(event["id"])), reverse=True)[:_EVENTS],
        "error_message": next((row["error_message"] for row in rows if row["error_message"]), ""),
    }


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["account"] = shown.pop("account_id")
    return shown


def _within_hours(request: Request, events: QuerySet[ReconciliationLog]) -> QuerySet[ReconciliationLog]:
    """The events of the last hours, unless the address names another window."""
    raw = request.query_params.get("hours")
    if raw is None and any(request.query_params.get(name) for name in ("from", "to", "period")):
        return events
    field = serializers.IntegerField(min_value=1, max_value=_MAX_HOURS)
    try:
        hours = int(field.run_validation(raw or _DEFAULT_HOURS))
    except ValidationError as error:
        raise ValidationError({"hours": error.detail}) from error
    return events.filter(at__gte=timezone.now() - timedelta(hours=hours))


def _break(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["account"] = shown.pop("account_id")
    shown["currency"] = shown.pop("account__currency")
    shown["state_changed_by"] = shown.pop("state_changed_by__email")
    shown["can_accept"] = shown["type"] in services.ACCEPTABLE and shown["state"] != Break.State.RESOLVED
    return shown


def _shown(request: Request, break_id: UUID) -> dict[str, Any]:
    """Errors: Http404 for somebody else's."""
    row = queries.breaks(request.user).filter(pk=break_id).values(*_BREAK_FIELDS).first()
    if row is None:
        raise Http404
    return _break(row)
