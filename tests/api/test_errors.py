"""Whatever goes wrong has one shape, says what to do, and leaks nothing."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client, override_settings
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from accounts.models import BrokerAccount, Trader
from tests import make
from tradeportal import api_errors
from trading.errors import StateConflict

pytestmark = pytest.mark.django_db
API = "/api/v1/"


def checked(answer: Any, status: int, code: str | None = None) -> dict[str, Any]:
    """The error of an answer, after a look at its shape."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    data = answer.json()
    assert data.keys() == {"error", "request_id"}
    assert data["error"].keys() == {"code", "message", "fields"}
    assert data["error"]["message"]
    assert data["request_id"] == answer["X-Request-ID"]
    if code:
        assert data["error"]["code"] == code
    return dict(data["error"])


def test_400_for_broken_json(ann_api: APIClient) -> None:
    for raw in (b"{", b'{"a": NaN}', b'{"a": Infinity}', b"\xff\xfe", b"[" * 5000, b""):
        answer = ann_api.post(f"{API}accounts/", raw, content_type="application/json")
        checked(answer, 400)


def test_401_for_a_stranger_with_a_challenge(stranger_api: APIClient) -> None:
    answer = stranger_api.get(f"{API}trades/")
    checked(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer x", "Basic YTpi", "Bearer \udcff", ""])
def test_401_for_a_strange_authorization_header(stranger_api: APIClient, header: str) -> None:
    answer = stranger_api.get(f"{API}trades/", HTTP_AUTHORIZATION=header.encode("utf-8", "replace").decode("latin-1"))
    checked(answer, 401)


@pytest.mark.parametrize(
    "path",
    ["", "nothing/", "trades", "trades/1/", "trades/0190a5d4-6f0a-7c3e-8b7e-3d1f5e2a9c41x/", "accounts/../trades/"],
)
def test_404_for_every_address_that_is_not_there(ann_api: APIClient, path: str) -> None:
    checked(ann_api.get(API + path), 404, "not_found")


def test_404_for_a_program_that_sends_to_an_address_that_is_not_there() -> None:
    checked(Client(enforce_csrf_checks=True).post(f"{API}nothing/1/ack/", "{}", content_type="application/json"), 404)


@pytest.mark.parametrize(
    "path", ["trades/{}/", "accounts/{}/", "positions/{}/", "statements/{}/", "accounts/{}/summary/"]
)
def test_404_for_an_id_that_nobody_has(ann_api: APIClient, path: str) -> None:
    checked(ann_api.get(API + path.format(uuid4())), 404, "not_found")


def test_405_names_the_methods_that_work(ann_api: APIClient) -> None:
    answer = ann_api.delete(f"{API}trades/")
    checked(answer, 405, "method_not_allowed")
    assert "GET" in answer["Allow"]


def test_406_for_anything_but_json(ann_api: APIClient) -> None:
    checked(ann_api.get(f"{API}trades/", HTTP_ACCEPT="text/csv"), 406, "not_acceptable")


def test_409_for_an_act_that_does_not_fit(ann_api: APIClient, ann: Trader) -> None:
    statement = make.committed_statement(ann)
    error = checked(ann_api.post(f"{API}statements/{statement.pk}/commit/"), 409, "state_conflict")
    assert "committed" in error["message"]


def test_413_for_too_much_json(ann_api: APIClient, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = ann_api.post(f"{API}accounts/", {"label": "x" * 1000}, format="json")
    checked(answer, 413, "too_large")


def test_415_for_another_type_of_body(ann_api: APIClient) -> None:
    for kind in ("text/xml", "application/x-www-form-urlencoded"):
        checked(ann_api.post(f"{API}accounts/", "<a/>", content_type=kind), 415, "unsupported_media_type")


def test_429_says_how_long_to_wait(ann_api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from tradeportal.rest.throttles import TraderThrottle

    monkeypatch.setattr(TraderThrottle, "rate", "3/day", raising=False)
    answers = [ann_api.get(f"{API}trades/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    checked(answers[-1], 429, "throttled")
    assert int(answers[-1]["Retry-After"]) > 0


class Failing(APIView):
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    error: Exception = RuntimeError("secret detail: password=hunter2")

    def get(self, request: Request) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RuntimeError("secret detail: password=hunter2"), 500, "server_error"),
        (OperationalError("secret detail: connection to 10.0.0.5 refused"), 503, "unavailable"),
        (StateConflict("This one is committed."), 409, "state_conflict"),
    ],
)
def test_what_a_view_raises_becomes_an_answer(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    monkeypatch.setattr(Failing, "error", error)
    answer = Failing.as_view()(APIRequestFactory().get("/api/v1/failing/"))
    answer.render()
    assert answer.status_code == status
    assert answer.data["error"]["code"] == code
    assert b"secret" not in answer.content
    assert ("Retry-After" in answer) == (status == 503)


def test_failures_outside_the_views_have_the_same_shape() -> None:
    request = APIRequestFactory().get("/api/v1/trades/")
    for answer, status in (
        (api_errors.server_error(request), 500),
        (api_errors.bad_request(request, ValueError("secret")), 400),
        (api_errors.permission_denied(request, ValueError("secret")), 403),
        (api_errors.page_not_found(request, ValueError("secret")), 404),
    ):
        assert answer.status_code == status
        assert b"secret" not in answer.content
        assert answer["Content-Type"] == "application/json"


@override_settings(ALLOWED_HOSTS=["portal.example"])
def test_a_foreign_host_name_is_refused_in_json(stranger: Client) -> None:
    answer = stranger.get(f"{API}trades/", HTTP_HOST="evil.example")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_request"


def test_nested_messages_are_flat_and_named_by_their_path() -> None:
    detail = {"new_account": {"currency": ["bad"]}, "tags": [{}, ["too long"]], "non_field_errors": ["both"]}
    assert api_errors.flatten(detail) == {"new_account.currency": ["bad"], "tags.1": ["too long"], "": ["both"]}


# ---- Cross-site requests -------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(ann: Trader) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_403_for_a_session_that_writes_without_a_csrf_token(browser: Client, ann: Trader) -> None:
    trade = make.trade(make.account(ann))
    assert browser.get(f"{API}trades/").status_code == 200
    for method, path in (("patch", f"trades/{trade.pk}/"), ("post", "accounts/"), ("post", "statements/")):
        answer = getattr(browser, method)(API + path, "{}", content_type="application/json")
        checked(answer, 403, "permission_denied")


def test_a_session_with_its_csrf_token_may_write(browser: Client, ann: Trader) -> None:
    trade = make.trade(make.account(ann))
    browser.get("/accounts/new/")
    token = browser.cookies["csrftoken"].value
    answer = browser.patch(
        f"{API}trades/{trade.pk}/", '{"notes": "ok"}', content_type="application/json", HTTP_X_CSRFTOKEN=token
    )
    assert answer.status_code == 200


# ---- Hostile values -----------------------------------------------------------------------------------------------------


HOSTILE = [
    "\0",
    "'; DROP TABLE trading_trade; --",
    "%",
    "_",
    "\\",
    "\u202e",
    "💥",
    "NaN",
    "-1",
    "1e309",
    "9" * 500,
    "../",
    "{{7*7}}",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_of_any_parameter_brings_an_endpoint_down(ann_api: APIClient, ann: Trader, value: str) -> None:
    account = make.account(ann)
    make.trade(account)
    names: tuple[str, ...] = (
        "account",
        "symbol",
        "side",
        "strategy",
        "tag",
        "result",
        "from",
        "to",
        "min_profit",
        "q",
        "ordering",
    )
    names += ("cursor", "limit", "period", "status", "kind", "state", "trade", "archived", "points", "definition")
    paths: tuple[str, ...] = ("trades/", "executions/", "cash-flows/", "positions/", "statements/", "accounts/")
    paths += tuple(f"accounts/{account.pk}/{part}/" for part in ("summary", "balance-proof", "equity-curve"))
    for path in paths:
        answers = [ann_api.get(API + path, {name: value}) for name in (*names, "time_zone")]
        assert {answer.status_code for answer in answers} <= {200, 400}


@pytest.mark.parametrize(
    "value", [*HOSTILE, None, 1, 1.5, True, [], {}, [[]], "x" * 100_000], ids=lambda value: str(value)[:20]
)
def test_no_value_of_any_field_brings_an_endpoint_down(ann_api: APIClient, ann: Trader, value: Any) -> None:
    account, statement = make.account(ann), make.statement(ann)
    trade = make.trade(account)
    for path, fields in (
        (f"trades/{trade.pk}/", ("notes", "tags", "initial_stop_loss")),
        (f"accounts/{account.pk}/", ("label", "currency", "leverage", "opened_on", "server_time_zone", "archived")),
        ("auth/token/refresh/", ("refresh",)),
        (f"statements/{statement.pk}/account/", ("account", "new_account", "time_zone")),
    ):
        send = ann_api.patch if path.startswith(("trades", "accounts")) else ann_api.post
        answers = [send(API + path, {field: value}, format="json") for field in fields]
        assert {answer.status_code for answer in answers} <= {200, 202, 400, 401, 404, 409}
    assert BrokerAccount.objects.get(pk=account.pk).trader_id == ann.pk
