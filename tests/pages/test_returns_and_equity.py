"""Figures of reported equity and of daily returns: what they rest on, and for which choice of trades there are any."""

import gc
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.pages.test_figure_pages import LIST, add, traded
from tests.pages.test_same_figure import text
from trading.calc.equity_figures import NO_FEED
from trading.calc.return_figures import ON_BALANCE, ON_EQUITY
from trading.models import LiveSnapshot
from trading.queries.closed_samples import OF_ONE_ACCOUNT, OF_WHOLE_ACCOUNTS
from trading.queries.equity_reports import equity_reports
from trading.queries.figure_sets import FigureSet, figure_sets, whole_account
from trading.views import figure_words

pytestmark = pytest.mark.django_db

UTC = ZoneInfo("UTC")
TWR = "time_weighted_return_percent"
FALL = "equity_drawdown_maximal"
DAY = timedelta(days=1)


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    """10 000, a trade a day from Monday, and no feed."""
    made = make.account(ann)
    make.committed_statement(account=made, opening_balance=Decimal(0), has_history=True)
    make.cash_flow(made, kind="deposit", amount=Decimal(10_000), booked_at=make.START)
    for day, net in enumerate(("60", "-40", "-20", "30")):
        opened = make.START + day * DAY
        add(made, net, symbol="XAUUSD" if day == 2 else "EURUSD", opened_at=opened, closed_at=opened + DAY / 8)
    made.refresh_from_db()
    return made


def report(account: BrokerAccount, equity: str, after: timedelta, tier: str = "full", margin: str = "0") -> None:
    LiveSnapshot.objects.create(
        account=account,
        tier=tier,
        taken_at=make.START + after,
        balance=Decimal(equity),
        equity=Decimal(equity),
        margin=Decimal(margin),
        free_margin=Decimal(equity),
        floating_profit=Decimal(0),
        credit=Decimal(0),
        open_positions=0,
    )


def report_all_days(account: BrokerAccount) -> None:
    """What the balance was at noon of each day, but for a dip of the open position on Tuesday morning."""
    report(account, "10000", timedelta(0))
    for day, equity in enumerate(("10060", "10020", "10000", "10030")):
        report(account, equity, day * DAY + DAY / 8)
    report(account, "9860", DAY + DAY / 12)


def portal(account: BrokerAccount) -> FigureSet:
    (found,) = figure_sets(whole_account(account, UTC), "portal")
    return found


def test_without_a_feed_returns_run_on_the_balance_and_say_so(account: BrokerAccount) -> None:
    found = portal(account)
    assert (found.value(TWR), found.figures[TWR].note) == (Decimal("0.30"), ON_BALANCE)
    assert (found.figures[FALL].value, found.figures[FALL].reason) == (None, NO_FEED)
    assert f"Returns by day are those of the balance. {NO_FEED}" in map(str, found.exclusions)
    assert found.coverage is None


def test_with_a_feed_they_run_on_the_equity_that_it_reported(account: BrokerAccount) -> None:
    report_all_days(account)
    found = portal(account)
    assert round(found.value(TWR) or 0, 20) == Decimal("0.3")
    assert found.figures[TWR].note == ON_EQUITY
    assert found.value(FALL) == 200
    assert found.value("balance_drawdown_maximal") == 60
    assert found.coverage is not None
    assert (found.coverage.weekdays, found.coverage.missing) == (4, 0)
    assert not [words for words in found.exclusions if "Returns by day" in str(words)]


def test_a_feed_of_the_last_day_alone_has_falls_but_no_returns(account: BrokerAccount) -> None:
    report(account, "10020", 3 * DAY)
    report(account, "10010", 3 * DAY + DAY / 24)
    found = portal(account)
    assert found.figures[TWR].note == ON_BALANCE
    assert found.value(FALL) == 10
    words = "Returns by day are those of the balance. Equity was reported for a part of this record only."
    assert words in map(str, found.exclusions)


def test_the_reports_of_every_tier_count(account: BrokerAccount) -> None:
    """Young feeds have none in the tier of hours yet."""
    report(account, "1", timedelta(0), tier="hour")
    report(account, "2", DAY, tier="minute")
    report(account, "3", 2 * DAY, tier="full")
    assert [point.equity for point in equity_reports(account.pk, None, None)] == [1, 2, 3]


