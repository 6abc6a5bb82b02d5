"""Screenshots of a trade in a browser: chosen, dropped, pasted, looked at large by keys; and all of it without JavaScript."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from tests import make
from tests.browser.pages import Site
from trading.models import Trade

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

OpenContext = Callable[..., BrowserContext]
#: Makes a file of a small picture in the page, and hands it over as a browser would.
_HAND_OVER = """async ([kind, colour]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 60, height: 40 });
  const context = canvas.getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 60, 40);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const handed = new DataTransfer();
  handed.items.add(new File([blob], `${kind}.png`, { type: "image/png" }));
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: handed, bubbles: true })
    : new DragEvent("drop", { dataTransfer: handed, bubbles: true });
  document.body.dispatchEvent(event);
}"""


def trade_of(site: Site, at: int) -> str:
    """The page of a trade that no other test looks at."""
    trade = Trade.objects.filter(account=site.account, closed_at__isnull=False).order_by("closed_at")[at]
    return reverse("trade_detail", args=[trade.pk])


def choose(tab: Page, count: int) -> None:
    chosen = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": make.picture()} for n in range(count)]
    tab.locator("#shot-files").set_input_files(chosen)  # type: ignore[arg-type]


def test_pictures_are_chosen_dropped_and_pasted(open_context: OpenContext, site: Site) -> None:
    tab = open_context("trader").new_page()
    tab.goto(trade_of(site, 0))
    choose(tab, 2)
    expect(tab.locator(".shots > .shot")).to_have_count(2)
    expect(tab.locator("#messages")).to_contain_text("2 screenshots are kept.")
    tab.evaluate(_HAND_OVER, ["paste", "#c00"])
    expect(tab.locator(".shots > .shot")).to_have_count(3)
    tab.evaluate(_HAND_OVER, ["drop", "#00c"])
    expect(tab.locator(".shots > .shot")).to_have_count(4)


def test_the_large_view_is_walked_by_keys_and_gives_the_focus_back(open_context: OpenContext, site: Site) -> None:
    tab = open_context("trader").new_page()
    tab.goto(reverse("trade_detail", args=[site.objects["trade"].pk]))
    tab.locator("a[data-shot]").first.focus()
    tab.keyboard.press("Enter")
    box = tab.get_by_role("dialog", name="Screenshot")
    expect(box).to_contain_text("The entry")
    expect(box.get_by_role("img", name="The entry")).to_be_visible()
    expect(box).to_contain_text("1 / 2")
    tab.keyboard.press("ArrowRight")
    expect(box).to_contain_text("2 / 2")
    tab.keyboard.press("ArrowRight")
    expect(box).to_contain_text("1 / 2")
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(tab.locator("a[data-shot]").nth(1)).to_be_focused()


def test_a_picture_that_is_too_large_is_named_before_it_is_sent(open_context: OpenContext, site: Site) -> None:
    tab = open_context("trader").new_page()
    tab.goto(trade_of(site, 1))
    tab.locator("form[data-shot-form]").evaluate("form => { form.dataset.limit = '10'; }")
    choose(tab, 1)
    expect(tab.get_by_role("alert")).to_contain_text("0.png is larger than 8 MiB.")
    expect(tab.locator(".shots > .shot")).to_have_count(0)


def test_all_of_it_works_without_javascript(open_context: OpenContext, site: Site) -> None:
    tab = open_context("trader", java_script_enabled=False).new_page()
    tab.goto(trade_of(site, 2))
    choose(tab, 1)
    tab.get_by_role("button", name="Upload", exact=True).click()
    tab.locator(".shot-edit summary").click()
    tab.get_by_label("Caption").fill("The exit")
    tab.get_by_role("button", name="Save", exact=True).first.click()
    expect(tab.locator(".shot")).to_contain_text("The exit")
    tab.locator(".shot-edit summary").click()
    tab.get_by_role("button", name="Delete", exact=True).click()
    tab.locator(".removed-shots summary").click()
    tab.get_by_role("button", name="Bring it back").click()
    tab.locator("a[data-shot]").click()
    assert "/screenshots/" in tab.url
