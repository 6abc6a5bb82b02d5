"""Measures what a person waits for: when the largest part of a page is painted, in a real Chromium on a real gunicorn.

Static files are compressed as in deployment; the pages are those of the demo. The first view finds no kept answer and an
empty browser, the next one the answers but no file.
"""

import json
import sys
from collections.abc import Iterator
from statistics import median
from typing import Any

import django

from loadtest.serving import gunicorn

PAGES = (
    "dashboard",
    "trade_list",
    "analysis",
    "figure_list",
    "calendar",
    "position_list",
    "reconciliation",
    "guard_list",
)
RUNS = 3
_LARGEST = """() => new Promise((done) => {
    new PerformanceObserver((list) => done(Math.max(...list.getEntries().map((entry) => entry.startTime))))
        .observe({ type: "largest-contentful-paint", buffered: true });
    setTimeout(() => done(null), 5000);
})"""


def measure() -> dict[str, Any]:
    """Shape: milliseconds until the largest paint, of each page, cold and warm; empty without a Chromium."""
    from devtools.programs import CHROMIUM

    path = CHROMIUM.find()
    if path is None:
        return {"rows": []}
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.urls import reverse

    call_command("demo", verbosity=0, stdout=sys.stderr)
    call_command("collectstatic", interactive=False, verbosity=0)
    addresses = {name: reverse(name) for name in PAGES}
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": _session()}
    with gunicorn("tradeportal.wsgi", workers=2) as bind:
        url = f"http://{bind}"
        return {"rows": list(_painted(path, url, addresses, cookie | {"url": url}))}


def _session() -> str:
    from django.conf import settings
    from django.test import Client

    from accounts.models import Trader

    client = Client()
    trader = Trader.objects.filter(is_staff=False, accounts__isnull=False).distinct().get()
    client.force_login(trader, backend="django.contrib.auth.backends.ModelBackend")
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def _painted(path: str, url: str, addresses: dict[str, str], cookie: dict[str, str]) -> Iterator[dict[str, Any]]:
    from django.core.cache import cache
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for name, address in addresses.items():
            times: dict[str, list[float]] = {"cold": [], "warm": []}
            for _ in range(RUNS):
                cache.clear()
                for found in times.values():
                    context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
                    context.add_cookies([cookie])  # type: ignore[list-item]
                    tab = context.new_page()
                    tab.goto(address, wait_until="networkidle")
                    found.append(tab.evaluate(_LARGEST))
                    context.close()
            yield {"page": name} | {state: median(found) for state, found in times.items()}
        browser.close()


def rows(found: dict[str, Any]) -> Iterator[tuple[str, str, str, float | None, str]]:
    """What the table of `make bench` shows: figure, value, floor, ratio, target."""
    for row in found["rows"]:
        name = row["page"].replace("_", " ")
        for state in ("cold", "warm"):
            yield f"Largest paint, {name}, {state}", f"{row[state]:,.0f} ms", "", None, "<= 1000 ms"


if __name__ == "__main__":
    print(json.dumps(measure()))
