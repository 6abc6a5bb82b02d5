"""The closed trades and one of them."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import BrokerAccount, Trader
from tests import make
from trading.models import JournalEntry, Trade

pytestmark = pytest.mark.django_db

LIST = "/trades/"


def _page(client: Client, query: str = "", **headers: str) -> str:
    response = client.get(f"{LIST}{query}", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def _history(account: BrokerAccount, count: int) -> list[Trade]:
    return [
        make.trade(
            account,
            ticket=f"T{number:03}",
            opened_at=make.START + timedelta(hours=number),
            gross_profit=Decimal(number),
        )
        for number in range(count)
    ]


def test_shows_the_trade_with_its_parts(ann: Trader, ann_client: Client) -> None:
    make.trade(make.account(ann), symbol="XAUUSD", strategy_id="pullback")
    page = _page(ann_client)
    for part in (
        "XAUUSD",
        "1.10000",
        "1.10100",
        "2\N{NO-BREAK SPACE}h",
        "108.50",
        "−7.00",
        "−1.50",
        "+100.00",
        "pullback",
    ):
        assert part in page, part


def test_totals_are_those_of_the_whole_filter_not_of_the_page(ann: Trader, ann_client: Client) -> None:
    _history(make.account(ann), 60)
    page = _page(ann_client)
    assert "60 trades in this filter" in page
    assert "1,770.00" in page  # 0 + 1 + ... + 59
    assert "20 of 60 shown" in page


def test_load_more_brings_the_rest_as_rows_alone(ann: Trader, ann_client: Client) -> None:
    _history(make.account(ann), 60)
    more = re.search(r'hx-get="([^"]*cursor[^"]*)"', _page(ann_client))
    assert more
    url = more[1].replace("&amp;", "&")
    fragment = ann_client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert fragment.count("is-link") == 40
    assert "<html" not in fragment
    assert "60 of 60 shown" in fragment
    without_script = ann_client.get(url).content.decode()
    assert "<html" in without_script
    assert "21 to 40 of 60 shown" in without_script


def test_a_filter_by_htmx_puts_the_address_without_empty_fields(ann: Trader, ann_client: Client) -> None:
    make.trade(make.account(ann))
    response = ann_client.get(f"{LIST}?symbol=EURUSD&side=", headers={"HX-Request": "true"})
    assert response["Location"] == "/trades/?symbol=EURUSD"
    response = ann_client.get(response["Location"], headers={"HX-Request": "true"})
    assert 'id="trade-results"' in response.content.decode()
    assert response["HX-Push-Url"] == "/trades/?symbol=EURUSD"
    assert "HX-Request" in response["Vary"]


def test_a_page_from_the_browsers_history_is_whole(ann: Trader, ann_client: Client) -> None:
    make.trade(make.account(ann))
    page = _page(ann_client, "?side=buy", **{"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in page


def test_what_is_filtered_stays_set_and_can_be_taken_away(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann, label="Swing")
    make.trade(account, symbol="GER40", ticket="yes")
    make.trade(account, symbol="EURUSD", ticket="no")
    page = _page(ann_client, f"?symbol=GER40&account={account.pk}&sort=-net")
    assert page.count("is-link") == 1
    assert '<input type="hidden" name="symbol" value="GER40">' in page
    assert f'<input type="hidden" name="account" value="{account.pk}">' in page
    assert f'href="/trades/?account={account.pk}&amp;sort=-net" aria-label="Remove the filter Symbol GER40"' in page


def test_sorting_turns_round_at_the_second_click(ann: Trader, ann_client: Client) -> None:
    _history(make.account(ann), 3)
    assert 'href="/trades/?sort=-net"' in _page(ann_client)
    page = _page(ann_client, "?sort=-net")
    assert 'aria-sort="descending"' in page
    assert 'href="/trades/?sort=net"' in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?from=yesterday", "is not a date"),
        ("?side=long", "long is not one of the available choices"),
        ("?account=1", "is not a valid UUID"),
        ("?min_profit=much", "Enter a number"),
    ],
)
def test_a_filter_that_is_not_understood_shows_nothing_and_says_why(
    ann: Trader, ann_client: Client, query: str, words: str
) -> None:
    make.trade(make.account(ann))
    make.trade(make.account(ann))
    page = _page(ann_client, query)
    assert words in page
    assert "is-link" not in page
    assert "Show all closed trades" in page


@pytest.mark.parametrize(
    "query", ["?cursor=nonsense", "?cursor=%00", "?sort=password", "?cursor=é&sort=-net", "?shown=9999999999999"]
)
def test_a_place_or_order_that_is_not_known_starts_at_the_beginning(
    ann: Trader, ann_client: Client, query: str
) -> None:
    make.trade(make.account(ann))
    assert _page(ann_client, query).count("is-link") == 1


def test_an_empty_book_teaches_what_will_be_here(ann_client: Client) -> None:
    page = _page(ann_client)
    assert "No closed trade yet" in page
    assert reverse("statement_upload") in page


def test_a_new_trade_changes_the_kept_totals(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    make.trade(account)
    assert "1 trade in this filter" in _page(ann_client)
    make.trade(account)
    assert "2 trades in this filter" in _page(ann_client)


def test_the_choice_of_columns_is_remembered_and_leads_back(ann: Trader, ann_client: Client) -> None:
    make.trade(make.account(ann))
    shown = ["entry", "exit", "gross", "commission", "fee", "bar", "account", "strategy", "marks"]
    form = {"column": shown, "height": "comfortable", "next": "/trades/?side=buy"}
    response = ann_client.post("/trades/columns/", form)
    assert response["Location"] == "/trades/?side=buy"
    page = _page(ann_client)
    assert 'class="rows-table as-cards is-comfortable"' in page
    assert ">Entry</th>" in page
    assert ">Swap</th>" not in page
    assert len(re.findall(r"<t[dh]", page[page.index('<tr class="is-link"') :].split("</tr>")[0])) == 11
    assert 'value="held" checked' not in page
    assert 'value="entry" checked' in page


@pytest.mark.parametrize("target", ["https://example.com/", "//example.com", ""])
def test_the_choice_of_columns_leads_to_no_other_site(ann_client: Client, target: str) -> None:
    assert ann_client.post("/trades/columns/", {"next": target})["Location"] == "/trades/"


def test_a_cookie_of_columns_from_elsewhere_is_ignored(ann: Trader, ann_client: Client) -> None:
    make.trade(make.account(ann))
    ann_client.cookies["trade_columns"] = '"><script>.net.swap'
    page = _page(ann_client)
    assert 'class="rows-table as-cards"' in page
    assert ">Swap</th>" not in page
    assert ">Entry</th>" in page


def test_the_file_holds_the_whole_filter_exactly(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann, label="=cmd()")
    _history(account, 60)
    make.trade(account, symbol="XAUUSD", comment="-2+3", gross_profit=Decimal("0.12345"))
    response: Any = ann_client.get("/trades/csv/?symbol=XAUUSD,EURUSD")
    assert response["Content-Disposition"].startswith('attachment; filename="tradeportal-trades-')
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert len(rows) == 61
    gold = next(row for row in rows if row["symbol"] == "XAUUSD")
    assert gold["gross_profit"] == "0.12345"
    assert gold["net_profit"] == "-8.37655"
    # A spreadsheet would run these.
    assert gold["comment"] == "'-2+3"
    assert gold["account"] == "'=cmd()"


def test_the_file_is_empty_when_the_filter_is_not_understood(ann: Trader, ann_client: Client) -> None:
    make.trade(make.account(ann))
    response: Any = ann_client.get("/trades/csv/?side=long")
    assert b"".join(response.streaming_content).count(b"\n") == 1


def test_the_money_of_a_trade_adds_up(ann: Trader, ann_client: Client) -> None:
    trade = make.trade(make.account(ann), fee=Decimal("-0.25"))
    page = ann_client.get(f"/trades/{trade.pk}/").content.decode()
    figures = [Decimal(text.replace("−", "-")) for text in re.findall(r'<dd class="num">(−?[\d.]+)</dd>', page)[:4]]
    assert sum(figures) == trade.net_profit == Decimal("99.75")


def test_previous_and_next_keep_to_the_filter(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    first, second, third = _history(account, 3)
    make.trade(account, symbol="XAUUSD", opened_at=make.START + timedelta(minutes=90))
    page = ann_client.get(f"/trades/{second.pk}/?symbol=EURUSD").content.decode()
    assert f'rel="prev" href="/trades/{third.pk}/?symbol=EURUSD"' in page
    assert f'rel="next" href="/trades/{first.pk}/?symbol=EURUSD"' in page


def test_notes_are_markdown_and_harmless(ann: Trader, ann_client: Client) -> None:
    trade = make.trade(make.account(ann))
    notes = "**bold** <img src=x onerror=alert(1)> [x](javascript:alert(1)) ![p](https://example.com/p.png)"
    ann_client.post(f"/trades/{trade.pk}/", {"notes": notes, "tags": "", "initial_stop_loss": ""})
    page = ann_client.get(f"/trades/{trade.pk}/").content.decode()
    assert "<strong>bold</strong>" in page
    assert "<img src=x" not in page
    assert 'src="https://example.com' not in page
    assert 'href="javascript' not in page


def test_saving_notes_keeps_the_money_and_makes_the_tags(ann: Trader, ann_client: Client) -> None:
    trade = make.trade(make.account(ann))
    before = Trade.objects.filter(pk=trade.pk).values().get()
    trade.account.refresh_from_db()
    revision = trade.account.revision
    form = {"notes": "Waited.", "tags": "News, news , A+ setup", "initial_stop_loss": "1.09500"}
    response = ann_client.post(f"/trades/{trade.pk}/?side=buy", form)
    assert response["Location"] == f"/trades/{trade.pk}/?side=buy"
    assert Trade.objects.filter(pk=trade.pk).values().get() == before
    entry = JournalEntry.objects.get(account=trade.account, ticket=trade.ticket)
    assert (entry.notes, entry.initial_stop_loss) == ("Waited.", Decimal("1.09500"))
    assert sorted(entry.tags.values_list("name", flat=True)) == ["A+ setup", "News"]
    trade.account.refresh_from_db()
    assert trade.account.revision == revision + 1


def test_a_stop_makes_the_r_multiple(ann: Trader, ann_client: Client) -> None:
    # 0.0010 gained 108.50, so 0.0050 of risk is 542.50, and a net of 100.00 is 0.18 of it.
    trade = make.trade(make.account(ann))
    make.journal_entry(trade, initial_stop_loss=Decimal("1.09500"))
    assert "+0.18" in ann_client.get(f"/trades/{trade.pk}/").content.decode()


def test_an_error_stands_at_its_field_and_what_was_typed_is_kept(ann: Trader, ann_client: Client) -> None:
    trade = make.trade(make.account(ann))
    form = {"notes": "Kept text.", "tags": "x" * 41, "initial_stop_loss": "-1"}
    page = ann_client.post(f"/trades/{trade.pk}/", form).content.decode()
    assert "A tag has at most 40 characters." in page
    assert "greater than or equal to 0" in page
    assert "Kept text." in page
    assert not JournalEntry.objects.exists()


def test_tickets_closed_in_parts_are_linked_both_ways(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann, platform="mt4")
    head = make.trade(account, ticket="100")
    rest = make.trade(account, ticket="101", parent_ticket="100")
    last = make.open_trade(account, ticket="102", parent_ticket="101")
    for trade in (head, rest, last):
        page = ann_client.get(f"/trades/{trade.pk}/").content.decode()
        for other in {head, rest, last} - {trade}:
            assert f'href="/trades/{other.pk}/"' in page


def test_a_correction_shows_the_old_value_and_what_it_moved(ann: Trader, ann_client: Client) -> None:
    trade = make.trade(make.account(ann))
    Trade.objects.filter(pk=trade.pk).update(swap=Decimal("-2.84"), take_profit=None)
    page = ann_client.get(f"/trades/{trade.pk}/").content.decode()
    assert "<s>−1.50</s>" in page
    assert "−1.34" in page
    assert "no money" in page
    assert "Corrected by a later statement" in _page(ann_client)
