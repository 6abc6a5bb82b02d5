"""Staff's stop of all auto-closing, by the admin."""

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import Trader
from tests import make
from tests.cast import NOW
from tests.guards.live import consent
from trading.models import AuditEntry, KillSwitch
from trading.queries.guards import is_auto_closing_stopped
from trading.services.close_requests import set_kill_switch

pytestmark = pytest.mark.django_db
STOPPED = "stopped all auto-closing"
ADD = "admin:trading_killswitch_add"


def test_staff_stop_and_start_auto_closing(cy_client: Client, cy: Trader, ann: Trader) -> None:
    consent(make.account(ann))
    assert not is_auto_closing_stopped()
    answer = cy_client.post(reverse(ADD), {"is_on": "on", "reason": "Broker outage"})
    assert answer.status_code == 302
    assert is_auto_closing_stopped()
    switch = KillSwitch.objects.get()
    assert (switch.reason, switch.set_by) == ("Broker outage", cy)
    assert AuditEntry.objects.filter(act="kill_switch_on", actor=cy.email).count() == 1
    cy_client.post(reverse(ADD), {"reason": "Over"})
    assert not is_auto_closing_stopped()


def test_a_trader_with_auto_close_is_told_that_it_is_stopped(
    ann_client: Client, ann_api: APIClient, cy: Trader, ann: Trader
) -> None:
    account = make.account(ann)
    edit = reverse("guard_edit", args=[account.pk])
    assert ann_api.get("/api/v1/guards/status/").json()["auto_close_stopped"] is False
    consent(account)
    tag = ann_api.get("/api/v1/guards/status/")["ETag"]
    assert STOPPED not in ann_client.get(edit).content.decode()
    set_kill_switch(True, reason="Broker outage", staff=cy, now=NOW)
    assert STOPPED in ann_client.get(edit).content.decode()
    assert STOPPED in ann_client.get(reverse("guard_list")).content.decode()
    answer = ann_api.get("/api/v1/guards/status/", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()["auto_close_stopped"]) == (200, True)


def test_a_trader_without_auto_close_is_told_nothing_of_it(ann_api: APIClient, cy: Trader, ann: Trader) -> None:
    make.account(ann)
    tag = ann_api.get("/api/v1/guards/status/")["ETag"]
    set_kill_switch(True, reason="Broker outage", staff=cy, now=NOW)
    assert ann_api.get("/api/v1/guards/status/", headers={"If-None-Match": tag}).status_code == 304
    assert ann_api.get("/api/v1/guards/status/").json()["auto_close_stopped"] is False


def test_a_row_of_the_switch_stays_as_it_is(cy_client: Client, cy: Trader) -> None:
    cy_client.post(reverse(ADD), {"is_on": "on", "reason": "Broker outage"})
    switch = KillSwitch.objects.get()
    cy_client.post(reverse("admin:trading_killswitch_change", args=[switch.pk]), {"reason": "Changed"})
    assert (
        cy_client.post(reverse("admin:trading_killswitch_delete", args=[switch.pk]), {"post": "yes"}).status_code == 403
    )
    assert KillSwitch.objects.get().reason == "Broker outage"


def test_a_trader_stops_nothing(ann_client: Client) -> None:
    ann_client.post(reverse(ADD), {"is_on": "on", "reason": "x"})
    assert not KillSwitch.objects.exists()


def test_the_secret_of_a_webhook_is_not_shown_to_staff(cy_client: Client, ann: Trader) -> None:
    webhook = make.webhook(ann, secret="f" * 64)
    page = cy_client.get(reverse("admin:trading_webhook_change", args=[webhook.pk]))
    assert page.status_code == 200
    assert "f" * 64 not in page.content.decode()
