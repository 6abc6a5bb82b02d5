"""Pages handed out before sessions and views: without a query, to their own session alone, never older than the last write."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache as django_cache
from django.db import connection, transaction
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisDown

from accounts import cache as accounts_cache
from accounts.models import BrokerAccount, Trader
from accounts.revisions import raise_revision
from accounts.services import sessions
from accounts.services.sessions import end_everything
from accounts.services.settings import change_settings
from accounts.session_store import SessionStore
from tests import make
from tests.cast import open_session
from trading import cache, marks, page_door
from trading.models import State
from trading.services.statements import discard_statement
from trading.views.trade_columns import COOKIE

pytestmark = pytest.mark.django_db(transaction=True)
TRADES = "/trades/"
TOKEN = re.compile(r"[0-9A-Za-z]{64}")


@pytest.fixture(autouse=True)
def _marks_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MARK_S", 10)


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    account = make.account(ann)
    make.trade(account, symbol="EURUSD")
    return account


def warm(client: Client) -> str:
    for _ in range(3):
        answer = client.get(TRADES)
    assert answer.status_code == 200
    return answer.content.decode()


def asked(client: Client, **headers: str) -> tuple[int, Any]:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(TRADES, headers=headers)
    return len(captured), answer


def write(account: BrokerAccount, symbol: str) -> None:
    with transaction.atomic():
        make.trade(account, symbol=symbol)
        raise_revision([account.pk])


def test_a_kept_page_is_the_page_without_a_query(ann_client: Client, account: BrokerAccount) -> None:
    ann_client.get(TRADES)
    first = ann_client.get(TRADES)
    count, again = asked(ann_client)
    assert (count, again.status_code) == (0, 200)
    assert TOKEN.sub("", again.content.decode()) == TOKEN.sub("", first.content.decode())
    own = {"X-Request-ID", "ETag"}
    assert {k: v for k, v in again.items() if k not in own} == {k: v for k, v in first.items() if k not in own}
    assert int(again["Content-Length"]) == len(again.content)


def test_what_is_named_here_is_a_page() -> None:
    assert {resolve(path).url_name for path in page_door.KEPT} == {"trade_list"}
    assert reverse("trade_list") in page_door.KEPT


def test_a_browser_that_has_the_page_gets_no_body(ann_client: Client, account: BrokerAccount) -> None:
    warm(ann_client)
    tag = ann_client.get(TRADES)["ETag"]
    count, answer = asked(ann_client, **{"If-None-Match": tag})
    assert (count, answer.status_code, answer.content, answer["ETag"]) == (0, 304, b"", tag)
    assert "private" in answer["Cache-Control"]
    write(account, "XAUUSD")
    assert b"XAUUSD" in ann_client.get(TRADES, headers={"If-None-Match": tag}).content


def test_a_page_whose_forms_know_another_secret_is_not_the_same(ann_client: Client, account: BrokerAccount) -> None:
    warm(ann_client)
    tag = ann_client.get(TRADES)["ETag"]
    ann_client.cookies["csrftoken"] = "z" * 32
    assert ann_client.get(TRADES, headers={"If-None-Match": tag}).status_code == 200


def test_the_forms_of_a_kept_page_work_and_no_two_tokens_are_alike(ann: Trader, account: BrokerAccount) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    tokens = set()
    for _ in range(2):
        warm(client)  # again: the post below leaves a cookie
        count, answer = asked(client)
        found = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.content.decode())
        assert count == 0 and found
        assert client.post(reverse("trade_columns"), {"csrfmiddlewaretoken": found[0]}).status_code == 302
        tokens.add(found[0])
    assert len(tokens) == 2


def test_a_search_brings_no_token_into_a_link(ann_client: Client, account: BrokerAccount) -> None:
    ann_client.get(TRADES, {"q": "the-token-of-this-request"})
    page = ann_client.get(TRADES, {"q": "the-token-of-this-request"}).content.decode()
    assert "q=the-token-of-this-request" in page and f"q={page_door.TOKEN.decode()}" not in page
    assert not re.search(r"q=[0-9A-Za-z]{64}", page)


def test_a_token_made_here_is_one_of_django() -> None:
    secret = "aZ09" * 8
    for _ in range(200):
        request = HttpRequest()
        request.method = "POST"
        request.COOKIES["csrftoken"] = secret
        request.META["HTTP_X_CSRFTOKEN"] = page_door.masked(secret).decode()
        assert CsrfViewMiddleware(lambda request: None).process_view(request, lambda: None, (), {}) is None  # type: ignore[arg-type, return-value]


def change_password(ann: Trader) -> None:
    ann.set_password("another-long-password-1")
    ann.save()


def close_account(ann: Trader) -> None:
    ann.is_active = False
    ann.save()


def end_sessions(ann: Trader) -> None:
    """As signing out in another window does."""
    for session in Session.objects.all():
        SessionStore(session.session_key).flush()


def end_what_nobody_wrote_down(ann: Trader) -> None:
    """The store does not know of the session, which ends by what it bears."""
    end_everything(ann, timezone.now())


@pytest.mark.parametrize("end", [change_password, close_account, end_sessions, end_what_nobody_wrote_down])
def test_a_session_that_ended_gets_no_kept_page(
    ann_client: Client, ann: Trader, account: BrokerAccount, end: Callable[[Trader], None]
) -> None:
    warm(ann_client)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in ann_client.cookies.items())
    assert asked(ann_client)[0] == 0
    end(ann)
    for _ in range(2):
        answer = ann_client.get(TRADES, headers={"Cookie": cookies})
        assert answer.status_code == 302


def test_one_who_signs_out_gets_no_kept_page(ann_client: Client, account: BrokerAccount) -> None:
    warm(ann_client)
    key = ann_client.cookies["sessionid"].value
    ann_client.logout()
    ann_client.cookies["sessionid"] = key
    ann_client.cookies["csrftoken"] = "a" * 32
    assert ann_client.get(TRADES).status_code == 302


def test_nobody_gets_the_page_of_another(ann_client: Client, bo_client: Client, account: BrokerAccount) -> None:
    assert "EURUSD" in warm(ann_client)
    assert "EURUSD" not in warm(bo_client)
    assert "EURUSD" in warm(ann_client)


CHOICES = {
    "numbers": ({"number_format": "de"}, "+100,00"),
    "theme": ({"theme": "dark"}, 'data-bs-theme="dark"'),
    "zone": ({"time_zone": "Asia/Tokyo"}, "Tokyo"),
    "language": ({"language": "de"}, 'lang="de"'),
}


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_shows_at_once(ann_client: Client, ann: Trader, account: BrokerAccount, name: str) -> None:
    fields, shown = CHOICES[name]
    assert shown not in warm(ann_client)
    change_settings(ann, **fields)
    assert shown in ann_client.get(TRADES).content.decode()


def test_a_statement_that_waits_no_more_is_gone_at_once(ann_client: Client, account: BrokerAccount) -> None:
    statement = make.statement(account.trader)
    assert statement.state == State.READY and "1 waiting for you" in warm(ann_client)
    discard_statement(statement, timezone.now())
    assert "1 waiting for you" not in ann_client.get(TRADES).content.decode()


def test_a_message_is_shown_once_in_a_warm_page(ann_client: Client, account: BrokerAccount) -> None:
    warm(ann_client)
    trade = account.trades.get()
    ann_client.post(reverse("trade_detail", args=[trade.pk]), {"notes": "x", "tags": "", "initial_stop_loss": ""})
    assert "Your notes are saved" in ann_client.get(TRADES).content.decode()
    assert "Your notes are saved" not in ann_client.get(TRADES).content.decode()


def test_a_page_is_that_of_the_cookies_and_of_the_language_asked_for(
    ann_client: Client, account: BrokerAccount
) -> None:
    assert ">Swap</th>" in warm(ann_client)
    ann_client.cookies[COOKIE] = "swap"
    assert ">Swap</th>" not in ann_client.get(TRADES).content.decode()
    del ann_client.cookies[COOKIE]
    german = ann_client.get(TRADES, headers={"Accept-Language": "de"})
    assert 'lang="de"' in german.content.decode()
    assert 'lang="en"' in ann_client.get(TRADES).content.decode()


def test_a_day_that_ends_takes_its_pages_along(
    ann_client: Client, account: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm(ann_client)
    assert asked(ann_client)[0] == 0
    monkeypatch.setattr(marks, "_day", lambda now, zone: "another day")
    assert asked(ann_client)[0] > 0


def test_a_write_shows_at_once_and_while_it_is_under_way(ann_client: Client, account: BrokerAccount) -> None:
    warm(ann_client)
    write(account, "XAUUSD")
    assert "XAUUSD" in ann_client.get(TRADES).content.decode()
    warm(ann_client)
    accounts_cache.begin_write([account.trader_id])
    assert asked(ann_client)[0] > 0


def test_a_write_whose_end_was_never_told_is_seen(
    ann_client: Client, account: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between its commit and the word to the cache."""
    warm(ann_client)
    monkeypatch.setattr(accounts_cache, "end_write", lambda *args: None)
    write(account, "XAUUSD")
    assert "XAUUSD" in ann_client.get(TRADES).content.decode()


