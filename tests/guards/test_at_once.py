"""Two of everything at the same moment: syncs, bridges, workers. On connections of their own."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from accounts.models import BrokerAccount
from tests import make
from tests.guards.live import at, consent, hold, report, watch
from trading.models import Alert, AuditEntry, CloseRequest, Delivery, GuardRule
from trading.services import close_requests, webhooks
from trading.services.guarding import evaluate

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(act: Callable[[], Any], times: int = 4) -> list[Any]:
    """What each of several threads got that start together. Errors of any of them."""
    barrier, answers, errors = threading.Barrier(times), [], []

    def run() -> None:
        try:
            barrier.wait(10)
            answers.append(act())
        except Exception as error:  # noqa: BLE001 -- whatever it is, the test tells it
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    return answers


@pytest.fixture
def main() -> BrokerAccount:
    return make.account(label="Main")


def test_first_syncs_put_the_default_rules_on_once(main: BrokerAccount) -> None:
    report(main, 10_000)
    at_once(lambda: evaluate([main.pk], now=at(1)))
    assert GuardRule.objects.filter(account=main).count() == 5


def test_evaluations_raise_an_alert_and_its_requests_once(main: BrokerAccount) -> None:
    watch(main, 10_000)
    consent(main)
    hold(main)
    report(main, 7_000, 10)
    at_once(lambda: evaluate([main.pk], now=at(11)))
    assert Alert.objects.count() == 1
    assert CloseRequest.objects.count() == 1
    assert Delivery.objects.count() == 1


def test_batches_in_opposite_order_do_not_block_each_other(main: BrokerAccount) -> None:
    accounts = [main, *(make.account(main.trader) for _ in range(5))]
    for account in accounts:
        watch(account, 10_000)
        report(account, 8_400, 10)
    keys = [account.pk for account in accounts]
    orders = iter([keys, keys[::-1], keys, keys[::-1]])
    at_once(lambda: evaluate(next(orders), now=at(11)))
    assert Alert.objects.count() == len(accounts)


def test_a_request_is_collected_in_one_step_of_the_trail(main: BrokerAccount) -> None:
    watch(main, 10_000)
    consent(main)
    hold(main)
    watch(main, 7_000, 10)
    at_once(lambda: close_requests.collect(CloseRequest.objects.all(), actor="bridge", now=at(25)))
    assert AuditEntry.objects.filter(act="close_collected").count() == 1


def test_a_mail_is_sent_by_one_worker(main: BrokerAccount) -> None:
    watch(main, 10_000)
    watch(main, 8_400, 10)
    key = Delivery.objects.get().pk
    at_once(lambda: webhooks.deliver(key, now=at(11)))
    assert len(mail.outbox) == 1
