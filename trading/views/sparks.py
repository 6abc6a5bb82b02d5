"""Small bars beside a figure: results around a middle line, as SVG attributes, so that no style is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.formatting import direction

#: The picture's height and the room of one bar, in its own units.
HEIGHT = 24
_STEP = 4
_BAR = 3
_AT_MOST = 24


@dataclass(frozen=True, slots=True)
class Bar:
    direction: str
    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Spark:
    width: int
    bars: Sequence[Bar]

    @property
    def paths(self) -> list[tuple[str, str]]:
        """The bars of each direction as one path: a page with many bars stays short."""
        found: dict[str, str] = {}
        for bar in self.bars:
            found[bar.direction] = found.get(bar.direction, "") + f"M{bar.x} {bar.y}h{_BAR}v{bar.height}h-{_BAR}z"
        return list(found.items())


def spark(results: Sequence[Decimal]) -> Spark | None:
    """The last results, oldest first; none where there are fewer than two to compare. A result of zero leaves a gap."""
    shown = results[-_AT_MOST:]
    if sum(1 for result in shown if result) < 2:
        return None
    top, bottom = max(max(shown), Decimal(0)), min(min(shown), Decimal(0))
    middle = round(HEIGHT * top / (top - bottom))
    bars = []
    for place, result in enumerate(shown):
        height = max(1, round(HEIGHT * abs(result) / (top - bottom)))
        if result:
            bars.append(Bar(direction(result), place * _STEP, middle - height if result > 0 else middle, height))
    return Spark(len(shown) * _STEP - 1, bars)
