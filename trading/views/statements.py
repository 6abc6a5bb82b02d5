"""Statements: the list, the upload, the dry run, and what its trader decides about it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import BrokerAccount, Trader
from trading.errors import TradingError
from trading.formatting import Formats
from trading.forms import StatementAccountForm
from trading.models import Statement
from trading.queries import keyset
from trading.queries.statements import statement_page, statements
from trading.services.kept_files import chunks_of
from trading.services.statements import (
    NewAccount,
    choose_account,
    confirm_and_commit,
    discard_statement,
    receive_statement,
    request_commit,
    request_reread,
    request_undo,
)
from trading.told import told
from trading.views.statement_rows import statement_rows
from trading.views.statement_story import tell_statement

_LIST = "trading/statement_list.html"
_ROWS = "trading/_statement_rows.html"


@login_required
@require_safe
def statement_list(request: HttpRequest) -> HttpResponse:
    trader = _trader(request)
    accounts = {str(account.pk): account for account in BrokerAccount.objects.for_trader(trader)}
    account = accounts.get(request.GET.get("account", ""))
    found = statements(trader)
    queryset = found.filter(account=account) if account else found
    try:
        page = statement_page(queryset, request.GET.get("cursor", ""))
    except keyset.BadCursorError:
        page = statement_page(queryset)
    rows = statement_rows(page.rows, Formats.of(trader))
    context = {"rows": rows, "next_cursor": page.next_cursor, "account": account}
    return render(request, _ROWS if _is_more(request) else _LIST, context)


def _is_more(request: HttpRequest) -> bool:
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    return bool(htmx and not htmx.history_restore_request and request.GET.get("cursor"))


@login_required
def statement_upload(request: HttpRequest) -> HttpResponse:
    """Takes one file or several; each that is kept becomes a statement that waits to be read."""
    trader = _trader(request)
    kept: list[Statement] = []
    refused: list[tuple[str, str]] = []
    files = request.FILES.getlist("files") if request.method == "POST" else []
    account = _upload_account(request, trader)
    for file in files:
        try:
            name = file.name or ""
            kept.append(receive_statement(trader, name, file.chunks(), now=timezone.now(), account=account))
        except TradingError as error:
            refused.append((file.name or "statement", told(error.message)))
    if kept:
        return _after_upload(request, kept, refused)
    if request.method == "POST" and not files:
        refused = [(_("No file"), _("Choose at least one file first."))]
    context = {
        "refused": refused,
        "account": account,
        **upload_limits(),
    }
    return render(request, "trading/_upload_form.html" if request.htmx else "trading/statement_upload.html", context)  # type: ignore[attr-defined]


def upload_limits() -> dict[str, int]:
    """What the form of an upload says about size."""
    return {"limit_bytes": settings.STATEMENT_MAX_BYTES, "limit_mib": settings.STATEMENT_MAX_BYTES // 1_048_576}


def _upload_account(request: HttpRequest, trader: Trader) -> BrokerAccount | None:
    """The account that the files are for; None lets each file say. Errors: Http404 where they are sent to no own one."""
    asked = request.POST.get("account") or request.GET.get("account", "")
    accounts = {str(account.pk): account for account in BrokerAccount.objects.for_trader(trader)}
    if request.POST.get("account") and asked not in accounts:
        raise Http404
    account = accounts.get(asked)
    return None if account and account.archived_at and request.method != "POST" else account


def _after_upload(request: HttpRequest, kept: list[Statement], refused: list[tuple[str, str]]) -> HttpResponse:
    """To the one statement that was kept, or to the list of several."""
    for name, sentence in refused:
        messages.error(request, f"{name}: {sentence}")
    if len(kept) > 1:
        words = ngettext(
            "%(number)s file is kept and being read.", "%(number)s files are kept and being read.", len(kept)
        )
        messages.success(request, words % {"number": len(kept)})
    target = redirect("statement_detail", kept[0].pk) if len(kept) == 1 else redirect("statement_list")
    if not request.htmx:  # type: ignore[attr-defined]
        return target
    return HttpResponse(status=204, headers={"HX-Redirect": target["Location"]})


@login_required
@require_safe
def statement_detail(request: HttpRequest, statement_id: Any) -> HttpResponse:
    trader = _trader(request)
    statement = _own(trader, statement_id)
    context: dict[str, Any] = {"statement": statement}
    if not statement.is_busy:
        context |= {
            "story": tell_statement(statement, Formats.of(trader), shows_all=request.GET.get("rows") == "all"),
            "form": _account_form(statement, None),
        }
    return render(request, "trading/statement_detail.html", context)


@login_required
@require_safe
def statement_progress(request: HttpRequest, statement_id: Any) -> HttpResponse:
    """How far the work is, asked every second; when it is done, the whole page is asked for instead."""
    statement = _own(_trader(request), statement_id)
    if statement.is_busy:
        return render(request, "trading/_statement_progress.html", {"statement": statement})
    target = redirect("statement_detail", statement.pk)
    if not request.htmx:  # type: ignore[attr-defined]
        return target
    return HttpResponse(headers={"HX-Redirect": target["Location"]})


@login_required
@require_POST
def statement_account(request: HttpRequest, statement_id: Any) -> HttpResponse:
    trader = _trader(request)
    statement = _own(trader, statement_id)
    form = _account_form(statement, request.POST)
    if not form.is_valid():
        context = {"statement": statement, "story": tell_statement(statement, Formats.of(trader)), "form": form}
        return render(request, "trading/statement_detail.html", context)
    chosen = form.cleaned_data
    if "commit" in request.POST and not chosen["account"] and chosen["time_zone"] == statement.server_time_zone:
        new_account = NewAccount(label=chosen["label"])
        confirmed = partial(confirm_and_commit, new_account=new_account, time_zone=chosen["time_zone"])
        return _act(request, statement, confirmed)

    def choose(statement: Statement, now: Any) -> Statement:
        return choose_account(
            statement,
            now=now,
            account=chosen["account"],
            new_account=None if chosen["account"] else NewAccount(label=chosen["label"]),
            time_zone="" if chosen["account"] else chosen["time_zone"],
        )

    return _act(request, statement, choose, _("The dry run is made again for this account."))


def _account_form(statement: Statement, data: Any) -> StatementAccountForm:
    header = statement.header or {}
    initial = {
        "account": statement.account_id,
        "label": (header.get("new_account") or {}).get("label", ""),
        "time_zone": statement.server_time_zone,
    }
    return StatementAccountForm(data, trader=statement.trader, platform=header.get("platform", ""), initial=initial)


@login_required
@require_POST
def statement_commit(request: HttpRequest, statement_id: Any) -> HttpResponse:
    return _act(request, _own(_trader(request), statement_id), request_commit)


@login_required
@require_POST
def statement_discard(request: HttpRequest, statement_id: Any) -> HttpResponse:
    done = _("It is discarded. Nothing of it is in your history.")
    return _act(request, _own(_trader(request), statement_id), discard_statement, done)


@login_required
@require_POST
def statement_undo(request: HttpRequest, statement_id: Any) -> HttpResponse:
    return _act(request, _own(_trader(request), statement_id), request_undo)


@login_required
@require_POST
def statement_reread(request: HttpRequest, statement_id: Any) -> HttpResponse:
    done = _("The kept file is read again. Look at what would change, then commit or discard.")
    return _act(request, _own(_trader(request), statement_id), request_reread, done)


@login_required
@require_safe
def statement_file(request: HttpRequest, statement_id: Any) -> HttpResponseBase:
    """The kept bytes, exactly as they were uploaded. Never shown by the browser: a statement is a stranger's HTML."""
    statement = _own(_trader(request), statement_id)
    response = StreamingHttpResponse(chunks_of(statement.file), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, statement.name) or "attachment"
    response["Content-Length"] = str(statement.file.size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _act(request: HttpRequest, statement: Statement, act: Callable[..., Statement], done: str = "") -> HttpResponse:
    """Does it and shows the statement; a refusal is a message on the same page."""
    try:
        statement = act(statement, now=timezone.now())
    except TradingError as error:
        messages.error(request, told(error.message))
    else:
        if done:
            messages.success(request, done)
    return redirect("statement_detail", statement.pk)


def _trader(request: HttpRequest) -> Trader:
    assert isinstance(request.user, Trader)
    return request.user


def _own(trader: Trader, statement_id: Any) -> Statement:
    return get_object_or_404(statements(trader), pk=statement_id)
