"""What every stop hit at once would cost, in words: a line per currency."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import BrokerAccount
from trading.calc.open_risk import OpenPosition, open_risk
from trading.formatting import Formats
from trading.models import Position

_COLUMNS = ("symbol", "side", "volume_lots", "open_price", "current_price", "stop_loss", "floating_profit")


@dataclass(frozen=True, slots=True)
class RiskLine:
    currency: str
    loss: SafeString


def open_risk_lines(accounts: Sequence[BrokerAccount], formats: Formats) -> list[RiskLine]:
    """Currencies without an open position are left out. One query."""
    currencies = {account.pk: account.currency for account in accounts}
    open_rows: dict[Any, list[OpenPosition]] = defaultdict(list)
    for account_id, *values in Position.objects.filter(account__in=currencies).values_list("account_id", *_COLUMNS):
        open_rows[account_id].append(OpenPosition(*values))
    losses: dict[str, list[Decimal | None]] = defaultdict(list)
    for account_id, rows in open_rows.items():
        losses[currencies[account_id]].append(open_risk(rows))
    return [RiskLine(currency, _loss(losses[currency], currency, formats)) for currency in sorted(losses)]


def _loss(losses: Sequence[Decimal | None], currency: str, formats: Formats) -> SafeString:
    known = [loss for loss in losses if loss is not None]
    total = -sum(known, Decimal(0)) if len(known) == len(losses) else None
    reason = _("A position has no stop, or its worth cannot be told yet: the loss has no bound.")
    return formats.amount(total, currency, reason=reason)
