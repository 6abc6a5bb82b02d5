"""Kept answers are built once, however many ask at the same moment, and counted for all processes together."""

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from redis.exceptions import ConnectionError as RedisDown
from redis.exceptions import OutOfMemoryError

from trading import cache

pytestmark = pytest.mark.django_db  # empties the cache afterwards
KINDS = ("hit", "waited", "stale", "miss", "build", "failure")
PARTS = ("of-a-test", 1)


class Build:
    """Something that takes a while to compute; each result tells how often it was."""

    def __init__(self, takes_s: float = 0.3) -> None:
        self.times, self.takes_s = 0, takes_s

    def __call__(self) -> int:
        self.times += 1
        made = self.times
        time.sleep(self.takes_s)
        return made


def ask(build: Callable[[], int], ttl_s: int = 60) -> int:
    return cache.remembered("trial", PARTS, ttl_s, build)


def crowd(build: Callable[[], int], size: int = 20) -> list[int]:
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(build))) for _ in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def end_time_of_the_kept() -> None:
    key = cache._raw(f"trial:{cache.FORMAT}:of-a-test:1")
    assert cache._client().expire(key, cache.STALE_S - 1)


def test_twenty_at_once_cost_one_build() -> None:
    build = Build()
    assert crowd(build) == [1] * 20 and build.times == 1


def test_when_its_time_is_over_one_builds_and_others_get_the_kept_one() -> None:
    build = Build()
    ask(build)
    end_time_of_the_kept()
    started = time.monotonic()
    assert set(crowd(build)) == {1, 2} and build.times == 2
    assert time.monotonic() - started < 5
    assert ask(build) == 2 and build.times == 2


def test_one_who_changed_something_is_never_given_what_was_before() -> None:
    """The revision is part of the key: there is no older answer under it."""
    build = Build(0)
    assert cache.remembered("trial", ("of-a-test", 1), 60, build) == 1
    assert cache.remembered("trial", ("of-a-test", 2), 60, build) == 2


def test_a_builder_that_dies_holds_others_up_for_its_time_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "BUILD_S", 1)
    state, kept = cache._ask("trial", f"trial:{cache.FORMAT}:of-a-test:1", "of one that died")
    assert (state, kept) == (cache._YOURS, None)
    started, build = time.monotonic(), Build(0)
    assert ask(build) == 1 and build.times == 1
    assert 0.2 < time.monotonic() - started < 5


def test_one_who_waits_longer_than_a_lock_lives_still_does_not_build_beside_its_holder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key, slept = f"trial:{cache.FORMAT}:of-a-test:1", [0.0]
    cache._ask("trial", key, "of a slow one")

    def sleep(for_s: float) -> None:
        slept.append(slept[-1] + 2 * cache.BUILD_S)
        if len(slept) == 4:
            cache._build("trial", key, "of a slow one", 60, lambda: 7)

    monkeypatch.setattr(cache, "time", SimpleNamespace(monotonic=lambda: slept[-1], sleep=sleep))
    build = Build(0)
    assert ask(build) == 7 and build.times == 0 and len(slept) == 4


def test_a_question_that_is_sent_twice_does_not_wait_for_itself() -> None:
    key = f"trial:{cache.FORMAT}:of-a-test:1"
    asked = [cache._ask("trial", key, token) for token in ("one", "one", "another")]
    assert asked == [(cache._YOURS, None), (cache._YOURS, None), (cache._TAKEN, None)]


def test_a_build_that_fails_lets_the_next_one_try() -> None:
    def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(fail)
    started = time.monotonic()
    assert ask(Build(0)) == 1 and time.monotonic() - started < 1


def test_a_cache_that_keeps_nothing_costs_a_build_each(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OutOfMemoryError

    monkeypatch.setattr(cache, "_run", full)
    build = Build(0)
    assert (ask(build), ask(build)) == (1, 2)


def test_all_is_counted_for_all_processes_together() -> None:
    before = cache.counts()
    crowd(Build())
    end_time_of_the_kept()
    crowd(Build())
    now = cache.counts()
    counted = {what: now.get(f"trial.{what}", 0) - before.get(f"trial.{what}", 0) for what in KINDS}
    assert counted["miss"] == counted["build"] == 2 and counted["failure"] == 0
    assert counted["waited"] > 0 and counted["stale"] > 0
    assert counted["waited"] + counted["stale"] + counted["hit"] == 38
    assert int(cache._client().hget(cache._COUNTS, "trial.build")) == now["trial.build"]  # where others count as well


def counted_by(act: Callable[[], object]) -> dict[str, int]:
    before = cache.counts()
    act()
    now = cache.counts()
    return {kind: now.get(f"trial.{kind}", 0) - before.get(f"trial.{kind}", 0) for kind in KINDS}


def test_a_question_that_fails_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object) -> None:
        raise RedisDown

    monkeypatch.setattr(cache, "_run", away)
    assert counted_by(lambda: ask(Build(0))) == {**dict.fromkeys(KINDS, 0), "failure": 1}


def test_answers_read_many_at_once_count_their_builds() -> None:
    def ask_each() -> None:
        cache.remembered_each("trial", {1: ("a",), 2: ("b",)}, 60, lambda keys: dict.fromkeys(keys, 0))

    assert counted_by(ask_each) == {**dict.fromkeys(KINDS, 0), "miss": 2, "build": 2}


def test_counts_that_could_not_be_sent_are_sent_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise RedisDown

    before = cache.counts().get("trial.hit", 0)
    with monkeypatch.context() as patched:
        patched.setattr(cache, "_client", away)
        cache._count("trial.hit")
        assert cache.counts() == {}  # those of this process alone would read as a fall
    assert cache.counts()["trial.hit"] == before + 1


METRICS = "/metrics"


def test_this_machine_may_read_the_counts_as_text(stranger: Client) -> None:
    ask(Build(0))
    answer = stranger.get(METRICS)
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.content.decode().splitlines()
    assert "# TYPE tradeportal_cache_total counter" in lines
    assert any(line.startswith('tradeportal_cache_total{cache="trial",result="build"} ') for line in lines)
    assert "no-store" in answer["Cache-Control"]


def test_nobody_else_learns_that_there_are_counts(stranger: Client, ann_client: Client, settings: Any) -> None:
    assert stranger.get(METRICS, REMOTE_ADDR="192.0.2.7").status_code == 404
    assert ann_client.get(METRICS, REMOTE_ADDR="192.0.2.7").status_code == 404
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # then a proxy here speaks for everybody
    assert stranger.get(METRICS).status_code == 404


def test_with_a_token_only_its_bearer_reads_them(stranger: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "a-long-random-text"
    assert stranger.get(METRICS).status_code == 404
    assert stranger.get(METRICS, headers={"Authorization": "Bearer another"}).status_code == 404
    given = {"Authorization": "Bearer a-long-random-text"}
    assert stranger.get(METRICS, REMOTE_ADDR="192.0.2.7", headers=given).status_code == 200


def test_staff_see_the_counts_in_the_admin(cy_client: Client, ann_client: Client) -> None:
    ask(Build(0))
    page = cy_client.get("/admin/caches/").content.decode()
    assert "trial" in page and "Stale" in page
    assert ann_client.get("/admin/caches/").status_code == 302
