"""What a measured figure must be and should be, and whether it is. Knows no Django."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

HELD, AIM, MISSED = "held", "aim reached", "MISSED"
_TARGET = re.compile(r"(?P<sign><=|>=|<) (?P<must>[\d.]+(?:/\d+)?)(?: [^\d\s,]+)?(?:, aim (?P<aim>[\d.]+))?$")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Target:
    """`sign` says on which side of `must` a figure has to stay."""

    sign: str
    must: float
    aim: float | None

    @classmethod
    def read(cls, text: str) -> "Target | None":
        """The target as the table writes it, "<= 3.5 H, aim 2.2" for one; None where there is none."""
        found = _TARGET.match(text)
        if found is None:
            return None
        return cls(found["sign"], _number(found["must"]), _number(found["aim"]) if found["aim"] else None)

    def verdict(self, reached: float) -> str:
        if not self._holds(reached, self.must):
            return MISSED
        return AIM if self.aim is not None and self._holds(reached, self.aim) else HELD

    def _holds(self, reached: float, limit: float) -> bool:
        if self.sign == ">=":
            return reached >= limit
        return reached < limit if self.sign == "<" else reached <= limit


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table. `ratio` is figure against floor; where there is no floor, the target is about the value's number."""

    figure: str
    value: str
    floor: str = ""
    ratio: float | None = None
    target: str = ""

    @property
    def reached(self) -> float | None:
        if self.ratio is not None:
            return self.ratio
        found = _NUMBER.search(self.value)
        return _number(found[0]) if found else None

    @property
    def verdict(self) -> str:
        """Blank for a figure that only informs."""
        target, reached = Target.read(self.target), self.reached
        return "" if target is None or reached is None else target.verdict(reached)


def table(lines: Sequence[Line]) -> str:
    rows = [("figure", "value", "floor", "reached", "must", "aim", "verdict")]
    rows += [
        (line.figure, line.value, line.floor, _short(line.ratio), *_must_and_aim(line.target), line.verdict)
        for line in lines
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def summary(lines: Sequence[Line]) -> str:
    """How many lines with a target hold it, and the names of those that do not."""
    verdicts = Counter(line.verdict for line in lines if line.verdict)
    missed = [line.figure for line in lines if line.verdict == MISSED]
    told = (
        f"{verdicts.total()} with a must: {verdicts[AIM]} reach their aim, {verdicts[HELD]} hold, {len(missed)} missed"
    )
    return f"{told}: {'; '.join(missed)}." if missed else f"{told}."


def _must_and_aim(target: str) -> tuple[str, str]:
    must, _, aim = target.partition(", aim ")
    return must, aim


def _short(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.4f}" if ratio < 0.1 else f"{ratio:.2f}"


def _number(text: str) -> float:
    top, _, bottom = text.replace(",", "").partition("/")
    return float(top) / float(bottom or 1)
