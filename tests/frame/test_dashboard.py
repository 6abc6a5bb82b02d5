"""The dashboard and the pages of accounts."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.guards.live import report
from trading.models import State
from trading.queries.recent import recent_nets
from trading.views.sparks import spark

pytestmark = pytest.mark.django_db


def filled_account(owner: Trader, trades: int = 3, **fields: Any) -> BrokerAccount:
    """An account whose opening balance is known, with a deposit of 10,000 and trades that each gain 100 less 7 on entry."""
    account = make.account(owner, **fields)
    make.committed_statement(account=account, opening_balance=Decimal(0), period_start=make.START)
    make.cash_flow(account)
    add_trades(account, trades)
    return account


def add_trades(account: BrokerAccount, number: int) -> None:
    for _ in range(number):
        trade = make.trade(account)
        make.execution(trade=trade)
        make.exit_of(trade)


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def pages_of(account: BrokerAccount) -> list[str]:
    return [reverse(name, args=[account.pk]) for name in ("account_detail", "account_figures")]


def test_a_stranger_is_sent_to_sign_in(stranger: Client, ann: Trader) -> None:
    account = filled_account(ann)
    for address in [reverse("dashboard"), reverse("dashboard_curve"), reverse("account_list"), *pages_of(account)]:
        response = stranger.get(address)
        assert response.status_code == 302 and response["Location"].startswith(reverse("account_login"))


def test_hides_another_traders_accounts(bo_client: Client, ann: Trader) -> None:
    account = filled_account(ann, label="Secret")
    assert [bo_client.get(address).status_code for address in pages_of(account)] == [404, 404]
    for name in ("dashboard", "account_list"):
        assert "Secret" not in bo_client.get(reverse(name), {"account": str(account.pk)}).content.decode()
    assert bo_client.get(reverse("dashboard_curve"), {"account": str(account.pk)}).json()["curves"] == []


def test_shows_balance_and_result_to_the_cent(ann_client: Client, ann: Trader) -> None:
    filled_account(ann, 3)
    text = text_of(ann_client.get("/"))
    assert "10,300.00" in text
    assert "+300.00" in text


def test_never_adds_different_currencies(ann_client: Client, ann: Trader) -> None:
    filled_account(ann, 1, currency="USD")
    filled_account(ann, 2, currency="EUR")
    text = text_of(ann_client.get("/"))
    assert "10,100.00 USD" in text and "10,200.00 EUR" in text
    assert "20,300.00" not in text


def test_adds_accounts_of_one_currency(ann_client: Client, ann: Trader) -> None:
    filled_account(ann, 1)
    filled_account(ann, 2)
    assert "20,300.00 USD" in text_of(ann_client.get("/"))


def test_one_account_of_the_address_is_shown_alone(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 1)
    filled_account(ann, 2)
    assert "10,100.00 USD" in text_of(ann_client.get("/", {"account": str(account.pk)}))


def test_an_unknown_balance_is_a_dash_with_its_reason(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 1)
    account.statements.update(opening_balance=None)
    page = ann_client.get("/").content.decode()
    assert "The balance before the first trade is not known" in page
    assert f"Without {account.label}" in page


def test_a_newcomer_is_told_how_to_begin(ann_client: Client) -> None:
    text = text_of(ann_client.get("/"))
    assert "Bring your first statement" in text


def test_asks_for_attention_to_dry_runs_refusals_and_untied_days(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 1)
    make.statement(ann, account=account, name="new.html")
    make.statement(ann, name="photo.jpg", state=State.REFUSED, error_message="This is a photo.")
    make.snapshot(account, balance=Decimal("10000.00"), taken_at=timezone.now())
    text = text_of(ann_client.get("/"))
    assert f"Statement waiting: {account.label}" in text
    assert "Not imported: photo.jpg" in text and "This is a photo." in text
    assert f"{account.label} does not tie" in text and "+100.00 USD" in text


def test_an_archived_account_leaves_the_dashboard_and_keeps_its_page(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 1, archived_at=timezone.now())
    assert "Bring your first statement" in text_of(ann_client.get("/"))
    assert "Archived" in text_of(ann_client.get(reverse("account_detail", args=[account.pk])))
    curve = ann_client.get(reverse("dashboard_curve"), {"account": str(account.pk)}).json()
    assert len(curve["curves"][0]["points"]) == 3


def test_the_curve_ends_at_the_balance_and_marks_cash_flows(ann_client: Client, ann: Trader) -> None:
    filled_account(ann, 2)
    curve = ann_client.get(reverse("dashboard_curve")).json()["curves"][0]
    assert curve["currency"] == "USD"
    assert curve["points"][-1][4] == "10,200.00"
    assert [mark[1] for mark in curve["marks"]] == ["+10,000.00"]


def test_a_span_of_the_curve_starts_with_what_the_account_held(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 1)
    late = make.trade(account, opened_at=timezone.now() - timedelta(days=2))
    make.execution(trade=late)
    make.exit_of(late)
    drawn = ann_client.get(reverse("dashboard_curve"), {"span": "1w"}).json()
    points = drawn["curves"][0]["points"]
    assert [point[4] for point in points] == ["10,100.00", "10,100.00", "10,200.00"]
    assert points[0][0] == drawn["from"]


def test_two_days_are_a_span_of_the_chart(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 1)
    late = make.trade(account, gross_profit=Decimal("58.50"), opened_at=datetime(2026, 3, 10, 9, tzinfo=UTC))
    make.execution(trade=late)
    make.exit_of(late)
    chosen = {"span": "2026-03-09..2026-03-11", "words": "1"}
    drawn = ann_client.get(reverse("dashboard_curve"), chosen).json()
    assert [point[4] for point in drawn["curves"][0]["points"]] == ["10,100.00", "10,100.00", "10,150.00"]
    assert drawn["to"] - drawn["from"] == 3 * 86_400_000
    words = drawn["curves"][0]["words"]
    assert "2026-03" in words and "10,150.00" in words and "2025" not in words


def test_the_steps_of_a_chart_keep_the_rest_of_the_address(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 2)
    page = ann_client.get("/", {"account": str(account.pk), "span": "2025-03-01..2025-03-08"}).content.decode()
    steps = re.findall(r'href="([^"]+)" data-curve-step="(\w+)"', page)
    spans = {name: address.split("span=")[1].split("#")[0] for address, name in steps}
    assert spans == {
        "back": "2025-02-25..2025-03-04",
        "on": "2025-03-05..2025-03-12",
        "out": "2025-02-25..2025-03-12",
        "in": "2025-03-03..2025-03-06",
    }
    assert all(f"account={account.pk}" in address for address, _ in steps)


def test_the_newest_twelve_months_of_a_span_are_listed(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 0)
    for month in range(1, 15):
        moment = datetime(2024 + month // 13, (month - 1) % 12 + 1, 5, 9, tzinfo=UTC)
        late = make.trade(account, opened_at=moment)
        make.execution(trade=late)
        make.exit_of(late)
    page = ann_client.get("/").content.decode()
    listed = re.findall(r"<td>(\d{4}-\d\d)</td>", page)
    assert listed == ["2025-02", "2025-01", *(f"2024-{month:02}" for month in range(12, 2, -1))]
    assert "The newest months of the span" in page
    page = ann_client.get("/", {"span": "2024-01-01..2024-03-31"}).content.decode()
    assert re.findall(r"<td>(\d{4}-\d\d)</td>", page) == ["2024-03", "2024-02", "2024-01"]


def test_without_a_feed_nothing_is_said_of_recorded_equity(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 2)
    page = ann_client.get("/").content.decode()
    assert "Balance and drawdown</h2>" in page and "Equity, balance" not in page and "Last equity" not in page
    assert ann_client.get(reverse("dashboard_curve")).json()["curves"][0]["equity"] == []
    report(account, 9_876, 0, taken_at=timezone.now() - timedelta(hours=5))
    report(account, 9_900, 0, taken_at=timezone.now() - timedelta(minutes=5))
    cache.clear()
    page = ann_client.get("/").content.decode()
    assert "Equity, balance and drawdown</h2>" in page and "Last equity" in page
    assert "Equity 9,900.00 USD at" in text_of(ann_client.get("/"))
    drawn = ann_client.get(reverse("dashboard_curve")).json()["curves"][0]["equity"]
    assert [row[2] for row in drawn] == ["9,876.00", "", "9,900.00"]


def test_the_same_is_said_in_words_and_as_a_table(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 1)
    loss = make.trade(account, gross_profit=Decimal("-991.50"), opened_at=make.START + timedelta(days=400))
    make.execution(trade=loss)
    make.exit_of(loss)
    text = text_of(ann_client.get("/")).replace("\N{NO-BREAK SPACE}", " ")
    assert "9.90 % below its peak" in text and "Deepest fall 9.90 %, reached on 10 Feb 2026" in text
    assert "2026-02 9,100.00" in text


def test_recent_trades_are_those_of_the_period(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 1)
    make.trade(account, symbol="NEWEST", opened_at=timezone.now() - timedelta(hours=3))
    week = ann_client.get("/", {"from": str(timezone.localdate() - timedelta(days=2))}).content.decode()
    assert "NEWEST" in week and "EURUSD" not in week


def test_the_figures_of_an_account_are_metatraders_own(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 4)
    answer = ann_client.get(reverse("account_figures", args=[account.pk]))
    text, page = text_of(answer), answer.content.decode()
    assert "As MetaTrader 5 defines them" in text
    assert "Total net profit +400.00" in text
    assert "Profit factor – Expected payoff" in text
    row = page.split(">Profit factor</a>", 1)[1].split("</dd>", 1)[0]
    assert 'aria-label="Not known: No losses."' in row


def test_the_list_shows_each_account_once_and_the_archived_ones_apart(ann_client: Client, ann: Trader) -> None:
    filled_account(ann, 2, label="Main")
    make.account(ann, label="Old one", archived_at=timezone.now())
    make.account(ann, label="Fresh")
    page = ann_client.get(reverse("account_list"))
    assert [row["account"].label for row in page.context["rows"]] == ["Fresh", "Main"]
    assert [row["account"].label for row in page.context["archived"]] == ["Old one"]
    assert {row["account"].label: row["state"][1] for row in page.context["rows"]} == {
        "Fresh": "Empty",
        "Main": "Nothing stated",
    }


def _queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_queries_do_not_grow_with_rows_or_accounts(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 2)
    addresses = [reverse("dashboard"), reverse("dashboard_curve"), reverse("account_list"), *pages_of(account)]
    before = [_queries(ann_client, address) for address in addresses]
    add_trades(account, 20)
    for _ in range(3):
        filled_account(ann, 1)
    assert [_queries(ann_client, address) for address in addresses] == before
    assert max(before) <= 25


def test_the_json_of_a_curve_holds_numbers_and_texts_only(ann_client: Client, ann: Trader) -> None:
    filled_account(ann, 1)
    curve = json.loads(ann_client.get(reverse("dashboard_curve")).content)["curves"][0]
    assert [type(value) for value in curve["points"][-1]] == [int, float, float, str, str, str]


def test_an_address_with_nonsense_shows_everything(ann_client: Client, ann: Trader) -> None:
    filled_account(ann, 1)
    response = ann_client.get("/", {"account": str(uuid4()), "period": "aeon", "span": "9q", "from": "x"})
    assert response.status_code == 200 and "10,100.00" in text_of(response)


def test_small_bars_stand_around_their_middle() -> None:
    drawn = spark([Decimal(30), Decimal(0), Decimal(-10)])
    assert drawn is not None and drawn.width == 11
    assert [(bar.direction, bar.x, bar.y, bar.height) for bar in drawn.bars] == [
        ("profit", 0, 0, 18),
        ("loss", 8, 18, 6),
    ]


def test_a_single_result_needs_no_bars() -> None:
    assert spark([Decimal(5), Decimal(0)]) is None


def test_a_month_of_losses_hangs_from_the_top() -> None:
    drawn = spark([Decimal(-5), Decimal(-10)])
    assert drawn is not None and [(bar.y, bar.height) for bar in drawn.bars] == [(0, 12), (0, 24)]
    assert drawn.paths == [("loss", "M0 0h3v12h-3zM4 0h3v24h-3z")]


def test_bars_are_the_days_of_the_traders_zone(ann: Trader) -> None:
    account = make.account(ann)
    now = datetime(2026, 3, 11, 20, 0, tzinfo=UTC)
    for hour, net in ((22, 5), (23, 7)):
        make.trade(
            account,
            opened_at=now.replace(day=9),
            closed_at=now.replace(day=10, hour=hour),
            gross_profit=Decimal(net),
            commission=0,
            swap=0,
        )
    days, months = recent_nets([account], now, ZoneInfo("Europe/Berlin"))["USD"]
    assert days == {date(2026, 3, 10): Decimal(5), date(2026, 3, 11): Decimal(7)}
    assert months == {date(2026, 3, 1): Decimal(12)}


def test_claims_no_tie_where_the_broker_stated_nothing(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 1)
    pages = [text_of(ann_client.get(address)) for address in ("/accounts/", f"/accounts/{account.pk}/")]
    assert all("Nothing stated" in page for page in pages) and not any(" Ties " in page for page in pages)


def test_the_list_of_accounts_tells_which_does_not_tie(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 1)
    make.snapshot(account, balance=Decimal("10000.00"), taken_at=timezone.now())
    assert "Does not tie" in text_of(ann_client.get("/accounts/"))


def test_shows_this_month_and_what_every_stop_would_cost(ann_client: Client, ann: Trader) -> None:
    account = filled_account(ann, 1)
    now = timezone.now()
    make.trade(account, opened_at=now - timedelta(minutes=2), closed_at=now, gross_profit=Decimal("31.50"))
    make.position(account)
    text = text_of(ann_client.get("/"))
    assert "+23.00 USD 1 trade, 100" in text
    # Sold half a lot at 2050.10, now 2040.10 and 500 ahead: 100 for each point and lot, 29.90 points to the stop.
    assert "every stop hit −1,495.00 USD" in text


def test_a_position_without_a_stop_has_no_bound(ann_client: Client, ann: Trader) -> None:
    make.position(filled_account(ann, 1), stop_loss=None)
    assert "the loss has no bound" in ann_client.get("/").content.decode()


def test_an_account_tells_of_its_feed_and_of_its_guards(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    address = reverse("account_detail", args=[account.pk])
    page = text_of(ann_client.get(address))
    assert "No bridge has sent a sync of this account." in page
    assert "No rule has been judged yet" in page
    make.feed(account, open_positions=3, matched_positions=2, open_breaks=1)
    page = text_of(ann_client.get(address))
    assert "2 of 3" in page and "No bridge has sent" not in page
