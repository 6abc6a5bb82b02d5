"""The first steps: what counts as done, how they are put away, and what they cost while they are shown."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import BrokerAccount, Trader
from accounts.services.settings import change_settings
from tests import make
from trading.models import GuardRule, State

pytestmark = pytest.mark.django_db


def steps(client: Client) -> dict[str, bool]:
    """Each step by its key, and whether its mark says that it is done."""
    page = client.get("/").content.decode()
    return {key: "is-done" in classes for classes, key in re.findall(r'<li class="([^"]*)" data-step="(\w+)"', page)}


def done(client: Client) -> set[str]:
    return {key for key, is_done in steps(client).items() if is_done}


def imported(owner: Trader, *, ties: bool = True) -> BrokerAccount:
    """An account with a committed statement whose one deal states the balance that follows from it, or another one."""
    account = make.account(owner, label="Swing")
    make.committed_statement(account=account, opening_balance=Decimal(0), period_start=make.START)
    trade = make.trade(account)
    make.exit_of(trade, balance_after=trade.net_profit + (Decimal(0) if ties else Decimal(5)))
    return account


def guarded(account: BrokerAccount) -> None:
    GuardRule.objects.create(account=account, kind="drawdown", warning=Decimal("0.1"), critical=Decimal("0.2"))


def test_at_first_nothing_is_done_and_the_upload_is_at_hand(ann_client: Client) -> None:
    assert steps(ann_client) == dict.fromkeys(("account", "statement", "proof", "zone", "feed", "guard"), False)
    page = ann_client.get("/").content.decode()
    assert '<input class="file-input" id="files" type="file" name="files"' in page
    assert "Keep UTC" in page


def test_each_fact_sets_its_own_mark(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    assert done(ann_client) == {"account"}
    make.feed(account)
    assert done(ann_client) == {"account", "feed"}
    guarded(account)
    assert done(ann_client) == {"account", "feed", "guard"}
    change_settings(ann, time_zone="UTC")  # chosen, though it is where everybody starts
    assert done(ann_client) == {"account", "feed", "guard", "zone"}


def test_a_statement_that_waits_is_not_one_that_is_in_the_book(ann: Trader, ann_client: Client) -> None:
    make.statement(ann, state=State.READY)
    assert done(ann_client) == set()
    assert "waits for you to commit it" in ann_client.get("/").content.decode()
    make.statement(ann, state=State.REFUSED, error_message="No.")
    assert done(ann_client) == set()


def test_a_statement_that_ties_proves_the_balance(ann: Trader, ann_client: Client) -> None:
    imported(ann)
    assert done(ann_client) == {"account", "statement", "proof"}
    assert "Swing ties on every day, to the last cent." in ann_client.get("/").content.decode()


def test_one_that_does_not_tie_leads_to_its_proof(ann: Trader, ann_client: Client) -> None:
    account = imported(ann, ties=False)
    assert done(ann_client) == {"account", "statement"}
    page = ann_client.get("/").content.decode()
    assert "Swing does not tie yet" in page
    assert f'href="{reverse("balance_proof", args=[account.pk])}"' in page


def test_they_go_when_all_is_done(ann: Trader, ann_client: Client) -> None:
    account = imported(ann)
    make.feed(account)
    guarded(account)
    assert len(steps(ann_client)) == 6
    change_settings(ann, time_zone="Europe/Berlin")
    assert steps(ann_client) == {}


def test_they_are_put_away_and_brought_back_in_the_settings(ann: Trader, ann_client: Client) -> None:
    ann_client.post(reverse("first_steps"), {"put_away": "yes"})
    ann.refresh_from_db()
    assert ann.hides_first_steps
    assert steps(ann_client) == {}
    shown: Any = ann_client.get(reverse("settings")).context["form"]
    assert shown["hides_first_steps"].value() is True
    chosen = {name: shown[name].value() for name in shown.fields} | {"hides_first_steps": ""}
    ann_client.post(reverse("settings"), chosen)
    assert len(steps(ann_client)) == 6


def test_the_zone_of_the_browser_is_taken_by_one_click(ann: Trader, ann_client: Client) -> None:
    ann_client.post(reverse("zone_choose"), {"time_zone": "Europe/Berlin"})
    ann.refresh_from_db()
    assert (ann.time_zone, ann.has_chosen_zone) == ("Europe/Berlin", True)
    assert done(ann_client) == {"zone"}
    for nonsense in ("Mars/Olympus", "", "../etc/passwd", "a\0b"):
        ann_client.post(reverse("zone_choose"), {"time_zone": nonsense})
    ann.refresh_from_db()
    assert ann.time_zone == "Europe/Berlin"


def test_another_traders_steps_are_no_steps_of_hers(bo: Trader, ann_client: Client) -> None:
    account = imported(bo)
    make.feed(account)
    guarded(account)
    assert done(ann_client) == set()


def test_a_stranger_puts_nothing_away(stranger: Client) -> None:
    for name in ("first_steps", "zone_choose"):
        assert stranger.post(reverse(name))["Location"].startswith(reverse("account_login"))


def test_they_cost_one_query_while_shown_and_none_after(ann: Trader, ann_client: Client) -> None:
    imported(ann)

    def count() -> int:
        ann_client.get("/")
        with CaptureQueriesContext(connection) as seen:
            ann_client.get("/")
        return len(seen)

    shown = count()
    change_settings(ann, hides_first_steps=True)
    assert shown - count() == 1
