"""The facts behind a grade, read for many accounts at once; and where the grade is shown."""

import random
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from trading.calc.data_quality import QualityFacts
from trading.models import AccountRules, LiveSnapshot
from trading.queries.data_quality import book_facts, graded
from trading.queries.figures import balance_proof

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def whole_account(owner: Trader | None = None, **fields: Any) -> BrokerAccount:
    """Two trades with stops, from nothing on, and a stated balance that ties: grade A."""
    account = make.account(owner, **fields)
    make.committed_statement(account=account, opening_balance=Decimal(0), period_start=make.START)
    make.cash_flow(account)
    for _ in range(2):
        make.exit_of(make.trade(account))
    make.snapshot(account, taken_at=make.START + timedelta(days=400), balance=Decimal("10200.00"))
    return account


def fresh(account: BrokerAccount) -> BrokerAccount:
    return BrokerAccount.objects.get(pk=account.pk)


def facts_of(account: BrokerAccount, now: datetime = NOW) -> QualityFacts:
    return graded([fresh(account)], BERLIN, now)[account.pk].facts


def defects_of(account: BrokerAccount, now: datetime = NOW) -> list[str]:
    return [reason.defect for reason in graded([fresh(account)], BERLIN, now)[account.pk].quality.reasons]


def seen(account: BrokerAccount, at: datetime, tier: str = "full") -> None:
    money = dict.fromkeys(("balance", "equity", "margin", "free_margin", "floating_profit", "credit"), Decimal(0))
    LiveSnapshot.objects.create(account=account, tier=tier, taken_at=at, open_positions=0, **money)


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_whole_data_have_no_defect() -> None:
    account = whole_account()
    assert defects_of(account) == []
    assert graded([fresh(account)], BERLIN, NOW)[account.pk].quality.grade == "A"


def test_an_empty_account_has_no_grade() -> None:
    account = make.account()
    assert graded([account], BERLIN, NOW)[account.pk].quality.grade is None


@pytest.mark.parametrize("seed", range(8))
def test_the_proof_of_many_accounts_is_that_of_each(seed: int) -> None:
    """The same days, differences and first break as the arithmetic of the balance proof, whatever was stated."""
    draw = random.Random(seed)
    accounts = [make.account() for _ in range(3)]
    for account in accounts:
        if draw.random() < 0.7:
            make.committed_statement(account=account, opening_balance=Decimal(draw.choice([0, 500])))
        balance, credit = Decimal(draw.choice([0, 500])), Decimal(0)
        hours = sorted(draw.sample(range(400), 25))
        for number, hour in enumerate(hours):
            at = make.START + timedelta(hours=hour)
            amount, kind = Decimal(draw.randint(-500, 500)) / 10, draw.choice(["fill", "deposit", "credit", "snapshot"])
            balance += Decimal(0) if kind in ("credit", "snapshot") else amount
            credit += amount if kind == "credit" else Decimal(0)
            off = draw.choice([Decimal(0), Decimal(0), Decimal("0.01")])
            stated = draw.choice([None, balance + credit + off])
            if kind == "fill":
                make.execution(
                    account, direction="out", executed_at=at, sequence=number, gross_profit=amount, balance_after=stated
                )
            elif kind == "snapshot":
                make.snapshot(account, taken_at=at, balance=balance + off)
            else:
                make.cash_flow(account, kind=kind, booked_at=at, sequence=number, amount=amount, balance_after=stated)
    accounts = [fresh(account) for account in accounts]
    found = book_facts(accounts, BERLIN)
    for account in accounts:
        proof, ours = balance_proof(account, BERLIN), found[account.pk].proof
        first = proof.first_break
        assert ours.stated_days == sum(day.stated is not None for day in proof.days)
        assert ours.untied_days == sum(not day.ties for day in proof.days)
        assert (ours.untied_on, ours.difference) == ((first.on, first.difference) if first else (None, None))


