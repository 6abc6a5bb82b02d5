"""Reconciliation: every account against its broker, the two sides of one, its breaks and what to do about each."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import BrokerAccount, Trader
from trading.calc.reconciliation import reconcile as compare
from trading.context import Frame
from trading.errors import TradingError
from trading.formatting import Formats, duration
from trading.models import Break
from trading.queries import keyset
from trading.queries import reconciliation as queries
from trading.reconciliation_forms import ReasonForm, RulesForm
from trading.services import breaks as acts
from trading.services.reconciliation import compare_again
from trading.services.reconciliation_inputs import load
from trading.services.reconciliation_rules import rules_of, set_rules
from trading.told import told
from trading.views import reconciliation_rows as rows
from trading.views.live import EVERY_S, is_live, live_part

_EVENTS = 12
_LOG_SORT = keyset.Sort("at", keyset.moment("at"), descending=True)


@login_required
@require_safe
def reconciliation(request: HttpRequest) -> HttpResponse:
    """All accounts, or the two sides of the one that ?account= names (or that is the only one)."""
    trader = _trader(request)
    frame = Frame(request)
    found = [account for account in queries.feeds(trader) if not account.archived_at]
    chosen = next((one for one in found if frame.account and one.pk == frame.account.pk), None)
    shown = chosen or (found[0] if len(found) == 1 else None)
    now = timezone.now()

    def context() -> dict[str, Any]:
        return _two_sides(request, shown, frame.formats, now) if shown else _all(found, frame.formats, now)

    part = "trading/_reconciliation_account.html" if shown else "trading/_reconciliation_accounts.html"
    if is_live(request):
        # The ages move on by themselves, so a part is good for its minute.
        also = queries.mark_of(found), now.replace(second=0, microsecond=0)
        return live_part(request, trader, lambda: render(request, part, context()), also=also)
    page = context() | {
        "frame": frame,
        "part": part,
        "account": shown,
        "every_s": EVERY_S,
        "has_choice": len(found) > 1,
    }
    return render(request, "trading/reconciliation.html", page)


def _all(found: list[BrokerAccount], formats: Formats, now: datetime) -> dict[str, Any]:
    feeds = [rows.feed_row(account, formats, now) for account in found]
    return {
        "feeds": feeds,
        # An account that never synced has a status, and nothing to agree with.
        "agreeing": sum(feed.status in ("healthy", "idle") and bool(feed.age) for feed in feeds),
        "synced": sum(bool(feed.age) for feed in feeds),
        "breaks": sum(feed.breaks for feed in feeds),
    }


def _two_sides(request: HttpRequest, account: BrokerAccount, formats: Formats, now: datetime) -> dict[str, Any]:
    feed = rows.feed_row(account, formats, now)
    sides = load([account.pk]).get(account.pk)
    if sides is None:
        return {"feed": feed, "account": account}
    outcome = compare(sides.broker, sides.book, sides.rules, sides.markets)
    pairs = rows.pair_rows(outcome, formats)
    only_differences = request.GET.get("show") == "differences"
    lines = rows.break_lines(queries.standing_breaks(account), account, formats, now)
    events = queries.recent_events([account.pk], _EVENTS).get(account.pk, [])
    return {
        "account": account,
        "feed": feed,
        "is_synced": True,
        "is_told": sides.state.positions_at is not None,
        "pairs": [row for row in pairs if row.kind != "matched"] if only_differences else pairs,
        "only_differences": only_differences,
        "matched": len(outcome.matches),
        "positions": len(outcome.matches) + len(outcome.broker_only) + len(outcome.book_only),
        "with_difference": sum(bool(match.differences) for match in outcome.matches),
        "balance": rows.balance_line(sides.balances, sides.rules, account.currency, formats),
        "volumes": rows.volumes(outcome, formats),
        "limit": duration(sides.rules.stale_after),
        "breaks": [line for line in lines if line.row.state != Break.State.IGNORED],
        "ignored": [line for line in lines if line.row.state == Break.State.IGNORED],
        "events": rows.event_lines(events, formats),
    }


@login_required
@require_safe
def reconciliation_log(request: HttpRequest) -> HttpResponse:
    """Every run and event, the newest first."""
    trader = _trader(request)
    frame = Frame(request)
    found = queries.logs(trader)
    if frame.account:
        found = found.filter(account=frame.account.pk)
    with_runs = request.GET.get("show") == "all"
    found = found if with_runs else found.exclude(event="sync")
    try:
        page = keyset.keyset_page(found, _LOG_SORT, queries.EVENT_FIELDS, request.GET.get("cursor", ""))
    except keyset.BadCursorError:
        page = keyset.keyset_page(found, _LOG_SORT, queries.EVENT_FIELDS)
    labels = {account.pk: account.label for account in frame.accounts}
    context = {
        "frame": frame,
        "events": rows.event_lines(page.rows, frame.formats, {} if frame.account else labels),
        "next_cursor": page.next_cursor,
        "with_runs": with_runs,
    }
    return render(request, "trading/reconciliation_log.html", context)


@login_required
def reconciliation_rules(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """The tolerances of an account."""
    account = get_object_or_404(BrokerAccount.objects.for_trader(_trader(request)), pk=account_id)
    form = RulesForm(request.POST if request.method == "POST" else None, rules=rules_of(account))
    if request.method == "POST" and form.is_valid():
        set_rules(account, form.cleaned_data, now=timezone.now())
        messages.success(request, _("The tolerances are saved, and the two sides are compared by them."))
        return _back(account.pk)
    return render(request, "trading/reconciliation_rules.html", {"account": account, "form": form})


@login_required
@require_POST
def reconciliation_compare(request: HttpRequest, account_id: UUID) -> HttpResponse:
    account = get_object_or_404(BrokerAccount.objects.for_trader(_trader(request)), pk=account_id)
    result = compare_again([account.pk], now=timezone.now()).get(account.pk)
    if result is None:
        messages.warning(request, _("Nothing was synced yet, so there is nothing to compare."))
    elif result.breaks:
        found = ngettext("Compared: %(number)s break.", "Compared: %(number)s breaks.", result.breaks)
        messages.warning(request, found % {"number": result.breaks})
    else:
        messages.success(request, _("Compared: the two sides agree."))
    return _back(account.pk)


def _act(act: Callable[..., Break], done: Promise) -> Callable[..., HttpResponse]:
    """The page's address of one act on a break."""

    def view(request: HttpRequest, break_id: UUID) -> HttpResponse:
        trader = _trader(request)
        found = get_object_or_404(queries.breaks(trader), pk=break_id)
        form = ReasonForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("A reason has at most %(number)s characters.") % {"number": acts.REASON_LENGTH})
            return _back(found.account_id)
        try:
            act(found, trader, now=timezone.now(), reason=form.cleaned_data["reason"])
        except TradingError as error:
            messages.error(request, told(error.message))
        else:
            messages.success(request, done % {"thing": f"{found.get_type_display()} {found.ticket}".rstrip()})
        return _back(found.account_id)

    return login_required(require_POST(view))


break_acknowledge = _act(acts.acknowledge, gettext_lazy("%(thing)s: acknowledged."))
break_resolve = _act(acts.resolve, gettext_lazy("%(thing)s: resolved."))
break_ignore = _act(acts.ignore, gettext_lazy("%(thing)s: ignored while it stays as it is."))
break_accept = _act(acts.accept, gettext_lazy("%(thing)s: the broker’s word is in the book."))


def _back(account_id: UUID) -> HttpResponse:
    return redirect(f"{reverse('reconciliation')}?account={account_id}")


def _trader(request: HttpRequest) -> Trader:
    trader = request.user
    assert isinstance(trader, Trader)
    return trader
