"""Closed trades as the arithmetic wants them, with what their accounts held around them: narrow rows, few queries."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import accumulate
from operator import itemgetter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q, QuerySet, Sum

from trading.calc.closed_trades import ClosedTrade
from trading.calc.figure_types import Sample
from trading.calc.history import Flow
from trading.calc.trade_plan import risk_of, worth_of
from trading.calc.words import marked as _
from trading.models import CashFlow, Execution, JournalEntry, Trade
from trading.queries.equity_reports import equity_reports
from trading.queries.overview import opening_balances

ZERO = Decimal(0)
OF_WHOLE_ACCOUNTS = _("Reported equity is that of a whole account, not of a choice of its trades.")
OF_ONE_ACCOUNT = _("Equity is reported account by account: choose one.")
_COLUMNS = (
    "id",
    "account_id",
    "ticket",
    "symbol",
    "side",
    "opened_at",
    "closed_at",
    "volume_lots",
    "gross_profit",
    "commission",
    "swap",
    "fee",
    "strategy_id",
    "open_price",
    "close_price",
    "open_stop_loss",
)


def read_sample(
    keys: Sequence[UUID],
    trades: QuerySet[Trade],
    zone: ZoneInfo,
    window: tuple[datetime | None, datetime | None] = (None, None),
    *,
    is_whole: bool = True,
    wants_balances: bool = False,
    wants_equity: bool = False,
) -> Sample:
    """The trades of accounts of one currency within a window (half-open), and the money around them.

    `is_whole` says that nothing but the window leaves trades out: what the broker reported as equity is then about these
    trades, as far as they are of one account; `wants_equity` reads it. `wants_balances` gives each trade the balance at
    its opening.
    """
    starts_at, ends_at = window
    flows = _flows(keys)
    openings = opening_balances(keys)
    found = closed(keys, trades)
    if wants_balances:
        found = _with_balances(found, keys, openings, flows)
    opening, inside = _stretch(keys, openings, flows, window)
    no_equity = OF_WHOLE_ACCOUNTS if not is_whole else OF_ONE_ACCOUNT if len(keys) > 1 else ""
    equity = [] if no_equity or not wants_equity else equity_reports(keys[0], starts_at, ends_at)
    return Sample(found, inside, opening, equity, zone, starts_at, ends_at, no_equity)


def read_stretch(
    keys: Sequence[UUID], window: tuple[datetime | None, datetime | None]
) -> tuple[Decimal | None, list[Flow]]:
    """What the accounts of one currency together held when the window begins, None where not known, and the cash in it."""
    return _stretch(keys, opening_balances(keys), _flows(keys), window)


def _stretch(
    keys: Sequence[UUID],
    openings: Mapping[UUID, Decimal | None],
    flows: Mapping[UUID, Sequence[Flow]],
    window: tuple[datetime | None, datetime | None],
) -> tuple[Decimal | None, list[Flow]]:
    inside = [flow for of_account in flows.values() for flow in of_account if _is_inside(flow.at, *window)]
    return _opening(keys, openings, flows, window[0]), inside


def closed(keys: Sequence[UUID], trades: QuerySet[Trade]) -> list[ClosedTrade]:
    """These closed trades with the risk of their initial stops and their partial closes, in three queries."""
    stops = _own_stops(keys)
    closes = _partial_closes(trades)
    return [_trade(row, stops, closes) for row in trades.order_by().values_list(*_COLUMNS)]


def _trade(
    row: Sequence[Any],
    stops: Mapping[tuple[UUID, str], Decimal],
    closes: Mapping[UUID, tuple[tuple[datetime, Decimal], ...]],
) -> ClosedTrade:
    (
        pk,
        account,
        ticket,
        symbol,
        side,
        opened,
        at,
        lots,
        gross,
        commission,
        swap,
        fee,
        strategy,
        entry,
        exit_,
        stop,
    ) = row
    if stops:
        stop = stops.get((account, ticket), stop)
    return ClosedTrade(
        id=pk,
        account_id=account,
        symbol=symbol,
        side=side,
        opened_at=opened,
        closed_at=at,
        volume_lots=lots,
        gross_profit=gross,
        commission=commission,
        swap=swap,
        fee=fee,
        strategy=strategy,
        risk=None if stop is None else risk_of(entry, stop, worth_of(entry, exit_, gross)),
        closes=closes.get(pk, ()),
    )


def _own_stops(keys: Sequence[UUID]) -> dict[tuple[UUID, str], Decimal]:
    """The initial stops that traders stated themselves, which go before the broker's."""
    entries = JournalEntry.objects.filter(account__in=keys, initial_stop_loss__isnull=False)
    rows = entries.values_list("account_id", "ticket", "initial_stop_loss")
    return {(account, ticket): stop for account, ticket, stop in rows if stop is not None}


