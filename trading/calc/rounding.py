"""How a figure is rounded for display or for comparing it with a printed one."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

#: Wide enough for the sum of squares of a million balances of twelve digits.
WIDE_PRECISION = 60


def to_places(value: Decimal, places: int) -> Decimal:
    """The value with `places` decimals; a half goes away from zero, as MetaTrader prints it. Never "-0"."""
    with localcontext(prec=WIDE_PRECISION):
        rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return abs(rounded) if rounded == 0 else rounded


def places_of(value: Decimal) -> int:
    """How many decimals a printed number shows: 2 for 12.30, 0 for 1E+3."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
