"""Answers that are kept whole: handed out without a query, to their trader alone, and never older than the last write."""

import time
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.cache import cache as django_cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisDown
from rest_framework.test import APIClient

from accounts import cache as accounts_cache
from accounts.models import BrokerAccount, Trader
from accounts.revisions import raise_revision
from accounts.services.sign_in import end_sign_in
from tests import make
from tests.services import act
from tests.services.mt4_page import Line, page
from trading import cache, front_door
from trading.front_door import KEPT
from trading.marks import mark_of

pytestmark = pytest.mark.django_db(transaction=True)

TRADES = "/api/v1/trades/"


@pytest.fixture(autouse=True)
def _marks_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MARK_S", 10)


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    account = make.account(ann)
    make.trade(account, comment="The first.")
    return account


def queries_of(client: APIClient, path: str = TRADES, **headers: str) -> tuple[int, Any]:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path, headers=headers)
    return len(captured), answer


def comments(client: APIClient) -> list[str]:
    """What the list shows now; asked twice, so that the second is a kept one where one is."""
    client.get(TRADES)
    answer = client.get(TRADES)
    assert answer.status_code == 200, answer.content
    return [row["comment"] for row in answer.json()["results"]]


def write(account: BrokerAccount, comment: str) -> None:
    with transaction.atomic():
        make.trade(account, comment=comment)
        raise_revision([account.pk])