def test_of_an_hour_the_ends_and_the_extremes_stay(account: BrokerAccount) -> None:
    equities = ["100", "101", "90", "102", "130", "104", "103", "105"]
    for place, equity in enumerate(equities):
        report(account, equity, timedelta(minutes=5 * place), margin="50" if place == 3 else "1")
    found = equity_reports(account.pk, None, None)
    assert [(point.equity, point.margin) for point in found] == [
        (Decimal(100), Decimal(1)),
        (Decimal(90), Decimal(1)),
        (Decimal(102), Decimal(50)),
        (Decimal(130), Decimal(1)),
        (Decimal(105), Decimal(1)),
    ]
    inside = equity_reports(account.pk, make.START + timedelta(minutes=5), make.START + timedelta(minutes=10))
    assert [point.equity for point in inside] == [101]


def test_margin_use_is_that_of_the_days_just_reported(account: BrokerAccount) -> None:
    report(account, "10000", timedelta(0), margin="2000")
    report(account, "10000", DAY, margin="0")
    assert portal(account).value("margin_use_maximal_percent") == 20


def test_a_choice_of_trades_has_returns_but_no_reported_equity(ann_api: APIClient, account: BrokerAccount) -> None:
    report_all_days(account)
    (found,) = ann_api.get("/api/v1/figures/", {"definition": "portal", "symbol": "XAUUSD"}).json()["results"]
    assert found["figures"][FALL]["reason"] == OF_WHOLE_ACCOUNTS
    assert Decimal(found["figures"][TWR]["value"]) == Decimal("-0.2")
    assert found["figures"][TWR]["note"] == ON_BALANCE
    assert found["equity"] is None
    assert f"Returns by day are those of the balance. {OF_WHOLE_ACCOUNTS}" in found["exclusions"]


def test_several_accounts_have_no_common_equity_and_currencies_are_never_added(
    ann: Trader, ann_api: APIClient, account: BrokerAccount
) -> None:
    report_all_days(account)
    traded(ann, "60", "-40")
    traded(ann, "7", "9", currency="EUR")
    euros, dollars = ann_api.get("/api/v1/figures/", {"definition": "portal"}).json()["results"]
    assert (euros["currency"], dollars["currency"]) == ("EUR", "USD")
    assert dollars["figures"][FALL]["reason"] == OF_ONE_ACCOUNT
    assert euros["figures"][FALL]["reason"] == NO_FEED
    assert Decimal(dollars["figures"]["net_profit"]["value"]) == 50


def test_a_period_has_the_equity_that_was_reported_in_it(ann_api: APIClient, account: BrokerAccount) -> None:
    report_all_days(account)
    query = {"definition": "portal", "from": f"{make.START + 2 * DAY:%Y-%m-%d}"}
    (found,) = ann_api.get("/api/v1/figures/", query).json()["results"]
    assert found["equity"]["first_at"].startswith(f"{make.START + 2 * DAY:%Y-%m-%d}")
    assert found["figures"][FALL]["value"] == "0"
    assert Decimal(found["figures"][TWR]["value"]) == Decimal("0.3")


def test_the_api_says_what_the_equity_covers(ann_api: APIClient, account: BrokerAccount) -> None:
    report_all_days(account)
    (found,) = ann_api.get("/api/v1/figures/", {"definition": "portal"}).json()["results"]
    assert (found["equity"]["weekdays"], found["equity"]["missing"]) == (4, 0)
    summary = ann_api.get(f"/api/v1/accounts/{account.pk}/summary/", {"definition": "portal"}).json()
    assert summary["notes"][TWR] == ON_EQUITY
    assert summary["figures"][FALL] == "200"


def test_the_page_says_what_returns_stand_on_and_what_the_feed_left_out(
    ann_client: Client, account: BrokerAccount
) -> None:
    report(account, "10000", timedelta(0))
    report(account, "10030", 3 * DAY + DAY / 4)
    page = text(ann_client, f"{LIST}?definition=portal")
    assert re.search(r"Equity reported from 6 Jan 2025 to 9 Jan 2025, but on 2 of 4 weekdays", page)
    assert re.search(r"Returns On the daily balance Time-weighted return \+?0.30 %", page)
    assert "Too few days to say: 4 of 30" in page


