"""The list of trades is kept whole: what a trader sees is right after every write, and nobody sees another's."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import BrokerAccount, Trader
from accounts.services.accounts import archive_account, create_account, edit_account
from accounts.services.settings import change_settings
from tests import make
from trading.services.journal import save_journal
from trading.views.trade_columns import COOKIE

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return make.account(ann, label="Old label")


def page(client: Client, query: str = "") -> str:
    response = client.get(reverse("trade_list") + query)
    assert response.status_code == 200
    return response.content.decode()


def rename(account: BrokerAccount) -> None:
    edit_account(account, label="New label")


def write_notes(account: BrokerAccount) -> None:
    save_journal(account.trades.get(), notes="Waited.", tags=["patience"], initial_stop_loss=None)


def choose_numbers(account: BrokerAccount) -> None:
    change_settings(account.trader, number_format="de")


def choose_colours(account: BrokerAccount) -> None:
    change_settings(account.trader, theme="dark")


def choose_a_zone(account: BrokerAccount) -> None:
    change_settings(account.trader, time_zone="Asia/Tokyo")


def open_another(account: BrokerAccount) -> None:
    fields = {"label": "Second one", "platform": "mt5", "number": "77", "currency": "EUR", "server": "X"}
    create_account(account.trader, **fields)


WRITES: dict[str, tuple[Callable[[BrokerAccount], Any], str]] = {
    "a trade": (lambda account: make.trade(account, symbol="XAUUSD"), "XAUUSD"),
    "a name": (rename, "New label"),
    "notes": (write_notes, "patience"),
    "a way to write numbers": (choose_numbers, "+100,00"),
    "a theme": (choose_colours, 'data-bs-theme="dark"'),
    "a zone": (choose_a_zone, "Tokyo"),
    "another account": (open_another, "Second one"),
    "a waiting statement": (lambda account: make.statement(account.trader), "1 waiting for you"),
    "a break": (lambda account: make.feed(account, open_breaks=7), "7 waiting for you"),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_kept_page_is_made_again_after(ann_client: Client, account: BrokerAccount, write: str) -> None:
    act, shown = WRITES[write]
    make.trade(account)
    assert shown not in page(ann_client)
    act(account)
    assert shown in page(ann_client)


def test_an_archived_account_leaves_the_kept_page(ann_client: Client, ann: Trader, account: BrokerAccount) -> None:
    make.trade(make.account(ann))
    assert "Old label" in page(ann_client)
    archive_account(account)
    assert "Old label" not in page(ann_client)


def test_the_same_page_again_takes_one_query(
    ann_client: Client, account: BrokerAccount, django_assert_num_queries: Any
) -> None:
    make.trade(account)
    page(ann_client)  # brings the cookie without which there is no door
    first = page(ann_client)
    with django_assert_num_queries(1):  # whether anything has changed
        again = page(ann_client)
    assert "".join(re.split(r"[0-9A-Za-z]{64}", again)) == "".join(re.split(r"[0-9A-Za-z]{64}", first))


def test_two_traders_never_share_a_kept_page(ann_client: Client, bo_client: Client, ann: Trader, bo: Trader) -> None:
    make.trade(make.account(ann), symbol="XAUUSD")
    make.trade(make.account(bo), symbol="GBPUSD")
    assert "XAUUSD" in page(ann_client)
    assert "XAUUSD" not in page(bo_client)


def test_one_who_signed_out_gets_no_kept_page(ann_client: Client, account: BrokerAccount) -> None:
    make.trade(account)
    page(ann_client)
    ann_client.logout()
    assert ann_client.get(reverse("trade_list")).status_code == 302


def test_a_kept_page_carries_the_token_of_its_own_request(ann: Trader, account: BrokerAccount) -> None:
    make.trade(account)
    tokens = set()
    for _ in range(2):
        client = Client(enforce_csrf_checks=True)
        client.force_login(ann, backend=BACKEND)
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page(client))[0]
        answer = client.post(reverse("trade_columns"), {"csrfmiddlewaretoken": token, "column": "entry"})
        assert answer.status_code == 302
        tokens.add(token)
    assert len(tokens) == 2


def test_a_message_is_shown_once_and_never_kept(ann_client: Client, account: BrokerAccount) -> None:
    trade = make.trade(account)
    page(ann_client)
    ann_client.post(reverse("trade_detail", args=[trade.pk]), {"notes": "x", "tags": "", "initial_stop_loss": ""})
    assert "Your notes are saved" in page(ann_client)
    assert "Your notes are saved" not in page(ann_client)


def test_a_kept_page_has_the_columns_of_the_browser(ann_client: Client, account: BrokerAccount) -> None:
    make.trade(account)
    assert ">Swap</th>" in page(ann_client)
    ann_client.cookies[COOKIE] = "swap"
    assert ">Swap</th>" not in page(ann_client)


def test_a_page_and_its_fragment_are_kept_apart(ann_client: Client, account: BrokerAccount) -> None:
    for number in range(60):
        make.trade(account, gross_profit=Decimal(number))
    found = re.search(r'hx-get="([^"]+cursor[^"]+)"', page(ann_client))
    assert found
    address = found[1].replace("&amp;", "&")
    fragment = ann_client.get(address, headers={"HX-Request": "true"}).content.decode()
    whole = ann_client.get(address).content.decode()
    assert fragment.startswith("<tr") and "<html" not in fragment
    assert "<html" in whole
