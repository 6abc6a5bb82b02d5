"""Who may open what: every route of the resolver, for a stranger, for its owner, and for another trader.

A route without parameters belongs to signed-in traders unless PUBLIC names it. One with parameters needs a maker of
what it is about in OWNED, or a place in PUBLIC. A route that fits nowhere fails here.
"""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import BrokerAccount, Trader
from accounts.services.api_keys import create_api_key
from accounts.services.sign_in import start_sign_in
from tests import make
from tests.access.routes import Route, all_routes
from tests.cast import api_client, open_session

pytestmark = pytest.mark.django_db

#: What nobody has to sign in for.
PUBLIC = {
    "account_login",
    "account_logout",
    "account_signup",
    "account_inactive",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_login_code",
    "account_request_login_code",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "mfa_trust",
    "api_token",
    "api_token_refresh",
    "api_logout",
    "api_health",
    "api_ready",
    "api_trading_health",
    "api_schema",
    "api_docs",
    "theme",
    # The bearer of METRICS_TOKEN, or this machine: tests/house/test_one_builder.py.
    "metrics",
    # Whoever has the token of a link: tests/sharing.
    "shared_record",
    "shared_verify",
    "shared_chain",
}
#: What names a thing that is nobody's own: for each trader a page about what is theirs.
OF_EVERYBODY: dict[str, dict[str, Any]] = {
    "figure_detail": {"key": "net_profit"},
    "api_journal_day": {"day": "2025-01-06"},
}
#: Addresses without a name: the answer to unknown API addresses, and the admin's own redirects.
NAMELESS = re.compile(r"\^api\(\?:/\.\*\)\?\$|^admin/.*")
SECRET = "ANNSECRET"


def fill(account: BrokerAccount) -> dict[str, Any]:
    """One of everything, each with the secret in what lists show; by the name of the parameter that takes its id."""
    trade = make.trade(account, symbol=f"{SECRET}1", comment=SECRET, ticket=f"{SECRET}2")
    make.exit_of(trade, comment=SECRET)
    make.open_trade(account, symbol=SECRET)
    make.journal_entry(trade, tags=(SECRET,), notes=SECRET)
    make.day_note(account.trader, text=SECRET)
    make.cash_flow(account, comment=SECRET)
    make.snapshot(account)
    alert = make.alert(account, sentence=f"{SECRET}. Critical.", symbol=SECRET)
    make.feed(account)
    return {
        "break_id": make.open_break(account, symbol=SECRET),
        "session_id": make.web_session(account.trader, client=SECRET),
        "sign_in_id": start_sign_in(account.trader, timezone.now(), client=SECRET),
        "pk": make.passkey(account.trader, name=SECRET),
        "api_key_id": create_api_key(account.trader, SECRET, ["read"], [account], now=timezone.now()).key,
        "alert_id": alert,
        "request_id": make.close_request(alert, symbol=SECRET),
        "upload_id": make.rate(account.trader, name=SECRET),
        "shared_record_id": make.shared_record(account, title=SECRET),
        "webhook_id": make.webhook(account.trader, url=f"https://example.com/{SECRET}"),
        "account_id": account,
        "trade_id": trade,
        "screenshot_id": make.screenshot(trade, caption=SECRET),
        "position_id": make.position(account, symbol=SECRET, comment=SECRET),
        "statement_id": make.committed_statement(account=account, name=f"{SECRET}.html"),
    }


@pytest.fixture
def hers(ann: Trader) -> dict[str, Any]:
    return fill(make.account(ann, label=f"{SECRET} account", number="987654321", broker=SECRET))


OWNED = (
    "session_id",
    "sign_in_id",
    "pk",
    "break_id",
    "api_key_id",
    "alert_id",
    "request_id",
    "upload_id",
    "shared_record_id",
    "webhook_id",
    "account_id",
    "trade_id",
    "screenshot_id",
    "position_id",
    "statement_id",
)
ROUTES = all_routes()
PORTAL = [route for route in ROUTES if not route.name.startswith("admin:") and not NAMELESS.match(route.path)]
ADMIN = [route for route in ROUTES if route.name.startswith("admin:")]
SIGNED_IN = [route for route in PORTAL if route.name not in PUBLIC]
OF_ONE = [route for route in SIGNED_IN if route.parameters and route.name not in OF_EVERYBODY]
OF_ALL = [route for route in SIGNED_IN if not route.parameters or route.name in OF_EVERYBODY]


def test_every_route_is_classified() -> None:
    assert [route.path for route in PORTAL if not route.name] == []
    unknown = [route.name for route in OF_ONE if not set(route.parameters) <= set(OWNED)]
    assert unknown == [], "Say in tests/access who may open these: a maker in OWNED, or PUBLIC."
    names = {route.name for route in PORTAL}
    assert {"trade_list", "trade_detail", "api_trades", "api_trade"} <= names
    assert len(OF_ONE) >= 15


