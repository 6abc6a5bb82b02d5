"""How sure a rate is."""

from decimal import Decimal, localcontext

from trading.calc.rounding import WIDE_PRECISION

#: The normal quantile of a two-sided 95 %.
_Z = Decimal("1.959963984540054")


def wilson_interval(hits: int, n: int) -> tuple[Decimal, Decimal] | None:
    """The 95 % interval of hits / n, as two ratios; None where n is zero.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference" (1927): centre and half width
    are (p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n).
    """
    if not n:
        return None
    with localcontext(prec=WIDE_PRECISION):
        p, z2 = Decimal(hits) / n, _Z * _Z
        centre = p + z2 / (2 * n)
        half = _Z * (p * (1 - p) / n + z2 / (4 * n * n)).sqrt()
        whole = 1 + z2 / n
        return max((centre - half) / whole, Decimal(0)), min((centre + half) / whole, Decimal(1))
