"""health/ and ready/."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import override_settings
from rest_framework.test import APIClient

from tests.api.test_sign_in import DEAD_CACHE

READY = "/api/v1/ready/"


@pytest.mark.parametrize(("path", "service"), [("health/", None), ("trading/health/", "trading")])
def test_health_touches_no_dependency(stranger_api: APIClient, path: str, service: str | None) -> None:
    """Without the database fixture, a query would be an error."""
    with override_settings(CACHES=DEAD_CACHE):
        answer = stranger_api.get(f"/api/v1/{path}")
    assert answer.status_code == 200
    assert answer.json()["status"] == "healthy"
    assert answer.json().get("service") == service


def heartbeat(age: timedelta) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s))",
            [age.total_seconds()],
        )


@pytest.mark.django_db
def test_ready_with_everything_at_work(stranger_api: APIClient) -> None:
    heartbeat(timedelta(seconds=5))
    answer = stranger_api.get(READY)
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "checks": {"database": "ok", "cache": "ok", "migrations": "ok", "worker": "ok"},
    }


@pytest.mark.django_db
def test_not_ready_with_a_silent_worker_and_only_staff_learn_more(
    stranger_api: APIClient, ann_api: APIClient, cy_api: APIClient
) -> None:
    heartbeat(timedelta(minutes=5))
    for client in (stranger_api, ann_api):
        answer = client.get(READY)
        assert answer.status_code == 503
        assert answer.json()["checks"]["worker"] == "failed"
    assert cy_api.get(READY).json()["checks"]["worker"].startswith("silent for 30")


@pytest.mark.django_db
def test_not_ready_without_the_cache(stranger_api: APIClient) -> None:
    with override_settings(CACHES=DEAD_CACHE):
        answer = stranger_api.get(READY)
    assert answer.status_code == 503
    assert answer.json()["checks"] | {"worker": ""} == {
        "database": "ok",
        "cache": "failed",
        "migrations": "ok",
        "worker": "",
    }


@pytest.mark.django_db
def test_not_ready_with_a_migration_to_come(stranger_api: APIClient) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'trading'")
    assert stranger_api.get(READY).json()["checks"]["migrations"] == "failed"
