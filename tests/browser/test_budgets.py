"""Every page is small: what its HTML weighs, and all that its first view brings over the network.

Static files come from WhiteNoise, compressed as `collectstatic` leaves them; HTML and JSON are compressed as nginx does.
"""

import gzip
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, BrowserContext
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

from tests.browser.pages import PAGES, Page, Site

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

_HTML_BYTES = 60_000
_FIRST_VIEW_BYTES = 500_000


class _Gzip:
    """What nginx does to an answer of the application in production, at its usual level."""

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        started: list[Any] = []
        with closing(self._application(environ, lambda *given: started.extend(given))) as answer:
            body = b"".join(answer)
        status, headers = started[:2]
        if dict(headers).get("Content-Type", "").startswith(("text/html", "application/json")):
            body = gzip.compress(body, 1)
            headers = [(name, value) for name, value in headers if name != "Content-Length"]
            headers += [("Content-Encoding", "gzip"), ("Content-Length", str(len(body)))]
        start_response(status, headers)
        return [body]


@pytest.fixture(scope="module")
def compressed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("static")
    shutil.copytree(Path(settings.BASE_DIR) / "static", root, dirs_exist_ok=True)
    compressor = Compressor(quiet=True)
    for path in [path for path in root.rglob("*") if path.is_file() and compressor.should_compress(path.name)]:
        compressor.compress(str(path))
    return root


@pytest.fixture(scope="module")
def address(site: Site, compressed: Path) -> Iterator[str]:
    def with_static_files(application: Any) -> Any:
        return WhiteNoise(_Gzip(application), root=str(compressed), prefix="static/")

    thread = LiveServerThread("127.0.0.1", with_static_files)  # type: ignore[arg-type]  # any wrapper will do
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    assert thread.error is None
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


@pytest.fixture
def open_as(browser: Browser, address: str, site: Site) -> Iterator[Callable[[str], BrowserContext]]:
    opened: list[BrowserContext] = []

    def open_context(who: str) -> BrowserContext:
        context = browser.new_context(base_url=address)
        opened.append(context)
        if who in site.sessions:
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": site.sessions[who], "url": address}
            context.add_cookies([cookie])  # type: ignore[list-item]
        return context

    yield open_context
    for context in opened:
        context.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.label)
def test_weighs_little(page: Page, open_as: Callable[[str], BrowserContext], site: Site) -> None:
    context = open_as(page.who)
    tab = context.new_page()
    network = context.new_cdp_session(tab)
    received: dict[str, float] = {}
    urls: dict[str, str] = {}
    network.on("Network.responseReceived", lambda event: urls.update({event["requestId"]: event["response"]["url"]}))
    network.on(
        "Network.loadingFinished", lambda event: received.update({event["requestId"]: event["encodedDataLength"]})
    )
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    answer = tab.goto(page.address(site), wait_until="networkidle")
    assert answer is not None and answer.status == page.status
    assert len(answer.body()) < _HTML_BYTES
    sizes = {urls[request].removeprefix(str(answer.url)): size for request, size in received.items() if request in urls}
    assert sum(received.values()) < _FIRST_VIEW_BYTES, sizes
    assert any(url.endswith(".css") for url in urls.values())
