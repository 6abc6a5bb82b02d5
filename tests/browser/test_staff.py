"""The admin and the API's description in a real browser: they work under their content security policies."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests import make
from tests.browser.pages import Site

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def listen(page: Page) -> list[str]:
    """What the browser complains about from now on."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    return complaints


@pytest.fixture(scope="package")
def as_staff(site: Site, django_db_blocker: Any) -> tuple[str, Any]:
    """The session of a member of staff, and the id of a statement with a problem."""
    with django_db_blocker.unblock():
        client = Client()
        staff = make.trader(is_staff=True, is_superuser=True)
        client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
        statement = make.committed_statement(
            problems=[{"line": 3, "reason": "No price.", "text": "<script>x</script>"}]
        )
    return client.cookies[settings.SESSION_COOKIE_NAME].value, statement.pk


def test_the_admin_works_without_a_complaint(browser: Browser, server: LiveServer, as_staff: tuple[str, Any]) -> None:
    cookie, statement = as_staff
    context = browser.new_context(base_url=server.url)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": server.url}])
    page = context.new_page()
    complaints = listen(page)
    detail = f"/admin/trading/statement/{statement}/change/"
    for path in (
        "/admin/",
        "/admin/trading/trade/",
        "/admin/accounts/trader/add/",
        "/admin/trading/statement/",
        detail,
    ):
        answer = page.goto(path)
        assert answer
        assert answer.status == 200, path
    page.get_by_text("No price.").wait_for()
    assert complaints == []
    context.close()


def test_the_description_of_the_api_can_be_read(browser: Browser, server: LiveServer) -> None:
    context = browser.new_context(base_url=server.url)
    page = context.new_page()
    complaints = listen(page)
    page.goto("/api/v1/docs/")
    page.locator("#operations-trades-trades_list").wait_for()
    assert complaints == []
    context.close()
