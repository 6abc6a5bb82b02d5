"""Measures what an answer costs beside itself: who asks, queries and kept answers in a steady mix, writes, and expiry."""

import json
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

from loadtest.bench_pages import BACKEND, HOST  # sets up Django
from loadtest.bench_served import STATUS
from loadtest.entries import entry_of
from loadtest.seed import seed

# isort: split
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone
from redis.connection import AbstractConnection
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import BrokerAccount, Trader
from accounts.revisions import raise_revision
from accounts.services.sign_in import start_sign_in
from accounts.tokens import pair
from trading import cache as kept
from trading.services.sync import record_sync

RUNS = 300
#: A client asks four times a second and its account has a sync every ten seconds; one answer in forty is a page.
MIXED_TRADERS, SYNCS, ANSWERS_PER_SYNC = 20, 3, 40
USERS, PROCESSES = 100, 4
BUILD_S = 0.2


def empty_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("yes" if request.user.is_authenticated else "no")


class EmptyEndpoint(APIView):
    permission_classes = (AllowAny,)
    # Calls of nobody are few a minute by default.
    throttle_classes = ()

    def get(self, request: Request) -> Response:
        return Response({"signed_in": request.user.is_authenticated})


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


urlpatterns = [path("page/", empty_page), path("endpoint/", EmptyEndpoint.as_view()), path("hello/", hello)]


def measure() -> dict[str, Any]:
    return {
        "overhead": overhead(),
        "mix": steady_mix(),
        "invalidation": [trips_of_a_write(keys) for keys in (10, 1_000)],
        "builds": {"users": USERS, "each": [builds_at_once() for _ in range(3)]},
    }


def overhead() -> dict[str, float]:
    """Milliseconds of CPU of an empty view, for nobody and for somebody, and of a hello without middleware."""
    trader = Trader.objects.create(email=f"{uuid4()}@example.com")
    token, _refresh = pair(start_sign_in(trader, timezone.now()))
    nobody, session = Client(HTTP_HOST=HOST), Client(HTTP_HOST=HOST)
    bearer = Client(HTTP_HOST=HOST, HTTP_AUTHORIZATION=f"Bearer {token}")
    session.force_login(trader, backend=BACKEND)
    calls = {
        "page": (nobody, "/page/"),
        "page_session": (session, "/page/"),
        "endpoint": (nobody, "/endpoint/"),
        "endpoint_jwt": (bearer, "/endpoint/"),
    }
    times: dict[str, list[float]] = {"hello": [], **{name: [] for name in calls}}
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
        floor = Client(HTTP_HOST=HOST)
        times["hello"] = [_cpu_ms(lambda: floor.get("/hello/")) for _ in range(RUNS)]
    with override_settings(ROOT_URLCONF=__name__):
        for _ in range(RUNS):
            for name, (client, address) in calls.items():
                times[name].append(_cpu_ms(lambda client=client, address=address: client.get(address)))  # type: ignore[misc]
    return {name: median(found) for name, found in times.items()}


def steady_mix() -> dict[str, float]:
    """Queries of an answer, and the share of answers of the API that were kept: a sync of each account after forty."""
    callers = seed(MIXED_TRADERS)
    traders = {account.pk: account.trader for account in BrokerAccount.objects.select_related("trader")}
    queries, answers = 0, 0

    def count(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal queries
        queries += 1
        return execute(*arguments)

    door = door_counts()
    for turn in range(SYNCS + 1):
        if turn == 1:  # the first turn warmed up
            queries = answers = 0
            door = door_counts()
        for one in callers:
            now = timezone.now()
            entry = entry_of(one["account"], now.isoformat(), turn + 1)
            record_sync(traders[UUID(one["account"])], {"accounts": [entry]}, now=now)
            api = Client(HTTP_HOST=HOST, HTTP_AUTHORIZATION=f"Bearer {one['token']}")
            pages = Client(HTTP_HOST=HOST)
            pages.cookies["sessionid"] = one["session"]
            with connection.execute_wrapper(count):
                for number in range(ANSWERS_PER_SYNC - 1):
                    _ok(api.get(f"/api/v1/{STATUS[number * 7 % len(STATUS)]}"))
                _ok(pages.get(("/", "/trades/", "/positions/")[turn % 3]))
            answers += ANSWERS_PER_SYNC
    hits, misses = (after - before for after, before in zip(door_counts(), door, strict=True))
    return {"queries": queries / answers, "answers": answers, "kept": hits / (hits + misses)}


def door_counts() -> tuple[int, int]:
    """Hits and misses at the front door, of all processes together."""
    found = kept.counts()
    return found.get("answer-door.hit", 0), found.get("answer-door.miss", 0)


def trips_of_a_write(keys: int) -> dict[str, int]:
    """How often a write speaks to Valkey when so many answers of its trader are kept."""
    trader = Trader.objects.create(email=f"{uuid4()}@example.com")
    account = BrokerAccount.objects.create(
        trader=trader, label="Bench", platform="mt5", number=str(uuid4()), currency="USD"
    )
    for number in range(keys):
        kept.remembered("bench", (account.pk, number), 60, lambda: "kept")
    with _trips() as trips, transaction.atomic():
        raise_revision([account.pk])
    return {"keys": keys, "trips": len(trips)}


@contextmanager
def _trips() -> Iterator[list[int]]:
    found: list[int] = []
    send: Any = AbstractConnection.send_packed_command

    def sent(self: Any, command: Any, *arguments: Any, **options: Any) -> Any:
        found.append(1)
        return send(self, command, *arguments, **options)

    with mock.patch.object(AbstractConnection, "send_packed_command", sent):
        yield found


def builds_at_once() -> int:
    """How often an answer that has just ended is computed when a hundred ask for it at once, through several processes."""
    parts, fork = (str(uuid4()),), multiprocessing.get_context("fork")
    start = fork.Barrier(USERS)
    processes = [fork.Process(target=_ask_at_once, args=(parts, start)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return int(kept._client().get(_counted(parts)) or 0)


def _counted(parts: tuple[str]) -> str:
    return f"tp:bench-builds:{parts[0]}"


def _ask_at_once(parts: tuple[str], start: Any) -> None:
    def build() -> str:
        kept._client().incr(_counted(parts))
        time.sleep(BUILD_S)
        return "built"

    def ask() -> None:
        start.wait()
        kept.remembered("bench", parts, 60, build)

    threads = [threading.Thread(target=ask) for _ in range(USERS // PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _ok(response: Any) -> None:
    if response.status_code != 200:
        raise SystemExit(f"{response.request['PATH_INFO']} was answered with {response.status_code}.")


def _cpu_ms(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return (time.process_time() - started) * 1000


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()) + "\n")
