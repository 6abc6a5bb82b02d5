"""Requests that a bridge closes a position: made by a critical alert, collected, acknowledged, retried, expired.

Every step stands in the audit trail. The bridge carries a request out at most once; the portal never makes two for the
same alert and position.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Trader
from accounts.revisions import raise_live_revision
from trading.errors import StateConflict
from trading.models import Alert, AuditEntry, AutoClose, CloseRequest, KillSwitch, Position
from trading.queries.guards import is_auto_closing_stopped
from trading.services import audit

WARNING_TIME = timedelta(seconds=10)
LIFETIME = timedelta(minutes=10)
RETRY_AFTER = timedelta(seconds=5)
MOST_ATTEMPTS = 3
UNDONE = ("pending", "collected")
_State = CloseRequest.State


@dataclass(frozen=True, slots=True)
class Ack:
    """What the bridge says of one request: "done" with price and profit, "gone", or "failed" with an error."""

    result: str
    price: Decimal | None = None
    profit: Decimal | None = None
    error: str = ""


@transaction.atomic
def set_kill_switch(is_on: bool, *, reason: str, staff: Trader, now: datetime) -> KillSwitch:
    """Stops all auto-closing, or lets it go on. What was requested before stays where it is, and expires in its time."""
    switch = KillSwitch.objects.create(is_on=is_on, reason=reason, set_by=staff, set_at=now)
    act = "kill_switch_on" if is_on else "kill_switch_off"
    accounts = list(AutoClose.objects.values_list("account_id", flat=True))
    audit.write(audit.entry(key, act, switch.pk, at=now, actor=staff.email, reason=reason) for key in accounts)
    raise_live_revision(accounts)
    return switch


def request_closes(critical: Mapping[UUID, Sequence[tuple[UUID, str]]], *, now: datetime) -> list[CloseRequest]:
    """Asks for the closing of what was open when a guard became critical, where the trader consented to it.

    `critical` holds, by account, the rules (id and symbol, "" for all) that are critical and may close. It is called at
    each evaluation while they are: a request that is there is not made again.
    """
    consenting = set(AutoClose.objects.filter(account__in=critical).values_list("account_id", flat=True))
    if not consenting:
        return []
    alerts = _critical_alerts({key: critical[key] for key in consenting})
    if is_auto_closing_stopped():
        _note_stopped(alerts, now)
        return []
    wanted = _wanted(alerts, now)
    made = CloseRequest.objects.bulk_create(wanted)
    audit.write(
        audit.entry(
            row.account_id,
            "close_requested",
            row.pk,
            at=now,
            ticket=row.ticket,
            symbol=row.symbol,
            volume=str(row.volume_lots),
            alert=str(row.alert_id),
        )
        for row in made
    )
    return made


def _critical_alerts(critical: Mapping[UUID, Sequence[tuple[UUID, str]]]) -> list[Alert]:
    """The alert of the episode that is going on, for each rule and symbol."""
    standing = {(rule_id, symbol) for found in critical.values() for rule_id, symbol in found}
    rows = Alert.objects.filter(level="critical", rule_id__in={rule_id for rule_id, _ in standing})
    newest = rows.order_by("rule_id", "symbol", "-episode").distinct("rule_id", "symbol")
    return [row for row in newest if (row.rule_id, row.symbol) in standing]


def _wanted(alerts: Iterable[Alert], now: datetime) -> list[CloseRequest]:
    """For what was open when the alert was raised, by ticket: the broker's clock need not agree with ours."""
    by_account: dict[UUID, list[Alert]] = {}
    for alert in alerts:
        by_account.setdefault(alert.account_id, []).append(alert)
    there = CloseRequest.objects.filter(account__in=by_account)
    made = set(there.filter(alert__in=[alert.pk for alert in alerts]).values_list("alert_id", "ticket"))
    under_way = set(there.filter(state__in=UNDONE).values_list("account_id", "ticket"))
    wanted = []
    for position in Position.objects.filter(account__in=by_account).order_by("account_id", "opened_at", "id"):
        for alert in by_account[position.account_id]:
            key = (position.account_id, position.ticket)
            is_meant = position.ticket in alert.figures.get("open_tickets", ())
            if is_meant and key not in under_way and (alert.pk, position.ticket) not in made:
                under_way.add(key)
                wanted.append(_request(alert, position, now))
    return wanted


def _request(alert: Alert, position: Position, now: datetime) -> CloseRequest:
    """The warning and the time to live begin now: consent may come long after the alert."""
    return CloseRequest(
        account_id=position.account_id,
        alert=alert,
        ticket=position.ticket,
        symbol=position.symbol,
        volume_lots=position.volume_lots,
        requested_at=now,
        not_before=now + WARNING_TIME,
        expires_at=now + LIFETIME,
    )


def _note_stopped(alerts: Sequence[Alert], now: datetime) -> None:
    """The trail says once for each alert that the kill switch kept it from closing anything."""
    subjects = [str(alert.pk) for alert in alerts]
    noted = AuditEntry.objects.filter(
        account__in=[alert.account_id for alert in alerts], act="close_stopped", subject__in=subjects
    )
    known = set(noted.values_list("subject", flat=True))
    audit.write(
        audit.entry(alert.account_id, "close_stopped", alert.pk, at=now)
        for alert in alerts
        if str(alert.pk) not in known
    )


