"""Webhooks: addresses of a trader's own that are told of alerts, each call signed, retried and logged."""

import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Trader
from trading.errors import TradingError
from trading.models import Delivery, Webhook
from trading.services import alerts, outgoing

logger = logging.getLogger(__name__)

MOST_WEBHOOKS = 10
#: How long after each failure the next attempt follows; after the last one the telling is given up.
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1_800, 7_200, 21_600))
#: Tests that one webhook may be sent within a time: nobody is to be flooded by the portal.
MOST_TESTS, TESTS_WITHIN = 5, timedelta(minutes=1)
#: A telling whose worker died is picked up after this time.
ABANDONED_AFTER = timedelta(minutes=5)
SENDER = "TradePortal-Webhook/1"
RAISED, TEST = "alert.raised", "webhook.test"


class WebhookRefused(TradingError):
    code = "webhook_refused"


class TooManyTests(TradingError):
    code = "throttled"
    message = "This webhook had five tests within the last minute. Wait a minute, then send another."
    status = 429


@transaction.atomic
def create_webhook(trader: Trader, url: str) -> Webhook:
    """A webhook with a secret of its own. Errors: WebhookRefused for an address that may not be called."""
    Trader.objects.select_for_update().get(pk=trader.pk)
    if Webhook.objects.filter(trader=trader).count() >= MOST_WEBHOOKS:
        raise WebhookRefused(
            _("You have %(number)s webhooks, which is the most. Remove one first.") % {"number": MOST_WEBHOOKS}
        )
    try:
        outgoing.check_address(url)
    except outgoing.AddressRefused as error:
        raise WebhookRefused(str(error)) from error
    return Webhook.objects.create(trader=trader, url=url, secret=secrets.token_hex(32))


def delete_webhook(webhook: Webhook) -> None:
    """Takes the webhook and the log of its deliveries away."""
    webhook.delete()


def set_active(webhook: Webhook, is_active: bool) -> None:
    """Pauses a webhook or lets it go on. Alerts that were raised in between are not told to it."""
    webhook.is_active = is_active
    webhook.save(update_fields=["is_active"])


