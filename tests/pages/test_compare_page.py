"""The comparison: each column is its own choice, its figures are those of the page of figures, the best one is marked."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.pages.test_figure_pages import add, traded
from trading.views.compare_rows import MAIN

pytestmark = pytest.mark.django_db

PAGE = "/analysis/compare/"
_SIDES = {"a.side": "buy", "b.side": "sell", "definition": "portal"}


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    nets = [
        "60",
        "-40",
        "-20",
        "0",
        "30",
        "75.50",
        "-12.25",
        "18",
        "9",
        "-3",
        "44",
        "-8",
        "21",
        "-5",
        "13",
        "-7",
        "31",
        "-2",
        "16",
        "-1",
        "12",
        "8",
    ]
    return traded(ann, *nets)


def _rows(page: Any) -> dict[str, list[Any]]:
    return {row.url.split("/")[-2]: list(row.cells) for _title, rows in page.context["groups"] for row in rows}


def test_a_stranger_is_sent_to_sign_in(stranger: Client, account: BrokerAccount) -> None:
    assert stranger.get(PAGE, _SIDES).status_code == 302


def test_another_traders_account_is_not_understood(bo_client: Client, account: BrokerAccount) -> None:
    page = bo_client.get(PAGE, {"a.account": str(account.pk)})
    assert "is not one of your accounts" in page.content.decode()
    assert page.context["groups"] == []
    assert account.label not in page.content.decode()


def test_each_column_is_a_choice_of_its_own(ann_client: Client, account: BrokerAccount) -> None:
    rows = _rows(ann_client.get(PAGE, _SIDES))
    for place, side in enumerate(("buy", "sell")):
        shown = ann_client.get("/figures/", {"side": side, "definition": "portal"}).context["sets"][0]["groups"]
        own = {row.key: str(row.value) for group in shown for row in group.rows}
        compared = {key: str(cells[place].value) for key, cells in rows.items() if key in own}
        assert len(compared) > 8
        assert compared == {key: own[key] for key in compared}


def test_the_best_of_a_row_is_marked_with_words_and_the_distance_is_told(
    ann_client: Client, account: BrokerAccount
) -> None:
    page = ann_client.get(PAGE, _SIDES)
    first, second = _rows(page)["net_profit"]
    nets = [Decimal(str(cell.value).split(">")[1].split("<")[0].replace("−", "-")) for cell in (first, second)]
    assert (first.is_best, second.is_best) == (nets[0] > nets[1], nets[1] > nets[0])
    assert Decimal(second.apart.replace("−", "-")) == nets[1] - nets[0]
    assert '<span class="visually-hidden">best </span>' in page.content.decode()


def test_equal_columns_have_no_best(ann_client: Client, account: BrokerAccount) -> None:
    cells = [cell for row in _rows(ann_client.get(PAGE)).values() for cell in row]
    assert cells
    assert not any(cell.is_best for cell in cells)


def test_money_of_two_currencies_is_neither_ranked_nor_subtracted(
    ann_client: Client, ann: Trader, account: BrokerAccount
) -> None:
    other = traded(ann, *["5", "-3"] * 12, currency="EUR")
    rows = _rows(
        ann_client.get(PAGE, {"a.account": str(account.pk), "b.account": str(other.pk), "definition": "portal"})
    )
    assert not any(cell.is_best or cell.apart or cell.bar for cell in rows["net_profit"])
    assert any(cell.is_best for cell in rows["profit_factor"])


def test_the_address_says_it_without_empty_fields(ann_client: Client, account: BrokerAccount) -> None:
    answer = ann_client.get(PAGE, {"a.side": "buy", "a.symbol": "", "b.symbol": "XAUUSD", "b.from": ""})
    assert answer.status_code == 302
    assert answer["Location"] == f"{PAGE}?a.side=buy&b.symbol=XAUUSD"


def test_a_column_is_added_and_taken_away(ann_client: Client, account: BrokerAccount) -> None:
    page = ann_client.get(PAGE, _SIDES)
    assert [column["remove_url"] for column in page.context["columns"]] == ["", ""]
    wider = ann_client.get(page.context["one_more"])
    assert len(wider.context["columns"]) == 3
    left = ann_client.get(wider.context["columns"][0]["remove_url"])
    assert [column["words"] for column in left.context["columns"]] == ["Sell", "All closed trades"]
    four = ann_client.get(PAGE, {"d.side": "buy"})
    assert (len(four.context["columns"]), four.context["one_more"]) == (4, "")


def test_the_analysis_leads_here_with_its_filter_as_the_first_column(
    ann_client: Client, account: BrokerAccount
) -> None:
    page = ann_client.get("/analysis/", {"symbol": "XAUUSD", "side": "buy"})
    compared = ann_client.get(page.context["compare_url"])
    assert [column["words"] for column in compared.context["columns"]] == ["XAUUSD, Buy", "All closed trades"]
    assert compared.context["columns"][0]["trades"] == page.context["sets"][0]["strip"][0][1]


def test_suggestions_keep_the_rest_of_the_first_column(ann_client: Client, account: BrokerAccount) -> None:
    page = ann_client.get(PAGE, {"a.symbol": "XAUUSD", "a.side": "buy"})
    offered = dict(page.context["suggestions"])
    both = ann_client.get(offered["Long and short"])
    assert [column["words"] for column in both.context["columns"]] == ["XAUUSD, Buy", "XAUUSD, Sell"]


def test_all_figures_open_on_request(ann_client: Client, account: BrokerAccount) -> None:
    page = ann_client.get(PAGE, _SIDES)
    everything = ann_client.get(page.context["other_view"])
    assert len(_rows(everything)) > len(_rows(page)) >= 10
    assert set(_rows(page)) <= set(MAIN)


def test_what_is_not_understood_is_said_at_its_column(ann_client: Client, account: BrokerAccount) -> None:
    page = ann_client.get(PAGE, {"a.side": "sideways", "b.side": "buy"})
    assert "side" in page.context["columns"][0]["errors"]
    assert page.context["columns"][1]["errors"] == {}
    assert len(page.context["heads"]) == 1


def test_nothing_to_compare_teaches(bo_client: Client) -> None:
    assert "No closed trade to compare" in bo_client.get(PAGE).content.decode()


def test_twenty_more_trades_cost_no_further_statement(ann_client: Client, account: BrokerAccount) -> None:
    def statements() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as caught:
            assert ann_client.get(PAGE, _SIDES).status_code == 200
        return len(caught)

    before = statements()
    for place in range(20):
        make.journal_entry(add(account, str(place + 1), side="sell" if place % 2 else "buy"), tags=("Breakout",))
    assert statements() == before
