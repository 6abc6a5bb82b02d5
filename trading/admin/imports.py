"""What came in: each statement with its outcome, its problems, and what it states beside ours."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Func, IntegerField, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter
from unfold.decorators import display

from accounts.admin import ReadOnlyAdmin
from trading.errors import TradingError
from trading.models import State, Statement, StatementCorrection, StatementFile
from trading.services import statements as services
from trading.services.rescue import end_abandoned_work

_STATE_COLOURS = {
    State.COMMITTED: "success",
    State.READY: "info",
    State.QUEUED: "warning",
    State.READING: "warning",
    State.COMMITTING: "warning",
    State.UNDOING: "warning",
    State.REFUSED: "danger",
    State.FAILED: "danger",
}
#: Longer lists are cut; the whole is in the API's answer.
_MAX_ROWS = 500


class _Length(Func):
    function = "jsonb_array_length"
    output_field = IntegerField()


@admin.register(Statement)
class StatementAdmin(ReadOnlyAdmin):
    list_display = ("name", "trader", "account", "shown_state", "progress", "problem_count", "format", "uploaded_at")
    list_select_related = ("trader", "account")
    list_filter = (
        "state",
        "format",
        "origin",
        ("trader", AutocompleteSelectFilter),
        ("account", AutocompleteSelectFilter),
        ("uploaded_at", RangeDateTimeFilter),
    )
    search_fields = ("name", "file__sha256", "trader__email", "account__number", "error_message")
    actions = ("reread", "discard", "end_abandoned")
    fieldsets = (
        (None, {"fields": ("name", "trader", "account", "created_account", "origin", "uploaded_at")}),
        ("Outcome", {"fields": ("state", "progress", "stage", "error_code", "error_message", "rows")}),
        ("Not understood", {"fields": ("shown_problems",)}),
        ("Stated against ours", {"fields": ("shown_stated",)}),
        ("The file", {"fields": ("sha256", "size", "format", "reader_version", "period_start", "period_end")}),
        ("Clock", {"fields": ("server_time_zone", "zone_is_guessed", "read_at", "committed_at", "undone_at")}),
    )
    readonly_fields = ("progress", "rows", "shown_problems", "shown_stated", "sha256", "size")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Statement]:
        """The large columns stay in the database until one statement is looked at."""
        rows: QuerySet[Statement] = super().get_queryset(request)
        return rows.defer("outcome", "problems", "stated", "header").annotate(problems_found=_Length("problems"))

    @display(description="State", ordering="state", label=_STATE_COLOURS)  # type: ignore[untyped-decorator]
    def shown_state(self, statement: Statement) -> tuple[str, str]:
        return statement.state, statement.get_state_display()

    @admin.display(description="Progress", ordering="progress_percent")
    def progress(self, statement: Statement) -> str:
        return f"{statement.progress_percent} % {statement.stage}".strip()

    @admin.display(description="Problems", ordering="problems_found")
    def problem_count(self, statement: Any) -> int:
        return int(statement.problems_found)

    @admin.display(description="Rows")
    def rows(self, statement: Statement) -> SafeString:
        counts = {name: value for name, value in statement.outcome.items() if isinstance(value, Mapping)}
        columns = ("added", "corrected", "unchanged", "removed")
        found = [(name, *(value.get(column, 0) for column in columns)) for name, value in counts.items()]
        return _table(("Kind", *(column.title() for column in columns)), found)

    @admin.display(description="Problems")
    def shown_problems(self, statement: Statement) -> SafeString:
        names = ("line", "reason", "text", "amount")
        return _table(("Line", "Reason", "Text", "Amount"), _columns(statement.problems, names))

    @admin.display(description="Figures")
    def shown_stated(self, statement: Statement) -> SafeString:
        names = ("label", "key", "stated", "ours", "difference", "state", "reason")
        return _table(("Figure", "Key", "Stated", "Ours", "Difference", "State", ""), _columns(statement.stated, names))

    @admin.display(description="SHA-256")
    def sha256(self, statement: Statement) -> str:
        return statement.file.sha256

    @admin.display(description="Size")
    def size(self, statement: Statement) -> str:
        return f"{filesizeformat(statement.file.size)} ({statement.file.size} bytes)"

    def has_repair_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("trading.change_statement")

    @admin.action(description="Read the kept file again", permissions=["repair"])
    def reread(self, request: HttpRequest, statements: QuerySet[Statement]) -> None:
        self._each(request, statements, services.request_reread, "will be read again, as a new dry run")

    @admin.action(description="Discard", permissions=["repair"])
    def discard(self, request: HttpRequest, statements: QuerySet[Statement]) -> None:
        self._each(request, statements, services.discard_statement, "put aside")

    @admin.action(description="Mark failed what is busy though nobody works on it", permissions=["repair"])
    def end_abandoned(self, request: HttpRequest, statements: QuerySet[Statement]) -> None:
        """Of all statements, selected or not: which ones are abandoned is for the service to say."""
        ended = len(end_abandoned_work())
        self.message_user(request, f"{ended} abandoned statements were ended.", messages.SUCCESS)

    def _each(self, request: HttpRequest, statements: QuerySet[Statement], act: Any, done: str) -> None:
        acted = 0
        for statement in statements:
            try:
                act(statement, timezone.now())
            except TradingError as error:
                self.message_user(request, f"{statement.name}: {error.message}", messages.ERROR)
            else:
                acted += 1
        if acted:
            self.message_user(request, f"{acted} {done}.", messages.SUCCESS)


@admin.register(StatementFile)
class StatementFileAdmin(ReadOnlyAdmin):
    list_display = ("sha256", "size", "trader", "stored_at")
    list_select_related = ("trader",)
    list_filter = (("trader", AutocompleteSelectFilter), ("stored_at", RangeDateTimeFilter))
    search_fields = ("sha256", "trader__email")


@admin.register(StatementCorrection)
class StatementCorrectionAdmin(ReadOnlyAdmin):
    list_display = ("statement", "trader", "table", "action", "row_id")
    list_select_related = ("statement", "statement__trader")
    list_filter = ("table", "action")
    search_fields = ("row_id", "statement__name", "statement__trader__email")

    @admin.display(description="Trader")
    def trader(self, correction: StatementCorrection) -> str:
        return str(correction.statement.trader)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementCorrection]:
        rows: QuerySet[StatementCorrection] = super().get_queryset(request)
        return rows.defer(
            "statement__outcome", "statement__problems", "statement__stated", "statement__header", "statement__counts"
        )


def _columns(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[tuple[Any, ...]]:
    return [tuple("" if row.get(name) is None else row[name] for name in names) for row in rows]


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> SafeString:
    shown, more = rows[:_MAX_ROWS], max(0, len(rows) - _MAX_ROWS)
    return render_to_string("admin/trading/_table.html", {"heads": heads, "rows": shown, "more": more})
