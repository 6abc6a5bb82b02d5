"""Pages of errors: they stand alone and name the request."""

from collections.abc import Callable, Iterator

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from tradeportal import urls as portal_urls

handler400, handler403 = portal_urls.handler400, portal_urls.handler403
handler404, handler500, handler429 = portal_urls.handler404, portal_urls.handler500, portal_urls.handler429


def _raise(error: Exception) -> HttpResponse:
    raise error


def _view(error: Exception) -> Callable[[HttpRequest], HttpResponse]:
    return lambda request: _raise(error)


def _limited(request: HttpRequest) -> HttpResponse:
    from allauth.core.ratelimit import respond_429

    answer: HttpResponse = respond_429(request)
    return answer


urlpatterns = [
    path("bad/", _view(SuspiciousOperation("strange"))),
    path("denied/", _view(PermissionDenied())),
    path("broken/", _view(ValueError("a secret of ours"))),
    path("no-database/", _view(OperationalError("connection refused"))),
    path("limited/", _limited),
]


@pytest.fixture
def quiet_client() -> Iterator[Client]:
    with override_settings(ROOT_URLCONF=__name__, DEBUG=False):
        yield Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/bad/", 400),
        ("/denied/", 403),
        ("/nowhere/", 404),
        ("/limited/", 429),
        ("/broken/", 500),
        ("/no-database/", 503),
    ],
)
def test_names_the_request_and_needs_no_database(quiet_client: Client, address: str, status: int) -> None:
    response = quiet_client.get(address, headers={"X-Request-ID": "request-0123456789"})
    text = response.content.decode()
    assert response.status_code == status
    assert "request-0123456789" in text
    assert response["X-Request-ID"] == "request-0123456789"
    assert "secret" not in text and "refused" not in text


def test_a_database_that_is_away_asks_to_come_back(quiet_client: Client) -> None:
    assert quiet_client.get("/no-database/")["Retry-After"] == "5"


def test_a_form_without_its_token_says_how_to_go_on() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/theme/", {"theme": "dark"})
    assert response.status_code == 403
    assert "reload the page" in response.content.decode()


def test_error_pages_load_files_that_exist_under_their_plain_names() -> None:
    from pathlib import Path

    from django.conf import settings

    base = Path(settings.BASE_DIR)
    text = (base / "templates/404.html").read_text()
    for name in ("favicon.svg", "css/tokens.css", "css/error.css"):
        assert f"/static/{name}" in text and (base / "static" / name).is_file()
