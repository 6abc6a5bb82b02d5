"""The page of open positions keeps itself up to date: a sync shows without a reload, and costs nothing while none comes."""

import json
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.pages import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db]


def send(server: LiveServer, site: Site, *, equity: str) -> dict[str, Any]:
    """A sync of the figures alone, as a bridge sends it."""
    figures = {"balance": "10000.00", "equity": equity, "margin": "0"}
    entry = {"account": str(site.account.pk), "sent_at": timezone.now().isoformat(), "figures": figures}
    headers = {"Authorization": f"Api-Key {site.objects['api_key_text']}", "Content-Type": "application/json"}
    call = Request(f"{server.url}/api/v1/sync/", json.dumps({"accounts": [entry]}).encode(), headers)
    with urlopen(call, timeout=20) as answer:
        (found,) = json.loads(answer.read())["accounts"]
    assert found["error"] is None, found
    return dict(found)


def test_a_sync_shows_without_a_reload(
    open_context: Callable[..., BrowserContext], server: LiveServer, site: Site
) -> None:
    send(server, site, equity="50000.00")
    tab = open_context("trader").new_page()
    answers: list[int] = []
    tab.on("response", lambda answer: answers.append(answer.status) if "/positions/" in answer.url else None)
    tab.goto(f"/positions/?account={site.account.pk}")
    part = tab.locator("#positions")
    expect(part).to_contain_text("50,000.00")
    tab.evaluate("document.body.dataset.sameDocument = 'yes'")
    tab.wait_for_timeout(11_000)
    send(server, site, equity="51234.00")
    expect(part).to_contain_text("51,234.00", timeout=15_000)
    assert tab.evaluate("document.body.dataset.sameDocument") == "yes"
    assert answers[0] == 200
    assert 304 in answers
    assert set(answers) <= {200, 304}
