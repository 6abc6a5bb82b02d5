"""A cache that is slow, away or full: answers stay right, and nobody waits for it again and again."""

import logging
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis
from django.conf import settings as project
from django.db import transaction
from django.test import Client
from django_redis.exceptions import ConnectionInterrupted
from rest_framework.test import APIClient

from accounts.cache import answers
from accounts.models import BrokerAccount, Trader
from accounts.revisions import raise_revision
from tests import make
from tradeportal import breaker
from tradeportal.breaker import BREAKER, Breaker, SkippedError, SkippedFilter
from tradeportal.embedded import find_valkey
from trading import cache

pytestmark = pytest.mark.django_db(transaction=True)
TRADES = "/api/v1/trades/"


class Proxy:
    """Passes bytes on to the real server until it `stalls`: then it takes what it is sent and says nothing."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.stalls = threading.Event()
        self._sockets = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        try:
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._sockets += [client, server]
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=self._pump, args=(source, target), daemon=True).start()
        except OSError:
            return  # closed

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                if not self.stalls.is_set():
                    target.sendall(data)
        except OSError:
            return  # closed

    def close(self) -> None:
        for one in self._sockets:
            one.close()


@pytest.fixture(autouse=True)
def _closed_breaker() -> Iterator[None]:
    BREAKER.reset()
    yield
    BREAKER.reset()


@pytest.fixture
def proxy(settings: Any) -> Iterator[Proxy]:
    url = urlsplit(project.REDIS_URL)
    assert url.hostname and url.port
    proxy = Proxy(url.hostname, url.port)
    user, at, _ = url.netloc.rpartition("@")
    _use(settings, urlunsplit(url._replace(netloc=f"{user}{at}127.0.0.1:{proxy.port}")))
    yield proxy
    proxy.close()


def _use(settings: Any, url: str) -> None:
    usual: Any = project.CACHES["default"]
    patience = {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5}
    settings.CACHES = {"default": {**usual, "LOCATION": url, "OPTIONS": {**usual["OPTIONS"], **patience}}}


def _timed(client: Any, path: str) -> tuple[float, Any]:
    started = time.monotonic()
    answer = client.get(path)
    return time.monotonic() - started, answer


def test_nobody_waits_twice_for_a_cache_that_stalls(
    proxy: Proxy, ann: Trader, ann_api: APIClient, ann_client: Client
) -> None:
    account = make.account(ann)
    make.trade(account, comment="The first.")
    assert ann_api.get(TRADES).status_code == ann_client.get("/trades/").status_code == 200
    proxy.stalls.set()
    waited, answer = _timed(ann_api, TRADES)
    assert [row["comment"] for row in answer.json()["results"]] == ["The first."]
    assert waited < breaker.FAILURES * 1.0 + 2  # each failure takes half a second
    BREAKER._resumes_at += 60  # no probe during the rest
    with transaction.atomic():
        make.trade(account, comment="The second.", symbol="XAUUSD")
        raise_revision([account.pk])
    for client, path in ((ann_api, TRADES), (ann_client, "/trades/"), (ann_api, TRADES), (ann_client, "/trades/")):
        waited, answer = _timed(client, path)
        assert answer.status_code == 200 and b"XAUUSD" in answer.content
        assert BREAKER._resumes_at and waited < 2  # the work itself, on a busy machine
    proxy.stalls.clear()
    BREAKER._resumes_at = time.monotonic()
    assert ann_api.get(TRADES).status_code == 200
    assert not BREAKER._resumes_at


def test_a_restarted_cache_that_knows_no_script_has_answered() -> None:
    cache._client().script_flush()
    BREAKER._resumes_at = time.monotonic()  # the next call asks for all
    assert cache.remembered("trial", ("after-a-restart",), 60, lambda: 1) == 1
    assert not BREAKER._resumes_at
    assert cache.remembered("trial", ("after-a-restart",), 60, lambda: 2) == 1


def test_nothing_asked_is_nothing_answered() -> None:
    BREAKER._resumes_at = time.monotonic()  # the next call asks for all
    assert cache._client().pipeline(transaction=False).execute() == []
    assert BREAKER._resumes_at


def test_the_breaker_opens_after_some_failures_and_lets_one_probe_through(monkeypatch: pytest.MonkeyPatch) -> None:
    now, one = [100.0], Breaker()
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def fail() -> None:
        with one.guarding():
            raise redis.exceptions.TimeoutError

    for _ in range(breaker.FAILURES):
        with pytest.raises(redis.exceptions.TimeoutError):
            fail()
    with pytest.raises(SkippedError):
        fail()
    now[0] += breaker.PAUSE_S
    with pytest.raises(redis.exceptions.TimeoutError):
        fail()  # the probe
    with pytest.raises(SkippedError):
        fail()
    now[0] += breaker.PAUSE_S
    with one.guarding():
        pass
    for _ in range(breaker.FAILURES - 1):  # none of the failures before counts any more
        with pytest.raises(redis.exceptions.TimeoutError):
            fail()
    with one.guarding():
        pass


def test_failures_that_lie_far_apart_open_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now, one = [100.0], Breaker()
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    for _ in range(3 * breaker.FAILURES):
        with pytest.raises(redis.exceptions.ConnectionError), one.guarding():
            raise redis.exceptions.ConnectionError("gone")
        now[0] += breaker.WINDOW_S
    with one.guarding():
        pass


@pytest.fixture
def full_valkey(settings: Any, tmp_path: Path) -> Iterator[redis.Redis]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ("--port", str(port), "--save", "", "--bind", "127.0.0.1", "--maxmemory-policy", "noeviction")
    server = subprocess.Popen([find_valkey(), *options], cwd=tmp_path, stdout=subprocess.DEVNULL)
    client = redis.Redis(port=port)
    for _ in range(100):
        try:
            client.ping()
            break
        except redis.exceptions.ConnectionError:
            time.sleep(0.1)
    _use(settings, f"redis://127.0.0.1:{port}/0")
    yield client
    server.terminate()
    server.wait()


def test_a_write_that_a_full_cache_did_not_note_is_seen_once_it_has_room(
    full_valkey: Any, ann: Trader, ann_api: APIClient, ann_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MARK_S", 600)
    account: BrokerAccount = make.account(ann)
    for _ in range(3):
        assert ann_api.get(TRADES).status_code == ann_client.get("/trades/").status_code == 200
    full_valkey.config_set("maxmemory", "1")
    with transaction.atomic():
        make.trade(account, symbol="XAUUSD")
        raise_revision([account.pk])
    full_valkey.config_set("maxmemory", "0")
    assert b"XAUUSD" in ann_api.get(TRADES).content and b"XAUUSD" in ann_client.get("/trades/").content


def test_the_log_is_spared_what_was_skipped_but_not_what_failed_after_it() -> None:
    def is_told(error: Exception) -> bool:
        told = (type(error), error, None)
        return SkippedFilter().filter(logging.LogRecord("x", logging.ERROR, "", 1, "", None, told))

    skipped, wrapped, later = SkippedError(), ConnectionInterrupted(None), ZeroDivisionError()
    wrapped.__cause__, later.__context__ = skipped, skipped
    assert [is_told(error) for error in (skipped, wrapped, later)] == [False, False, True]


def test_an_open_is_not_counted_while_the_cache_is_left_alone() -> None:
    assert cache.is_first_open("a-record", 60) and not cache.is_first_open("a-record", 60)
    BREAKER._resumes_at = time.monotonic() + 60
    assert not cache.is_first_open("another", 60)


def test_a_full_cache_leaves_answers_right(
    full_valkey: Any, ann: Trader, ann_api: APIClient, ann_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MARK_S", 10)
    account: BrokerAccount = make.account(ann)
    make.trade(account, symbol="GBPUSD")
    for _ in range(3):
        assert b"GBPUSD" in ann_api.get(TRADES).content and b"GBPUSD" in ann_client.get("/trades/").content
    full_valkey.config_set("maxmemory", "1")
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        full_valkey.set("one", "more")
    for symbol in ("XAUUSD", "USDJPY"):
        with transaction.atomic():
            make.trade(account, symbol=symbol)
            raise_revision([account.pk])
        for client, path in ((ann_api, TRADES), (ann_client, "/trades/")):
            answer = client.get(path)
            assert answer.status_code == 200 and symbol.encode() in answer.content
    full_valkey.config_set("maxmemory", "0")
    assert answers()
    ann.is_active = False
    full_valkey.config_set("maxmemory", "1")
    ann.save()
    assert ann_api.get(TRADES).status_code == 401 and ann_client.get("/trades/").status_code == 302
