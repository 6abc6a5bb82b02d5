"""What a reader has gathered so far: counts, problems, and the rule that no ticket counts twice."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from trading.errors import StatementRefused
from trading.statements.limits import Limits
from trading.statements.rows import Problem
from trading.statements.tables import Row
from trading.statements.values import parse_number

ZERO = Decimal(0)


@dataclass(slots=True)
class Ledger:
    limits: Limits
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _seen: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def problem(self, row: Row, reason: str, amount: Decimal | None = None) -> None:
        """Keeps a row that was not understood. Errors: StatementRefused when nearly nothing is understood."""
        self.problems.append(Problem(row.line, reason, row.verbatim(), amount))
        if len(self.problems) > self.limits.problems:
            raise StatementRefused(
                f"More than {self.limits.problems} rows of this file make no sense, the first in line "
                f"{self.problems[0].line}. The file is damaged, or is not a statement.",
                code="damaged",
            )

    def is_known(self, kind: str, number: str) -> bool:
        return number in self._seen[kind]

    def is_first(self, kind: str, number: str, row: Row, amount: Decimal | None) -> bool:
        """True for a number not met before; else the row becomes a problem, with the amount that it would move."""
        seen = self._seen[kind]
        if number in seen:
            self.problem(row, f"The {kind} {number} stands in this file twice; the first one was taken.", amount)
            return False
        seen.add(number)
        return True

    def forget(self) -> None:
        """Lets go of the numbers met, once every row is read."""
        self._seen.clear()


def amount_of(row: Row) -> Decimal | None:
    """The last number of a row, which is its result wherever brokers print one."""
    for text in reversed(row.texts):
        if text and (value := parse_number(text)) is not None:
            return value
    return None


def none_if_zero(value: Decimal | None) -> Decimal | None:
    """Stops and targets: MetaTrader prints 0 for none."""
    return value or None
