"""What a broker's symbol stands for, and how large its pip is.

The rules of a symbol, first that fits:

1. The account's own mapping of the symbol, in any case.
2. The symbol itself, where it is a known instrument or reads as two currencies: eurusd is EURUSD.
3. The part before the first of . # _ - ! + or a space, where that is known or what follows is a usual suffix.
4. The symbol without a usual suffix that is glued on, where the rest is known: EURUSDpro, XAUUSDm.
5. The symbol itself, in capitals. So BRK.A and BRK.B stay two shares.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from trading.calc.rounding import places_of

#: Two of these side by side are a currency pair.
CURRENCIES = frozenset((
    "AUD", "BRL", "CAD", "CHF", "CLP", "CNH", "CNY", "COP", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "INR", "JPY",
    "KRW", "MXN", "NOK", "NZD", "PLN", "RON", "RUB", "SEK", "SGD", "THB", "TRY", "TWD", "USD", "ZAR",
))  # fmt: skip
_YEN = "JPY"
_YEN_PIP = Decimal("0.01")
_PAIR_PIP = Decimal("0.0001")
_SEPARATOR = re.compile(r"[.#_\-!+ ]")
#: What brokers put behind a symbol to tell their account types apart; the longest first.
_SUFFIXES = (
    "STANDARD", "MICRO", "PRIME", "CLASSIC", "CASH", "MINI", "ZERO", "SPOT", "PRO", "ECN", "RAW", "STP", "STD", "VIP",
    "M", "C", "I", "R", "S", "X", "Z", "",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Markets:
    """What is known of symbols. `pips` is by instrument; `mapping` is an account's own names, in capitals."""

    pips: Mapping[str, Decimal] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)

    def name(self, symbol: str) -> str:
        """The one name of the instrument that this symbol stands for."""
        capitals = symbol.strip().upper()
        if capitals in self.mapping:
            return self.mapping[capitals]
        if self._is_known(capitals):
            return capitals
        return self._without_separator(capitals) or self._without_suffix(capitals) or capitals

    def knows(self, symbol: str) -> bool:
        """Whether this symbol stands for an instrument whose pip is known."""
        return self._is_known(self.name(symbol))

    def pip(self, name: str, prices: Iterable[Decimal]) -> Decimal:
        """The pip of an instrument; of one in no list, that of its currencies or of how its prices are printed."""
        known = self.pips.get(name)
        if known is not None:
            return known
        if _is_pair(name):
            return _YEN_PIP if name.endswith(_YEN) else _PAIR_PIP
        return pip_of_digits(max((places_of(price) for price in prices), default=0))

    def _is_known(self, name: str) -> bool:
        return name in self.pips or _is_pair(name)

    def _without_separator(self, symbol: str) -> str:
        found = _SEPARATOR.search(symbol, 1)
        if found is None:
            return ""
        stem, suffix = symbol[: found.start()], symbol[found.end() :]
        return stem if self._is_known(stem) or suffix in _SUFFIXES else ""

    def _without_suffix(self, symbol: str) -> str:
        stems = (symbol.removesuffix(suffix) for suffix in _SUFFIXES if suffix and symbol.endswith(suffix))
        return next((stem for stem in stems if self._is_known(stem)), "")


def _is_pair(name: str) -> bool:
    return len(name) == 6 and name[:3] in CURRENCIES and name[3:] in CURRENCIES and name[:3] != name[3:]


def pip_of_digits(digits: int) -> Decimal:
    """The pip of a price printed with so many decimals: an odd number of them ends in tenths of a pip.

    Source: MetaTrader's practice, 1.08500 and 152.684 for what used to be 1.0850 and 152.68.
    """
    return Decimal(1).scaleb(-(digits - digits % 2))