def address(route: Route, hers: dict[str, Any]) -> str:
    if route.name in OF_EVERYBODY:
        return reverse(route.name, kwargs=OF_EVERYBODY[route.name])
    return reverse(route.name, kwargs={name: hers[name].pk for name in route.parameters})


def client_of(trader: Trader, route: Route) -> Client:
    """A signed-in client: with a token for the API, with a session for the pages."""
    if route.is_api:
        return api_client(trader)
    client = Client()
    open_session(client, trader)
    return client


METHODS = ("get", "post", "put", "patch", "delete")


def statuses(client: Client, path: str, methods: tuple[str, ...] = METHODS) -> dict[str, int]:
    return {method: getattr(client, method)(path).status_code for method in methods}


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)


def is_turned_away(answer: Any, route: Route) -> bool:
    if route.is_api:
        return bool(answer.status_code == 401)
    to_sign_in = answer.status_code == 302 and answer["Location"].startswith(reverse("account_login"))
    return bool(answer.status_code == 405 or to_sign_in)


def test_a_stranger_is_sent_to_sign_in(stranger: Client, hers: dict[str, Any]) -> None:
    let_in = [
        (route.name, method)
        for route in SIGNED_IN
        for method in METHODS
        if not is_turned_away(getattr(stranger, method)(address(route, hers)), route)
    ]
    assert let_in == []


def test_what_is_hers_is_not_there_for_another_trader(hers: dict[str, Any], bo: Trader) -> None:
    found = {route.name: statuses(client_of(bo, route), address(route, hers)) for route in OF_ONE}
    shown = {name: seen for name, seen in found.items() if not set(seen.values()) <= {404, 405}}
    assert shown == {}
    assert [name for name, seen in found.items() if 404 not in seen.values()] == []


def test_what_is_hers_is_there_for_her(hers: dict[str, Any], ann: Trader) -> None:
    """Otherwise the 404 above would prove nothing."""
    found = {
        # A passkey that is posted to is gone.
        route.name: statuses(
            client_of(ann, route), address(route, hers), ("get",) if "pk" in route.parameters else ("get", "post")
        )
        for route in OF_ONE
    }
    lost = {name: seen for name, seen in found.items() if any(code == 404 or code >= 500 for code in seen.values())}
    assert lost == {}


def test_an_id_that_nobody_has_looks_the_same(hers: dict[str, Any], bo: Trader) -> None:
    for route in OF_ONE:
        client = client_of(bo, route)
        nobodys = reverse(route.name, kwargs={name: _nobodys(name) for name in route.parameters})
        assert statuses(client, nobodys) == statuses(client, address(route, hers)), route.name


def _nobodys(name: str) -> Any:
    return 999_999_999 if name == "pk" else uuid4()


def essence(text: str) -> str:
    """The answer without what differs from one request to the next."""
    text = re.sub(r'(csrfmiddlewaretoken" value|X-CSRFToken"?:?) ?=?"[^"]+"', "", text)
    text = re.sub(r"[0-9a-f]{32}|[0-9a-f-]{36}", "", text)
    return re.sub(r"\d{2}:\d{2}(:\d{2})?(\.\d+)?Z?", "", text)


def test_lists_neither_hold_nor_count_what_is_hers(ann: Trader, bo: Trader) -> None:
    make.trade(make.account(bo, label="His account"))
    clients = {route: client_of(bo, route) for route in OF_ALL}

    def look() -> dict[str, str]:
        return {
            route.name: content(clients[route].get(address(route, {}))).decode(errors="replace") for route in OF_ALL
        }

    look()
    before = look()
    fill(make.account(ann, label=f"{SECRET} account", number="987654321", broker=SECRET))
    after = look()
    assert [name for name, text in after.items() if SECRET in text] == []
    assert [name for name in after if essence(after[name]) != essence(before[name])] == []


def test_the_admin_is_for_staff_alone(ann_client: Client, stranger: Client) -> None:
    let_in = {}
    for route in ADMIN:
        path = reverse(route.name, kwargs={name: _anything(name) for name in route.parameters})
        for client in (ann_client, stranger):
            seen = statuses(client, path, ("get", "post"))
            if not set(seen.values()) <= {302, 403, 404, 405}:
                let_in[route.name] = seen
    assert let_in == {}
    assert len(ADMIN) > 100


def _anything(name: str) -> Any:
    return {"content_type_id": 1, "app_label": "trading", "id": uuid4(), "object_id": str(uuid4())}.get(name, "x")
