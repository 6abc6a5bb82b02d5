"""Writes the append-only record of guarding and closing."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from trading.models import AuditEntry

SYSTEM = "portal"


def entry(account_id: UUID, act: str, subject: Any, *, at: datetime, actor: str = SYSTEM, **details: Any) -> AuditEntry:
    """One step, not yet stored. `subject` is the id of what it is about."""
    return AuditEntry(
        account_id=account_id, at=at, actor=actor[:120], act=act, subject=str(subject)[:80], details=details
    )


def write(entries: Iterable[AuditEntry]) -> None:
    """Stores the steps, in one statement."""
    AuditEntry.objects.bulk_create(list(entries))


def record(account_id: UUID, act: str, subject: Any, *, at: datetime, actor: str = SYSTEM, **details: Any) -> None:
    write([entry(account_id, act, subject, at=at, actor=actor, **details)])
