"""The pages of guards: what they show, what they change, and that they need neither script nor many queries."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.cast import NOW
from tests.guards.live import at, consent, hold, quote, report, rule, watch
from tests.guards.receiver import Receiver, receiver
from trading.models import AutoClose, Delivery, GuardRule, Webhook
from trading.services import webhooks

pytestmark = pytest.mark.django_db


@pytest.fixture
def main(ann: Trader) -> BrokerAccount:
    return make.account(ann, label="Main", number="50418827")


def text(client: Client, name: str, *arguments: Any, **parameters: Any) -> str:
    answer = client.get(reverse(name, args=arguments), parameters)
    assert answer.status_code == 200
    found = answer.content.decode()
    assert " style=" not in found
    assert "<script>" not in found
    return found


def plain(page: str) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\N{NO-BREAK SPACE}", " ")


def test_every_rule_shows_what_may_still_be_lost(ann_client: Client, main: BrokerAccount) -> None:
    hold(main)
    quote(main)
    watch(main, 10_000)
    watch(main, 9_500, 10)
    page = text(ann_client, "guard_list")
    words = plain(page)
    assert "Drawdown Trails the highest equity Normal 5.00 % used warning 15.00 %, limit 20.00 %" in words
    assert "Left now 1,500.00" in words
    assert "If stops hit 1,000.00" in words
    assert '<rect class="guard-bar-now" width="25.00" height="8"/>' in page
    assert '<rect class="guard-bar-stops" x="25.00" width="25.00" height="8"/>' in page


def test_an_unbounded_risk_is_said_in_words(ann_client: Client, main: BrokerAccount) -> None:
    hold(main, stop_loss=None)
    watch(main, 10_000)
    assert "If stops hit unbounded" in plain(text(ann_client, "guard_list"))


def test_stops_that_break_a_rule_are_marked(ann_client: Client, main: BrokerAccount) -> None:
    rule(main, critical="0.04", warning="0.03")
    hold(main)
    watch(main, 10_000)
    page = text(ann_client, "guard_list")
    assert "guard-bar-beyond" in page
    assert f"{chr(0x2212)}100.00" in page


def test_an_account_without_a_sync_says_what_is_missing(ann_client: Client, main: BrokerAccount) -> None:
    assert "none has come yet" in text(ann_client, "guard_list")


def test_without_accounts_the_page_teaches(ann_client: Client) -> None:
    assert "No account to watch" in text(ann_client, "guard_list")


def test_alerts_stand_on_the_page_with_how_they_were_told(ann_client: Client, main: BrokerAccount) -> None:
    watch(main, 10_000)
    watch(main, 8_400, 10)
    words = plain(text(ann_client, "guard_list"))
    assert "Drawdown 16.00 %" in words
    assert "page e-mail waiting" in words
    assert "Drawdown 16.00 %" in plain(text(ann_client, "alert_list"))


def test_the_bell_and_the_menu_count_what_stands(ann_client: Client, main: BrokerAccount) -> None:
    watch(main, 10_000)
    assert "bell-count" not in text(ann_client, "guard_list")
    watch(main, 8_400, 10)
    page = text(ann_client, "dashboard")
    assert "Alerts: 1 standing now" in page


def test_the_dashboard_shows_the_tightest_rules(ann_client: Client, main: BrokerAccount) -> None:
    make.exit_of(make.trade(main))
    watch(main, 10_000)
    watch(main, 8_400, 10)
    words = plain(text(ann_client, "dashboard"))
    assert "Headroom" in words
    assert "400.00" in words
    assert "Drawdown 16.00 %" in words


def test_another_trader_sees_none_of_it(bo_client: Client, main: BrokerAccount) -> None:
    watch(main, 10_000)
    watch(main, 7_000, 10)
    for name in ("guard_list", "alert_list", "close_request_list", "webhook_list"):
        assert "50418827" not in text(bo_client, name)
    for name in ("guard_edit", "guard_replay", "guard_replay_points"):
        assert bo_client.get(reverse(name, args=[main.pk])).status_code == 404
    assert bo_client.post(reverse("guard_preset", args=[main.pk]), {"preset": "default"}).status_code == 404
    assert bo_client.post(reverse("guard_auto_close", args=[main.pk]), {"turn": "on"}).status_code == 404


def test_more_accounts_cost_no_more_queries(ann_client: Client, ann: Trader) -> None:
    def more(count: int) -> None:
        for _ in range(count):
            account = make.account(ann)
            hold(account)
            quote(account)
            watch(account, 10_000)
            watch(account, 8_400, 10)

    more(2)
    text(ann_client, "guard_list")
    with CaptureQueriesContext(connection) as for_few:
        text(ann_client, "guard_list")
    more(10)
    with CaptureQueriesContext(connection) as for_many:
        text(ann_client, "guard_list")
    assert len(for_many) == len(for_few)


# ---- Rules ---------------------------------------------------------------------------------------------------------


def form_of(client: Client, account: BrokerAccount) -> dict[str, str]:
    """What a browser would send back without a change."""
    page = client.get(reverse("guard_edit", args=[account.pk]))
    formset = page.context["formset"]
    data = {}
    for form in [formset.management_form, *formset.forms]:
        for field in form:
            value = field.value()
            if value not in (None, "", False):
                data[field.html_name] = "on" if value is True else str(value)
    return data


def test_saving_the_form_as_it_is_changes_no_rule(ann_client: Client, main: BrokerAccount) -> None:
    watch(main, 10_000)
    before = list(GuardRule.objects.order_by("pk").values())
    answer = ann_client.post(reverse("guard_edit", args=[main.pk]), form_of(ann_client, main))
    assert answer.status_code == 302, plain(answer.content.decode())
    after = list(GuardRule.objects.order_by("pk").values())
    assert after == before


def test_a_threshold_is_typed_in_percent(ann_client: Client, main: BrokerAccount) -> None:
    rule(main, warning="0.15")
    data = form_of(ann_client, main)
    assert (data["form-0-warning"], data["form-0-critical"]) == ("15", "20")
    ann_client.post(reverse("guard_edit", args=[main.pk]), {**data, "form-0-warning": "7.5"})
    assert GuardRule.objects.get().warning == Decimal("0.075")


def test_a_rule_can_be_added_and_removed(ann_client: Client, main: BrokerAccount) -> None:
    rule(main)
    data = form_of(ann_client, main)
    added = {
        "form-1-kind": "daily_loss",
        "form-1-unit": "money",
        "form-1-critical": "500",
        "form-1-reference": "day_balance",
    }
    assert ann_client.post(reverse("guard_edit", args=[main.pk]), {**data, **added}).status_code == 302
    assert set(GuardRule.objects.values_list("kind", flat=True)) == {"drawdown", "daily_loss"}
    data = form_of(ann_client, main)
    number = next(key[5] for key, value in data.items() if value == "drawdown")
    ann_client.post(reverse("guard_edit", args=[main.pk]), {**data, f"form-{number}-remove": "on"})
    assert GuardRule.objects.get().kind == "daily_loss"


def test_a_refused_rule_keeps_what_was_typed_and_says_why(ann_client: Client, main: BrokerAccount) -> None:
    rule(main, warning="0.15")
    data = {**form_of(ann_client, main), "form-0-warning": "25"}
    answer = ann_client.post(reverse("guard_edit", args=[main.pk]), data)
    assert answer.status_code == 422
    assert "must lie below its critical level" in answer.content.decode()
    assert 'value="25"' in answer.content.decode()
    assert GuardRule.objects.get().warning == Decimal("0.15")


def test_a_zone_of_the_reset_is_typed_and_all_rules_share_one_list(ann_client: Client, main: BrokerAccount) -> None:
    rule(main)
    rule(main, "open_risk")
    address = reverse("guard_edit", args=[main.pk])
    page = ann_client.get(address).content.decode()
    assert page.count('<datalist id="zones"') == 1
    assert "<option>Europe/Prague" in ann_client.get(reverse("zone_list")).content.decode()
    data = form_of(ann_client, main)
    refused = ann_client.post(address, {**data, "form-0-reset_zone": "Middle/Earth"})
    assert refused.status_code == 422
    assert "Middle/Earth is no time zone" in refused.content.decode()
    assert ann_client.post(address, {**data, "form-0-reset_zone": "US/Central"}).status_code == 302
    assert GuardRule.objects.filter(reset_zone="US/Central").count() == 1


def test_a_preset_is_put_on_by_the_page(ann_client: Client, main: BrokerAccount) -> None:
    address = reverse("guard_preset", args=[main.pk])
    refused = ann_client.post(address, {"preset": "ftmo-challenge"})
    assert refused.status_code == 422
    assert "say what it was" in refused.content.decode()
    assert ann_client.post(address, {"preset": "ftmo-challenge", "initial_balance": "100000"}).status_code == 302
    assert GuardRule.objects.filter(account=main, preset="ftmo-challenge").count() == 4


def test_auto_close_asks_for_the_number_and_can_be_taken_back(ann_client: Client, main: BrokerAccount) -> None:
    address = reverse("guard_auto_close", args=[main.pk])
    assert ann_client.post(address, {"turn": "on", "confirmation": "yes"}).status_code == 422
    assert not AutoClose.objects.exists()
    ann_client.post(address, {"turn": "on", "confirmation": "50418827"})
    assert AutoClose.objects.get().account == main
    watch(main, 10_000)
    assert "Auto-close: on" in plain(text(ann_client, "guard_list"))
    ann_client.post(address, {"turn": "off"})
    assert not AutoClose.objects.exists()


# ---- Replay --------------------------------------------------------------------------------------------------------


def test_a_replay_answers_with_the_moment_and_what_came_after(ann_client: Client, main: BrokerAccount) -> None:
    rule(main, warning="0.15")
    for minutes, equity in ((300, 10_000), (200, 8_400), (100, 7_800), (50, 6_000)):
        report(main, equity, -60 * minutes)
    words = plain(text(ann_client, "guard_replay", main.pk, span="day"))
    assert "Yes, on" in words
    assert "Drawdown 22.00 %. Critical from 20.00 %." in words
    assert f"moved by {chr(0x2212)}1,800.00 USD" in words
    assert "There would have been 1 warning." in words
    assert "all 4 snapshots" in words


def test_a_replay_that_stops_nothing_says_no(ann_client: Client, main: BrokerAccount) -> None:
    rule(main)
    report(main, 10_000, -100)
    assert "No, nothing would have been closed" in text(ann_client, "guard_replay", main.pk)


def test_a_preset_can_be_tried_without_putting_it_on(ann_client: Client, main: BrokerAccount) -> None:
    report(main, 10_000, -100)
    report(main, 9_400, -50)
    words = plain(text(ann_client, "guard_replay", main.pk, rules="ftmo-challenge"))
    assert "Yes, on" in words
    assert "Daily loss 6.00 %" in words
    assert not GuardRule.objects.exists()


def test_a_replay_without_snapshots_says_so(ann_client: Client, main: BrokerAccount) -> None:
    assert "Nothing is recorded in this span" in text(ann_client, "guard_replay", main.pk)


def test_the_points_of_the_chart_are_drawn_from_the_same_replay(ann_client: Client, main: BrokerAccount) -> None:
    rule(main, warning="0.15")
    for number in range(1_000):
        report(main, 10_000 - number * 3, number - 1_000)
    data = ann_client.get(reverse("guard_replay_points", args=[main.pk]), {"span": "day"}).json()
    assert len(data["points"]) <= 620
    assert [mark[1] for mark in data["marks"]] == ["warning", "critical"]
    assert data["points"][0][2] == 8_000.0
    assert {mark[0] for mark in data["marks"]} <= {point[0] for point in data["points"]}


# ---- Close requests and webhooks -----------------------------------------------------------------------------------


def test_what_is_being_closed_leads_the_page(ann_client: Client, main: BrokerAccount) -> None:
    watch(main, 10_000)
    consent(main)
    hold(main, "XAUUSD")
    watch(main, 7_000, 10)
    assert "Being closed" in text(ann_client, "guard_list")
    words = plain(text(ann_client, "close_request_list"))
    assert "XAUUSD" in words
    assert "Close requested" in words
    assert "Auto close enabled" in words


@pytest.fixture
def hook(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiver() as noted:
        yield noted


def test_a_webhook_shows_its_secret_once(ann_client: Client, hook: Receiver) -> None:
    made = ann_client.post(reverse("webhook_list"), {"url": hook.url})
    secret = Webhook.objects.get().secret
    assert secret in made.content.decode()
    assert made["Cache-Control"] == "no-store"
    assert secret not in text(ann_client, "webhook_list")


def test_a_webhook_is_refused_in_words(ann_client: Client) -> None:
    answer = ann_client.post(reverse("webhook_list"), {"url": "https://127.0.0.1/"})
    assert answer.status_code == 422
    assert "private network" in answer.content.decode()


def test_a_webhook_is_tested_from_the_page(ann_client: Client, bo_client: Client, hook: Receiver) -> None:
    ann_client.post(reverse("webhook_list"), {"url": hook.url})
    webhook = Webhook.objects.get()
    address = reverse("webhook_test", args=[webhook.pk])
    assert bo_client.post(address).status_code == 404
    assert ann_client.get(address).status_code == 405
    assert "A test is on its way" in ann_client.post(address, follow=True).content.decode()
    webhooks.deliver(Delivery.objects.get().pk, now=timezone.now())
    words = plain(text(ann_client, "webhook_list"))
    assert "A test" in words and "Delivered" in words
    webhooks.set_active(webhook, False)
    assert "This webhook is paused" in ann_client.post(address, follow=True).content.decode()
    assert Delivery.objects.count() == 1


def test_a_webhook_is_paused_and_removed(ann_client: Client, bo_client: Client, hook: Receiver) -> None:
    ann_client.post(reverse("webhook_list"), {"url": hook.url})
    webhook = Webhook.objects.get()
    assert bo_client.post(reverse("webhook_switch", args=[webhook.pk])).status_code == 404
    assert bo_client.post(reverse("webhook_delete", args=[webhook.pk])).status_code == 404
    ann_client.post(reverse("webhook_switch", args=[webhook.pk]))
    assert not Webhook.objects.get().is_active
    assert hook.url.split("?")[0] in ann_client.get(reverse("webhook_delete", args=[webhook.pk])).content.decode()
    ann_client.post(reverse("webhook_delete", args=[webhook.pk]))
    assert not Webhook.objects.exists()


def test_the_list_of_alerts_goes_on_page_by_page(ann_client: Client, main: BrokerAccount) -> None:
    rule(main, "minimum_equity", "100", unit="money", rearm_ratio=Decimal(0))
    for number in range(0, 110, 2):
        watch(main, 100, number)
        watch(main, 200, number + 1)
    first = ann_client.get(reverse("alert_list"))
    assert first.content.decode().count("alert-time") == 50
    cursor = first.context["next_cursor"]
    assert ann_client.get(reverse("alert_list"), {"cursor": cursor}).content.decode().count("alert-time") == 5
    assert ann_client.get(reverse("alert_list"), {"cursor": "nonsense"}).status_code == 200


def test_times_are_those_of_the_trader(ann_client: Client, ann: Trader, main: BrokerAccount) -> None:
    Trader.objects.filter(pk=ann.pk).update(time_zone="Asia/Tokyo")
    watch(main, 10_000)
    watch(main, 8_000, 10)
    shown = (NOW + timedelta(seconds=10, hours=9)).strftime("%H:%M")
    assert f">{shown}</time>" in text(ann_client, "alert_list")
    assert at(10).strftime("%H:%M") != shown