@pytest.mark.parametrize("loses", ["_client", "all"])
def test_the_cache_that_comes_back_empty_holds_no_old_page(
    ann_client: Client, account: BrokerAccount, monkeypatch: pytest.MonkeyPatch, loses: str
) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise RedisDown

    warm(ann_client)
    with monkeypatch.context() as patched:
        patched.setattr(accounts_cache, "_client", away)
        if loses == "all":
            patched.setattr(cache, "_client", away)
        write(account, "XAUUSD")
        if loses == "all":
            assert "XAUUSD" in ann_client.get(TRADES).content.decode()
    django_cache.clear()
    assert "XAUUSD" in warm(ann_client)


def test_a_host_that_is_not_ours_is_refused(ann_client: Client, account: BrokerAccount) -> None:
    warm(ann_client)
    assert ann_client.get(TRADES, headers={"Host": "elsewhere.example"}).status_code == 400


def test_a_session_that_was_ended_from_elsewhere_is_shown_nothing_more(
    ann: Trader, ann_client: Client, account: BrokerAccount
) -> None:
    """One by one, and all at once: `ann_client` is none that was written down."""
    other = Client()
    open_session(other, ann)
    session = make.web_session(ann, session_key=other.session.session_key)
    warm(other)
    warm(ann_client)
    assert asked(other)[0] == 0
    sessions.end_session(session)
    assert other.get(TRADES).status_code == 302
    assert asked(ann_client)[0] == 0
    sessions.end_everything(ann, timezone.now())
    assert ann_client.get(TRADES).status_code == 302
