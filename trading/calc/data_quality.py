"""How far the data of an account can be trusted: facts in, a grade and its reasons out. docs/formulas.md states the rule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Grade = Literal["A", "B", "C", "D", "E", "F"]
Defect = Literal[
    "opening_unknown",
    "untied",
    "feed_failing",
    "feed_stale",
    "missing_stops",
    "snapshot_gaps",
    "unknown_instruments",
    "begins_midway",
    "nothing_stated",
]
Feed = Literal["none", "well", "stale", "failing"]

#: From how many points on each grade is given.
GRADES: Sequence[tuple[int, Grade]] = ((90, "A"), (75, "B"), (60, "C"), (45, "D"), (25, "E"), (0, "F"))
BAD: frozenset[Grade] = frozenset({"D", "E", "F"})
#: What a defect costs; of the shares, what the whole costs.
OPENING_UNKNOWN, UNTIED, BEGINS_MIDWAY, NOTHING_STATED = 50, 40, 10, 10
FEED_FAILING, FEED_STALE = 20, 15
STOPS, SNAPSHOTS = 20, 15
AN_INSTRUMENT, INSTRUMENTS = 5, 15
_FULL = Decimal(100)


@dataclass(frozen=True, slots=True)
class QualityFacts:
    """What is known of the data of one account.

    `trades` are the closed ones, `without_stop` those of them that neither broker nor trader gave a stop. `opening` is the
    balance before the first row, None where nothing tells it. `stated_days` are days for which the broker stated a balance,
    `untied_days` those of them on which ours is another, the first on `untied_on`, by `difference` (ours less the broker's).
    `snapshot_days` are working days between the first and the last snapshot of the last month, `missing_days` those without
    one. `unknown_symbols` stand for no instrument that has a known pip.
    """

    has_history: bool = True
    trades: int = 0
    without_stop: int = 0
    opening: Decimal | None = Decimal(0)
    stated_days: int = 1
    untied_days: int = 0
    untied_on: date | None = None
    difference: Decimal | None = None
    feed: Feed = "none"
    last_sync_at: datetime | None = None
    snapshot_days: int = 0
    missing_days: int = 0
    unknown_symbols: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One defect and what it costs, in points of a hundred."""

    defect: Defect
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Quality:
    """`grade` is None where there is nothing to grade. The costliest reason comes first."""

    grade: Grade | None
    points: Decimal
    reasons: Sequence[Reason]

    @property
    def is_bad(self) -> bool:
        return self.grade in BAD


def data_quality(facts: QualityFacts) -> Quality:
    """The grade of an account: a hundred points less what each defect costs, never below zero."""
    if not facts.has_history:
        return Quality(None, _FULL, ())
    reasons = sorted((*_of_balance(facts), *_of_feed(facts), *_of_trades(facts)), key=lambda reason: -reason.cost)
    points = max(Decimal(0), _FULL - sum(reason.cost for reason in reasons))
    return Quality(next(grade for least, grade in GRADES if points >= least), points, reasons)


def _of_balance(facts: QualityFacts) -> Iterator[Reason]:
    """Without an opening balance no day can tie, and it costs what the other three do together at most."""
    if facts.opening is None:
        yield Reason("opening_unknown", Decimal(OPENING_UNKNOWN))
        return
    if facts.opening:
        yield Reason("begins_midway", Decimal(BEGINS_MIDWAY))
    if facts.untied_days:
        yield Reason("untied", Decimal(UNTIED))
    elif not facts.stated_days:
        yield Reason("nothing_stated", Decimal(NOTHING_STATED))


def _of_feed(facts: QualityFacts) -> Iterator[Reason]:
    if facts.feed == "failing":
        yield Reason("feed_failing", Decimal(FEED_FAILING))
    elif facts.feed == "stale":
        yield Reason("feed_stale", Decimal(FEED_STALE))
    if facts.missing_days:
        yield Reason("snapshot_gaps", _share(SNAPSHOTS, facts.missing_days, facts.snapshot_days))


def _of_trades(facts: QualityFacts) -> Iterator[Reason]:
    if facts.without_stop:
        yield Reason("missing_stops", _share(STOPS, facts.without_stop, facts.trades))
    if facts.unknown_symbols:
        yield Reason("unknown_instruments", Decimal(min(INSTRUMENTS, AN_INSTRUMENT * len(facts.unknown_symbols))))


def _share(whole: int, part: int, of: int) -> Decimal:
    return Decimal(whole) * part / of
