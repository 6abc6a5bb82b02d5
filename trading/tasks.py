"""Background work: each task takes ids and calls a service; an import is followed by warming."""

from datetime import timedelta
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext

from trading.services import (
    alerts,
    close_requests,
    job_queue,
    reconciliation,
    rescue,
    rollups,
    screenshots,
    sealing,
    snapshot_tiers,
    statements,
    sync,
    warming,
    webhooks,
)

#: What takes longer goes on in the next run.
_SEALING = timedelta(seconds=10)
#: A database that is being restarted is back within this time.
_RETRY = RetryStrategy(max_attempts=5, exponential_wait=3, retry_exceptions={OperationalError})


@app.task(name="trading.read_statement", queue=job_queue.QUEUE, retry=_RETRY)
def read_statement(statement_id: str) -> None:
    statements.read(UUID(statement_id), timezone.now())


@app.task(name="trading.commit_statement", queue=job_queue.QUEUE, retry=_RETRY)
def commit_statement(statement_id: str) -> None:
    statements.commit(UUID(statement_id), timezone.now())
    warming.warm(UUID(statement_id))


@app.task(name="trading.undo_statement", queue=job_queue.QUEUE, retry=_RETRY)
def undo_statement(statement_id: str) -> None:
    statements.undo(UUID(statement_id), timezone.now())
    warming.warm(UUID(statement_id))


@app.periodic(cron="* * * * *")
@app.task(name="trading.rescue_statements", queue="upkeep", queueing_lock="rescue_statements", pass_context=True)
async def rescue_statements(context: JobContext, timestamp: int) -> None:
    await rescue.retry_stalled_jobs(context.app.job_manager, timezone.now())
    await sync_to_async(rescue.end_abandoned_work)()


@app.task(name="trading.deliver_alert", queue=alerts.QUEUE, retry=_RETRY)
def deliver_alert(delivery_id: str) -> None:
    webhooks.deliver(UUID(delivery_id), now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="trading.keep_up_alerts", queue="upkeep", queueing_lock="keep_up_alerts")
def keep_up_alerts(timestamp: int) -> None:
    now = timezone.now()
    webhooks.pick_up_abandoned(now)
    close_requests.expire(now)


@app.periodic(cron="* * * * *")
@app.task(name="trading.mark_stale_feeds", queue="upkeep", queueing_lock="mark_stale_feeds")
def mark_stale_feeds(timestamp: int) -> None:
    reconciliation.mark_stale(timezone.now())


@app.periodic(cron="7 * * * *")
@app.task(name="trading.keep_up_syncs", queue="upkeep", queueing_lock="keep_up_syncs")
def keep_up_syncs(timestamp: int) -> None:
    now = timezone.now()
    snapshot_tiers.keep_tiers(now)
    sync.purge_receipts(now)


@app.periodic(cron="* * * * *")
@app.task(name="trading.roll_up_missing", queue="upkeep", queueing_lock="roll_up_missing")
def roll_up_missing(timestamp: int) -> None:
    rollups.roll_up_missing()


@app.periodic(cron="2-59/5 * * * *")
@app.task(name="trading.seal_days", queue="upkeep", queueing_lock="seal_days")
def seal_days(timestamp: int) -> None:
    sealing.seal_all(timezone.now(), at_most=_SEALING)


@app.periodic(cron="23 3 * * *")
@app.task(name="trading.purge_screenshots", queue="upkeep", queueing_lock="purge_screenshots")
def purge_screenshots(timestamp: int) -> None:
    screenshots.purge_removed(timezone.now())
