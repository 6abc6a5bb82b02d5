"""The closed trades in a browser: what htmx adds, and that the address always tells what is shown."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

OpenContext = Callable[..., BrowserContext]


def test_load_more_adds_rows_in_place(open_context: OpenContext) -> None:
    tab = open_context("trader").new_page()
    tab.goto(reverse("trade_list"))
    expect(tab.locator("tr.is-link")).to_have_count(20)
    tab.get_by_role("link", name="Load more").click()
    expect(tab.locator("tr.is-link")).to_have_count(70)
    assert "cursor" not in tab.url


def test_a_filter_changes_the_address_and_the_links_of_the_top_bar(open_context: OpenContext) -> None:
    tab = open_context("trader").new_page()
    tab.goto(reverse("trade_list"))
    tab.locator("summary", has_text="Side").click()
    tab.get_by_role("button", name="Sell", exact=True).click()
    tab.wait_for_url("**/trades/?side=sell")
    expect(tab.locator(".chip.is-on")).to_contain_text("Sell")
    expect(tab.locator("tr.is-link .side", has_text="Buy")).to_have_count(0)
    month = tab.locator("#topbar").get_by_role("link", name="Month", exact=True)
    expect(month).to_have_attribute("href", "?side=sell&period=month")
    tab.reload()
    expect(tab.locator(".chip.is-on")).to_contain_text("Sell")


def test_a_head_sorts_and_the_browsers_back_returns(open_context: OpenContext) -> None:
    tab = open_context("trader").new_page()
    tab.goto(reverse("trade_list"))
    tab.get_by_role("columnheader", name="Net").get_by_role("link").click()
    tab.wait_for_url("**/trades/?sort=-net")
    expect(tab.locator("th[aria-sort=descending]")).to_contain_text("Net")
    tab.go_back()
    expect(tab.locator("th[aria-sort=descending]")).to_contain_text("Closed")


def test_the_trades_can_be_filtered_without_javascript(open_context: OpenContext) -> None:
    tab = open_context("trader", java_script_enabled=False).new_page()
    tab.goto(reverse("trade_list"))
    tab.locator("summary", has_text="Result").click()
    tab.get_by_role("button", name="Won").click()
    expect(tab.locator(".chip.is-on")).to_contain_text("Won")
    expect(tab.locator("tr.is-link .amt.loss")).to_have_count(0)
    tab.get_by_role("link", name="Load more").click()
    expect(tab.locator(".more-line")).to_contain_text("21 to 40 of")


def test_a_file_that_is_too_large_is_named_before_it_is_sent(open_context: OpenContext) -> None:
    tab = open_context("trader").new_page()
    tab.goto(reverse("statement_upload"))
    tab.locator("form[data-upload]").evaluate("form => { form.dataset.limit = '10'; }")
    tab.locator("#files").set_input_files({"name": "large.html", "mimeType": "text/html", "buffer": b"x" * 11})
    expect(tab.get_by_role("alert")).to_contain_text("large.html is larger than")
