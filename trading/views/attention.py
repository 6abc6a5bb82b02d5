"""What a trader should look at: alerts, feeds, breaks, dry runs that wait, files that were refused, days that do not tie."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from accounts.models import BrokerAccount, Trader
from trading.formatting import Formats, count
from trading.models import Alert, GuardState, State, Statement, SyncState
from trading.queries.figures import balance_proof

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
    return [*_guards(accounts), *_feeds(accounts, formats), *_statements(trader, now), *_untied(accounts, formats)]


def _guards(accounts: Sequence[BrokerAccount]) -> Iterable[Notice]:
    """The newest alert of every rule that still stands at its level, the critical ones first."""
    labels = {account.pk: account.label for account in accounts}
    states = GuardState.objects.filter(rule__account__in=labels, rule__enabled=True).exclude(level="normal")
    levels = dict(states.values_list("rule_id", "level"))
    alerts = Alert.objects.filter(rule_id__in=levels).order_by("rule_id", "-raised_at", "-id").distinct("rule_id")
    for alert in sorted(alerts, key=lambda alert: (levels[alert.rule_id] != "critical", alert.raised_at)):
        level = levels[alert.rule_id]
        icon = "alert-circle" if level == "critical" else "alert-triangle"
        title = f"{level.capitalize()}: {labels[alert.account_id]}"
        yield Notice(
            level, icon, title, alert.sentence, f"{reverse('guard_list')}?account={alert.account_id}", "Guards"
        )


def _feeds(accounts: Sequence[BrokerAccount], formats: Formats) -> Iterable[Notice]:
    """Feeds that are quiet or refused, and accounts that differ from their brokers."""
    labels = {account.pk: account.label for account in accounts}
    feeds = SyncState.objects.filter(account__in=labels, status__in=["degraded", "warning"]).order_by("status")
    for feed in feeds:
        label, url = labels[feed.account_id], f"{reverse('reconciliation')}?account={feed.account_id}"
        if feed.status == SyncState.Status.DEGRADED:
            since = (
                f"Last good sync {formats.clock(feed.last_sync_at)}" if feed.last_sync_at else "No sync was taken yet"
            )
            text = feed.error_message or since
            yield Notice("warning", "circle-dashed", f"No good sync: {label}", text, url, "Look")
        else:
            breaks = count(feed.open_breaks, "break")
            text = f"{breaks} between book and broker"
            yield Notice("warning", "arrows-left-right", f"{label} differs from its broker", text, url, "Reconcile")


def _statements(trader: Trader, now: datetime) -> Iterable[Notice]:
    rows = Statement.objects.for_trader(trader).select_related("account")
    waiting = rows.filter(state=State.READY)
    refused = rows.filter(state__in=[State.REFUSED, State.FAILED], uploaded_at__gt=now - _REFUSALS_FOR)
    for row in (waiting | refused).defer("outcome", "problems", "stated", "header", "notes")[:_AT_MOST]:
        url = reverse("statement_detail", args=[row.pk])
        if row.state == State.READY:
            whose = row.account.label if row.account else row.name
            yield Notice("info", "file-import", f"Statement waiting: {whose}", "Its dry run is ready", url, "Review")
        else:
            yield Notice("critical", "alert-circle", f"Not imported: {row.name}", row.error_message, url, "Look")


def _untied(accounts: Sequence[BrokerAccount], formats: Formats) -> Iterable[Notice]:
    for account in accounts:
        broken = balance_proof(account, formats.zone).first_break
        if broken is None or broken.difference is None:
            continue
        difference = formats.signed(broken.difference, account.currency)
        yield Notice(
            "warning",
            "alert-triangle",
            f"{account.label} does not tie",
            f"{difference} {account.currency} from {formats.day(broken.on)} on",
            reverse("balance_proof", args=[account.pk]),
            "Proof",
        )
