"""Who may see a page: its owner; a stranger is sent to sign in, and anybody else finds nothing."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Trader
from tests import make
from tests.pages.pages import ACTS, EVIL, OF_A_ROW, READ, book, many

pytestmark = pytest.mark.django_db


def _body(response: Any) -> str:
    return b"".join(response.streaming_content).decode() if response.streaming else response.content.decode()


@pytest.mark.parametrize("name", READ)
def test_its_owner_sees_the_page(ann: Trader, ann_client: Client, name: str) -> None:
    response = ann_client.get(book(ann).url(name), follow=name == "statement_progress")
    assert response.status_code == 200
    assert _body(response)


@pytest.mark.parametrize("name", (*READ, *ACTS))
def test_a_stranger_is_sent_to_sign_in(ann: Trader, stranger: Client, name: str) -> None:
    url = book(ann).url(name)
    response = stranger.post(url) if name in ACTS else stranger.get(url)
    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=")


@pytest.mark.parametrize("name", OF_A_ROW)
def test_another_trader_finds_nothing(ann: Trader, bo_client: Client, name: str) -> None:
    url = book(ann).url(name)
    response = bo_client.post(url) if name in ACTS else bo_client.get(url)
    assert response.status_code == 404


@pytest.mark.parametrize("name", ["trade_list", "trade_csv", "position_list", "cash_flow_list", "statement_list"])
def test_a_list_holds_no_row_of_another_trader(ann: Trader, bo: Trader, bo_client: Client, name: str) -> None:
    hers, his = book(ann, label="Account of Ann"), book(bo, label="Account of Bo")
    page = _body(bo_client.get(hers.url(name)))
    assert str(hers.trade.pk) not in page
    assert hers.trade.ticket not in page
    assert str(hers.statement.pk) not in page
    assert "Account of Ann" not in page
    assert his.account.label in page


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_not_done_by_a_link(ann: Trader, ann_client: Client, name: str) -> None:
    made = book(ann)
    assert ann_client.get(made.url(name)).status_code == 405
    made.statement.refresh_from_db()
    assert made.statement.state == "ready"


@pytest.mark.parametrize("name", ACTS)
def test_an_act_needs_the_token_of_the_form(ann: Trader, name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(book(ann).url(name)).status_code == 403


@pytest.mark.parametrize(
    "name", ["trade_list", "trade_detail", "position_list", "cash_flow_list", "statement_list", "statement_detail"]
)
def test_scripts_in_names_and_comments_are_shown_as_text(ann: Trader, ann_client: Client, name: str) -> None:
    made = book(ann)
    page = _body(ann_client.get(made.url(name)))
    assert EVIL not in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("name", ["trade_list", "position_list", "cash_flow_list", "statement_list", "balance_proof"])
def test_twenty_more_rows_need_no_more_queries(
    ann: Trader, ann_client: Client, name: str, django_assert_max_num_queries: Any
) -> None:
    made = book(ann)
    ann_client.get(made.url(name))  # what is kept between requests is in place
    make.trade(made.account)  # a write: what was kept is made again, before as after the many
    made.account.refresh_from_db()
    with django_assert_max_num_queries(100) as few:
        ann_client.get(made.url(name))
    many(made)
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert ann_client.get(made.url(name)).status_code == 200
    assert len(few.captured_queries) <= 18


def test_no_proxy_keeps_what_a_trader_is_shown(ann_client: Client) -> None:
    for name in ("dashboard", "account_list", "trade_list", "trade_csv", "position_list", "cash_flow_list", "settings"):
        kept = ann_client.get(reverse(name))["Cache-Control"]
        assert "private" in kept and "no-cache" in kept, name
