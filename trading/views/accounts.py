"""What accounts hold and earned: the list, and one account."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts.models import BrokerAccount
from trading import formatting
from trading.calc.figure_types import DefinitionSet
from trading.calc.registry import entry_of
from trading.context import Frame
from trading.downloads import account_download
from trading.formatting import Formats
from trading.models import State, Statement
from trading.periods import Period
from trading.queries.account_results import account_results
from trading.queries.data_quality import Graded, graded
from trading.queries.figure_sets import FigureSet, figure_sets, whole_account
from trading.queries.figures import latest_snapshot
from trading.queries.overview import Overview, overviews
from trading.queries.recent import period_sums
from trading.queries.reconciliation import feed_of, feeds
from trading.queries.trades import closed_trades
from trading.views.charts import chart_part, chosen_span, read_charts, span_links, step_links
from trading.views.converted import converted_part, held_in_currencies
from trading.views.dashboard_strip import PERIOD_LABELS
from trading.views.figure_choice import FigureChoice
from trading.views.figure_rows import figure_row
from trading.views.guards import guard_cards
from trading.views.quality import quality_part
from trading.views.reconciliation_rows import feed_row
from trading.views.result_words import WHAT_COUNTS, counts_in_words, not_in_results, trades_in_words

#: At the head of an account's page, after its equity.
_HEAD = (
    "net_profit",
    "profit_factor",
    "trades_won_percent",
    "balance_drawdown_maximal",
    "expected_payoff",
)
_SYMBOLS = 12
_STATEMENTS = 5
_NO_OPENING = gettext_lazy("No statement tells the balance before the first trade.")


@login_required
@require_safe
def account_list(request: HttpRequest) -> HttpResponse:
    frame = Frame(request)
    now = timezone.now()
    found = overviews(BrokerAccount.objects.for_trader(request.user))
    grades = graded([overview.account for overview in found], frame.formats.zone, now)
    rows = [_row(overview, grades[overview.account.pk], frame.formats) for overview in found]
    in_use = [overview for overview in found if not overview.account.archived_at]
    context = {
        "frame": frame,
        "converted": converted_part(request.user, held_in_currencies(in_use), frame.formats, now),
        "rows": [row for row in rows if not row["account"].archived_at],
        "archived": [row for row in rows if row["account"].archived_at],
    }
    return render(request, "trading/account_list.html", context)


def _row(overview: Overview, of: Graded, formats: Formats) -> dict[str, Any]:
    currency = overview.account.currency
    return {
        "account": overview.account,
        "balance": formats.plain(overview.balance, currency, reason=str(_NO_OPENING)),
        "net": formats.amount(overview.result.net, currency),
        "trades": formats.number(overview.result.trades),
        "trades_words": trades_in_words(overview.result.trades, formats),
        "positions": overview.positions,
        "floating": formats.amount(overview.floating, currency),
        "last_statement": formats.day(overview.last_statement) if overview.last_statement else "",
        "state": _state(overview, of),
        "quality": quality_part(overview.account, of, formats),
    }


def _state(overview: Overview, of: Graded) -> tuple[str, str]:
    """The badge of an account: its kind and its word."""
    if overview.statements.get(State.READY):
        return "warning", _("To review")
    if not overview.has_history:
        return "idle", _("Empty")
    if overview.balance is None:
        return "degraded", _("No opening balance")
    return _proof_badge(of)


def _proof_badge(of: Graded) -> tuple[str, str]:
    if of.facts.untied_days:
        return "warning", _("Does not tie")
    return ("healthy", _("Ties")) if of.facts.stated_days else ("idle", _("Nothing stated"))


@login_required
@require_safe
def account_detail(request: HttpRequest, account_id: UUID) -> HttpResponse:
    account = _account(request, account_id)
    frame = Frame(request)
    formats = frame.formats
    of = graded([account], formats.zone, timezone.now())[account.pk]
    whole = whole_account(account, formats.zone)
    (printed,), (found,) = figure_sets(whole, "mt5"), figure_sets(whole, frame.definition)
    now = timezone.now()
    span = chosen_span(request.GET.dict(), formats, Period("all"), now)
    charts = read_charts([account], formats, span, now)
    context = {
        "frame": frame,
        "account": account,
        "charts": [chart_part(drawn, formats) for drawn in charts],
        "shows_whole": span.name == "all",
        "spans": span_links(request, span),
        "steps": step_links(request, span, charts, formats, now),
        "curve_url": f"{reverse('dashboard_curve')}?{urlencode({'account': account.pk, 'span': span.name})}",
        "strip": _strip(FigureChoice(request, account), printed, found),
        "counted": _counted(found, frame.definition, formats),
        "equity_parts": _equity_parts(printed, account, formats),
        "periods": _periods(account, formats),
        "besides": not_in_results(account_results([account])[account.pk], account.currency, formats),
        "statements": _statements(account),
        "symbols": _symbols(request, account, formats),
        "proof": _proof(account, of, formats),
        "quality": quality_part(account, of, formats),
        "snapshot": latest_snapshot(account),
        "feed": feed_row(account, formats, now),
        "is_synced": feed_of(account) is not None,
        "guards": guard_cards([account], frame),
    }
    return render(request, "trading/account_detail.html", context)


@login_required
@require_safe
def account_export(request: HttpRequest, account_id: UUID) -> StreamingHttpResponse:
    return account_download(_account(request, account_id), timezone.now())


def _counted(found: FigureSet, definition: DefinitionSet, formats: Formats) -> str:
    """What the share of won ones is a share of."""
    total = int(found.value("trades_total") or 0)
    words = (
        ngettext("of %(number)s exit", "of %(number)s exits", total)
        if definition == "mt5"
        else ngettext("of %(number)s trade", "of %(number)s trades", total)
    )
    return words % {"number": formats.number(total)}


def _account(request: HttpRequest, account_id: UUID) -> BrokerAccount:
    return get_object_or_404(feeds(request.user), pk=account_id)


def _strip(choice: FigureChoice, printed: FigureSet, found: FigureSet) -> list[dict[str, Any]]:
    """The figures that stand at the head of an account's page: its equity, and what the chosen definition says."""
    wanted = [("equity", printed), *((key, found) for key in _HEAD if key in found.figures)]
    rows = []
    for key, of in wanted:
        row = figure_row(entry_of(key), of, choice.formats, choice.query)
        name = {"trades_won_percent": _("Won"), "balance_drawdown_maximal": _("Maximal drawdown")}.get(key, row.label)
        rows.append({"key": key, "label": name, "row": row})
    return rows


