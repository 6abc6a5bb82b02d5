"""What is open: the book's open trades beside the broker's last report, and what it is worth of the broker's own equity."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from trading.models import Break, BreakType, Position, Snapshot, SyncState, Trade

ZERO = Decimal(0)
_HUNDREDTH = Decimal("0.01")
Equities = Mapping[UUID, Decimal]


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
    """What is open in one currency. `reported_at` is the age of the oldest report among the accounts.

    `floating` is the broker's profit with swap and commission; `equity` that of the accounts with positions,
    None where the broker of one of them did not report it.
    """

    currency: str
    count: int
    profit: Decimal
    swap: Decimal
    floating: Decimal
    equity: Decimal | None
    reported_at: datetime | None
    unreported: int

    @property
    def percent(self) -> Decimal | None:
        return percent(self.floating, self.equity)


def floating(position: Position) -> Decimal:
    """What an open position adds to the equity, as every page shows it."""
    together: Decimal = position.floating_profit + position.swap + position.commission
    return together


def positions(trader: Any) -> QuerySet[Position]:
    return Position.objects.for_trader(trader).select_related("account")


def open_trades(trader: Any) -> QuerySet[Trade]:
    return Trade.objects.for_trader(trader).filter(closed_at__isnull=True).select_related("account")


def open_symbols(trader: Any) -> list[str]:
    """Every symbol in which something is open, at the broker or in the book."""
    names = positions(trader).order_by().values_list("symbol", flat=True)
    return sorted(names.union(open_trades(trader).order_by().values_list("symbol", flat=True)))


def open_lines(reported: Iterable[Position], book: Iterable[Trade]) -> list[OpenLine]:
    """Both sides joined by account and ticket, oldest first."""
    trades: dict[tuple[UUID, str], Trade] = {(trade.account_id, trade.ticket): trade for trade in book}
    lines = [OpenLine(position, trades.pop((position.account_id, position.ticket), None)) for position in reported]
    lines += [OpenLine(None, trade) for trade in trades.values()]
    return sorted(lines, key=lambda line: (line.shown.opened_at, line.shown.ticket))


def equities(account_ids: Iterable[UUID]) -> Equities:
    """The equity that the broker last reported, by account; accounts without one are left out. Never an assumed one."""
    newest = Snapshot.objects.filter(account__in=list(account_ids)).order_by("account_id", "-taken_at")
    found = newest.distinct("account_id").values_list("account_id", "equity")
    return {account_id: equity for account_id, equity in found if equity is not None}


def percent(part: Decimal, whole: Decimal | None) -> Decimal | None:
    """In percent, to the hundredth; None where there is no equity to take it of."""
    return (100 * part / whole).quantize(_HUNDREDTH) if whole and whole > 0 else None


def in_book() -> Q:
    """Positions that the book has too: by their ticket, or by what the last reconciliation matched them with."""
    same = Trade.objects.open().filter(account=OuterRef("account_id"), ticket=OuterRef("ticket"))
    synced = SyncState.objects.filter(account=OuterRef("account_id"))
    unknown = Break.objects.filter(
        account=OuterRef("account_id"), ticket=OuterRef("ticket"), type=BreakType.UNKNOWN_AT_BOOK
    ).exclude(state=Break.State.RESOLVED)
    return Q(Exists(same)) | (Q(Exists(synced)) & ~Q(Exists(unknown)))


def quiet_feeds(trader: Any) -> list[SyncState]:
    """The feeds that are not well: nothing came for too long, or what came was refused."""
    feeds = SyncState.objects.for_trader(trader).filter(status=SyncState.Status.DEGRADED, account__archived_at=None)
    return list(feeds.select_related("account").order_by("account__label"))


def open_totals(lines: Sequence[OpenLine], equity_of: Equities) -> list[OpenTotals]:
    """One for each currency; amounts of different currencies are never added."""
    by_currency: dict[str, list[OpenLine]] = defaultdict(list)
    for line in lines:
        by_currency[line.shown.account.currency].append(line)
    return [_totals(currency, by_currency[currency], equity_of) for currency in sorted(by_currency)]


def _totals(currency: str, lines: Sequence[OpenLine], equity_of: Equities) -> OpenTotals:
    reported = [line.position for line in lines if line.position]
    accounts = {position.account_id for position in reported}
    known = bool(accounts) and accounts <= equity_of.keys()
    return OpenTotals(
        currency=currency,
        count=len(lines),
        profit=sum((position.floating_profit for position in reported), ZERO),
        swap=sum((position.swap for position in reported), ZERO),
        floating=sum((floating(position) for position in reported), ZERO),
        equity=sum((equity_of[account] for account in accounts), ZERO) if known else None,
        reported_at=min((position.reported_at for position in reported), default=None),
        unreported=len(lines) - len(reported),
    )