def _partial_closes(trades: QuerySet[Trade]) -> dict[UUID, tuple[tuple[datetime, Decimal], ...]]:
    """Moment and volume of each close of the trades that closed in several parts."""
    exits: Any = Execution.objects.filter(trade__in=trades.order_by().values("pk")).exclude(direction="in").order_by()
    several = exits.values("trade_id").annotate(
        parts=Count("pk"),
        moments=ArrayAgg("executed_at", order_by="pk"),
        volumes=ArrayAgg("volume_lots", order_by="pk"),
    )
    rows = several.filter(parts__gt=1).values_list("trade_id", "moments", "volumes")
    return {trade: tuple(zip(moments, volumes, strict=True)) for trade, moments, volumes in rows}


def _flows(keys: Sequence[UUID]) -> dict[UUID, list[Flow]]:
    """Each account's cash flows in order."""
    found: dict[UUID, list[Flow]] = defaultdict(list)
    rows = CashFlow.objects.filter(account__in=keys).order_by("booked_at", "sequence")
    for account, at, sequence, kind, amount in rows.values_list(
        "account_id", "booked_at", "sequence", "kind", "amount"
    ):
        found[account].append(Flow(at, sequence, kind, amount))
    return found


def _opening(
    keys: Sequence[UUID],
    openings: Mapping[UUID, Decimal | None],
    flows: Mapping[UUID, Sequence[Flow]],
    starts_at: datetime | None,
) -> Decimal | None:
    """What the accounts together held when the window begins; None where it is not known of one of them."""
    known = [openings.get(key) for key in keys]
    total = sum((opening for opening in known if opening is not None), ZERO)
    if None in known:
        return None
    if starts_at is None:
        return total
    cash = (flow for key in keys for flow in flows.get(key, ()) if flow.at < starts_at and flow.kind != "credit")
    earned = Execution.objects.filter(account__in=keys, executed_at__lt=starts_at).aggregate(
        net=Sum("net_profit", filter=~Q(is_derived=True, direction="in"), default=ZERO)
    )["net"]
    return total + sum((flow.amount for flow in cash), ZERO) + (earned or ZERO)


def _with_balances(
    trades: Sequence[ClosedTrade],
    keys: Sequence[UUID],
    openings: Mapping[UUID, Decimal | None],
    flows: Mapping[UUID, Sequence[Flow]],
) -> list[ClosedTrade]:
    """The same trades, each with what its account held right before it opened."""
    moved: dict[UUID, list[tuple[datetime, Decimal]]] = {
        key: [(flow.at, flow.amount) for flow in flows.get(key, ()) if flow.kind != "credit"] for key in keys
    }
    fills = Execution.objects.filter(account__in=keys).exclude(net_profit=0).order_by()
    for account, at, net in fills.values_list("account_id", "executed_at", "net_profit"):
        moved[account].append((at, net))
    paths = {key: _path(openings.get(key), events) for key, events in moved.items()}
    return [
        replace(trade, balance_at_open=_balance_before(paths[trade.account_id], trade.opened_at)) for trade in trades
    ]


_Path = tuple[list[datetime], list[Decimal]]


def _path(opening: Decimal | None, events: list[tuple[datetime, Decimal]]) -> _Path | None:
    """The moments at which a balance moved, and the balance before the first and after each."""
    if opening is None:
        return None
    events.sort(key=itemgetter(0))
    return [at for at, _ in events], list(accumulate((amount for _, amount in events), initial=opening))


def _balance_before(path: _Path | None, at: datetime) -> Decimal | None:
    return None if path is None else path[1][bisect_left(path[0], at)]


def _is_inside(at: datetime, starts_at: datetime | None, ends_at: datetime | None) -> bool:
    return (starts_at is None or at >= starts_at) and (ends_at is None or at < ends_at)
