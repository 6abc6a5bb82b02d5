"""Every page, at desktop and phone width, light and dark: quiet console, own host only, accessible, no sideways scroll."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext
from playwright.sync_api import Page as Tab
from pytest_django.live_server_helper import LiveServer

from tests.browser.pages import PAGES, Page, Site

# The mark of the database makes its tables; nothing is read or written from here.
pytestmark = [pytest.mark.browser, pytest.mark.django_db]

_WIDTHS = (1440, 390)
#: The rules that axe applies in each mode: all that WCAG asks, and again what depends on colours.
_RULES = {
    "light": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
_SERIOUS = {"serious", "critical"}
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Watch:
    """Collects whatever a tab should not do."""

    def __init__(self, tab: Tab, host: str, status: int) -> None:
        self.complaints: list[str] = []
        self._host, self._status = host, status
        tab.on("console", self._console)
        tab.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        tab.on("request", lambda request: self._request(request.url))
        tab.on("response", lambda response: self._response(response.url, response.status))

    def _console(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind in {"error", "warning"} and not (self._status >= 400 and "Failed to load resource" in text):
            self.complaints.append(f"console {kind}: {text}")

    def _request(self, url: str) -> None:
        if urlsplit(url).netloc != self._host and urlsplit(url).scheme not in {"data", "blob"}:
            self.complaints.append(f"request to another host: {url}")

    def _response(self, url: str, status: int) -> None:
        if status >= 400 and status != self._status:
            self.complaints.append(f"{status} for {url}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.label)
def test_is_quiet_accessible_and_fits(
    page: Page,
    open_context: Callable[..., BrowserContext],
    server: LiveServer,
    site: Site,
    screenshots: Path | None,
) -> None:
    context = open_context(page.who, reduced_motion="reduce", color_scheme="light")
    found: list[str] = []
    for width in _WIDTHS:
        tab = context.new_page()
        tab.set_viewport_size({"width": width, "height": 900})
        watch = Watch(tab, urlsplit(server.url).netloc, page.status)
        answer = tab.goto(page.address(site))
        assert answer is not None and answer.status == page.status
        for mode, rules in _RULES.items():
            tab.emulate_media(color_scheme=mode)  # type: ignore[arg-type]
            if screenshots:
                _keep_picture(tab, screenshots / f"{page.label}-{width}-{mode}.png")
            found += [f"{width} {mode}: {complaint}" for complaint in _accessibility(tab, rules)]
        overflow = tab.evaluate(_OVERFLOW)
        complaints = [*watch.complaints, *([f"scrolls sideways by {overflow} px"] if overflow > 0 else [])]
        found += [f"{width}: {complaint}" for complaint in complaints]
        tab.close()
    assert "\n".join(found) == ""


def _keep_picture(tab: Tab, path: Path) -> None:
    tab.wait_for_load_state("networkidle")
    tab.screenshot(path=path, full_page=True)


def _accessibility(tab: Tab, rules: dict[str, Any]) -> list[str]:
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    violations = Axe().run(tab, options=options).response["violations"]
    return [
        f"axe {violation['id']} ({violation['impact']}): {_nodes(violation)}"
        for violation in violations
        if violation["impact"] in _SERIOUS
    ]


def _nodes(violation: dict[str, list[dict[str, object]]]) -> str:
    return "; ".join(re.sub(r"\s+", " ", str(node["html"]))[:160] for node in violation["nodes"][:3])