def cancel_gone(account_ids: Sequence[UUID], *, now: datetime) -> int:
    """Cancels what waits for a position that is not open any more. One that a bridge has collected is its to tell."""
    waiting = list(CloseRequest.objects.filter(account__in=list(account_ids), state=_State.PENDING))
    if not waiting:
        return 0
    open_now = set(Position.objects.filter(account__in=list(account_ids)).values_list("account_id", "ticket"))
    gone = [row for row in waiting if (row.account_id, row.ticket) not in open_now]
    _end(gone, _State.CANCELLED, "close_cancelled", "The position is not open any more.", now)
    return len(gone)


@transaction.atomic
def expire(now: datetime) -> int:
    """Ends what nobody carried out in time. Returns how many there were."""
    late = list(CloseRequest.objects.select_for_update(skip_locked=True).filter(state__in=UNDONE, expires_at__lte=now))
    _end(late, _State.EXPIRED, "close_expired", "Nobody carried it out in time.", now)
    return len(late)


def _end(rows: Sequence[CloseRequest], state: Any, act: str, reason: str, now: datetime) -> None:
    if not rows:
        return
    CloseRequest.objects.filter(pk__in=[row.pk for row in rows], state__in=UNDONE).update(
        state=state, done_at=now, error_message=reason
    )
    audit.write(audit.entry(row.account_id, act, row.pk, at=now, ticket=row.ticket, reason=reason) for row in rows)
    raise_live_revision(list({row.account_id for row in rows}))


def ripe(requests: QuerySet[CloseRequest], now: datetime) -> QuerySet[CloseRequest]:
    """What a bridge has to carry out now: its warning has run, it has not expired, and nobody has acknowledged it."""
    return requests.filter(state__in=UNDONE, not_before__lte=now, expires_at__gt=now)


@transaction.atomic
def collect(requests: QuerySet[CloseRequest], *, actor: str, now: datetime) -> list[CloseRequest]:
    """Hands a bridge what it has to carry out. Again: the same ones until they are acknowledged, for a bridge that died."""
    if is_auto_closing_stopped():
        return []
    # Whatever narrows the queryset, such as a DISTINCT, stays inside, where it does not stand in the way of the lock.
    found = CloseRequest.objects.filter(pk__in=ripe(requests, now).order_by().values("pk"))
    rows = list(found.select_for_update().order_by("not_before", "id"))
    fresh = [row for row in rows if row.state == _State.PENDING]
    for row in fresh:
        row.state, row.collected_at = _State.COLLECTED, now
    if fresh:
        CloseRequest.objects.bulk_update(fresh, ["state", "collected_at"])
        audit.write(
            audit.entry(row.account_id, "close_collected", row.pk, at=now, actor=actor, ticket=row.ticket)
            for row in fresh
        )
        raise_live_revision(list({row.account_id for row in fresh}))
    return rows


@transaction.atomic
def acknowledge(request: CloseRequest, ack: Ack, *, actor: str, now: datetime) -> CloseRequest:
    """Takes what became of the request. A close that happened is recorded, also when it had expired or was cancelled.

    An error puts it back for another attempt, a few times. Errors: StateConflict for a second, different word.
    """
    row = CloseRequest.objects.select_for_update().get(pk=request.pk)
    act = _acknowledged(row, ack, now)
    if act is None:
        return row
    row.save()
    details = {"price": _text(ack.price), "profit": _text(ack.profit), "error": ack.error, "attempts": row.attempts}
    audit.record(row.account_id, act, row.pk, at=now, actor=actor, ticket=row.ticket, **details)
    raise_live_revision([row.account_id])
    return row


def _acknowledged(row: CloseRequest, ack: Ack, now: datetime) -> str | None:
    """Changes the row by what the bridge says. Returns the act for the trail; None where nothing is new."""
    if ack.result == "done":
        if row.state == _State.DONE:
            return None
        row.state, row.done_at, row.price, row.profit = _State.DONE, now, ack.price, ack.profit
        row.error_message = ""
        return "close_done"
    if row.state not in UNDONE:
        ended_so = {"gone": _State.CANCELLED, "failed": _State.FAILED}[ack.result]
        if row.state in (ended_so, _State.EXPIRED, _State.CANCELLED):
            return None
        raise StateConflict(f"This request is {row.get_state_display().lower()} already.")
    if ack.result == "gone":
        row.state, row.done_at, row.error_message = _State.CANCELLED, now, "The position was not open any more."
        return "close_cancelled"
    if row.state == _State.PENDING:
        return None  # The same word once more: it waits for its next attempt already.
    row.attempts += 1
    row.error_message = ack.error[:300]
    if row.attempts >= MOST_ATTEMPTS:
        row.state, row.done_at = _State.FAILED, now
        return "close_failed"
    row.state, row.not_before = _State.PENDING, now + RETRY_AFTER * row.attempts
    return "close_retried"


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
