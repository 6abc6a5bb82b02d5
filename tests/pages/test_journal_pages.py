"""The calendar, the journal of days and the rating of a trade."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import Trader
from tests import make
from trading.models import DayNote, JournalEntry
from trading.notes import render_notes

pytestmark = pytest.mark.django_db

DAY = "/journal/day/?day=2026-03-10"
MARCH = "/calendar/?month=2026-03"


def _closed(owner: Trader, at: datetime, net: str, **account: str) -> None:
    make.trade(
        make.account(owner, **account),
        opened_at=at - timedelta(hours=2),
        closed_at=at,
        gross_profit=Decimal(net),
        commission=Decimal(0),
        swap=Decimal(0),
    )


def _text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_a_trade_stands_on_the_day_of_the_traders_zone(ann: Trader, ann_client: Client) -> None:
    Trader.objects.filter(pk=ann.pk).update(time_zone="Europe/Berlin")
    _closed(ann, datetime(2026, 3, 10, 23, 30, tzinfo=UTC), "-40.50")
    page = _text(ann_client, MARCH)
    assert "11 Mar 2026, −40.50 USD, 1 trade, 0\N{NO-BREAK SPACE}% won" in page
    assert "Berlin, UTC" in page


def test_weeks_and_the_month_are_totalled_per_currency(ann: Trader, ann_client: Client) -> None:
    _closed(ann, datetime(2026, 3, 10, 12, tzinfo=UTC), "100")
    _closed(ann, datetime(2026, 3, 11, 12, tzinfo=UTC), "-30")
    _closed(ann, datetime(2026, 3, 11, 12, tzinfo=UTC), "7", currency="EUR")
    page = ann_client.get(MARCH)
    month = page.context["month"]
    assert [(line.currency, line.trades, line.short) for line in month.amounts] == [
        ("EUR", "1 trade", "+7"),
        ("USD", "2 trades", "+70"),
    ]
    week = next(week for week in month.weeks if week.number == 11)
    assert [line.short for line in week.amounts] == ["+7", "+70"]
    tones = {cell.day.day: cell.tone for cell in week.cells if cell.tone}
    assert tones == {10: "cal-profit-3", 11: "cal-flat"}


def test_a_day_of_two_currencies_is_one_day_and_up_only_where_both_are(ann: Trader, ann_client: Client) -> None:
    for day, usd, eur in ((10, "100", "7"), (11, "-30", "7"), (12, "-30", "-7")):
        _closed(ann, datetime(2026, 3, day, 12, tzinfo=UTC), usd)
        _closed(ann, datetime(2026, 3, day, 12, tzinfo=UTC), eur, currency="EUR")
    month = ann_client.get(MARCH).context["month"]
    assert (month.days_up, month.days_down) == (1, 1)


def test_a_week_of_which_only_the_hidden_weekend_is_left_is_not_shown(ann: Trader, ann_client: Client) -> None:
    """1 March 2026 is a Sunday: what happened in the days before it belongs to February."""
    _closed(ann, datetime(2026, 2, 25, 12, tzinfo=UTC), "5")
    _closed(ann, datetime(2026, 3, 10, 12, tzinfo=UTC), "5")
    assert [week.number for week in ann_client.get(MARCH).context["month"].weeks] == [10, 11, 12, 13, 14]
    _closed(ann, datetime(2026, 3, 1, 12, tzinfo=UTC), "5")
    assert [week.number for week in ann_client.get(MARCH).context["month"].weeks] == [9, 10, 11, 12, 13, 14]


def test_a_larger_loss_is_darker(ann: Trader, ann_client: Client) -> None:
    _closed(ann, datetime(2026, 3, 10, 12, tzinfo=UTC), "-300")
    _closed(ann, datetime(2026, 3, 11, 12, tzinfo=UTC), "-10")
    cells = [cell for week in ann_client.get(MARCH).context["month"].weeks for cell in week.cells]
    assert {cell.day.day: cell.tone for cell in cells if cell.tone} == {10: "cal-loss-3", 11: "cal-loss-1"}


def test_a_year_shows_its_months(ann: Trader, ann_client: Client) -> None:
    _closed(ann, datetime(2026, 3, 10, 12, tzinfo=UTC), "100")
    page = _text(ann_client, "/calendar/?year=2026")
    assert "March" in page and "+100.00" in page and "month=2026-03" in page


def test_one_account_of_the_address_is_shown_alone(ann: Trader, ann_client: Client) -> None:
    chosen = make.account(ann)
    _closed(ann, datetime(2026, 3, 10, 12, tzinfo=UTC), "100")
    assert "+100.00" not in _text(ann_client, f"{MARCH}&account={chosen.pk}")


@pytest.mark.parametrize(
    "query", ["month=2026-13", "month=x", "month=0000-00", "year=99999", "year=%00", "month=9999-12"]
)
def test_an_address_without_sense_shows_this_month(ann_client: Client, query: str) -> None:
    assert "Calendar" in _text(ann_client, f"/calendar/?{query}")


def test_the_calendar_asks_as_many_questions_for_many_trades(ann: Trader, ann_client: Client) -> None:
    make.account(ann)
    addresses = [MARCH, "/calendar/?year=2026", DAY, "/journal/"]

    def count(address: str) -> int:
        ann_client.get(address)
        with CaptureQueriesContext(connection) as captured:
            ann_client.get(address)
        return len(captured)

    make.day_note(ann, day=date(2025, 12, 31))
    _closed(ann, datetime(2026, 3, 10, 11, tzinfo=UTC), "5")
    before = [count(address) for address in addresses]
    for number in range(20):
        _closed(ann, datetime(2026, 3, 10, 12, tzinfo=UTC), str(number))
        make.day_note(ann, day=date(2026, 1, number + 1))
    assert [count(address) for address in addresses] == before


def test_a_day_shows_its_trades_and_keeps_its_note(ann: Trader, ann_client: Client) -> None:
    _closed(ann, datetime(2026, 3, 10, 12, tzinfo=UTC), "100")
    _closed(ann, datetime(2026, 3, 11, 12, tzinfo=UTC), "77")
    ann_client.post(DAY, {"text": "Waited **long**."})
    page = _text(ann_client, DAY)
    assert "+100.00" in page and "+77.00" not in page
    assert "<strong>long</strong>" in page and "from=2026-03-10&amp;to=2026-03-10" in page
    assert "with a note" in _text(ann_client, MARCH)
    assert "<strong>long</strong>" in _text(ann_client, "/journal/")


def test_a_preview_saves_nothing(ann: Trader, ann_client: Client) -> None:
    page = ann_client.post(DAY, {"text": "A *draft*", "preview": "1"}).content.decode()
    assert "<em>draft</em>" in page and "A *draft*" in page
    assert not DayNote.objects.exists()


def test_an_emptied_note_is_gone_and_stays_in_the_history(ann: Trader, ann_client: Client) -> None:
    make.day_note(ann, day=date(2026, 3, 10), text="Old words")
    ann_client.post(DAY, {"text": "  "})
    assert not DayNote.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM trading_daynoteevent")
        assert cursor.fetchall() == [("Old words",)]


def test_another_trader_sees_neither_note_nor_day(ann: Trader, bo: Trader, bo_client: Client) -> None:
    make.day_note(ann, day=date(2026, 3, 10), text="Secret words")
    _closed(ann, datetime(2026, 3, 10, 12, tzinfo=UTC), "4242")
    for address in (DAY, MARCH, "/calendar/?year=2026", "/journal/", "/journal/?find=Secret"):
        page = _text(bo_client, address)
        assert "Secret words" not in page and "4,242.00" not in page
    bo_client.post(DAY, {"text": "His own"})
    assert DayNote.objects.get(trader=ann).text == "Secret words"


def test_a_search_finds_words_and_pages_go_back_in_time(ann: Trader, ann_client: Client) -> None:
    for number in range(25):
        make.day_note(ann, day=date(2026, 1, 1) + timedelta(days=number), text=f"note number{number:02}.")
    first = ann_client.get("/journal/")
    assert "number24." in first.content.decode() and "number04." not in first.content.decode()
    assert "number04." in _text(ann_client, first.context["next_url"])
    found = _text(ann_client, "/journal/?find=NUMBER07")
    assert "number07." in found and "number24." not in found


def test_an_empty_journal_says_what_will_stand_there(ann_client: Client) -> None:
    assert "No note yet" in _text(ann_client, "/journal/")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&colon;alert(1))",
        "![x](https://example.com/x.png)",
        '<img src="x" onerror="alert(1)">',
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "> - [**<svg onload=alert(1)>**](vbscript:x)",
        "[a]: javascript:alert(1)\n\n[a]",
        "<a href='https://example.com' onclick='alert(1)'>x</a>",
        '| <iframe src="//x"> |\n|---|\n| `<style>` |',
    ],
)
def test_no_note_becomes_a_script_or_a_picture(text: str) -> None:
    import re

    html = render_notes(text)
    tags = re.findall(r"<(/?[a-z0-9]+)([^>]*)>", html)
    assert not {name.strip("/") for name, _ in tags} & {"script", "img", "svg", "iframe", "style"}
    for _, attributes in tags:
        assert not re.search(r"on\w+=|javascript:|data:|vbscript:", attributes, re.IGNORECASE)


def test_a_rating_is_kept_and_shown(ann: Trader, ann_client: Client) -> None:
    trade = make.trade(make.account(ann))
    address = reverse("trade_detail", args=[trade.pk])
    ann_client.post(address, {"notes": "", "tags": "", "initial_stop_loss": "", "rating": "4"})
    assert JournalEntry.objects.get().rating == 4
    assert "4 of 5" in _text(ann_client, address)
    ann_client.post(address, {"notes": "", "tags": "", "initial_stop_loss": "", "rating": "6"})
    assert JournalEntry.objects.get().rating == 4


def test_the_api_takes_a_rating_from_1_to_5(ann: Trader, ann_api: APIClient) -> None:
    trade = make.trade(make.account(ann))
    address = f"/api/v1/trades/{trade.pk}/"
    assert ann_api.patch(address, {"rating": 5}, format="json").json()["rating"] == 5
    assert ann_api.patch(address, {"notes": "x"}, format="json").json()["rating"] == 5
    assert [ann_api.patch(address, {"rating": bad}, format="json").status_code for bad in (0, 6, "a")] == [400] * 3
