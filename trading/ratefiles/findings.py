"""What a reader collects: rates, and the lines that it did not understand."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from trading.calc.exchange import Rate

_PROBLEMS = 50
_TEXT = 80
#: As precise as any rate is printed, and short enough that no sum of it grows without bound.
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")
_CODE = re.compile(r"[A-Z][A-Z0-9]{2,9}")
_EARLIEST = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Problem:
    """A line, why it was not taken, and what stands there."""

    line: int
    reason: str
    text: str


class NotUnderstood(ValueError):
    """A cell that is no day, no currency or no rate; the sentence says what it should be."""


@dataclass
class Findings:
    """`refusal` says why there is nothing, where a reader knows."""

    today: date
    limit: int
    rates: dict[tuple[date, str, str], Decimal] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    refusal: str = ""

    @property
    def is_full(self) -> bool:
        return len(self.rates) > self.limit

    def add(self, day: date, base: str, quote: str, rate: Decimal) -> None:
        """Errors: NotUnderstood for a second, other rate of the same pair and day."""
        known = self.rates.setdefault((day, base, quote), rate)
        if known != rate:
            raise NotUnderstood(f"Another rate of {base} to {quote} stands on the same day above.")

    def cannot(self, line: int, error: NotUnderstood, text: str) -> None:
        self.problem_count += 1
        if len(self.problems) < _PROBLEMS:
            plain = text.replace("\x00", "").strip()  # PostgreSQL can't keep one in a text
            self.problems.append(Problem(line, str(error), plain[:_TEXT]))

    def listed(self) -> Sequence[Rate]:
        return [Rate(base, quote, day, rate) for (day, base, quote), rate in self.rates.items()]

    def day(self, text: str) -> date:
        """Errors: NotUnderstood."""
        for pattern in ("%Y-%m-%d", "%d %B %Y"):
            try:
                found = datetime.strptime(text.strip(), pattern).date()
            except ValueError:
                continue
            if not _EARLIEST <= found <= self.today:
                raise NotUnderstood(f"{found:%Y-%m-%d} lies in the future or long before any account.")
            return found
        raise NotUnderstood("Write a day as 2026-11-20.")


def currency(text: str) -> str:
    """Errors: NotUnderstood."""
    code = text.strip().upper()
    if not _CODE.fullmatch(code):
        raise NotUnderstood("Write a currency as its code, such as EUR.")
    return code


def rate(text: str) -> Decimal:
    """Errors: NotUnderstood."""
    if not _NUMBER.fullmatch(text.strip()):
        raise NotUnderstood("Write a rate as a number above zero, such as 1.0834.")
    found = Decimal(text.strip())
    if not found:
        raise NotUnderstood("A rate is above zero.")
    return found