def test_a_stop_of_the_broker_or_of_the_trader_is_a_stop() -> None:
    account = whole_account()
    bare = make.trade(account, stop_loss=None)
    make.trade(account, stop_loss=None, open_stop_loss=Decimal("1.09"))
    facts = facts_of(account)
    assert (facts.trades, facts.without_stop) == (4, 1)
    make.journal_entry(bare, initial_stop_loss=Decimal("1.09"))
    assert facts_of(account).without_stop == 0


def test_an_open_trade_is_not_counted_among_the_closed() -> None:
    account = whole_account()
    make.open_trade(account, stop_loss=None)
    assert (facts_of(account).trades, facts_of(account).without_stop) == (2, 0)


def test_a_history_that_begins_with_a_balance_or_with_nothing_known() -> None:
    carried = make.account()
    make.committed_statement(account=carried, opening_balance=Decimal(500), period_start=make.START)
    make.exit_of(make.trade(carried))
    assert set(defects_of(carried)) == {"begins_midway", "nothing_stated"}
    unknown = make.account()
    make.committed_statement(account=unknown, opening_balance=None, period_start=make.START)
    make.exit_of(make.trade(unknown))
    assert defects_of(unknown) == ["opening_unknown"]


def test_symbols_count_as_known_by_their_instrument_or_the_mapping_of_the_account() -> None:
    account = whole_account()
    make.trade(account, symbol="EURUSD.m")
    make.trade(account, symbol="XYZ42")
    assert facts_of(account).unknown_symbols == ["XYZ42"]
    make.symbol_mapping(account, broker_symbol="XYZ42")
    assert facts_of(account).unknown_symbols == []


@pytest.mark.parametrize(("quiet", "feed"), [(timedelta(seconds=119), "well"), (timedelta(seconds=121), "stale")])
def test_a_feed_turns_stale_by_waiting_without_a_write(quiet: timedelta, feed: str) -> None:
    account = whole_account()
    make.feed(account, last_sync_at=NOW)
    assert facts_of(account, NOW).feed == "well"
    assert facts_of(account, NOW + quiet).feed == feed


def test_a_feed_may_be_quiet_for_as_long_as_its_account_allows_or_when_it_is_archived() -> None:
    account = whole_account()
    make.feed(account, last_sync_at=NOW - timedelta(minutes=30))
    AccountRules.objects.create(account=account, stale_after_s=3600)
    assert facts_of(account).feed == "well"
    AccountRules.objects.update(stale_after_s=60)
    assert facts_of(account).feed == "stale"
    BrokerAccount.objects.filter(pk=account.pk).update(archived_at=NOW)
    assert facts_of(account).feed == "none"


def test_a_feed_that_is_refused_fails() -> None:
    account = whole_account()
    make.feed(account, last_sync_at=NOW, failures_in_a_row=1)
    assert facts_of(account).feed == "failing"


def test_working_days_without_a_snapshot_are_gaps_and_weekends_are_not() -> None:
    account = whole_account()
    assert (facts_of(account).snapshot_days, facts_of(account).missing_days) == (0, 0)
    for day, tier in ((9, "hour"), (10, "minute"), (13, "full"), (23, "full")):  # a Monday to a Monday, two weeks on
        seen(account, datetime(2026, 11, day, 10, tzinfo=UTC), tier)
    # Due: 10 to 13, 16 to 20. There: 10 and 13.
    assert (facts_of(account).snapshot_days, facts_of(account).missing_days) == (9, 7)


def test_costs_as_many_queries_for_twenty_accounts_as_for_one(ann: Trader) -> None:
    def queries(number: int) -> int:
        accounts = [fresh(whole_account(ann)) for _ in range(number)]
        with CaptureQueriesContext(connection) as caught:
            graded(accounts, BERLIN, NOW)
        return len(caught)

    queries(1)
    assert queries(20) == queries(1)


def test_rows_are_read_once_until_they_change() -> None:
    account = fresh(whole_account())
    graded([account], BERLIN, NOW)
    with CaptureQueriesContext(connection) as caught:
        graded([account], BERLIN, NOW)
    assert not any("trading_execution" in query["sql"] for query in caught)


