"""The analysis in a browser: what is further down loads on the way there, and its pictures lead to trades."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

OpenContext = Callable[..., BrowserContext]
#: Where on the screen the last point of the picture stands.
_LAST_POINT = """element => {
    const chart = echarts.getInstanceByDom(element);
    const [one] = chart.getOption().series.filter(series => series.data.length > 0);
    const at = chart.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, one.data.at(-1).value);
    const box = element.getBoundingClientRect();
    return [box.x + at[0], box.y + at[1]];
}"""


def _scatter(tab: Page) -> None:
    tab.locator("[data-scatter] canvas").first.wait_for()
    tab.locator("[data-scatter]").first.scroll_into_view_if_needed()


def test_what_is_further_down_loads_when_it_is_scrolled_to(open_context: OpenContext) -> None:
    tab = open_context("trader").new_page()
    libraries: list[str] = []
    tab.on("request", lambda request: libraries.append(request.url) if "echarts" in request.url else None)
    tab.goto(reverse("analysis"))
    expect(tab.locator(".analysis-more").first).to_be_attached()
    assert libraries == []
    tab.locator(".analysis-more").first.scroll_into_view_if_needed()
    _scatter(tab)
    expect(tab.get_by_role("heading", name="Weekday and hour of the close").first).to_be_visible()
    assert len(libraries) == 1


def test_a_point_opens_its_trade(open_context: OpenContext) -> None:
    tab = open_context("trader").new_page()
    tab.goto(reverse("analysis_depth"))
    _scatter(tab)
    x, y = tab.locator("[data-scatter] [data-canvas]").first.evaluate(_LAST_POINT)
    tab.mouse.click(x, y)
    tab.wait_for_url(re.compile(r"/trades/[0-9a-f-]{36}/"))
    expect(tab.get_by_role("heading", level=1)).to_be_visible()


def test_without_javascript_a_link_leads_to_the_same(open_context: OpenContext) -> None:
    tab = open_context("trader", java_script_enabled=False).new_page()
    tab.goto(reverse("analysis"))
    tab.locator(".analysis-more-link").first.click()
    expect(tab.get_by_role("heading", level=1, name="Hours, risk, costs and runs")).to_be_visible()
    expect(tab.get_by_role("heading", name="Costs").first).to_be_visible()
    tab.locator(".analysis-heat td a").first.click()
    expect(tab.get_by_role("heading", level=1, name="Closed trades")).to_be_visible()


def test_columns_of_a_comparison_are_chosen_without_javascript(open_context: OpenContext) -> None:
    tab = open_context("trader", java_script_enabled=False).new_page()
    tab.goto(reverse("analysis_compare"))
    tab.locator("select[name='b.side']").select_option("sell")
    tab.get_by_role("button", name="Compare").last.click()
    tab.wait_for_url("**/analysis/compare/?b.side=sell")
    expect(tab.get_by_role("heading", name="B Sell")).to_be_visible()