def _equity_parts(printed: FigureSet, account: BrokerAccount, formats: Formats) -> SafeString:
    """What the equity is made of, under it."""
    credit, floating = printed.value("credit"), printed.value("floating_net")
    parts = [
        (_("balance {amount}"), formats.plain(printed.value("balance"), account.currency, reason=str(_NO_OPENING))),
        (_("credit {amount}"), formats.plain(credit, account.currency) if credit else ""),
        (_("floating {amount}"), formats.amount(floating, account.currency) if floating else ""),
    ]
    return format_html_join(", ", "{}", [(format_html(text, amount=of),) for text, of in parts if of])


def _periods(account: BrokerAccount, formats: Formats) -> list[dict[str, Any]]:
    sums = period_sums([account], timezone.now(), formats.zone)[account.currency]
    return [
        {
            "label": label,
            "net": formats.amount(sums[name].net, account.currency),
            "counts": counts_in_words(sums[name].count, sums[name].wins, formats),
            "counts_mean": WHAT_COUNTS,
            "query": f"?account={account.pk}&period={name}",
        }
        for name, label in PERIOD_LABELS
    ]


def _statements(account: BrokerAccount) -> Sequence[Statement]:
    rows = Statement.objects.filter(account=account, trader_id=account.trader_id)
    return list(rows.defer("outcome", "problems", "stated", "header", "notes")[:_STATEMENTS])


def _symbols(request: HttpRequest, account: BrokerAccount, formats: Formats) -> list[dict[str, Any]]:
    """What was traded, by money."""
    rows = closed_trades(request.user).filter(account=account).order_by().values("symbol")
    sums = rows.annotate(trades=Count("pk"), net=Sum("net_profit")).order_by("-net")
    return [
        {
            "symbol": row["symbol"],
            "trades": formats.number(row["trades"]),
            "net": formats.amount(row["net"], account.currency),
        }
        for row in sums[:_SYMBOLS]
    ]


def _proof(account: BrokerAccount, of: Graded, formats: Formats) -> dict[str, Any]:
    facts = of.facts
    if not facts.untied_days or facts.difference is None or facts.untied_on is None:
        stated = formatting.count(facts.stated_days, "day") if facts.stated_days else ""
        return {"badge": _proof_badge(of), "stated": stated}
    difference = formats.signed(facts.difference, account.currency)
    return {"badge": _proof_badge(of), "difference": difference, "on": formats.day(facts.untied_on)}
