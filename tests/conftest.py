"""Shared fixtures. The import of tests.environment starts the servers and sets Django up; it comes first on purpose."""

from collections.abc import Iterator

import pytest

from tests import environment

pytest_plugins = ["tests.cast"]

__all__ = ["environment"]


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> Iterator[None]:
    """No answer of one test reaches the next, where a test has a database at all."""
    yield
    if {"db", "transactional_db", "live_server"} & set(request.fixturenames):
        from django.core.cache import cache

        cache.clear()
