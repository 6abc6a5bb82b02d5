"""What each account holds now, for lists of accounts: a fixed number of queries however many accounts and rows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import Trunc

from accounts.models import BrokerAccount
from trading import cache
from trading.models import CashFlow, Execution, Position, Snapshot, State, Statement
from trading.queries import rollups
from trading.queries.figures import IN_BOOK, synced_openings

ZERO = Decimal(0)


@dataclass(slots=True)
class Overview:
    """One account. `balance` is None where the opening balance is not known; `floating` is with swap and commission.

    `net` is everything that trading earned, costs included. `trades` counts exits.
    """

    account: BrokerAccount
    opening: Decimal | None = None
    net: Decimal = ZERO
    cash: Decimal = ZERO
    credit: Decimal = ZERO
    trades: int = 0
    positions: int = 0
    floating: Decimal = ZERO
    statements: dict[str, int] = field(default_factory=dict)
    last_statement: Any = None

    @property
    def balance(self) -> Decimal | None:
        return None if self.opening is None else self.opening + self.cash + self.net

    @property
    def equity(self) -> Decimal | None:
        return None if self.balance is None else self.balance + self.credit + self.floating

    @property
    def has_history(self) -> bool:
        return bool(self.trades or self.positions or self.cash)


def overviews(accounts: Iterable[BrokerAccount]) -> list[Overview]:
    """One for each account, in the same order."""
    found = {account.pk: Overview(account) for account in accounts}
    if found:
        keys = list(found)
        _add_results(found)
        _add_cash(found, keys)
        _add_positions(found, keys)
        _add_statements(found, keys)
        for key, opening in opening_balances(keys).items():
            found[key].opening = opening
    return list(found.values())


def opening_balances(keys: Sequence[UUID]) -> dict[UUID, Decimal | None]:
    """What each account held before the first row of its book, by the rule of figures.opening_balance, in three queries."""
    committed = Statement.objects.filter(account__in=keys, state__in=IN_BOOK, has_history=True)
    rows = committed.order_by("account_id", "committed_at").values_list("account_id", "period_start", "opening_balance")
    with_history = set()
    oldest: dict[UUID, tuple[bool, Any, Decimal]] = {}
    for key, starts_at, opening in rows:
        with_history.add(key)
        if opening is None:
            continue
        rank = (starts_at is None, starts_at)
        if key not in oldest or rank < oldest[key][:2]:
            oldest[key] = (*rank, opening)
    balances: dict[UUID, Decimal | None] = {key: known[2] for key, known in oldest.items()}
    without = [key for key in keys if key not in with_history]
    return balances | dict.fromkeys(with_history - balances.keys()) | _reported_balances(without)


def recent_nets(
    accounts: Sequence[BrokerAccount], now: datetime, zone: ZoneInfo
) -> dict[str, tuple[dict[date, Decimal], dict[date, Decimal]]]:
    """Per currency: what each of the last 31 days brought, and each of the last 12 months, in `zone`.

    Months are named by their first day. Days and months without a result are left out.
    """
    today = now.astimezone(zone).date()
    parts = sorted(f"{account.pk}.{account.revision}" for account in accounts)

    def compute() -> dict[str, tuple[dict[date, Decimal], dict[date, Decimal]]]:
        days = _nets(accounts, "day", now - timedelta(days=31), zone)
        months = _nets(accounts, "month", now - timedelta(days=366), zone)
        return {account.currency: (days[account.currency], months[account.currency]) for account in accounts}

    return cache.remembered("sparks", (zone.key, today, *parts), cache.PERIODS_S, compute)


def _nets(
    accounts: Iterable[BrokerAccount], kind: str, since: datetime, zone: ZoneInfo
) -> dict[str, dict[date, Decimal]]:
    rows = (
        Execution.objects.filter(account__in=[account.pk for account in accounts], executed_at__gte=since)
        .order_by()
        .values("account__currency", start=Trunc("executed_at", kind, tzinfo=zone))
        .annotate(net=Sum("net_profit"))
    )
    found: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for row in rows:
        if row["net"]:
            found[row["account__currency"]][row["start"].date()] = row["net"]
    return found


def _reported_balances(keys: Sequence[UUID]) -> dict[UUID, Decimal | None]:
    """By the first sync, or of an account of which only open positions are known by the broker's newest report."""
    if not keys:
        return {}
    newest = Snapshot.objects.filter(account__in=keys).order_by("account_id", "-taken_at").distinct("account_id")
    return dict(newest.values_list("account_id", "balance")) | synced_openings(keys)


def _add_results(found: dict[UUID, Overview]) -> None:
    parts = sorted(f"{of.account.pk}.{of.account.revision}" for of in found.values())
    for key, (net, exits) in cache.remembered(
        "results", tuple(parts), cache.RESULTS_S, lambda: _results(found)
    ).items():
        found[key].net, found[key].trades = net, exits


def _results(keys: Iterable[UUID]) -> dict[UUID, tuple[Decimal, int]]:
    """The net of every fill and the number of exits, by account."""
    wanted = list(keys)
    rolled = rollups.booked_by_account(wanted)
    if rolled:
        return {key: (net, exits) for key, net, exits in rolled}
    sums = Execution.objects.filter(account__in=wanted).order_by().values("account_id")
    rows = sums.annotate(net=Sum("net_profit"), exits=Count("pk", filter=~Q(direction="in")))
    return {row["account_id"]: (row["net"], row["exits"]) for row in rows}


def _add_cash(found: dict[UUID, Overview], keys: Sequence[UUID]) -> None:
    sums = CashFlow.objects.filter(account__in=keys).order_by().values("account_id")
    is_credit = Q(kind="credit")
    for row in sums.annotate(
        cash=Sum("amount", filter=~is_credit, default=ZERO), credit=Sum("amount", filter=is_credit, default=ZERO)
    ):
        of = found[row["account_id"]]
        of.cash, of.credit = row["cash"], row["credit"]


def _add_positions(found: dict[UUID, Overview], keys: Sequence[UUID]) -> None:
    sums = Position.objects.filter(account__in=keys).order_by().values("account_id")
    for row in sums.annotate(
        count=Count("pk"), profit=Sum("floating_profit"), swaps=Sum("swap"), commissions=Sum("commission")
    ):
        of = found[row["account_id"]]
        of.positions = row["count"]
        of.floating = row["profit"] + row["swaps"] + row["commissions"]


def _add_statements(found: dict[UUID, Overview], keys: Sequence[UUID]) -> None:
    sums = Statement.objects.filter(account__in=keys).order_by().values("account_id", "state")
    for row in sums.annotate(count=Count("pk"), newest=Max("committed_at", filter=Q(state=State.COMMITTED))):
        of = found[row["account_id"]]
        of.statements[row["state"]] = row["count"]
        of.last_statement = row["newest"] or of.last_statement