@pytest.mark.parametrize("path", sorted(KEPT))
def test_the_second_answer_is_the_first_without_a_query(ann_api: APIClient, account: BrokerAccount, path: str) -> None:
    ann_api.get(path)  # makes the caller known
    _, first = queries_of(ann_api, path)
    count, again = queries_of(ann_api, path)
    assert (count, again.status_code, again.content) == (0, 200, first.content)
    own = {"X-Request-ID"}
    assert {k: v for k, v in again.items() if k not in own} == {k: v for k, v in first.items() if k not in own}
    assert again["X-Request-ID"] != first["X-Request-ID"]
    count, unchanged = queries_of(ann_api, path, **{"If-None-Match": first["ETag"]})
    assert (count, unchanged.status_code, unchanged.content) == (0, 304, b"")
    assert unchanged["ETag"] == first["ETag"] and unchanged["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("path", sorted(KEPT))
def test_what_is_named_here_is_kept_by_its_view(path: str) -> None:
    view: Any = resolve(path).func
    assert view.view_class.get.keeps


def test_a_write_shows_at_once(ann_api: APIClient, account: BrokerAccount) -> None:
    for number in range(3):
        assert len(comments(ann_api)) == 1 + number
        write(account, f"Number {number}")
        assert f"Number {number}" in comments(ann_api)


def test_an_account_that_goes_with_the_undo_of_its_import_is_gone_at_once(ann_api: APIClient, ann: Trader) -> None:
    statement = act.imported(ann, page(Line(11), Line(12)))
    assert len(comments(ann_api)) == 2
    act.undone(statement)
    assert not BrokerAccount.objects.filter(trader=ann).exists()
    assert comments(ann_api) == []


def test_a_write_of_another_trader_forgets_nothing(ann_api: APIClient, account: BrokerAccount, bo: Trader) -> None:
    comments(ann_api)
    write(make.account(bo), "Of Bo.")
    count, _ = queries_of(ann_api)
    assert count == 0


def test_nobody_gets_what_was_kept_for_another(ann_api: APIClient, bo_api: APIClient, account: BrokerAccount) -> None:
    assert comments(ann_api) == ["The first."]
    assert comments(bo_api) == []
    assert comments(ann_api) == ["The first."]


def test_an_address_is_kept_by_itself(ann_api: APIClient, account: BrokerAccount) -> None:
    make.trade(account, symbol="XAUUSD", comment="Gold.")
    assert len(comments(ann_api)) == 2
    for _ in range(2):
        rows = ann_api.get(TRADES, {"symbol": "XAUUSD"}).json()["results"]
        assert [row["comment"] for row in rows] == ["Gold."]


@pytest.mark.parametrize("name", ["period", "%70eriod", "perio%64"])
def test_a_window_of_days_is_not_kept(ann_api: APIClient, account: BrokerAccount, name: str) -> None:
    path = f"{TRADES}?limit=2&{name}=month"
    queries_of(ann_api, path)
    queries_of(ann_api, path)
    count, _ = queries_of(ann_api, path)
    assert count > 0


def test_a_refusal_is_not_kept(ann_api: APIClient, account: BrokerAccount) -> None:
    for _ in range(2):
        _, answer = queries_of(ann_api, f"{TRADES}?limit=9999")
        assert answer.status_code == 400 and answer.json()


def test_while_a_write_is_under_way_the_database_is_asked(ann_api: APIClient, account: BrokerAccount) -> None:
    comments(ann_api)
    accounts_cache.begin_write([account.trader_id])
    count, answer = queries_of(ann_api)
    assert count == 1 and answer.status_code == 200
    make.trade(account, comment="Not announced yet.")
    assert "Not announced yet." in comments(ann_api)


def test_a_write_whose_end_was_never_told_is_seen(
    ann_api: APIClient, account: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between its commit and the word to the cache."""
    comments(ann_api)
    monkeypatch.setattr(accounts_cache, "end_write", lambda *args: None)
    write(account, "Of a dying process.")
    for _ in range(3):
        assert "Of a dying process." in comments(ann_api)


def test_what_is_pending_outlives_every_mark() -> None:
    assert accounts_cache._PENDING_S > settings.ANSWERS_MARK_S
    assert accounts_cache._PENDING_S > 10 * cache.MARK_S


def test_a_write_that_was_rolled_back_changes_nothing(ann_api: APIClient, account: BrokerAccount) -> None:
    before = comments(ann_api)
    with pytest.raises(RuntimeError), transaction.atomic():
        make.trade(account, comment="Never was.")
        raise_revision([account.pk])
        raise RuntimeError
    assert comments(ann_api) == before


def test_a_mark_read_before_a_write_is_worth_nothing_after_it(ann_api: APIClient, account: BrokerAccount) -> None:
    """A reader is slow: it keeps what it read of the time before the write, once the write is over."""
    comments(ann_api)
    door = open_for(account.trader_id)
    old = mark_of(account.trader_id).encode()
    write(account, "While somebody read.")
    cache.keep_mark(keys_of(account.trader_id), door.writes, old)
    assert "While somebody read." in comments(ann_api)


def open_for(trader_id: UUID) -> cache.Door:
    door = cache.open_door(keys_of(trader_id), "no-address", window=1, window_s=60)
    assert door is not None
    return door


def keys_of(trader_id: UUID) -> cache.DoorKeys:
    return cache.door_keys("no-facts", trader_id, "no-calls:")


def test_two_writes_at_once_end_each_for_itself(account: BrokerAccount) -> None:
    first = accounts_cache.begin_write([account.trader_id])
    second = accounts_cache.begin_write([account.trader_id])
    accounts_cache.end_write([account.trader_id], first)
    assert open_for(account.trader_id).is_pending
    accounts_cache.end_write([account.trader_id], second)
    door = open_for(account.trader_id)
    assert not door.is_pending and door.writes == b"2"


def test_rows_changed_by_sql_alone_are_seen_when_the_mark_ends(ann_api: APIClient, account: BrokerAccount) -> None:
    comments(ann_api)
    make.trade(account, comment="By SQL.")
    assert "By SQL." not in comments(ann_api)  # at most ANSWERS_MARK_S seconds
    django_cache.client.get_client(write=True).delete(accounts_cache.state_keys(account.trader_id)[1])  # type: ignore[attr-defined]
    assert "By SQL." in comments(ann_api)


@pytest.mark.parametrize("loses", ["begin_write", "end_write", "both"])
def test_redis_that_is_away_during_a_write_leaves_no_old_answer(
    ann_api: APIClient, account: BrokerAccount, monkeypatch: pytest.MonkeyPatch, loses: str
) -> None:
    """It comes back empty, as it does when it was restarted: nothing is persisted."""
    comments(ann_api)

    def away(*args: Any, **kwargs: Any) -> Any:
        raise RedisDown

    with monkeypatch.context() as patched:
        if loses in ("begin_write", "both"):
            patched.setattr(accounts_cache, "_client", away)
        with transaction.atomic():
            make.trade(account, comment="While it was away.")
            raise_revision([account.pk])
            if loses == "end_write":
                patched.setattr(accounts_cache, "_client", away)
        if loses == "begin_write":
            patched.undo()
    django_cache.clear()
    assert "While it was away." in comments(ann_api)


def test_without_redis_the_answer_comes_from_the_database(
    ann_api: APIClient, account: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Any:
        raise RedisDown

    comments(ann_api)
    monkeypatch.setattr(cache, "_client", away)
    assert comments(ann_api) == ["The first."]


def test_a_revoked_sign_in_gets_no_kept_answer(ann_api: APIClient, ann: Trader, account: BrokerAccount) -> None:
    comments(ann_api)
    ann.is_active = False
    ann.save()
    assert ann_api.get(TRADES).status_code == 401


def test_a_token_that_ended_gets_no_kept_answer(
    ann_api: APIClient, account: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    comments(ann_api)
    known = time.time()
    monkeypatch.setattr(time, "time", lambda: known + 86_400)
    token = ann_api._credentials["HTTP_AUTHORIZATION"].removeprefix("Bearer ")  # type: ignore[attr-defined]
    assert front_door._Callers().of(token) is None


@pytest.mark.parametrize("token", ["", "x", "Bearer", "a.b.c", "\u00e9"])
def test_what_is_no_token_goes_the_long_way(stranger_api: APIClient, token: str) -> None:
    assert stranger_api.get(TRADES, HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401


def test_a_host_that_is_not_ours_is_refused(ann_api: APIClient, account: BrokerAccount) -> None:
    comments(ann_api)
    assert ann_api.get(TRADES, headers={"Host": "elsewhere.example"}).status_code == 400


def test_kept_answers_count_as_calls(ann_api: APIClient, account: BrokerAccount, monkeypatch: Any) -> None:
    from tradeportal.rest.throttles import TraderThrottle

    monkeypatch.setattr(TraderThrottle, "rate", "3/day", raising=False)
    assert [ann_api.get(TRADES).status_code for _ in range(5)] == [200, 200, 200, 429, 429]


def test_calls_of_an_ended_token_are_not_counted_against_its_owner(ann_api: APIClient, account: BrokerAccount) -> None:
    from tradeportal.rest.throttles import TraderThrottle

    def calls() -> int:
        return int(
            django_cache.get(f"{TraderThrottle.calls_key(account.trader_id)}{TraderThrottle.window_now()[0]}", 0)
        )

    def doors() -> list[int]:
        counted = cache.counts()
        return [counted.get(f"answer-door.{what}", 0) for what in ("hit", "miss")]

    comments(ann_api)
    before, counted = doors(), calls()
    ann_api.get(TRADES)
    assert calls() == counted + 1 and doors() == [before[0] + 1, before[1]]
    end_sign_in(account.trader.sign_ins.get().pk, timezone.now())
    before, counted = doors(), calls()
    assert [ann_api.get(TRADES).status_code for _ in range(3)] == [401] * 3
    assert calls() == counted and doors() == before


def test_an_answer_is_a_hit_though_its_mark_ran_out(ann_api: APIClient, account: BrokerAccount) -> None:
    comments(ann_api)
    before = cache.counts().get("answer-door.hit", 0)
    cache._client().delete(accounts_cache.state_keys(account.trader_id)[1])
    assert ann_api.get(TRADES).status_code == 200
    assert cache.counts()["answer-door.hit"] == before + 1
