"""What is open: the book's open trades beside the broker's last report."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from trading.models import Position, Trade

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OpenLine:
    """One open trade. `position` is the broker's report of it, `trade` the book's row; at least one of them is there."""

    position: Position | None
    trade: Trade | None

    @property
    def shown(self) -> Position | Trade:
        """The side that tells symbol, side and prices: the broker's, where it has reported."""
        found = self.position or self.trade
        assert found is not None
        return found

    @property
    def volume_lots(self) -> Decimal:
        """What is still open."""
        lots: Decimal
        if self.position:
            lots = self.position.volume_lots
        else:
            assert self.trade is not None
            lots = self.trade.volume_lots - self.trade.closed_volume_lots
        return lots

    @property
    def profit(self) -> Decimal | None:
        """The broker's own figure, before swap and commission."""
        return self.position.floating_profit if self.position else None

    @property
    def floating(self) -> Decimal | None:
        """What equity counts: profit, swap and the commission that is not booked yet."""
        return floating(self.position) if self.position else None

    @property
    def swap(self) -> Decimal | None:
        return self.position.swap if self.position else None

    @property
    def commission(self) -> Decimal:
        """Of the broker's report; else what the book has."""
        reported: Decimal = self.position.commission if self.position else ZERO
        booked: Decimal = self.trade.commission if self.trade else ZERO
        return reported or booked

    @property
    def realised(self) -> Decimal | None:
        """What the closed part brought; None where nothing is closed yet."""
        return self.trade.net_profit if self.trade and self.trade.closed_volume_lots else None


@dataclass(frozen=True, slots=True)
class OpenTotals:
    """What is open in one currency. `reported_at` is the age of the oldest report among the accounts."""

    currency: str
    count: int
    profit: Decimal
    swap: Decimal
    floating: Decimal
    reported_at: datetime | None
    unreported: int


def floating(position: Position) -> Decimal:
    """What an open position adds to the equity, as every page shows it."""
    together: Decimal = position.floating_profit + position.swap + position.commission
    return together


def positions(trader: Any) -> QuerySet[Position]:
    return Position.objects.for_trader(trader).select_related("account")


def open_trades(trader: Any) -> QuerySet[Trade]:
    return Trade.objects.for_trader(trader).filter(closed_at__isnull=True).select_related("account")


def open_lines(reported: Iterable[Position], book: Iterable[Trade]) -> list[OpenLine]:
    """Both sides joined by account and ticket, oldest first."""
    trades: dict[tuple[UUID, str], Trade] = {(trade.account_id, trade.ticket): trade for trade in book}
    lines = [OpenLine(position, trades.pop((position.account_id, position.ticket), None)) for position in reported]
    lines += [OpenLine(None, trade) for trade in trades.values()]
    return sorted(lines, key=lambda line: (line.shown.opened_at, line.shown.ticket))


def open_totals(lines: Sequence[OpenLine]) -> list[OpenTotals]:
    by_currency: dict[str, list[OpenLine]] = defaultdict(list)
    for line in lines:
        by_currency[line.shown.account.currency].append(line)
    return [_totals(currency, by_currency[currency]) for currency in sorted(by_currency)]


def _totals(currency: str, lines: Sequence[OpenLine]) -> OpenTotals:
    reported = [line.position for line in lines if line.position]
    return OpenTotals(
        currency=currency,
        count=len(lines),
        profit=sum((position.floating_profit for position in reported), ZERO),
        swap=sum((position.swap for position in reported), ZERO),
        floating=sum((floating(position) for position in reported), ZERO),
        reported_at=min((position.reported_at for position in reported), default=None),
        unreported=len(lines) - len(reported),
    )
