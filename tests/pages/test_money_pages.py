"""Open positions, cash flows and the balance proof."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Trader
from tests import make
from trading.queries.cash_flows import cash_flows, flow_page

pytestmark = pytest.mark.django_db


def _page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_open_positions_join_the_book_and_the_broker(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    both = make.open_trade(account, ticket="both", symbol="EURUSD")
    make.position(account, ticket="both", symbol="EURUSD", floating_profit=Decimal("12.50"), swap=Decimal("-0.50"))
    make.open_trade(account, ticket="book", symbol="GER40")
    make.position(account, ticket="broker", symbol="XAUUSD", floating_profit=Decimal("-2.50"), swap=Decimal(0))
    page = _page(ann_client, "/positions/")
    assert "Only in the book" in page
    assert "Only at the broker" in page
    assert "both agree" in page
    assert f'href="/trades/{both.pk}/"' in page
    assert "+12.00" in page and "12.50" in page  # what equity counts, and the broker's own figure
    assert "+9.50" in page and "10.00" in page  # the two reported ones together
    assert "1 position in USD has no report of the broker" in page


def test_a_partly_closed_position_shows_what_is_left_and_what_was_won(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    make.open_trade(
        account,
        ticket="1",
        volume_lots=Decimal("0.05"),
        closed_volume_lots=Decimal("0.02"),
        gross_profit=Decimal("57.00"),
    )
    page = _page(ann_client, "/positions/")
    assert "0.03" in page
    assert "0.02 closed" in page
    assert "+50.00" in page


def test_currencies_of_open_positions_are_not_added_up(ann: Trader, ann_client: Client) -> None:
    make.position(make.account(ann), floating_profit=Decimal("5.00"), swap=Decimal(0))
    make.position(make.account(ann, currency="EUR"), floating_profit=Decimal("7.00"), swap=Decimal(0))
    page = _page(ann_client, "/positions/")
    assert "+5.00" in page
    assert "+7.00" in page
    assert "+12.00" not in page


def test_credit_stands_apart_from_the_running_total(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    start = datetime(2026, 1, 5, 12, tzinfo=UTC)
    flows = [("deposit", "1000"), ("credit", "250"), ("withdrawal", "-300")]
    for day, (kind, amount) in enumerate(flows):
        make.cash_flow(account, kind=kind, amount=Decimal(amount), booked_at=start + timedelta(days=day))
    rows = flow_page(cash_flows(ann)).rows
    assert [row["running"] for row in rows] == [Decimal(700), Decimal(1000), Decimal(1000)]
    page = _page(ann_client, "/cash-flows/")
    for text in ("700.00", "250.00", "−300.00", "apart"):
        assert text in page


def test_running_totals_go_on_across_pages(ann: Trader) -> None:
    account = make.account(ann)
    for day in range(7):
        make.cash_flow(account, amount=Decimal(10), booked_at=make.START + timedelta(days=day // 2))
    first = flow_page(cash_flows(ann), size=3)
    second = flow_page(cash_flows(ann), first.next_cursor, size=4)
    assert [row["running"] for row in [*first.rows, *second.rows]] == [Decimal(10 * left) for left in range(7, 0, -1)]
    assert second.next_cursor == ""


def test_cash_flows_narrow_to_kinds_and_keep_them(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    make.cash_flow(account, comment="card payment")
    make.cash_flow(account, kind="dividend", comment="quarterly dividend")
    page = _page(ann_client, "/cash-flows/?kind=dividend")
    assert "quarterly dividend" in page
    assert "card payment" not in page
    assert 'class="chip is-on" href="/cash-flows/"' in page
    assert "is not one of the available choices" in _page(ann_client, "/cash-flows/?kind=gift")
    assert "card payment" in _page(ann_client, "/cash-flows/?cursor=nonsense")


def _proven(ann: Trader) -> str:
    """An account of two days, the second of which the broker states 3.60 less than ours."""
    account = make.account(ann, label="Swing")
    first, second = datetime(2026, 10, 30, 9, tzinfo=UTC), datetime(2026, 11, 19, 9, tzinfo=UTC)
    problem = {"line": 161, "reason": "Deal type not known.", "text": "dividend adj.", "amount": "-3.60"}
    make.committed_statement(
        account=account, opening_balance=Decimal(0), period_start=first, period_end=second, problems=[problem]
    )
    make.cash_flow(account, booked_at=first, amount=Decimal("1000.00"), balance_after=Decimal("1000.00"))
    trade = make.trade(account, opened_at=second, closed_at=second + timedelta(hours=1))
    make.execution(trade=trade)
    make.exit_of(trade, balance_after=Decimal("1096.40"))
    return reverse("balance_proof", args=[account.pk])


def test_the_proof_names_the_first_day_that_does_not_tie_and_what_lies_on_it(ann: Trader, ann_client: Client) -> None:
    page = _page(ann_client, _proven(ann))
    assert "First day that does not tie: 19 Nov 2026" in page
    assert "+3.60" in page
    assert "Line 161 was not understood" in page
    for figure in ("1,000.00", "108.50", "−7.00", "−1.50", "1,100.00", "1,096.40"):
        assert figure in page


def test_the_proof_goes_from_month_to_month(ann: Trader, ann_client: Client) -> None:
    url = _proven(ann)
    page = _page(ann_client, url)
    assert 'href="?month=2026-10"' in page
    october = _page(ann_client, f"{url}?month=2026-10")
    assert "30 Oct 2026" in october
    assert 'href="?month=2026-11"' in october
    assert "19 Nov 2026" in _page(ann_client, f"{url}?month=nonsense")


def test_a_proof_without_an_opening_balance_says_so(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    make.committed_statement(account=account)
    make.exit_of(make.trade(account))
    page = _page(ann_client, reverse("balance_proof", args=[account.pk]))
    assert "so the proof starts at zero" in page
    assert "Nothing stated" in page


@pytest.mark.parametrize("path", ["/positions/", "/cash-flows/", "/statements/"])
def test_an_empty_list_teaches_what_will_be_here(ann_client: Client, path: str) -> None:
    page = _page(ann_client, path)
    assert "empty-state" in page
    assert reverse("statement_upload") in page


@pytest.mark.parametrize("path", ["/positions/?side=long", "/cash-flows/?from=soon", "/positions/?account=x"])
def test_nonsense_in_the_address_is_explained(ann: Trader, ann_client: Client, path: str) -> None:
    make.position(make.account(ann))
    page = _page(ann_client, path)
    assert "is not understood" in page
    assert "Show everything" in page
