"""What pages do in a browser: keys, menus, theme, the chart; and what is left of them without JavaScript."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, expect

from tests.browser.pages import Site

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

OpenContext = Callable[..., BrowserContext]
_TWO_DAYS = re.compile(r"\?span=\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d")
_PHONE = {"width": 390, "height": 844}


def test_keys_walk_the_rows_search_and_show_themselves(open_context: OpenContext) -> None:
    tab = open_context("trader").new_page()
    tab.goto(reverse("trade_list"))
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    tab.keyboard.press("k")
    expect(tab.locator("tr.is-at")).to_have_count(1)
    first = tab.locator("tr.is-link").first
    expect(first).to_have_class("is-link is-at")
    tab.keyboard.press("?")
    expect(tab.get_by_role("dialog", name="Keys")).to_be_visible()
    tab.keyboard.press("Escape")
    tab.keyboard.press("/")
    expect(tab.get_by_role("searchbox")).to_be_focused()
    tab.keyboard.type("jk?")
    expect(tab.get_by_role("searchbox")).to_have_value("jk?")


def test_g_and_a_letter_go_to_a_place_of_the_menu(open_context: OpenContext) -> None:
    tab = open_context("trader").new_page()
    tab.goto(reverse("trade_list"))
    tab.keyboard.press("g")
    tab.keyboard.press("a")
    tab.wait_for_url("**/accounts/")
    expect(tab.get_by_role("heading", level=1)).to_be_visible()


def test_enter_opens_the_row_that_the_keys_reached(open_context: OpenContext) -> None:
    tab = open_context("trader").new_page()
    tab.goto(reverse("account_list"))
    tab.keyboard.press("j")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/accounts/*-*-*-*-*/")
    expect(tab.get_by_role("heading", level=1)).to_be_visible()


def test_a_click_on_a_row_opens_it(open_context: OpenContext) -> None:
    tab = open_context("trader").new_page()
    tab.goto(reverse("account_list"))
    tab.locator("tr.is-link td").nth(2).click()
    tab.wait_for_url("**/accounts/*-*-*-*-*/")
    expect(tab.get_by_role("heading", level=1)).to_be_visible()


def test_a_menu_closes_by_escape_and_by_a_click_elsewhere(open_context: OpenContext) -> None:
    tab = open_context("trader").new_page()
    tab.goto("/")
    profile = tab.locator("summary[aria-label=Profile]")
    out = tab.get_by_role("button", name="Sign out")
    profile.click()
    expect(out).to_be_visible()
    tab.keyboard.press("Escape")
    expect(out).to_be_hidden()
    expect(profile).to_be_focused()
    profile.click()
    tab.locator("h1").click()
    expect(out).to_be_hidden()


def test_a_stranger_chooses_dark_and_the_page_comes_dark_at_once(open_context: OpenContext) -> None:
    tab = open_context("stranger", color_scheme="light").new_page()
    tab.goto(reverse("account_login"))
    tab.get_by_role("button", name="Dark").click()
    expect(tab.locator("html")).to_have_attribute("data-bs-theme", "dark")
    background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(12, 15, 19)"


def test_sign_up_starts_at_the_browsers_time_zone(open_context: OpenContext) -> None:
    tab = open_context("stranger", timezone_id="Asia/Tokyo").new_page()
    tab.goto(reverse("account_signup"))
    expect(tab.get_by_label("Time zone")).to_have_value("Asia/Tokyo")


def test_the_chart_is_drawn_and_follows_the_pointer(open_context: OpenContext) -> None:
    tab = open_context("trader").new_page()
    tab.goto("/")
    canvas = tab.locator("[data-curve-canvas] canvas").first
    expect(canvas).to_be_visible()
    at = tab.locator("[data-curve-at]").first
    expect(at).to_have_text("Latest")
    canvas.hover(position={"x": 200, "y": 100})
    expect(at).not_to_have_text("Latest")


def test_a_step_zooms_all_charts_asks_for_more_points_and_survives_a_reload(open_context: OpenContext) -> None:
    tab = open_context("trader").new_page()
    tab.goto("/")
    expect(tab.locator("[data-curve-canvas] canvas").first).to_be_visible()
    summary = tab.locator(".chart-summary").first
    before = summary.inner_text()
    with tab.expect_response("**/dashboard/curve/*words=1*") as asked:
        tab.get_by_role("link", name="Zoom in").first.click()
    assert len(asked.value.json()["curves"][0]["points"]) > 100
    tab.wait_for_url(_TWO_DAYS)
    expect(summary).not_to_have_text(before)
    expect(
        tab.get_by_role("link", name="All", exact=True).and_(tab.locator(".card .segment[aria-current]"))
    ).to_have_count(0)
    narrower = summary.inner_text()
    tab.reload()
    assert tab.locator(".chart-summary").first.inner_text() == narrower
    for _ in range(2):
        tab.get_by_role("link", name="Zoom out").first.click()
    tab.wait_for_url(re.compile(r"\?span=all$"))
    expect(tab.locator(".card .segment[aria-current]").first).to_have_text("All")


def test_the_wheel_zooms_only_with_ctrl(open_context: OpenContext) -> None:
    tab = open_context("trader").new_page()
    tab.goto("/")
    canvas = tab.locator("[data-curve-canvas] canvas").first
    expect(canvas).to_be_visible()
    canvas.hover(position={"x": 200, "y": 100})
    tab.keyboard.down("Control")
    tab.mouse.wheel(0, -200)
    tab.keyboard.up("Control")
    tab.wait_for_url(_TWO_DAYS)


def test_equity_is_drawn_where_a_feed_recorded_it(open_context: OpenContext, site: Site) -> None:
    tab = open_context("trader").new_page()
    tab.goto(reverse("account_detail", args=[site.account.pk]) + "?span=1w")
    expect(tab.get_by_role("heading", name="Equity, balance and drawdown")).to_be_visible()
    expect(tab.locator("[data-curve-equity]")).to_have_text("33,600.00")
    other = tab.locator(".chart-table")
    other.locator("summary").click()
    expect(other.get_by_role("columnheader", name="Last equity")).to_be_visible()


def test_the_chart_zooms_and_moves_without_javascript(open_context: OpenContext) -> None:
    tab = open_context("trader", java_script_enabled=False).new_page()
    tab.goto("/")
    before = tab.locator(".chart-summary").first.inner_text()
    tab.get_by_role("link", name="Zoom in").first.click()
    tab.wait_for_url(_TWO_DAYS)
    zoomed = tab.locator(".chart-summary").first.inner_text()
    tab.get_by_role("link", name="Earlier").first.click()
    assert len({before, zoomed, tab.locator(".chart-summary").first.inner_text()}) == 3


def test_on_a_phone_a_row_is_a_card_and_stays_a_row_for_screen_readers(open_context: OpenContext) -> None:
    tab = open_context("trader", viewport=_PHONE).new_page()
    tab.goto(reverse("account_list"))
    row = tab.get_by_role("row").nth(1)
    assert row.evaluate("row => getComputedStyle(row).display") == "grid"
    expect(row.get_by_role("cell").first).to_be_visible()
    expect(tab.get_by_role("navigation", name="Most used").get_by_role("link")).to_have_count(5)


def test_reading_and_choosing_work_without_javascript(open_context: OpenContext, site: Site) -> None:
    tab = open_context("trader", java_script_enabled=False).new_page()
    tab.goto("/")
    expect(tab.locator(".chart-summary").first).to_contain_text("Deepest fall")
    tab.locator(".chart-table summary").first.click()
    expect(tab.locator(".chart-table table").first).to_be_visible()
    tab.locator(".switcher summary").click()
    tab.locator(".switcher").get_by_role("link", name=site.account.label).click()
    tab.wait_for_url(f"**/?account={site.account.pk}")
    tab.get_by_role("navigation", name="Period").get_by_role("link", name="Year").click()
    tab.wait_for_url(f"**/?account={site.account.pk}&period=year")
    tab.get_by_role("navigation", name="Main").get_by_role("link", name="Trades").click()
    tab.wait_for_url("**/trades/?account=*&period=year")
    expect(tab.locator("tr.is-link").first).to_be_visible()
