"""Alerts as they were raised, how they were told, and the closing that they asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts.models import BrokerAccount
from trading.context import Frame
from trading.formatting import Formats, unknown
from trading.models import Alert, AuditEntry, CloseRequest, Delivery
from trading.queries.keyset import BadCursorError, Sort, keyset_page, moment
from trading.services.alert_words import alert_sentence
from trading.told import told
from trading.views.guard_rows import badge, word

_PAGE = 50
_TRAIL = 100
_BADGES = {
    "pending": "warning",
    "collected": "busy",
    "done": "healthy",
    "failed": "critical",
    "expired": "degraded",
    "cancelled": "idle",
}


@dataclass(frozen=True, slots=True)
class Told:
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class AlertLine:
    time: str
    moment: str
    level: str
    badge: str
    word: str
    title: str
    sentence: str
    account: str
    told: Sequence[Told]


@dataclass(frozen=True, slots=True)
class AlertDay:
    day: str
    lines: list[AlertLine]


@dataclass(frozen=True, slots=True)
class CloseLine:
    symbol: str
    ticket: str
    lots: str
    account: str
    requested: SafeString
    badge: str
    word: str
    price: SafeString | str
    profit: SafeString
    note: str


@login_required
@require_safe
def alert_list(request: HttpRequest) -> HttpResponse:
    """All alerts, newest first, a page at a time."""
    frame = Frame(request)
    chosen = [frame.account] if frame.account else frame.accounts
    alerts = _alerts(request.user, chosen)
    sort = Sort("raised", moment("raised_at"), True)
    try:
        page = keyset_page(alerts, sort, ("id", "raised_at"), request.GET.get("cursor", ""), _PAGE)
    except BadCursorError:
        page = keyset_page(alerts, sort, ("id", "raised_at"), "", _PAGE)
    keys = [row["id"] for row in page.rows]
    shown = alerts.filter(pk__in=keys).order_by("-raised_at", "-id")
    context = {"frame": frame, "days": alert_days(shown, frame.formats), "next_cursor": page.next_cursor}
    return render(request, "trading/alert_list.html", context)


@login_required
@require_safe
def close_request_list(request: HttpRequest) -> HttpResponse:
    """Requests to close positions, and every step of guarding and closing."""
    frame = Frame(request)
    chosen = [frame.account] if frame.account else frame.accounts
    labels = {account.pk: account.label for account in chosen}
    trail = AuditEntry.objects.for_trader(request.user).filter(account__in=chosen)[:_TRAIL]
    context = {
        "frame": frame,
        "lines": close_lines(request.user, chosen, frame.formats),
        "trail": [
            {
                "at": frame.formats.moment(entry.at),
                "account": labels[entry.account_id],
                "actor": entry.actor,
                "act": act_words(entry.act),
                "details": ", ".join(f"{key} {value}" for key, value in entry.details.items() if value),
            }
            for entry in trail
        ],
    }
    return render(request, "trading/close_request_list.html", context)


def _alerts(trader: Any, accounts: Sequence[BrokerAccount]) -> QuerySet[Alert]:
    told = Prefetch("deliveries", Delivery.objects.order_by("created_at", "id"))
    rows = Alert.objects.for_trader(trader).filter(account__in=accounts)
    return rows.select_related("account").prefetch_related(told)


def recent_alerts(trader: Any, accounts: Sequence[BrokerAccount], most: int) -> QuerySet[Alert]:
    return _alerts(trader, accounts).order_by("-raised_at", "-id")[:most]


def alert_days(alerts: Iterable[Alert], formats: Formats) -> list[AlertDay]:
    """The alerts by day of the trader's zone, in the order they come in."""
    days: list[AlertDay] = []
    for alert in alerts:
        day = formats.day(alert.raised_at)
        if not days or days[-1].day != day:
            days.append(AlertDay(day, []))
        days[-1].lines.append(_alert_line(alert, formats))
    return days


def _alert_line(alert: Alert, formats: Formats) -> AlertLine:
    title, _point, rest = alert_sentence(alert, formats).partition(". ")
    return AlertLine(
        time=alert.raised_at.astimezone(formats.zone).strftime("%H:%M"),
        moment=alert.raised_at.isoformat(),
        level=alert.level,
        badge=badge(alert.level),
        word=word(alert.level),
        title=title.rstrip("."),
        sentence=rest,
        account=alert.account.label,
        told=[Told("device-desktop", _("page")), *(_told(row) for row in alert.deliveries.all())],
    )


_ACTS = {
    "alert_raised": gettext_lazy("Alert raised"),
    "close_requested": gettext_lazy("Close requested"),
    "close_collected": gettext_lazy("Close collected"),
    "close_cancelled": gettext_lazy("Close cancelled"),
    "close_stopped": gettext_lazy("Close stopped"),
    "close_done": gettext_lazy("Close done"),
    "close_failed": gettext_lazy("Close failed"),
    "close_retried": gettext_lazy("Close retried"),
    "close_expired": gettext_lazy("Close expired"),
    "kill_switch_on": gettext_lazy("Kill switch on"),
    "kill_switch_off": gettext_lazy("Kill switch off"),
}


def act_words(act: str) -> str:
    """A step of the trail in words."""
    return str(_ACTS.get(act) or "") or act.replace("_", " ").capitalize()


def _told(delivery: Delivery) -> Told:
    is_mail = delivery.channel == Delivery.Channel.EMAIL
    icon, name, tries = (
        "mail" if is_mail else "webhook",
        _("e-mail") if is_mail else _("webhook"),
        len(delivery.attempts),
    )
    if delivery.state == Delivery.State.DELIVERED:
        status = delivery.attempts[-1].get("status", "") if delivery.attempts and not is_mail else ""
        return Told(icon, f"{name} {status}".strip())
    if delivery.state == Delivery.State.FAILED:
        words = ngettext(
            "%(way)s given up after %(number)s attempt", "%(way)s given up after %(number)s attempts", tries
        )
    elif tries:
        words = ngettext("%(way)s waiting after %(number)s attempt", "%(way)s waiting after %(number)s attempts", tries)
    else:
        words = _("%(way)s waiting")
    return Told(icon, words % {"way": name, "number": tries})


def close_lines(
    trader: Any, accounts: Sequence[BrokerAccount], formats: Formats, *, only_undone: bool = False
) -> list[CloseLine]:
    rows = CloseRequest.objects.for_trader(trader).filter(account__in=accounts).select_related("account")
    if only_undone:
        rows = rows.filter(state__in=["pending", "collected"])
    return [_close_line(row, formats) for row in rows.order_by("-requested_at", "-id")[:_TRAIL]]


def _close_line(row: CloseRequest, formats: Formats) -> CloseLine:
    why = _("It is not closed.")
    return CloseLine(
        symbol=row.symbol,
        ticket=row.ticket,
        lots=formats.lots(row.volume_lots),
        account=row.account.label,
        requested=formats.moment(row.requested_at),
        badge=_BADGES[row.state],
        word=row.get_state_display(),
        price=formats.price(row.price) if row.price is not None else unknown(why),
        profit=formats.amount(row.profit, row.account.currency, unit=True, reason=why),
        note=told(row.error_message),
    )