def test_the_list_of_accounts_shows_the_grade_and_says_it_to_a_screen_reader(ann_client: Client, ann: Trader) -> None:
    account = whole_account(ann)
    make.trade(account, stop_loss=None, symbol="XYZ42")
    page = ann_client.get(reverse("account_list")).content.decode()
    assert 'title="Data quality B: trades without a stop, unknown instruments"' in page
    assert "Data quality B: trades without a stop, unknown instruments</span>" in page


def test_the_page_of_an_account_says_each_reason_and_where_it_is_mended(ann_client: Client, ann: Trader) -> None:
    account = whole_account(ann)
    make.trade(account, stop_loss=None)
    make.snapshot(account, taken_at=make.START + timedelta(days=401), balance=Decimal("10000.00"))
    response = ann_client.get(reverse("account_detail", args=[account.pk]))
    page = text_of(response)
    assert "differs from the broker’s on 1 of 2 days, first on 11 Feb 2026 by +200.00 USD" in page
    assert "1 of 3 closed trades has no stop: what it put at risk is not known" in page
    assert f"{reverse('balance_proof', args=[account.pk])}?month=2026-02" in response.content.decode()
    assert "Does not tie" in page


def test_bad_data_ask_for_attention_on_the_dashboard(ann_client: Client, ann: Trader) -> None:
    account = whole_account(ann, label="Shaky")
    assert "Data quality" not in text_of(ann_client.get(reverse("dashboard")))
    make.snapshot(account, taken_at=make.START + timedelta(days=401), balance=Decimal("10000.00"))
    assert "Data quality" not in text_of(ann_client.get(reverse("dashboard"))), "its own notice tells that already"
    for _ in range(8):
        make.trade(account, stop_loss=None)
    assert "Data quality E: Shaky" in text_of(ann_client.get(reverse("dashboard")))


def test_figures_say_what_they_leave_out_beside_them(ann_client: Client, ann: Trader) -> None:
    account = whole_account(ann)
    for stop in (Decimal("1.095"), Decimal("1.095")):
        make.exit_of(make.trade(account, open_stop_loss=stop))
    address = reverse("account_figures", args=[account.pk])
    page = text_of(ann_client.get(address, {"definition": "portal"}))
    assert "Trades without an initial stop are left out" in page


def test_figures_say_that_their_history_begins_midway(ann_client: Client, ann: Trader) -> None:
    account = make.account(ann, label="Carried")
    make.committed_statement(account=account, opening_balance=Decimal(500), period_start=make.START)
    make.exit_of(make.trade(account))
    address = reverse("figure_detail", args=["net_profit"])
    words = "The history begins with a balance, and how it came about is not in them: Carried."
    assert words in text_of(ann_client.get(address))
    assert words not in text_of(ann_client.get(address, {"from": "2025-06-01"}))


def test_the_api_tells_grade_reasons_and_facts(ann_api: APIClient, bo_api: APIClient, ann: Trader) -> None:
    account = whole_account(ann)
    make.trade(account, stop_loss=None)
    address = reverse("api_quality", args=[account.pk])
    answer = ann_api.get(address)
    found = answer.json()
    assert (found["grade"], [reason["defect"] for reason in found["reasons"]]) == ("A", ["missing_stops"])
    assert (found["facts"]["trades"], found["facts"]["without_stop"]) == (3, 1)
    assert ann_api.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    make.feed(account, last_sync_at=timezone.now() - timedelta(days=1))
    changed = ann_api.get(address, headers={"If-None-Match": answer["ETag"]})
    assert changed.status_code == 200 and changed.json()["facts"]["feed"] == "stale"
    assert bo_api.get(address).status_code == 404


def test_staff_see_the_grade_in_their_list(cy_client: Client) -> None:
    account = whole_account()
    make.committed_statement(account=make.account(label="Other"), opening_balance=None)
    make.snapshot(account, taken_at=make.START + timedelta(days=401), balance=Decimal("10000.00"))
    page = cy_client.get(reverse("admin:accounts_brokeraccount_changelist"))
    assert [row.grade for row in page.context["cl"].result_list if row.pk == account.pk] == ["C"]
    assert "Data quality" in page.content.decode()
