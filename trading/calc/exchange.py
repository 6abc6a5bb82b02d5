"""Amounts of several currencies in one, by stated rates.

A rate says what one unit of `base` is worth in `quote`. The rate from one currency to another is the newest that is known
for the pair in either direction; where there is none, the two legs over the euro. A rate counts for `MAX_AGE` after its day.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext

#: What rates of the European Central Bank are of.
PIVOT = "EUR"
#: Bridges a weekend with holidays around it.
MAX_AGE = timedelta(days=7)
_DIGITS = 34
_ONE = Decimal(1)
#: By currency; None where an amount of it is not known.
Amounts = Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of `base` was worth in `quote` on `day`."""

    base: str
    quote: str
    day: date
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Converted:
    """A total in one currency, and the rates in it, by currency. `amount` is None where a rate is `missing`."""

    currency: str
    amount: Decimal | None
    used: Sequence[Rate]
    missing: Sequence[str]


class RateTable:
    """Rates of some days. Of two for the same pair and day, the first given counts."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._newest: dict[tuple[str, str], Rate] = {}
        for given in rates:
            known = self._newest.get((given.base, given.quote))
            if known is None or given.day > known.day:
                self._newest[given.base, given.quote] = given

    def between(self, source: str, target: str, on: date) -> Rate | None:
        """The rate from one currency to another that counts on this day; None where none is known or all are too old."""
        if source == target:
            return Rate(source, target, on, _ONE)
        return self._direct(source, target, on) or self._over_pivot(source, target, on)

    def _direct(self, source: str, target: str, on: date) -> Rate | None:
        straight, reverse = self._counting(source, target, on), self._counting(target, source, on)
        if straight and (reverse is None or straight.day >= reverse.day):
            return straight
        return Rate(source, target, reverse.day, _divided(_ONE, reverse.rate)) if reverse else None

    def _over_pivot(self, source: str, target: str, on: date) -> Rate | None:
        """Of the older day of the two legs."""
        first, second = self._direct(PIVOT, source, on), self._direct(PIVOT, target, on)
        if first is None or second is None:
            return None
        return Rate(source, target, min(first.day, second.day), _divided(second.rate, first.rate))

    def _counting(self, base: str, quote: str, on: date) -> Rate | None:
        found = self._newest.get((base, quote))
        return found if found and timedelta(0) <= on - found.day <= MAX_AGE else None


def sums_by_currency(pairs: Iterable[tuple[str, Decimal | None]]) -> dict[str, Decimal | None]:
    """The sum of each currency; None where one of its amounts is not known."""
    grouped: dict[str, list[Decimal | None]] = defaultdict(list)
    for currency, amount in pairs:
        grouped[currency].append(amount)
    sums: dict[str, Decimal | None] = {}
    for currency, amounts in grouped.items():
        known = [amount for amount in amounts if amount is not None]
        sums[currency] = sum(known, Decimal(0)) if len(known) == len(amounts) else None
    return sums


def converted(amounts: Mapping[str, Decimal], target: str, rates: RateTable, on: date) -> Converted:
    """The sum of amounts by currency, in one currency. A currency whose amount is zero needs no rate."""
    used: list[Rate] = []
    missing: list[str] = []
    total = Decimal(0)
    for currency in sorted(currency for currency, amount in amounts.items() if amount):
        found = rates.between(currency, target, on)
        if found is None:
            missing.append(currency)
            continue
        with localcontext(prec=_DIGITS):
            total += amounts[currency] * found.rate
        if currency != target:
            used.append(found)
    return Converted(target, None if missing else total, used, missing)


def _divided(part: Decimal, whole: Decimal) -> Decimal:
    with localcontext(prec=_DIGITS):
        return part / whole
