"""Raises alerts, once per episode, and tells the trader of each: on the page, by e-mail, to the trader's webhooks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Max
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from procrastinate.contrib.django import app

from accounts.models import BrokerAccount, Trader
from trading.calc.guard_texts import figures
from trading.calc.guard_types import Observation, Verdict
from trading.calc.guard_words import sentence
from trading.formatting import Formats
from trading.models import Alert, Delivery, Position, Webhook
from trading.services import audit
from trading.services.alert_words import alert_sentence

QUEUE = "alerts"


@dataclass(frozen=True, slots=True)
class Raised:
    """A verdict that opened an episode, with what was seen then."""

    account_id: UUID
    rule_id: UUID
    verdict: Verdict
    seen: Observation


def raise_alerts(raised: Sequence[Raised], *, now: datetime) -> list[Alert]:
    """Stores an alert for each, and enqueues its tellings in the same transaction."""
    if not raised:
        return []
    accounts = BrokerAccount.objects.in_bulk({one.account_id for one in raised})
    told = _episodes_told([one.rule_id for one in raised])
    tickets = _open_tickets([one for one in raised if one.verdict.should_close])
    alerts = Alert.objects.bulk_create([_alert(one, accounts[one.account_id], told, tickets, now) for one in raised])
    audit.write(
        audit.entry(alert.account_id, "alert_raised", alert.pk, at=now, kind=alert.kind, level=alert.level)
        for alert in alerts
    )
    _enqueue(alerts, accounts, now)
    return alerts


def _episodes_told(rule_ids: Sequence[UUID]) -> dict[tuple[UUID, str, str], int]:
    """The last episode of each rule, symbol and level that the log holds: it goes on even where a state was lost."""
    rows = Alert.objects.filter(rule_id__in=rule_ids).order_by().values_list("rule_id", "symbol", "level")
    return {(rule_id, symbol, level): last for rule_id, symbol, level, last in rows.annotate(Max("episode"))}


def _open_tickets(closing: Sequence[Raised]) -> dict[UUID, list[tuple[str, str]]]:
    """What is open in the accounts of alerts that may close: symbol and ticket."""
    found: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    if closing:
        rows = Position.objects.filter(account__in={one.account_id for one in closing}).order_by("opened_at", "id")
        for account_id, symbol, ticket in rows.values_list("account_id", "symbol", "ticket"):
            found[account_id].append((symbol, ticket))
    return found


def _alert(
    one: Raised,
    account: BrokerAccount,
    told: Mapping[tuple[UUID, str, str], int],
    tickets: Mapping[UUID, Sequence[tuple[str, str]]],
    now: datetime,
) -> Alert:
    verdict, seen = one.verdict, one.seen
    assert verdict.fired is not None
    level = str(verdict.fired.level)
    kept: dict[str, Any] = {
        **figures(verdict),
        "balance": format(seen.balance, "f"),
        "equity": format(seen.equity, "f"),
        "margin": format(seen.margin, "f"),
        "open_risk": None if seen.open_risk is None else format(seen.open_risk, "f"),
        "currency": account.currency,
        "rule_warning": None if verdict.rule.warning is None else format(verdict.rule.warning, "f"),
        "rule_critical": format(verdict.rule.critical, "f"),
        "rule_name": verdict.rule.name,
        "taken_at": seen.at.isoformat(),
        "should_close": verdict.should_close,
    }
    if verdict.should_close:
        meant = [ticket for symbol, ticket in tickets.get(account.pk, ()) if verdict.symbol in ("", symbol)]
        kept["open_tickets"] = meant
    return Alert(
        account_id=account.pk,
        rule_id=one.rule_id,
        kind=str(verdict.rule.kind),
        symbol=verdict.symbol,
        level=level,
        episode=max(verdict.fired.episode, told.get((one.rule_id, verdict.symbol, level), 0) + 1),
        raised_at=now,
        sentence=sentence(verdict, seen.equity, account.currency)[:300],
        figures=kept,
    )


def _enqueue(alerts: Sequence[Alert], accounts: Mapping[UUID, BrokerAccount], now: datetime) -> None:
    traders = Trader.objects.in_bulk({account.trader_id for account in accounts.values()})
    hooks: dict[UUID, list[Webhook]] = defaultdict(list)
    for hook in Webhook.objects.filter(trader__in=traders, is_active=True):
        hooks[hook.trader_id].append(hook)
    rows = []
    for alert in alerts:
        trader_id = accounts[alert.account_id].trader_id
        common: dict[str, Any] = {"trader_id": trader_id, "alert": alert, "created_at": now, "next_attempt_at": now}
        if traders[trader_id].wants_mail_at(alert.level):
            rows.append(Delivery(channel=Delivery.Channel.EMAIL, **common))
        rows += [Delivery(channel=Delivery.Channel.WEBHOOK, webhook=hook, **common) for hook in hooks[trader_id]]
    enqueue_deliveries([row.pk for row in Delivery.objects.bulk_create(rows)])


def enqueue_deliveries(delivery_ids: Sequence[UUID], at: datetime | None = None) -> None:
    """One job for each telling; with `at`, not before that moment."""
    if not delivery_ids:
        return
    schedule: dict[str, Any] = {"schedule_at": at} if at else {}
    deferrer = app.configure_task("trading.deliver_alert", queue=QUEUE, **schedule)
    jobs: list[dict[str, Any]] = [{"delivery_id": str(key)} for key in delivery_ids]
    deferrer.batch_defer(*jobs)


def portal_address(name: str, *arguments: Any) -> str:
    """The full address of a page; "" where the portal was not told under which address it is reached."""
    return f"{settings.PORTAL_URL.rstrip('/')}{reverse(name, args=arguments)}" if settings.PORTAL_URL else ""


def send_email(delivery: Delivery, alert: Alert) -> None:
    """Sends the one message of an alert. Errors: whatever the mail server says."""
    trader = delivery.trader
    with translation.override(trader.language or settings.LANGUAGE_CODE):
        subject, body = _mail(trader, alert)
    # One message per alert and person: a mail program that gets it twice shows it once.
    headers = {"Message-ID": f"<alert-{alert.pk}@tradeportal>", "Auto-Submitted": "auto-generated"}
    EmailMessage(subject, body, None, [trader.email], headers=headers).send()


_MAILED = ("balance", "equity", "headroom", "headroom_if_stopped")


def _money(text: str | None, alert: Alert, formats: Formats) -> str:
    return formats.money(Decimal(text), alert.figures["currency"]) if text else ""


def _mail(trader: Trader, alert: Alert) -> tuple[str, str]:
    """Subject and body in the language at hand."""
    formats = Formats.of(trader)
    context = {
        "alert": alert,
        "sentence": alert_sentence(alert, formats),
        "account": alert.account,
        "trader": trader,
        "raised_at": formats.clock(alert.raised_at),
        "currency": alert.figures["currency"],
        "figures": {name: _money(alert.figures.get(name), alert, formats) for name in _MAILED},
        "address": portal_address("guard_list"),
        "settings_address": portal_address("settings"),
        "will_close": alert.figures.get("should_close") and hasattr(alert.account, "auto_close"),
    }
    subject = render_to_string("trading/email/alert_subject.txt", context).strip().replace("\n", " ")
    return subject, render_to_string("trading/email/alert_message.txt", context)
