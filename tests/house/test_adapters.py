"""Moments leave the database as they went in, whoever loads them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DataError, connection
from hypothesis import given
from hypothesis import strategies as some
from psycopg.pq import Format

from tradeportal.adapters import MomentLoader

pytestmark = pytest.mark.django_db


def _read(sql: str, *given: Any, time_zone: str = "") -> Any:
    with connection.cursor() as cursor:
        if time_zone:
            cursor.execute("SET LOCAL TIME ZONE %s", [time_zone])
        cursor.execute(sql, given)
        return cursor.fetchone()[0]


def test_the_connection_reads_moments_so_and_its_cursors_do() -> None:
    with connection.cursor() as cursor:
        oid = cursor.adapters.types["timestamptz"].oid
        assert cursor.adapters.get_loader(oid, Format.TEXT) is MomentLoader


@pytest.mark.parametrize(
    "at", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)]
)
def test_a_moment_is_aware_and_of_utc(at: datetime) -> None:
    found = _read("SELECT %s::timestamptz", at)
    assert found == at and found.tzinfo is UTC


def test_moments_are_those_that_django_reads() -> None:
    @given(some.datetimes(min_value=datetime(1800, 1, 1), max_value=datetime(2300, 1, 1), timezones=some.just(UTC)))
    def same(at: datetime) -> None:
        text = str(_read("SELECT %s::timestamptz::text", at))
        assert _read("SELECT %s::timestamptz", at) == at == datetime.fromisoformat(text)

    same()


def test_a_session_of_another_zone_still_names_the_same_moment() -> None:
    at = datetime(2026, 11, 25, 12, 0, 0, 1, tzinfo=UTC)
    assert _read("SELECT %s::timestamptz", at, time_zone="Asia/Kolkata") == at


def test_a_date_that_python_has_no_name_for_is_refused_as_ever() -> None:
    with pytest.raises(DataError):
        _read("SELECT 'infinity'::timestamptz")
