"""From the sign-in of somebody who has nothing to a committed import: three clicks, counted."""

from collections.abc import Callable
from datetime import datetime
from threading import Thread
from uuid import UUID

import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from tests import make
from tests.browser.pages import Site
from tests.browser.people import small_statement
from trading.models import Statement
from trading.services import statements

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

OpenContext = Callable[..., BrowserContext]


def work(act: Callable[[UUID, datetime], object], tab: Page) -> None:
    """What the worker does with the statement that the page is about, in a connection of its own."""
    statement_id = UUID(tab.url.rstrip("/").rsplit("/", 1)[1])

    def run() -> None:
        act(statement_id, timezone.now())
        connections.close_all()

    thread = Thread(target=run)
    thread.start()
    thread.join()


def test_three_clicks_from_the_sign_in_to_the_first_import(open_context: OpenContext, site: Site) -> None:
    context = open_context("nobody", timezone_id="Europe/Berlin")
    context.add_init_script("addEventListener('click', (event) => event.isTrusted && window.counted?.(), true)")
    clicks: list[str] = []
    context.expose_function("counted", lambda: clicks.append("click"))
    tab = context.new_page()
    tab.goto(reverse("account_login"))
    tab.locator("input[type=email]").fill(site.objects["beginner"].email)
    tab.locator("input[type=password]").fill(make.PASSWORD)
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Bring your first statement")
    clicks.clear()
    with tab.expect_file_chooser() as chooser:
        tab.get_by_text("Choose files").click()
    chooser.value.set_files({"name": "ReportHistory.xlsx", "mimeType": "", "buffer": small_statement()})
    tab.get_by_role("button", name="Upload and look").click()
    tab.wait_for_url("**/statements/*-*/")
    work(statements.read, tab)
    tab.get_by_role("button", name="Confirm and commit").click(timeout=15_000)
    expect(tab.locator("#statement-work")).to_be_visible()
    work(statements.commit, tab)
    expect(tab.get_by_text("Committed").first).to_be_visible(timeout=15_000)
    # The label's click is passed on to its field, which counts as a second one.
    assert len(clicks) - 1 == 3
    assert Statement.objects.filter(trader=site.objects["beginner"], state="committed").exists()

    tab.goto(reverse("dashboard"))
    for key in ("account", "statement", "proof"):
        expect(tab.locator(f'[data-step="{key}"]')).to_have_class("first-step is-done")
    zone = tab.locator('[data-step="zone"]')
    expect(zone).to_contain_text("Your browser says Europe/Berlin.")
    zone.get_by_role("button", name="Use Europe/Berlin").click()
    expect(tab.locator('[data-step="zone"]')).to_have_class("first-step is-done")
    tab.get_by_role("button", name="Put away").click()
    expect(tab.locator(".first-steps")).to_have_count(0)
