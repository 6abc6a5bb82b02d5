"""What leads from the net of the closed trades to the net that MetaTrader counts.

MetaTrader counts every fill when it happens; a list of closed trades holds each trade whole, once nothing of it is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import BrokerAccount
from trading.queries.account_results import AccountResult, account_results
from trading.queries.trades import TradeTotals


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
    found = account_results(accounts)
    sums: dict[str, AccountResult] = {}
    for account in accounts:
        sums[account.currency] = sums.get(account.currency, AccountResult()) + found[account.pk]
    return [_booked(line, sums.get(line.currency, AccountResult())) for line in closed]


def _booked(line: TradeTotals, of: AccountResult) -> Booked:
    elsewhere = of.booked - of.on_open - line.net_profit
    return Booked(line.currency, line.count, of.on_open, elsewhere, of.booked, of.exits)
