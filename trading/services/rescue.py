"""Picks up work that died with its worker."""

import logging
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

from trading.models import BUSY_STATES, State, Statement
from trading.services import job_queue
from trading.services.at_work import at_work
from trading.services.import_jobs import mark

logger = logging.getLogger(__name__)

HEARTBEAT_S = 30
MAX_ATTEMPTS = 3
LEFT_ALONE = (
    "The work on this file stopped before it was done, and nothing was changed. Read the file again; if it stops "
    "again, contact support and name this statement."
)


async def retry_stalled_jobs(jobs: JobManager, now: datetime, seconds_since_heartbeat: float = HEARTBEAT_S) -> int:
    """Hands the jobs of dead workers to living ones, a few times each. Returns how many were handed on.

    A file that brings down every worker that reads it must not go round for ever.
    """
    stalled: Iterable[QueuedJob] = await jobs.get_stalled_jobs(
        queue=job_queue.QUEUE, seconds_since_heartbeat=seconds_since_heartbeat
    )
    handed_on = 0
    for job in stalled:
        if job.attempts >= MAX_ATTEMPTS:
            await jobs.finish_job(job, status=Status.FAILED, delete_job=False)
            logger.error("Job %s of a dead worker was given up after %s attempts.", job.id, job.attempts)
            continue
        await jobs.retry_job(job, retry_at=now)
        handed_on += 1
        logger.warning("Job %s of a dead worker is tried again.", job.id)
    return handed_on


def end_abandoned_work() -> list[UUID]:
    """Ends every statement that is busy though no job waits or runs for it and no process is at work on it."""
    ended = []
    busy = list(Statement.objects.filter(state__in=BUSY_STATES).values_list("pk", flat=True))
    with_a_job = job_queue.statements_with_a_job() if busy else set()
    for statement_id in busy:
        if str(statement_id) not in with_a_job and _end(statement_id):
            ended.append(statement_id)
    return ended


def _end(statement_id: UUID) -> bool:
    with at_work(statement_id) as work:
        state = Statement.objects.filter(pk=statement_id).values_list("state", flat=True).first()
        if work is None or state not in BUSY_STATES:
            return False
        # What was to be undone is still in the book.
        mark(statement_id, State.COMMITTED if state == State.UNDOING else State.FAILED, "abandoned", LEFT_ALONE)
        logger.error("Statement %s was busy and nobody worked on it.", statement_id)
        return True
