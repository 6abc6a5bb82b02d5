"""Imports that run at the same time, and workers that are killed in the middle."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection, connections
from procrastinate.contrib.django import app

from accounts.models import BrokerAccount, Trader
from tests.services import act
from tests.services.book import dump
from tests.services.mt4_page import Line, page
from trading.models import State, Statement, Trade
from trading.services import rescue, statements
from trading.services.at_work import at_work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ROWS = 6_000
LONG = page(*(Line(ticket) for ticket in range(100, 100 + ROWS)))
PATIENCE_S = 90


@pytest.fixture(autouse=True)
def _no_jobs() -> Iterator[None]:
    """The tables of the queue are not the models' own, so that emptying the database leaves them alone."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers RESTART IDENTITY CASCADE")


@pytest.fixture
def trader() -> Trader:
    return Trader.objects.create(email="ann@example.com")


def start_worker(*options: str) -> subprocess.Popen[bytes]:
    """A real worker on the database of the tests, in a process of its own."""
    database = connection.settings_dict
    password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    host, port = database["HOST"], database["PORT"] or 5432
    address = f"postgresql://{database['USER']}{password}@{host}:{port}/{database['NAME']}"
    if str(host).startswith("/"):
        address = f"postgresql://{database['USER']}{password}@/{database['NAME']}?host={host}&port={port}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "procrastinate", "worker", "--queues", "statements", *options],
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, "DATABASE_URL": address},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for(condition: Callable[[], Any]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def kill(worker: subprocess.Popen[bytes]) -> None:
    worker.send_signal(signal.SIGKILL)
    worker.wait(PATIENCE_S)


def retry(**options: float) -> int:
    return async_to_sync(rescue.retry_stalled_jobs)(app.job_manager, act.NOW, **options)


def work_off() -> None:
    """Hands the dead worker's job on, as the periodic task does, and lets another worker do all that waits."""

    assert retry(seconds_since_heartbeat=0) == 1
    worker = start_worker("--one-shot")
    try:
        assert worker.wait(PATIENCE_S) == 0
    finally:
        worker.kill()


def test_resumes_when_a_worker_is_killed_while_it_reads(trader: Trader) -> None:
    before = dump()
    statement = act.received(trader, LONG)
    worker = start_worker()
    try:
        wait_for(lambda: act.fresh(statement).stage.startswith(("Reading", "Copying")))
    finally:
        kill(worker)
    assert act.fresh(statement).state == State.READING
    assert dump() == before
    work_off()
    done = act.fresh(statement)
    assert (done.state, done.outcome["trades"]["added"]) == (State.READY, ROWS)
    assert dump() == before


def test_resumes_when_a_worker_is_killed_while_it_commits(trader: Trader) -> None:
    statement = act.read(trader, LONG)
    statements.request_commit(statement, act.NOW)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'trading.read_statement'")
    before = dump()
    worker = start_worker()
    try:
        wait_for(lambda: act.fresh(statement).stage.startswith(("Copying", "Comparing", "Checking")))
    finally:
        kill(worker)
    assert act.fresh(statement).state == State.COMMITTING
    assert dump() == before
    work_off()
    assert act.fresh(statement).state == State.COMMITTED
    assert Trade.objects.count() == ROWS
    assert BrokerAccount.objects.count() == 1


def test_gives_up_a_job_that_took_several_workers_with_it(trader: Trader) -> None:
    statement = act.received(trader, LONG)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL, attempts = %s", [rescue.MAX_ATTEMPTS]
        )
    Statement.objects.update(state=State.READING)

    assert retry() == 0
    assert rescue.end_abandoned_work() == [statement.pk]
    failed = act.fresh(statement)
    assert (failed.state, failed.error_code) == (State.FAILED, "abandoned")
    assert "nothing was changed" in failed.error_message


def test_ends_work_that_nobody_does_but_not_work_in_another_process(trader: Trader) -> None:
    statement = act.received(trader, LONG)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    with at_work(statement.pk) as work:
        assert work is not None
        assert rescue.end_abandoned_work() == []
    assert rescue.end_abandoned_work() == [statement.pk]


def test_leaves_a_waiting_job_alone(trader: Trader) -> None:
    act.received(trader, LONG)
    assert rescue.end_abandoned_work() == []


def test_leaves_what_was_to_be_undone_in_the_book_when_the_undo_is_abandoned(trader: Trader) -> None:
    statement = act.imported(trader, page(Line(11)))
    Statement.objects.update(state=State.UNDOING)
    rescue.end_abandoned_work()
    assert act.fresh(statement).state == State.COMMITTED
    assert Trade.objects.count() == 1


def test_lets_two_imports_of_one_file_run_at_once(trader: Trader) -> None:
    content = page(*(Line(ticket) for ticket in range(100, 500)))
    done: list[Statement] = []
    start = threading.Barrier(2)

    def run() -> None:
        try:
            start.wait(PATIENCE_S)
            done.append(act.imported(trader, content))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert [statement.state for statement in done] == [State.COMMITTED] * 2
    assert sorted(statement.outcome["trades"]["added"] for statement in done) == [0, 400]
    assert Trade.objects.count() == 400
    assert BrokerAccount.objects.get().revision == 1


def test_shows_progress_while_the_transaction_is_open(trader: Trader) -> None:
    statement = act.received(trader, LONG)
    with at_work(statement.pk) as work:
        assert work is not None
        with at_work(statement.pk) as second:
            assert second is None, "one process at a time is at work on a statement"
        work.stage("Reading the file", 40)
    shown = act.fresh(statement)
    assert (shown.stage, shown.progress_percent) == ("Reading the file", 40)
