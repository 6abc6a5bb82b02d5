"""Stated figures beside our own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from trading.calc.rounding import places_of, to_places

State = Literal["ties", "differs", "untrusted", "not_computed"]


class StatedLike(Protocol):
    """A figure that a broker's file prints. `untrusted` says why it can't be right, "" where nothing is wrong."""

    @property
    def key(self) -> str: ...
    @property
    def value(self) -> Decimal: ...
    @property
    def untrusted(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure twice. `difference` is ours, rounded to the printed decimals, less the stated one."""

    key: str
    stated: Decimal
    ours: Decimal | None
    ours_rounded: Decimal | None
    difference: Decimal | None
    state: State


def compare(stated: Iterable[StatedLike], ours: Mapping[str, Decimal | None]) -> list[Comparison]:
    """Each stated figure beside ours, in the order of the file."""
    return [_compare_one(figure, ours.get(figure.key)) for figure in stated]


def _compare_one(figure: StatedLike, ours: Decimal | None) -> Comparison:
    if ours is None:
        state: State = "untrusted" if figure.untrusted else "not_computed"
        return Comparison(figure.key, figure.value, None, None, None, state)
    rounded = rounded_like(figure.value, ours)
    difference = rounded - figure.value
    state = "untrusted" if figure.untrusted else "differs" if difference else "ties"
    return Comparison(figure.key, figure.value, ours, rounded, difference, state)


def rounded_like(stated: Decimal, ours: Decimal) -> Decimal:
    """Our figure with the decimals of the stated one.

    Halves go away from zero. The platforms print binary fractions, so that an exact half may come out on either side:
    where ours lies exactly halfway between two printable numbers and the stated one is one of them, that one is taken.
    """
    places = places_of(stated)
    if abs(stated - ours) * 2 == Decimal(1).scaleb(-places):
        return stated
    return to_places(ours, places)
