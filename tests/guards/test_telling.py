"""Alerts by e-mail and webhook: what is sent, how it is signed, what happens when nobody answers, whom it never calls."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.guards.live import at, consent, hold, watch
from tests.guards.receiver import Receiver, receiver
from trading.models import Alert, Delivery, Webhook
from trading.services import outgoing, webhooks
from trading.services.webhooks import WebhookRefused

pytestmark = pytest.mark.django_db


@pytest.fixture
def main(ann: Trader) -> BrokerAccount:
    account = make.account(ann, label="Main", number="50418827")
    watch(account, 10_000)
    return account


@pytest.fixture
def hook(ann: Trader, settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiver() as noted:
        webhooks.create_webhook(ann, noted.url)
        yield noted


def deliver(channel: str, seconds: float) -> Delivery:
    delivery = Delivery.objects.get(channel=channel)
    webhooks.deliver(delivery.pk, now=at(seconds))
    delivery.refresh_from_db()
    return delivery


def test_a_mail_says_what_happened_and_what_will(main: BrokerAccount) -> None:
    consent(main)
    hold(main)
    watch(main, 7_900, 10)
    deliver("email", 11)
    (message,) = mail.outbox
    assert message.to == ["ann@example.com"]
    assert message.subject == "Critical on Main: Drawdown"
    assert "Drawdown 21.00 %. Critical from 20.00 %." in message.body
    assert "closed 10 seconds after this alert" in message.body
    assert "<" not in message.body


def test_a_mail_without_consent_does_not_announce_a_close(main: BrokerAccount) -> None:
    hold(main)
    watch(main, 7_900, 10)
    deliver("email", 11)
    assert "Auto-close" not in mail.outbox[0].body


def test_a_telling_that_is_delivered_is_not_sent_again(main: BrokerAccount) -> None:
    watch(main, 8_400, 10)
    assert deliver("email", 11).state == "delivered"
    deliver("email", 12)
    assert len(mail.outbox) == 1


def test_the_mail_links_to_the_page_where_the_portal_knows_its_address(main: BrokerAccount, settings: Any) -> None:
    settings.PORTAL_URL = "https://portal.example.com/"
    watch(main, 8_400, 10)
    deliver("email", 11)
    assert "https://portal.example.com/guards/" in mail.outbox[0].body


def test_a_mail_says_where_it_is_switched_off(main: BrokerAccount, settings: Any) -> None:
    settings.PORTAL_URL = "https://portal.example.com/"
    watch(main, 8_400, 10)
    deliver("email", 11)
    assert "switch them off on the page Settings:\nhttps://portal.example.com/settings/\n" in mail.outbox[0].body


@pytest.mark.parametrize("silent", ["warning", "critical"])
def test_a_level_that_is_switched_off_sends_no_mail(main: BrokerAccount, hook: Receiver, silent: str) -> None:
    Trader.objects.update(**{f"mails_{silent}s": False})
    watch(main, 8_400, 10)
    watch(main, 7_900, 20)
    told = Delivery.objects.filter(channel="email").values_list("alert__level", flat=True)
    assert [*told] == [{"warning": "critical", "critical": "warning"}[silent]]
    assert Delivery.objects.filter(channel="webhook").count() == 2


def test_a_mail_switched_off_while_it_waits_is_not_sent(main: BrokerAccount) -> None:
    watch(main, 8_400, 10)
    Trader.objects.update(mails_warnings=False)
    delivery = deliver("email", 11)
    assert (delivery.state, mail.outbox) == ("failed", [])
    assert "switched these e-mails off" in delivery.attempts[0]["error"]


def test_every_alert_enqueues_its_tellings_in_the_same_transaction(main: BrokerAccount, hook: Receiver) -> None:
    watch(main, 8_400, 10)
    jobs = ProcrastinateJob.objects.filter(task_name="trading.deliver_alert")
    assert {job.args["delivery_id"] for job in jobs} == {str(row.pk) for row in Delivery.objects.all()}
    assert Delivery.objects.count() == 2


def test_a_webhook_is_signed_over_timestamp_and_body(main: BrokerAccount, hook: Receiver) -> None:
    watch(main, 8_400, 10)
    delivery = deliver("webhook", 11)
    assert delivery.state == "delivered"
    ((headers, body),) = hook.calls
    signed = f"{headers['X-TradePortal-Timestamp']}.".encode() + body
    expected = hmac.new(Webhook.objects.get().secret.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-TradePortal-Signature"] == f"sha256={expected}"
    assert headers["X-TradePortal-Delivery"] == str(delivery.pk)
    told = json.loads(body)
    assert told["alert"]["level"] == "warning"
    assert told["alert"]["id"] == str(Alert.objects.get().pk)
    assert told["account"]["label"] == "Main"


def test_a_refusal_is_tried_again_with_growing_pauses_and_then_given_up(main: BrokerAccount, hook: Receiver) -> None:
    hook.status = 503
    watch(main, 8_400, 10)
    moment, pauses = 11.0, []
    while (delivery := deliver("webhook", moment)).state == "pending":
        assert delivery.next_attempt_at is not None
        pauses.append(delivery.next_attempt_at - at(moment))
        webhooks.deliver(delivery.pk, now=delivery.next_attempt_at - timedelta(seconds=1))
        moment += pauses[-1].total_seconds()
    assert tuple(pauses) == webhooks.BACKOFF
    assert delivery.state == "failed"
    assert [attempt["status"] for attempt in delivery.attempts] == [503] * 7
    assert len(hook.calls) == 7


def test_a_second_attempt_sends_the_same_body(main: BrokerAccount, hook: Receiver) -> None:
    hook.status = 500
    watch(main, 8_400, 10)
    deliver("webhook", 11)
    hook.status = 204
    assert deliver("webhook", 30).state == "delivered"
    assert hook.calls[0][1] == hook.calls[1][1]


def test_a_redirect_is_not_followed(main: BrokerAccount, hook: Receiver) -> None:
    hook.status, hook.location = 302, hook.url
    watch(main, 8_400, 10)
    assert deliver("webhook", 11).attempts[0]["status"] == 302
    assert len(hook.calls) == 1


def test_nobody_listening_is_noted_in_words(main: BrokerAccount, ann: Trader, settings: Any) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    webhooks.create_webhook(ann, "http://127.0.0.1:9/")
    watch(main, 8_400, 10)
    assert "ConnectionRefusedError" in deliver("webhook", 11).attempts[0]["error"]


def test_a_paused_webhook_is_not_called(main: BrokerAccount, hook: Receiver) -> None:
    webhooks.set_active(Webhook.objects.get(), False)
    watch(main, 8_400, 10)
    assert not Delivery.objects.filter(channel="webhook").exists()


def test_what_a_dead_worker_left_is_picked_up(main: BrokerAccount) -> None:
    watch(main, 8_400, 10)
    delivery = Delivery.objects.get()
    assert webhooks.pick_up_abandoned(at(60)) == []
    assert webhooks.pick_up_abandoned(at(400)) == [delivery.pk]


def test_a_test_is_signed_says_that_it_is_one_and_stands_in_the_log(ann: Trader, hook: Receiver) -> None:
    webhook = Webhook.objects.get()
    delivery = webhooks.send_test(webhook, now=at(0))
    assert ProcrastinateJob.objects.get(task_name="trading.deliver_alert").args == {"delivery_id": str(delivery.pk)}
    webhooks.deliver(delivery.pk, now=at(1))
    ((headers, body),) = hook.calls
    stamp = headers["X-TradePortal-Timestamp"]
    assert headers["X-TradePortal-Signature"] == webhooks.signature(webhook.secret, int(stamp), body)
    assert headers["X-TradePortal-Event"] == "webhook.test"
    assert json.loads(body)["event"] == "webhook.test"
    assert json.loads(body)["delivery"] == str(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts[0]["status"]) == ("delivered", 200)


def test_a_test_that_fails_is_not_tried_again(ann: Trader, hook: Receiver) -> None:
    hook.status = 500
    delivery = webhooks.send_test(Webhook.objects.get(), now=at(0))
    webhooks.deliver(delivery.pk, now=at(1))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.next_attempt_at) == ("failed", None)


def test_a_paused_webhook_is_not_tested(ann: Trader, hook: Receiver) -> None:
    webhook = Webhook.objects.get()
    webhooks.set_active(webhook, False)
    with pytest.raises(WebhookRefused, match="paused"):
        webhooks.send_test(webhook, now=at(0))
    assert not Delivery.objects.exists()


def test_five_tests_a_minute_are_enough(ann: Trader, hook: Receiver) -> None:
    webhook = Webhook.objects.get()
    for second in range(5):
        webhooks.send_test(webhook, now=at(second))
    with pytest.raises(webhooks.TooManyTests):
        webhooks.send_test(webhook, now=at(59))
    webhooks.send_test(webhook, now=at(61))
    assert Delivery.objects.count() == 6


PRIVATE = [
    "127.0.0.1",
    "10.0.0.5",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_never_public(address: str) -> None:
    assert not outgoing.is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700:4700::1111"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert outgoing.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/hook",
        "https://localhost/hook",
        "https://[::1]/hook",
        "https://2130706433/hook",
        "https://0x7f.1/hook",
        "https://169.254.169.254/latest/meta-data/",
        "http://example.com/hook",
        "ftp://example.com/",
        "https://user:secret@example.com/",
        "https://example.com:0/",
        "https://example.com:port/",
        "https:///nothing",
        "https://[::1",
        "https://[nothing]/",
        "file:///etc/passwd",
        "https://no-such-name.invalid/",
    ],
)
def test_an_address_that_may_not_be_called_is_refused(ann: Trader, url: str) -> None:
    with pytest.raises(WebhookRefused):
        webhooks.create_webhook(ann, url)
    assert not Webhook.objects.exists()


def test_a_name_that_turns_private_later_is_not_called(main: BrokerAccount, hook: Receiver, settings: Any) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False
    Webhook.objects.update(url=hook.url.replace("http", "https"))
    watch(main, 8_400, 10)
    assert "private network" in deliver("webhook", 11).attempts[0]["error"]
    assert hook.calls == []


def test_a_trader_has_ten_webhooks_at_most(ann: Trader, settings: Any) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    for number in range(10):
        webhooks.create_webhook(ann, f"http://127.0.0.1/{number}")
    with pytest.raises(WebhookRefused, match="most"):
        webhooks.create_webhook(ann, "http://127.0.0.1/11")
