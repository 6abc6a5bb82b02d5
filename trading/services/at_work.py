"""Who is at work on a statement, and how far: on a connection of its own, beside the transaction of the import."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger(__name__)

_MIN_INTERVAL_S = 0.3
_LOCK_TIMEOUT_MS = 500


@dataclass(slots=True)
class Work:
    """Writes progress that pages see at once, whatever the long transaction has locked or not yet committed."""

    statement_id: UUID
    connection: BaseDatabaseWrapper
    _written_at: float = field(default=0.0)

    def stage(self, text: str, percent: int) -> None:
        self._write(text, percent)

    def step(self, text: str, done: int, total: int, *, start: int, end: int) -> None:
        """Writes `done` of `total` as a share of the stretch from `start` to `end` percent, a few times a second."""
        if time.monotonic() - self._written_at < _MIN_INTERVAL_S:
            return
        share = min(1.0, done / total) if total > 0 else 1.0
        self._write(text, start + int((end - start) * share))

    def _write(self, text: str, percent: int) -> None:
        self._written_at = time.monotonic()
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE trading_statement SET stage = %s, progress_percent = %s WHERE id = %s",
                    [text, percent, self.statement_id],
                )
        except DatabaseError:
            # Progress is a courtesy: an import never fails for it.
            logger.warning("Progress of statement %s was not written.", self.statement_id, exc_info=True)


@contextmanager
def at_work(statement_id: UUID) -> Iterator[Work | None]:
    """Yields None where another process is at work on the statement.

    The lock belongs to the connection, so that PostgreSQL drops it the moment this process dies.
    """
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {_LOCK_TIMEOUT_MS}")
            cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [str(statement_id)])
            (is_mine,) = cursor.fetchone()
        yield Work(statement_id, own) if is_mine else None
    finally:
        own.close()
