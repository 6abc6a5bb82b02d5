"""The frame around every page: menu, account and period in every link, theme."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Trader
from tests import make

pytestmark = pytest.mark.django_db


def test_links_of_the_menu_keep_account_and_period(ann_client: Client, ann: Trader) -> None:
    account = make.account(ann)
    page = ann_client.get("/", {"account": str(account.pk), "period": "month"}).content.decode()
    assert f'href="{reverse("trade_list")}?account={account.pk}&amp;period=month"' in page
    assert f'href="{reverse("settings")}"' in page


def test_another_traders_account_in_the_address_chooses_nothing(ann_client: Client, bo: Trader) -> None:
    foreign = make.account(bo, label="Secret of Bo")
    response = ann_client.get("/", {"account": str(foreign.pk)})
    assert response.context["frame"].account is None
    assert "Secret of Bo" not in response.content.decode()


def test_says_how_many_statements_wait(ann_client: Client, ann: Trader) -> None:
    make.statement(ann)
    make.statement(ann)
    assert (
        '<span class="count" title="2 waiting for you">2</span>' in ann_client.get(reverse("settings")).content.decode()
    )


def test_marks_the_page_that_is_shown(ann_client: Client) -> None:
    page = ann_client.get(reverse("account_list")).content.decode()
    assert f'href="{reverse("account_list")}" aria-current="page"' in page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_traders_theme_is_kept_and_written_into_the_page(ann_client: Client, ann: Trader, theme: str) -> None:
    response = ann_client.post(reverse("theme"), {"theme": theme, "next": reverse("account_list")})
    ann.refresh_from_db()
    assert (response.status_code, response["Location"], ann.theme) == (302, reverse("account_list"), theme)
    assert f'<html lang="en" data-bs-theme="{theme}"' in ann_client.get("/").content.decode()


def test_the_system_decides_until_a_theme_is_chosen(ann_client: Client) -> None:
    assert "data-bs-theme" not in ann_client.get("/").content.decode().split("<head>")[0]


def test_a_strangers_theme_is_kept_in_a_cookie(stranger: Client) -> None:
    stranger.post(reverse("theme"), {"theme": "dark"})
    assert 'data-bs-theme="dark"' in stranger.get(reverse("account_login")).content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_theme_switch_leads_to_no_other_site(stranger: Client, target: str) -> None:
    assert stranger.post(reverse("theme"), {"theme": "dark", "next": target})["Location"] == "/"


def test_an_unknown_theme_changes_nothing(ann_client: Client, ann: Trader) -> None:
    ann_client.post(reverse("theme"), {"theme": "pink"})
    ann.refresh_from_db()
    assert ann.theme == "system"


def test_pages_are_small_and_forbid_inline_code(ann_client: Client, ann: Trader) -> None:
    make.account(ann)
    response = ann_client.get("/")
    assert len(response.content) < 60_000
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "style-src 'self'" in policy and "unsafe" not in policy


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "%0d%0aX: y", "dashboard", ""]
)
def test_a_change_of_theme_leads_nowhere_else(client: Client, target: str) -> None:
    assert client.post("/theme/", {"theme": "dark", "next": target})["Location"] == "/"
    assert client.post("/theme/", {"theme": "dark", "next": "/trades/?q=%0d"})["Location"] == "/trades/?q=%0d"


def test_a_page_about_an_account_names_it_in_the_top_bar(ann_client: Client, ann: Trader) -> None:
    make.account(ann, label="Other", platform="mt5")
    account = make.account(ann, label="Scalping", platform="mt4")
    for address in (f"/accounts/{account.pk}/", f"/accounts/{account.pk}/balance-proof/", f"/?account={account.pk}"):
        topbar = ann_client.get(address).content.decode().split('id="topbar"')[1].split("</summary>")[1]
        assert "Scalping" in topbar and "All accounts" not in topbar
    assert "<span>MetaTrader 4</span>" in ann_client.get(f"/accounts/{account.pk}/").content.decode()
    assert "<span>MetaTrader 4 and 5</span>" in ann_client.get("/").content.decode()
