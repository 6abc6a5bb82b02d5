"""Keeps the breaks of accounts in step with what was found: opens, notes as seen, changes, and closes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from trading.calc.reconciliation import Finding, Texts
from trading.models import Break, BreakType

AGREES = "The two sides agree."
FEED_IS_BACK = "The feed is back."

Key = tuple[str, str]


@dataclass(slots=True)
class Tracked:
    """What became of the breaks of one account. `standing` are those that are neither resolved nor ignored."""

    opened: list[Break] = field(default_factory=list)
    changed: list[Break] = field(default_factory=list)
    resolved: list[Break] = field(default_factory=list)
    standing: int = 0

    @property
    def has_news(self) -> bool:
        return bool(self.opened or self.changed or self.resolved)


def track(found: Mapping[UUID, Sequence[Finding]], now: datetime) -> dict[UUID, Tracked]:
    """Writes what differs from the breaks that are stored. The caller holds the locks of the accounts.

    A break whose values are as they were keeps its state, so what a trader ignored stays ignored. Other values open an
    ignored one again.
    """
    stored: dict[UUID, dict[Key, Break]] = {account_id: {} for account_id in found}
    # Not "state in (...)": the partial unique index serves exactly this condition.
    for row in Break.objects.filter(account__in=list(found)).exclude(state=Break.State.RESOLVED).order_by():
        stored[row.account_id][row.type, row.ticket] = row
    tracked = {}
    seen: list[UUID] = []
    for account_id, findings in found.items():
        tracked[account_id] = _compare(account_id, findings, stored[account_id], seen, now)
    _write(list(tracked.values()), seen, now)
    return tracked


def _compare(
    account_id: UUID, findings: Sequence[Finding], stored: dict[Key, Break], seen: list[UUID], now: datetime
) -> Tracked:
    result = Tracked()
    for finding in findings:
        row = stored.pop((finding.kind, finding.ticket), None)
        if row is None:
            row = _new(account_id, finding, now)
            result.opened.append(row)
        elif _is_as_stored(row, finding):
            seen.append(row.pk)
        else:
            _change(row, finding, now)
            result.changed.append(row)
        result.standing += row.state != Break.State.IGNORED
    for row in stored.values():
        _resolve(row, now)
        result.resolved.append(row)
    return result


def _new(account_id: UUID, finding: Finding, now: datetime) -> Break:
    return Break(
        account_id=account_id,
        type=finding.kind,
        ticket=finding.ticket,
        symbol=finding.symbol,
        book=dict(finding.book or {}),
        broker=dict(finding.broker or {}),
        amount=finding.amount,
        opened_at=now,
        seen_at=now,
        state_changed_at=now,
    )


def _change(row: Break, finding: Finding, now: datetime) -> None:
    row.book, row.broker, row.amount = dict(finding.book or {}), dict(finding.broker or {}), finding.amount
    row.symbol, row.seen_at = finding.symbol, now
    if row.state == Break.State.IGNORED:
        row.state, row.state_changed_at, row.state_changed_by_id = Break.State.OPEN, now, None
        row.resolution = ""


def _resolve(row: Break, now: datetime) -> None:
    row.state, row.state_changed_at, row.state_changed_by_id = Break.State.RESOLVED, now, None
    row.resolution = FEED_IS_BACK if row.type == BreakType.STALE else AGREES


def _write(tracked: Sequence[Tracked], seen: Sequence[UUID], now: datetime) -> None:
    # Resolved ones first: a new break of the same kind and ticket could not stand beside them.
    moved = [row for one in tracked for row in (*one.resolved, *one.changed)]
    if moved:
        fields = ["book", "broker", "amount", "symbol", "seen_at", "state", "resolution", "state_changed_at"]
        Break.objects.bulk_update(moved, [*fields, "state_changed_by"])
    opened = [row for one in tracked for row in one.opened]
    if opened:
        Break.objects.bulk_create(opened)
    if seen:
        Break.objects.filter(pk__in=seen).update(seen_at=now)


def _is_as_stored(row: Break, finding: Finding) -> bool:
    return (
        row.amount == finding.amount
        and _values(row.book) == _values(finding.book or {})
        and _values(row.broker) == _values(finding.broker or {})
    )


def _values(texts: Texts) -> dict[str, Decimal | str | None]:
    """The compared values: 1.10 is the same price as 1.1000."""
    return {name: _value(text) for name, text in texts.items()}


def _value(text: str | None) -> Decimal | str | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return text
