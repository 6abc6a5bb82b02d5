"""What each account holds now, for lists of accounts: a fixed number of queries however many accounts and rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, Sum

from accounts.models import BrokerAccount
from trading.models import CashFlow, Position, Snapshot, State, Statement
from trading.queries.account_results import AccountResult, account_results
from trading.queries.figures import IN_BOOK, synced_openings

ZERO = Decimal(0)


@dataclass(slots=True)
class Overview:
    """One account. `balance` is None where the opening balance is not known; `floating` is with swap and commission.

    `result` is of closed trades, and tells what all fills booked, which is what the balance is made of.
    """

    account: BrokerAccount
    opening: Decimal | None = None
    result: AccountResult = field(default_factory=AccountResult)
    cash: Decimal = ZERO
    credit: Decimal = ZERO
    positions: int = 0
    floating: Decimal = ZERO
    statements: dict[str, int] = field(default_factory=dict)
    last_statement: Any = None

    @property
    def balance(self) -> Decimal | None:
        return None if self.opening is None else self.opening + self.cash + self.result.booked

    @property
    def equity(self) -> Decimal | None:
        return None if self.balance is None else self.balance + self.credit + self.floating

    @property
    def has_history(self) -> bool:
        return bool(self.result.trades or self.result.exits or self.positions or self.cash)


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


def _reported_balances(keys: Sequence[UUID]) -> dict[UUID, Decimal | None]:
    """By the first sync, or of an account of which only open positions are known by the broker's newest report."""
    if not keys:
        return {}
    newest = Snapshot.objects.filter(account__in=keys).order_by("account_id", "-taken_at").distinct("account_id")
    return dict(newest.values_list("account_id", "balance")) | synced_openings(keys)


def _add_results(found: dict[UUID, Overview]) -> None:
    for key, result in account_results([of.account for of in found.values()]).items():
        found[key].result = result


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
