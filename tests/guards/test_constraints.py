"""What the database refuses, whoever writes."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests import make
from tests.cast import NOW
from tests.guards.live import rule
from trading.models import Alert, CloseRequest, Delivery, GuardRule

pytestmark = pytest.mark.django_db


def refused(constraint: str, write: Callable[[], Any]) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


def test_a_rule_is_of_a_kind_that_is_known() -> None:
    refused("guard_rule_kind_is_known", lambda: rule(make.account(), "hunch"))


@pytest.mark.parametrize("critical", ["0", "-0.2"])
def test_a_rule_breaks_above_zero(critical: str) -> None:
    refused("guard_rule_critical_positive", lambda: rule(make.account(), critical=critical))


def test_two_rules_of_a_kind_have_names_of_their_own() -> None:
    account = make.account()
    rule(account)
    rule(account, name="Second")
    refused("guard_rule_unique_in_account", lambda: rule(account))
    assert GuardRule.objects.count() == 2


def test_an_alert_is_a_warning_or_critical() -> None:
    refused("alert_level_alerts", lambda: make.alert(level="normal"))
    assert not Alert.objects.exists()


def test_an_alert_and_a_position_have_one_close_request() -> None:
    alert = make.alert()
    make.close_request(alert, ticket="1")
    make.close_request(alert, ticket="2")
    refused("close_request_once_per_alert_and_position", lambda: make.close_request(alert, ticket="1"))
    assert CloseRequest.objects.count() == 2


def test_an_alert_is_told_once_by_mail_and_once_to_a_webhook() -> None:
    alert = make.alert()
    webhook = make.webhook(alert.account.trader)

    def tell(channel: str, hook: Any = None) -> None:
        Delivery.objects.create(trader=alert.account.trader, alert=alert, channel=channel, webhook=hook, created_at=NOW)

    tell("email")
    tell("webhook", webhook)
    refused("delivery_once_per_channel", lambda: tell("email"))
    refused("delivery_once_per_channel", lambda: tell("webhook", webhook))


def test_what_was_set_before_stays_in_the_history_of_a_rule() -> None:
    row = rule(make.account(), warning="0.15")
    GuardRule.objects.filter(pk=row.pk).update(warning=Decimal("0.10"))
    row.delete()
    history: Any = row.events  # type: ignore[attr-defined]
    kept = list(history.model.objects.order_by("pgh_id").values_list("pgh_label", "warning"))
    assert kept == [("update", Decimal("0.15")), ("delete", Decimal("0.10"))]
