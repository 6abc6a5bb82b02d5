"""What every stop hit at once would cost, in words: a line per currency."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import BrokerAccount
from trading.calc.exchange import sums_by_currency
from trading.calc.open_risk import OpenPosition, open_risk
from trading.formatting import Formats
from trading.models import Position

_COLUMNS = ("symbol", "side", "volume_lots", "open_price", "current_price", "stop_loss", "floating_profit")


@dataclass(frozen=True, slots=True)
class RiskLine:
    currency: str
    loss: SafeString


def open_risk_lines(losses: Mapping[str, Decimal | None], formats: Formats) -> list[RiskLine]:
    """The losses of `open_risks` in words."""
    reason = _("A position has no stop, or its worth cannot be told yet: the loss has no bound.")
    return [
        RiskLine(currency, formats.amount(losses[currency], currency, reason=reason)) for currency in sorted(losses)
    ]


def open_risks(accounts: Sequence[BrokerAccount]) -> dict[str, Decimal | None]:
    """By currency what every stop hit would bring, a negative amount; None where it has no bound.

    Currencies without an open position are left out. One query.
    """
    currencies = {account.pk: account.currency for account in accounts}
    open_rows: dict[Any, list[OpenPosition]] = defaultdict(list)
    for account_id, *values in Position.objects.filter(account__in=currencies).values_list("account_id", *_COLUMNS):
        open_rows[account_id].append(OpenPosition(*values))
    risks = [(currencies[account_id], open_risk(rows)) for account_id, rows in open_rows.items()]
    return sums_by_currency((currency, None if risk is None else -risk) for currency, risk in risks)
