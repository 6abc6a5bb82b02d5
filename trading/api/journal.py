"""journal/: a trader's notes on days."""

from datetime import date
from typing import Any

import django_filters
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Trader, bound_accounts
from tradeportal.rest.conditional import of_itself
from tradeportal.rest.schemas import ERRORS, Error
from trading.api.base import LIST_ANSWERS, ONE_ANSWERS, filtered, keyset_page_of, list_parameters, order_of
from trading.models import DayNote
from trading.queries.keyset import Column
from trading.services.journal import save_day_note

SORTS = {"day": Column("day", date.fromisoformat, date.isoformat)}
FIELDS = ("id", "day", "text", "changed_at")
_YEARS = range(1970, 2200)
_MAX_TEXT = 20_000


class DayNoteFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Notes of a window of days, both ends counted."""

    q = django_filters.CharFilter(field_name="text", lookup_expr="icontains", label="A part of the note")

    class Meta:
        model = DayNote
        fields: tuple[str, ...] = ()

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """The filters by the names of the address; "from" can't be a name in a class body."""
        window = {
            "from": django_filters.DateFilter(field_name="day", lookup_expr="gte", label="The first day"),
            "to": django_filters.DateFilter(field_name="day", lookup_expr="lte", label="The last day"),
        }
        return {**super().get_filters(), **window}


class DayNoteText(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=_MAX_TEXT, help_text="Markdown.")


class DayNoteRow(DayNoteText):
    day = serializers.DateField(help_text="A day of the trader's time zone.")
    changed_at = serializers.DateTimeField()


class DayNotePage(serializers.Serializer[Any]):
    results = DayNoteRow(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


class _NotesView(APIView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if bound_accounts(request.user) is not None:
            raise PermissionDenied("A note is about all accounts, and a key is bound to some. Sign in as a person.")


@extend_schema_view(
    get=extend_schema(
        operation_id="journal_list",
        summary="The notes on days, the last day first",
        tags=["journal"],
        parameters=list_parameters(DayNoteFilter, SORTS),
        responses={200: DayNotePage, **LIST_ANSWERS},
    )
)
class JournalView(_NotesView):
    def get(self, request: Request) -> Response:
        notes = filtered(DayNoteFilter, request, DayNote.objects.for_trader(request.user))
        page = keyset_page_of(request, notes, order_of(request, SORTS, "-day"), FIELDS)
        for row in page.rows:
            del row["id"]  # the day is what names a note
        return of_itself(request, {"results": page.rows, "next_cursor": page.next_cursor or None})


_DAY = OpenApiParameter("day", OpenApiTypes.DATE, OpenApiParameter.PATH, description="Such as 2026-11-24.")


@extend_schema_view(
    get=extend_schema(
        operation_id="journal_retrieve",
        summary="The note on a day; 404 where there is none",
        tags=["journal"],
        parameters=[_DAY],
        responses={200: DayNoteRow, **ONE_ANSWERS},
    ),
    put=extend_schema(
        operation_id="journal_write",
        summary="Write the note on a day: 201 where there was none, else 200; the old words stay in the history",
        tags=["journal"],
        parameters=[_DAY],
        request=DayNoteText,
        responses={200: DayNoteRow, 201: DayNoteRow, 400: Error, 404: Error, 415: Error, **ERRORS},
    ),
    delete=extend_schema(
        operation_id="journal_delete",
        summary="Take the note on a day away; its words stay in the history",
        tags=["journal"],
        parameters=[_DAY],
        responses={204: OpenApiResponse(description="Gone."), 404: Error, **ERRORS},
    ),
)
class JournalDayView(_NotesView):
    def get(self, request: Request, day: str) -> Response:
        return of_itself(request, _shown(request, _day(day)))

    def put(self, request: Request, day: str) -> Response:
        on, trader = _day(day), Trader.objects.get(pk=str(request.user.pk))
        form = DayNoteText(data=request.data)
        form.is_valid(raise_exception=True)
        is_new = not DayNote.objects.for_trader(request.user).filter(day=on).exists()
        save_day_note(trader, on, form.validated_data["text"])
        return Response(_shown(request, on), status=201 if is_new else 200)

    def delete(self, request: Request, day: str) -> Response:
        on = _day(day)
        _shown(request, on)
        save_day_note(Trader.objects.get(pk=str(request.user.pk)), on, "")
        return Response(status=204)


def _day(text: str) -> date:
    """Errors: Http404 for what is no day."""
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
    if found.isoformat() != text or found.year not in _YEARS:  # 20261124 is a day too, but not this address
        raise Http404
    return found


def _shown(request: Request, day: date) -> dict[str, Any]:
    shown = DayNote.objects.for_trader(request.user).filter(day=day).values("day", "text", "changed_at").first()
    if shown is None:
        raise Http404
    return dict(shown)
