"""`manage.py doctor`: what is wrong with this installation, in words."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from trading.services.rollups import differing_accounts

OLDEST_POSTGRES = 150_000
NEEDED_BYTES = 1_000_000_000
WORKER_SILENCE = timedelta(minutes=1)
#: Of so many accounts, the youngest ones, the rolled-up days are compared.
AT_MOST_COMPARED = 20


class Ailment(Exception):
    """Something that is wrong, and what to do about it."""


class Command(BaseCommand):
    help = "Check this installation: one line per organ, exit status 1 when something is wrong."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        sick = sum(not self._examine(name, check) for name, check in CHECKS.items())
        if sick:
            sys.exit(1)

    def _examine(self, name: str, check: Callable[[], str]) -> bool:
        try:
            self.stdout.write(f"{name:<13} ok      {check()}")
        except Ailment as ailment:
            self.stdout.write(f"{name:<13} WRONG   {ailment}")
            return False
        return True


def python() -> str:
    return f"{platform.python_version()}, {sys.executable}"


def disk() -> str:
    free = shutil.disk_usage(_existing(settings.VAR_DIR)).free
    if free < NEEDED_BYTES:
        raise Ailment(f"{free // 1_000_000} MB are free at {settings.VAR_DIR}: make room")
    return f"{free // 1_000_000_000} GB are free at {settings.VAR_DIR}"


def database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select current_setting('server_version_num')::int, current_setting('server_version')")
            number, version = cursor.fetchone()
    except DatabaseError as error:
        raise Ailment(f"no answer: {str(error).splitlines()[0]}; is DATABASE_URL right?") from error
    if number < OLDEST_POSTGRES:
        raise Ailment(f"PostgreSQL {version}: 15 or newer is needed")
    return f"PostgreSQL {version}"


def migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
    except DatabaseError as error:
        raise Ailment("unknown, because the database does not answer") from error
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise Ailment(f"{len(waiting)} are not applied: run manage.py migrate")
    return "all applied"


def cache() -> str:
    store = caches["default"]
    moment = timezone.now().isoformat()
    store.set("doctor", moment, timeout=60)
    if store.get("doctor") != moment:
        raise Ailment("does not keep what it is given: is REDIS_URL right?")
    return "keeps what it is given"


def worker() -> str:
    """Workers leave a heartbeat in the job queue."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select max(last_heartbeat) from procrastinate_workers")
            seen_at = cursor.fetchone()[0]
            cursor.execute("select count(*) from procrastinate_jobs where status = 'todo'")
            waiting = cursor.fetchone()[0]
    except DatabaseError as error:
        raise Ailment("unknown, because the job queue does not answer") from error
    if seen_at is None or timezone.now() - seen_at > WORKER_SILENCE:
        raise Ailment(f"none is at work, {waiting} jobs wait: start manage.py procrastinate worker (make run does)")
    return f"at work, {waiting} jobs wait"


def rollups() -> str:
    """The days of the youngest accounts, added up anew."""
    try:
        differing = differing_accounts(AT_MOST_COMPARED)
    except DatabaseError as error:
        raise Ailment("unknown, because the database has no rollups: run manage.py migrate") from error
    if differing:
        raise Ailment(f"days of {len(differing)} accounts differ from their trades: run manage.py rebuild_rollups")
    return f"days of up to {AT_MOST_COMPARED} accounts are what their trades add up to"


def static_files() -> str:
    if settings.DEBUG:
        return "served from the sources (DEBUG)"
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        raise Ailment("not collected: run manage.py collectstatic")
    return f"collected in {settings.STATIC_ROOT}"


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


CHECKS: dict[str, Callable[[], str]] = {
    "python": python,
    "disk": disk,
    "database": database,
    "migrations": migrations,
    "cache": cache,
    "worker": worker,
    "rollups": rollups,
    "static files": static_files,
}