@pytest.mark.parametrize("definition", ["portal", "myfxbook"])
@pytest.mark.parametrize("address", [LIST, f"{LIST}{TWR}/", "/api/v1/figures/", "/api/v1/accounts/{account}/summary/"])
def test_more_trades_flows_and_reports_cost_no_more_queries(
    ann_client: Client, ann_api: APIClient, account: BrokerAccount, address: str, definition: str
) -> None:
    client: Any = ann_api if "api" in address else ann_client
    report_all_days(account)

    def queries() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as seen:
            query = {"definition": definition, "bootstrap": "1"}
            assert client.get(address.format(account=account.pk), query).status_code == 200
        return len(seen)

    queries()
    before = queries()
    for place in range(20):
        add(account, str(place))
        make.cash_flow(account, kind="deposit", amount=Decimal(100), booked_at=make.START + place * DAY)
        report(account, "10000", (10 + place) * DAY)
    assert queries() <= before
    assert before <= 30


def test_the_best_day_is_named_and_opens(ann_client: Client, ann_api: APIClient, account: BrokerAccount) -> None:
    (found,) = ann_api.get("/api/v1/figures/", {"definition": "portal"}).json()["results"]
    assert found["figures"]["day_best_percent"]["on"] == "2025-01-06"
    assert found["figures"][TWR]["on"] is None
    answer = ann_client.get(f"{LIST}day_best_percent/", {"definition": "portal"})
    address = f"/journal/day/?day=2025-01-06&account={account.pk}"
    assert answer.context["sets"][0]["day_url"] == address
    assert "6 Jan 2025" in answer.context["sets"][0]["note"]
    assert ["60" in row["net"] for row in answer.context["trades"]] == [True]
    assert "from=2025-01-06&to=2025-01-06" in answer.context["trades_url"]
    assert ann_client.get(answer.context["trades_url"]).context["rows"].count("<tr ") == 1
    assert ann_client.get(address).status_code == 200


def test_behind_a_figure_of_reports_there_are_no_trades(ann_client: Client, account: BrokerAccount) -> None:
    report_all_days(account)
    page = text(ann_client, f"{LIST}{FALL}/?definition=portal")
    assert "Reports behind it" in page
    assert "Trades behind it" not in page


def test_a_note_that_all_figures_of_a_heading_share_stands_there_once(
    ann_client: Client, account: BrokerAccount
) -> None:
    groups = ann_client.get(LIST, {"definition": "portal"}).context["sets"][0]["groups"]
    (returns,) = [group for group in groups if group.title == "Returns"]
    assert returns.note == ON_BALANCE
    assert not [row for row in returns.rows if ON_BALANCE in row.hint]


def test_figures_speak_the_language_of_the_reader(
    ann_client: Client, account: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept figures know no language: what they say is translated when the page is written."""
    german = {
        "Time-weighted return": "Zeitgewichtete Rendite",
        "Returns": "Renditen",
        ON_BALANCE: "Auf den Tagesständen",
        NO_FEED: "Kein Feed hat Kapital gemeldet.",
        "Returns by day are those of the balance. %(why)s": "Tagesrenditen sind die des Kontostands. %(why)s",
    }
    assert "Time-weighted return" in text(ann_client, f"{LIST}?definition=portal")
    figure_words._in_language.cache_clear()
    monkeypatch.setattr(figure_words, "gettext", lambda words: german.get(words, words))
    page = text(ann_client, f"{LIST}?definition=portal")
    figure_words._in_language.cache_clear()
    assert re.search(r"Renditen Auf den Tagesständen Zeitgewichtete Rendite \+?0.30 %", page)
    assert "Tagesrenditen sind die des Kontostands. Kein Feed hat Kapital gemeldet." in page
    assert NO_FEED not in page


def test_the_calmar_ratio_shows_the_fall_that_it_divides_by(ann_client: Client, account: BrokerAccount) -> None:
    add(account, "5", opened_at=make.START + 40 * DAY, closed_at=make.START + 40 * DAY + DAY / 8)
    address, query = f"{LIST}calmar_ratio/", {"definition": "portal"}
    labels = [row["label"] for row in ann_client.get(address, query).context["sets"][0]["inputs"]]
    assert labels == ["Growth per year", "Relative drawdown of the balance"]
    cache.clear()
    report(account, "10000", timedelta(0))
    for day in range(1, 41):
        report(account, str(10_000 + day % 3), day * DAY + DAY / 8)
    labels = [row["label"] for row in ann_client.get(address, query).context["sets"][0]["inputs"]]
    assert labels == ["Growth per year", "Relative drawdown of the equity"]


def test_garbage_is_collected_again_after_a_failure(account: BrokerAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        assert not gc.isenabled()
        raise RuntimeError

    monkeypatch.setattr("trading.queries.figure_sets.portal_figures", fail)
    with pytest.raises(RuntimeError):
        portal(account)
    assert gc.isenabled()
