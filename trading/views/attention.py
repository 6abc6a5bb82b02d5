"""What a trader should look at: alerts, feeds, breaks, dry runs that wait, files that were refused, days that do not tie."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import BrokerAccount, Trader
from trading.formatting import Formats
from trading.models import Alert, GuardState, Level, State, Statement, SyncState
from trading.queries.data_quality import Graded, graded
from trading.services.alert_words import alert_sentence
from trading.told import told
from trading.views.quality import quality_part

#: A refusal stops asking for attention after this time; it stays in the list of statements.
_REFUSALS_FOR = timedelta(days=14)
_AT_MOST = 6


@dataclass(frozen=True, slots=True)
class Notice:
    """`level` is "info", "warning" or "critical"; `action` is the word on the link."""

    level: str
    icon: str
    title: str
    text: str
    url: str
    action: str


def notices(trader: Trader, accounts: Sequence[BrokerAccount], formats: Formats, now: datetime) -> list[Notice]:
    """The most pressing first."""
    grades = graded(accounts, formats.zone, now)
    return [
        *_guards(accounts, formats),
        *_feeds(accounts, formats),
        *_statements(trader, now),
        *_untied(accounts, grades, formats),
        *_badly_graded(accounts, grades, formats),
    ]


def _guards(accounts: Sequence[BrokerAccount], formats: Formats) -> Iterable[Notice]:
    """The newest alert of every rule that still stands at its level, the critical ones first."""
    labels = {account.pk: account.label for account in accounts}
    states = GuardState.objects.filter(rule__account__in=labels, rule__enabled=True).exclude(level="normal")
    levels = dict(states.values_list("rule_id", "level"))
    alerts = Alert.objects.filter(rule_id__in=levels).order_by("rule_id", "-raised_at", "-id").distinct("rule_id")
    for alert in sorted(alerts, key=lambda alert: (levels[alert.rule_id] != "critical", alert.raised_at)):
        level = levels[alert.rule_id]
        icon = "alert-circle" if level == "critical" else "alert-triangle"
        title = f"{Level(level).label}: {labels[alert.account_id]}"
        yield Notice(
            level,
            icon,
            title,
            alert_sentence(alert, formats),
            f"{reverse('guard_list')}?account={alert.account_id}",
            _("Guards"),
        )


def _feeds(accounts: Sequence[BrokerAccount], formats: Formats) -> Iterable[Notice]:
    """Feeds that are quiet or refused, and accounts that differ from their brokers."""
    labels = {account.pk: account.label for account in accounts}
    feeds = SyncState.objects.filter(account__in=labels, status__in=["degraded", "warning"]).order_by("status")
    for feed in feeds:
        label, url = labels[feed.account_id], f"{reverse('reconciliation')}?account={feed.account_id}"
        if feed.status == SyncState.Status.DEGRADED:
            text = told(feed.error_message) or _last_sync(feed, formats)
            title = _("No good sync: %(account)s") % {"account": label}
            yield Notice("warning", "circle-dashed", title, text, url, _("Look"))
        else:
            text = ngettext(
                "%(number)s break between book and broker",
                "%(number)s breaks between book and broker",
                feed.open_breaks,
            ) % {"number": formats.number(feed.open_breaks)}
            title = _("%(account)s differs from its broker") % {"account": label}
            yield Notice("warning", "arrows-left-right", title, text, url, _("Reconcile"))


def _last_sync(feed: SyncState, formats: Formats) -> str:
    if feed.last_sync_at is None:
        return _("No sync was taken yet")
    return _("Last good sync %(at)s") % {"at": formats.clock(feed.last_sync_at)}


def _statements(trader: Trader, now: datetime) -> Iterable[Notice]:
    rows = Statement.objects.for_trader(trader).select_related("account")
    waiting = rows.filter(state=State.READY)
    refused = rows.filter(state__in=[State.REFUSED, State.FAILED], uploaded_at__gt=now - _REFUSALS_FOR)
    for row in (waiting | refused).defer("outcome", "problems", "stated", "header", "notes")[:_AT_MOST]:
        url = reverse("statement_detail", args=[row.pk])
        if row.state == State.READY:
            whose = row.account.label if row.account else row.name
            title = _("Statement waiting: %(name)s") % {"name": whose}
            yield Notice("info", "file-import", title, _("Its dry run is ready"), url, _("Review"))
        else:
            title = _("Not imported: %(name)s") % {"name": row.name}
            yield Notice("critical", "alert-circle", title, told(row.error_message), url, _("Look"))


def _untied(accounts: Sequence[BrokerAccount], grades: Mapping[UUID, Graded], formats: Formats) -> Iterable[Notice]:
    for account in accounts:
        facts = grades[account.pk].facts
        if facts.untied_on is None or facts.difference is None:
            continue
        difference = formats.signed(facts.difference, account.currency)
        yield Notice(
            "warning",
            "alert-triangle",
            _("%(account)s does not tie") % {"account": account.label},
            _("%(amount)s from %(on)s on")
            % {"amount": f"{difference} {account.currency}", "on": formats.day(facts.untied_on)},
            reverse("balance_proof", args=[account.pk]),
            _("Proof"),
        )


def _badly_graded(
    accounts: Sequence[BrokerAccount], grades: Mapping[UUID, Graded], formats: Formats
) -> Iterable[Notice]:
    """Accounts whose data are not to be trusted for more than one reason, or for one that nothing above tells."""
    for account in accounts:
        quality = grades[account.pk].quality
        told_above = {"untied", "feed_stale", "feed_failing"}
        if not quality.is_bad or {reason.defect for reason in quality.reasons} <= told_above:
            continue
        part = quality_part(account, grades[account.pk], formats)
        yield Notice(
            part.state,
            "ruler-2",
            _("Data quality %(grade)s: %(account)s") % {"grade": part.grade, "account": account.label},
            ", ".join(reason.title for reason in part.reasons),
            f"{reverse('account_detail', args=[account.pk])}#quality",
            _("Look"),
        )
