"""The line under amounts of several currencies: what they come to in the trader's own, by which rates, of which day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from trading.calc.exchange import Amounts, Converted, Rate, converted, sums_by_currency
from trading.formatting import Formats
from trading.queries.exchange_rates import rate_table
from trading.queries.overview import Overview


@dataclass(frozen=True, slots=True)
class ConvertedPart:
    """`lines` are (name, text of the amount); `at` says the rates; `missing` names currencies without one.

    It stands beside the amounts in their own currencies, never in place of them.
    """

    currency: str
    lines: Sequence[tuple[str, str]]
    at: str
    missing: str


def held_in_currencies(shown: Sequence[Overview]) -> list[tuple[str, Amounts]]:
    """Equity and balance of accounts, by currency."""
    return [
        (_("Equity"), sums_by_currency((of.account.currency, of.equity) for of in shown)),
        (_("Balance"), sums_by_currency((of.account.currency, of.balance) for of in shown)),
    ]


def converted_part(
    trader: Any, named: Sequence[tuple[str, Amounts]], formats: Formats, now: datetime
) -> ConvertedPart | None:
    """The named amounts in the trader's display currency; None where nothing calls for it.

    That is so where all amounts are in it, and where all are in one other that has no rate. An amount that is not known in
    one of its currencies has no line.
    """
    target = trader.display_currency
    whole = [
        (name, {code: of for code, of in amounts.items() if of is not None})
        for name, amounts in named
        if amounts and None not in amounts.values()
    ]
    currencies = {code for _name, of in whole for code in of}
    if not currencies - {target}:
        return None
    on = now.astimezone(formats.zone).date()
    rates = rate_table(trader, [target, *currencies], on)
    found = [(name, converted(of, target, rates, on)) for name, of in whole]
    lines = [(name, formats.money(of.amount, target)) for name, of in found if of.amount is not None]
    if not lines and len(currencies) == 1:
        return None
    return ConvertedPart(
        currency=target,
        lines=lines,
        at=_at(found, formats),
        missing=", ".join(sorted({code for _name, of in found for code in of.missing})),
    )


def _at(found: Sequence[tuple[str, Converted]], formats: Formats) -> str:
    """The rates, each once; the day once where all are of one: "EUR at 1.0834, GBP at 1.271 of 20 Nov 2026"."""
    used: dict[str, Rate] = {rate.base: rate for _name, of in found for rate in of.used}
    days = {rate.day for rate in used.values()}
    if not used:
        return ""
    if len(days) == 1:
        rates = ", ".join(_("%(base)s at %(rate)s") % _words(used[code], formats) for code in sorted(used))
        return _("%(rates)s of %(day)s") % {"rates": rates, "day": formats.day(days.pop())}
    each = [_("%(base)s at %(rate)s of %(day)s") % _words(used[code], formats) for code in sorted(used)]
    return ", ".join(each)


def _words(rate: Rate, formats: Formats) -> dict[str, str]:
    return {"base": rate.base, "rate": formats.rate(rate.rate), "day": formats.day(rate.day)}
