"""Shared fixtures and rules. The import of tests.environment starts the servers and sets Django up; it comes first on purpose."""

import os
from collections.abc import Generator, Iterator

import pytest

from tests import environment

pytest_plugins = ["tests.cast"]

__all__ = ["environment"]


#: A test may be skipped under CI=true for this reason alone: it needs a privilege, not a part.
PRIVILEGE = "only root"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under CI=true a skipped test is a failed one: something that it needs is missing."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if PRIVILEGE not in reason:
            report.outcome = "failed"
            report.longrepr = f"{reason} (nothing is skipped under CI=true)"
    return report


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> Iterator[None]:
    """No answer of one test reaches the next, where a test has a database at all."""
    yield
    marked = request.node.get_closest_marker("django_db") is not None
    if marked or {"db", "transactional_db", "live_server"} & set(request.fixturenames):
        from django.core.cache import cache

        from tradeportal.breaker import BREAKER

        BREAKER.reset()  # a test may have been about a cache that is away
        cache.clear()


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A page leaves its language behind in the thread; the next test begins in English all the same."""
    from django.utils import translation

    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _empty_queue(request: pytest.FixtureRequest) -> Iterator[None]:
    """No job that one test committed reaches the next: the queue's tables are not among those that Django empties."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if (marker and marker.kwargs.get("transaction")) or "transactional_db" in request.fixturenames:
        from django.db import connection

        with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers RESTART IDENTITY CASCADE")
