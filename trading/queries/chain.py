"""An account's chain of digests: what it says of itself, and whether the book still is what was sealed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min

from accounts.models import BrokerAccount
from trading import cache
from trading.calc.digests import Break, commitment, first_break
from trading.models import DayDigest
from trading.queries.day_contents import DayBalances, DayContent, day_contents

#: A day is sealed when it has been over for this long: what was closed at its end may still be on its way.
SETTLES_IN = timedelta(hours=1)
#: What was sealed within this time after its end was sealed in time; what came later says little about when it happened.
IN_TIME = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class ChainSummary:
    """What the links say of themselves. `late` counts days whose first link came more than two days after their end."""

    links: int
    days: int
    late: int
    head: str
    first_sealed_at: datetime | None
    last_sealed_at: datetime | None
    amended: Sequence["AmendedDay"]


@dataclass(frozen=True, slots=True)
class AmendedDay:
    """A day that changed after it had been sealed: how often, and when last."""

    day: date
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """The chain beside the book at `checked_at`.

    `differing` are days whose rows are no longer those that were sealed, `unsealed` days that are over and in no link.
    `moved` counts days whose balance at their end is another, as after a correction of an earlier day.
    """

    broken: Break | None
    differing: Sequence[date]
    unsealed: Sequence[date]
    moved: int
    checked_at: datetime

    @property
    def is_intact(self) -> bool:
        return self.broken is None and not self.differing


def sealed_until(now: datetime) -> date:
    """The first day that is not to be sealed yet."""
    return (now.astimezone(UTC) - SETTLES_IN).date()


def horizon(now: datetime, sealed: Iterable[date]) -> date:
    """`sealed_until`, and never before what is sealed: a clock that was put back must not make days look empty."""
    return max([sealed_until(now), *(day + timedelta(days=1) for day in sealed)])


def links_of(account: BrokerAccount) -> list[DayDigest]:
    return list(DayDigest.objects.filter(account=account).order_by("position"))


def head_of(account: BrokerAccount) -> str:
    """The digest of the last link; "" for an account without one."""
    return (
        DayDigest.objects.filter(account=account).order_by("-position").values_list("digest", flat=True).first() or ""
    )


def summary(account: BrokerAccount) -> ChainSummary:
    rows: Any = DayDigest.objects.filter(account=account).order_by("day").values("day")
    days = list(rows.annotate(times=Count("pk"), first_at=Min("sealed_at"), last_at=Max("sealed_at")))
    return ChainSummary(
        links=sum(row["times"] for row in days),
        days=len(days),
        late=sum(1 for row in days if row["first_at"] > end_of(row["day"]) + IN_TIME),
        head=head_of(account) if days else "",
        first_sealed_at=min((row["first_at"] for row in days), default=None),
        last_sealed_at=max((row["last_at"] for row in days), default=None),
        amended=[AmendedDay(row["day"], row["times"] - 1, row["last_at"]) for row in days if row["times"] > 1],
    )


def position_of(account: BrokerAccount, digest: str) -> DayDigest | None:
    """The link with this digest, which a reader noted once; None where the chain does not hold it."""
    return DayDigest.objects.filter(account=account, digest=digest).first()


def check(account: BrokerAccount, now: datetime) -> ChainCheck:
    """Every link recomputed, and every day of the book held against its last link.

    Kept for a quarter of an hour, whatever is written meanwhile: anybody with a link may ask, and a long history takes seconds.
    """
    return cache.remembered("chain", (account.pk, head_of(account)), cache.CHAIN_S, lambda: _check(account, now))


def _check(account: BrokerAccount, now: datetime) -> ChainCheck:
    with transaction.atomic():
        links = links_of(account)
        last = {link.day: link for link in links}
        differing: list[date] = []
        unsealed: list[date] = []
        moved = 0
        for content in day_contents(account, DayBalances(account), horizon(now, last)):
            link = last.pop(content.day, None)
            if link is None:
                unsealed.append(content.day)
            elif not holds_rows(link, content):
                differing.append(content.day)
            elif not holds_balance(link, content):
                moved += 1
        differing += [day for day, link in last.items() if not holds_rows(link, DayContent(day, (), 0, None))]
    return ChainCheck(first_break([link.link() for link in links]), sorted(differing), unsealed, moved, now)


def holds_rows(link: DayDigest, content: DayContent) -> bool:
    return link.trades == content.trades and link.rows == commitment(link.salt, content.rows_text)


def holds_balance(link: DayDigest, content: DayContent) -> bool:
    return link.balance == commitment(link.salt, content.balance_text)


def opened_days(account: BrokerAccount, now: datetime) -> Iterator[tuple[DayDigest, DayContent]]:
    """The last link of each day whose rows are still those that were sealed, with these rows: for readers who may see all."""
    last = {link.day: link for link in links_of(account)}
    for content in day_contents(account, DayBalances(account), horizon(now, last)):
        link = last.get(content.day)
        if link is not None and holds_rows(link, content):
            yield link, content


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)
