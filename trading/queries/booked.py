"""What leads from the net of the closed trades to the net that MetaTrader counts.

MetaTrader counts every fill when it happens; a list of closed trades holds each trade whole, once nothing of it is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum

from accounts.models import BrokerAccount
from trading import cache
from trading.models import Execution, Trade
from trading.queries.trades import TradeTotals

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Booked:
    """One currency. closed trades' net + `on_open` + `elsewhere` = `net`; `exits` are those that MetaTrader counts.

    `elsewhere` is what fills say that their closed trades do not, and fills that belong to no trade.
    """

    currency: str
    trades: int
    on_open: Decimal
    elsewhere: Decimal
    net: Decimal
    exits: int

    @property
    def differs(self) -> bool:
        return bool(self.on_open or self.elsewhere or self.exits != self.trades)


def booked(accounts: Sequence[BrokerAccount], closed: Sequence[TradeTotals]) -> list[Booked]:
    """One for each currency of `closed`, the totals of every closed trade of these accounts."""
    parts = sorted(f"{account.pk}.{account.revision}" for account in accounts)
    sums = cache.remembered("booked", tuple(parts), cache.TRADE_TOTALS_S, lambda: _sums(accounts))
    return [_booked(line, *sums.get(line.currency, (ZERO, ZERO, 0))) for line in closed]


def _booked(line: TradeTotals, net: Decimal, on_open: Decimal, exits: int) -> Booked:
    return Booked(line.currency, line.count, on_open, net - on_open - line.net_profit, net, exits)


def _sums(accounts: Sequence[BrokerAccount]) -> dict[str, tuple[Decimal, Decimal, int]]:
    """Per currency: the net of every fill, that of the fills of open trades, and the number of exits."""
    keys = [account.pk for account in accounts]
    fills: Any = Execution.objects.filter(account__in=keys).order_by().values(currency=F("account__currency"))
    open_trades = Trade.objects.filter(account__in=keys, closed_at__isnull=True).values("pk")
    on_open = dict(fills.filter(trade__in=open_trades).values_list("currency", Sum("net_profit")))
    rows = fills.annotate(net=Sum("net_profit"), exits=Count("pk", filter=~Q(direction="in")))
    return {row["currency"]: (row["net"], on_open.get(row["currency"], ZERO), row["exits"]) for row in rows}
