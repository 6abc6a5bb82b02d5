"""A real Chromium on a real server, with one set of data for all pages.

`SCREENSHOTS=directory pytest tests/browser` keeps a picture of every page, width and mode there.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from pytest_django.live_server_helper import LiveServer

from devtools.programs import CHROMIUM
from tests.browser.pages import Site
from tests.browser.people import build_site

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = CHROMIUM.find()
    if not path:
        pytest.skip(CHROMIUM.hint)
    # Playwright runs an event loop in this thread, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield running
        running.close()
    # The end of the server cut this thread's connection from before the event loop too: the next test opens a new one.
    connections.close_all()


@pytest.fixture(scope="package")
def site(django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    """The data of all browser tests, committed once and taken away at the end."""
    with django_db_blocker.unblock():
        yield build_site()
        call_command("flush", interactive=False, verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers RESTART IDENTITY CASCADE")
            cursor.execute("TRUNCATE trading_livesnapshot")  # not Django's to manage, so its flush leaves it
        # While Playwright's event loop runs, this thread has connections that the tear-down would not find.
        connections.close_all()


@pytest.fixture(scope="package")
def server(site: Site) -> Iterator[LiveServer]:
    running = LiveServer("127.0.0.1")
    yield running
    running.stop()
    # A thread of the server that still holds its connection would keep the test database from being dropped.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def open_context(browser: Browser, server: LiveServer, site: Site) -> Iterator[Callable[..., BrowserContext]]:
    """Makes a browser context that is signed in as "trader" or "newcomer", or as nobody."""
    opened: list[BrowserContext] = []

    def open_as(who: str, **options: Any) -> BrowserContext:
        context = browser.new_context(base_url=server.url, **options)
        opened.append(context)
        if who in site.sessions:
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": site.sessions[who], "url": server.url}
            context.add_cookies([cookie])  # type: ignore[list-item]
        return context

    yield open_as
    for context in opened:
        context.close()


@pytest.fixture(scope="session")
def screenshots() -> Path | None:
    """Where pictures are kept, when somebody asked for them."""
    asked = os.environ.get("SCREENSHOTS")
    if not asked:
        return None
    directory = Path(asked)
    directory.mkdir(parents=True, exist_ok=True)
    return directory