@transaction.atomic
def send_test(webhook: Webhook, *, now: datetime) -> Delivery:
    """Enqueues one signed call that says it is a test, and no more than that. It is logged as every other, and not retried.

    Errors: WebhookRefused for a webhook that is paused; TooManyTests.
    """
    Webhook.objects.select_for_update().get(pk=webhook.pk)
    if not webhook.is_active:
        raise WebhookRefused("This webhook is paused and would not be called. Let it go on, then send a test.")
    tests = Delivery.objects.filter(webhook=webhook, alert__isnull=True, created_at__gt=now - TESTS_WITHIN)
    if tests.count() >= MOST_TESTS:
        raise TooManyTests
    delivery = Delivery.objects.create(
        trader_id=webhook.trader_id,
        webhook=webhook,
        channel=Delivery.Channel.WEBHOOK,
        created_at=now,
        next_attempt_at=now,
    )
    alerts.enqueue_deliveries([delivery.pk])
    return delivery


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """What X-TradePortal-Signature holds: HMAC-SHA256 over `timestamp.body`."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


def deliver(delivery_id: UUID, *, now: datetime) -> None:
    """Makes one attempt of a telling and notes what came of it; enqueues the next one where it failed.

    Safe to run twice: what is delivered or given up stays so. A call whose answer was lost is made again, so the
    receiver tells repetitions by the delivery's id.
    """
    delivery = _claim(delivery_id, now)
    if delivery is None:
        return
    try:
        outcome = _tell(delivery, now)
    except Exception as error:
        # A mail server or a stranger's computer can fail in any way; the log keeps its words.
        logger.warning(
            "Telling %s failed.", delivery_id, exc_info=not isinstance(error, (OSError, outgoing.AddressRefused))
        )
        outcome = {"error": _words(error)}
    _note(delivery, outcome, now)


def _claim(delivery_id: UUID, now: datetime) -> Delivery | None:
    """The telling, kept from other workers for a while; None where there is nothing to do."""
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        delivery = rows.filter(pk=delivery_id, state=Delivery.State.PENDING, next_attempt_at__lte=now).first()
        if delivery is None:
            return None
        delivery.next_attempt_at = now + ABANDONED_AFTER
        delivery.save(update_fields=["next_attempt_at"])
    related = Delivery.objects.select_related("alert__account__auto_close", "trader", "webhook")
    return related.filter(pk=delivery_id).first()


def _tell(delivery: Delivery, now: datetime) -> dict[str, Any]:
    if delivery.channel == Delivery.Channel.EMAIL:
        assert delivery.alert is not None  # a test is of a webhook
        if not delivery.trader.wants_mail_at(delivery.alert.level):
            return {"error": "The trader has switched these e-mails off.", "ok": False, "is_final": True}
        alerts.send_email(delivery, delivery.alert)
        return {"status": 250, "ok": True}
    webhook = delivery.webhook
    if webhook is None or not webhook.is_active:
        return {"error": "The webhook is paused.", "ok": False, "is_final": True}
    body, timestamp = body_of(delivery), int(now.timestamp())
    answer = outgoing.post(
        webhook.url,
        body,
        {
            "Content-Type": "application/json",
            "User-Agent": SENDER,
            "X-TradePortal-Delivery": str(delivery.pk),
            "X-TradePortal-Event": RAISED if delivery.alert else TEST,
            "X-TradePortal-Timestamp": str(timestamp),
            "X-TradePortal-Signature": signature(webhook.secret, timestamp, body),
        },
    )
    return {"status": answer.status, "duration_ms": answer.duration_ms, "ok": 200 <= answer.status < 300}


def body_of(delivery: Delivery) -> bytes:
    """The JSON of one alert, or of a test; the same bytes at every attempt."""
    alert = delivery.alert
    if alert is None:
        told = {"event": TEST, "delivery": str(delivery.pk), "sentence": "A test of this webhook. Nothing happened."}
        return json.dumps(told, sort_keys=True, ensure_ascii=False).encode()
    data = {
        "event": RAISED,
        "delivery": str(delivery.pk),
        "alert": {
            "id": str(alert.pk),
            "kind": alert.kind,
            "symbol": alert.symbol,
            "level": alert.level,
            "episode": alert.episode,
            "raised_at": alert.raised_at.isoformat().replace("+00:00", "Z"),
            "sentence": alert.sentence,
            "figures": alert.figures,
        },
        "account": {"id": str(alert.account_id), "label": alert.account.label, "currency": alert.account.currency},
    }
    return json.dumps(data, sort_keys=True, ensure_ascii=False).encode()


def _note(delivery: Delivery, outcome: dict[str, Any], now: datetime) -> None:
    is_delivered, is_final = outcome.pop("ok", False), outcome.pop("is_final", False)
    attempts = [*delivery.attempts, {"at": now.isoformat(), **outcome}]
    changes: dict[str, Any] = {"attempts": attempts, "next_attempt_at": None}
    retry_at = None
    if is_delivered:
        changes |= {"state": Delivery.State.DELIVERED, "delivered_at": now}
    elif is_final or delivery.alert_id is None or len(attempts) > len(BACKOFF):
        changes["state"] = Delivery.State.FAILED
    else:
        retry_at = changes["next_attempt_at"] = now + BACKOFF[len(attempts) - 1]
    with transaction.atomic():
        Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.PENDING).update(**changes)
        if retry_at:
            alerts.enqueue_deliveries([delivery.pk], retry_at)


def pick_up_abandoned(now: datetime) -> Sequence[UUID]:
    """Enqueues again what should have been attempted a while ago. Returns what that was."""
    late = Delivery.objects.filter(state=Delivery.State.PENDING, next_attempt_at__lt=now - ABANDONED_AFTER)
    found = list(late.values_list("pk", flat=True)[:500])
    alerts.enqueue_deliveries(found)
    return found


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
