"""What a result of closed trades rests on, in the same words wherever one is shown, and what is not in it."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from trading.formatting import Formats
from trading.queries.account_results import AccountResult

#: What the counts beside a net of a period mean.
WHAT_COUNTS = gettext_lazy(
    "Closed trades, each with all of its costs on the day it closed. A trade above zero is won. "
    "Calendar, list of trades, analysis and reports count the same."
)


def trades_in_words(trades: int, formats: Formats) -> str:
    return ngettext("%(count)s trade", "%(count)s trades", trades) % {"count": formats.number(trades)}


def won_in_words(wins: int, trades: int, formats: Formats) -> str:
    """The share of won trades; empty without any trade."""
    return _("%(share)s won") % {"share": formats.percent(Decimal(wins) / trades, 0)} if trades else ""


def counts_in_words(trades: int, wins: int, formats: Formats) -> str:
    if not trades:
        return _("no trades")
    return f"{trades_in_words(trades, formats)}, {won_in_words(wins, trades, formats)}"


def not_in_results(result: AccountResult, currency: str, formats: Formats) -> str:
    """What the balance holds and results of closed trades do not, in a sentence for each; empty where there is nothing."""
    said = [
        (result.on_open, _("Booked on open trades: %(amount)s, not yet in these results.")),
        (result.elsewhere, _("Booked on no closed or open trade: %(amount)s, not in these results.")),
    ]
    return " ".join(text % {"amount": f"{formats.signed(of, currency)} {currency}"} for of, text in said if of)
