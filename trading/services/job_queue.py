"""Enqueues background jobs by name, in the transaction that makes them needed."""

from typing import Literal
from uuid import UUID

from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

Job = Literal["read", "commit", "undo"]

QUEUE = "statements"


def enqueue(job: Job, statement_id: UUID) -> None:
    """One job at a time works on a statement: the lock makes a second one wait."""
    deferrer = app.configure_task(f"trading.{job}_statement", queue=QUEUE, lock=f"statement:{statement_id}")
    deferrer.defer(statement_id=str(statement_id))


def statements_with_a_job() -> set[str]:
    """The ids of statements for which a job waits or runs."""
    jobs = ProcrastinateJob.objects.filter(queue_name=QUEUE, status__in=["todo", "doing"])
    return {str(args["statement_id"]) for args in jobs.values_list("args", flat=True) if "statement_id" in args}
