"""An account's life from a seed: several symbols, cash in and out, partial closes, costs, good months and bad ones."""

import heapq
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from trading.samplefiles.account import AccountLife, CashMove, Leg, Order, Position, PricePath, Profile
from trading.samplefiles.instruments import INSTRUMENTS, Instrument, from_dollars, money

ZERO = Decimal(0)
LOT_STEP = Decimal("0.01")
MOST_LOTS = Decimal(50)
STILL_OPEN = 4
SATURDAY = 5
#: How strongly a price is drawn back to where it began, a day.
PULL = 0.008
MOST_RISK = 0.012
#: Reward to risk of a target, and the bias that cutting a bell curve at -1 and +1.5 brings with it.
TARGET = 1.5
BIAS_OF_CUTS = 0.054
STRATEGIES = (("Breakout", 8001), ("Pullback", 8002), ("Range fade", 8003), ("", 0))


@dataclass(slots=True)
class _Plan:
    """What is decided before a trade: which way, where the stop would be, and how it will end in units of risk."""

    instrument: Instrument
    side: str
    opened_at: datetime
    price: Decimal
    risk: Decimal  # distance from the price to the stop
    lots: Decimal
    outcome: float
    closed_at: datetime
    is_last: bool


def simulate(profile: Profile) -> AccountLife:
    """The life of an account: the same for equal profiles, modestly profitable, with drawdowns to match."""
    rng = random.Random(profile.seed)
    prices = {item.symbol: _price_path(rng, item, profile) for item in INSTRUMENTS}
    cash = _cash_moves(profile)
    positions = list(_positions(rng, profile, prices, cash))
    orders = [leg.order for position in positions for leg in (position.entry, *position.exits)]
    orders += _cancelled_orders(rng, profile, prices)
    _number(rng, positions, orders, cash)
    positions.sort(key=lambda position: (position.entry.at, position.ticket))
    return AccountLife(profile, positions, orders, cash, prices)


def _price_path(rng: random.Random, item: Instrument, profile: Profile) -> PricePath:
    starts_at = profile.starts_at.replace(hour=0, minute=0, second=0, microsecond=0)
    daily = [item.start_price]
    for day in range(profile.days + 40):
        move = rng.gauss(0.0, item.daily_move_ratio) if (starts_at + timedelta(days=day)).weekday() < SATURDAY else 0.0
        pull = PULL * math.log(item.start_price / daily[-1])
        daily.append(daily[-1] * math.exp(move + pull))
    return PricePath(starts_at, daily)


def _cash_moves(profile: Profile) -> list[CashMove]:
    """The first deposit, a second one, and two withdrawals: shares of the first, at set points of the life.

    A credit comes with the first deposit; half of it is taken back with the last withdrawal.
    """
    plan = (
        (0.0, "1", "Deposit"),
        (0.22, "0.4", "Deposit"),
        (0.52, "-0.1", "Withdrawal"),
        (0.84, "-0.16", "Withdrawal"),
    )
    span = timedelta(days=profile.days)
    moves = [
        CashMove(
            at=(profile.starts_at + span * part).replace(microsecond=0),
            kind="balance",
            amount=money(profile.deposit * Decimal(share), profile.currency),
            comment=comment,
        )
        for part, share, comment in plan
    ]
    if profile.credit:
        moves.insert(1, CashMove(moves[0].at, "credit", profile.credit, "Credit In"))
        moves.append(CashMove(moves[-1].at, "credit", -profile.credit / 2, "Credit Out"))
    return moves


def _opening_times(rng: random.Random, profile: Profile) -> list[datetime]:
    """Moments of weekdays, most of them around the European afternoon, none in the first or the last two hours."""
    first, last = profile.starts_at + timedelta(hours=2), profile.ends_at - timedelta(hours=2)
    day = first.replace(hour=0, minute=0, second=0, microsecond=0)
    weekdays = [on for on in (day + timedelta(days=n) for n in range(profile.days + 1)) if on.weekday() < SATURDAY]
    times: list[datetime] = []
    while len(times) < profile.trades:
        seconds = int(rng.triangular(3_600, 82_800, 52_000))
        moment = weekdays[int(rng.random() * len(weekdays))] + timedelta(seconds=seconds)
        if first <= moment <= last:
            times.append(moment)
    return sorted(times)


def _positions(
    rng: random.Random, profile: Profile, prices: dict[str, PricePath], cash: Sequence[CashMove]
) -> Iterator[Position]:
    """The trades in the order of their opening. Each risks a share of what the account holds at that moment."""
    edge = 2.0 / math.sqrt(max(profile.trades, 1))
    moods = [edge + rng.gauss(0.0, 1.3 * edge) for _ in range(profile.days // 30 + 2)]
    share = min(MOST_RISK, 0.16 / math.sqrt(max(profile.trades, 1)))
    booked = [(move.at, number, move.amount) for number, move in enumerate(cash)]
    heapq.heapify(booked)
    balance = ZERO
    times = _opening_times(rng, profile)
    for number, opened_at in enumerate(times):
        while booked and booked[0][0] <= opened_at:
            balance += heapq.heappop(booked)[2]
        mood = moods[(opened_at - profile.starts_at).days // 30]
        is_last = number >= len(times) - STILL_OPEN
        plan = _plan(rng, profile, prices, opened_at, float(balance) * share, mood, is_last=is_last)
        position = _carry_out(rng, profile, plan, must_be_partial=number == len(times) - STILL_OPEN)
        yield position
        for leg in (position.entry, *position.exits):
            heapq.heappush(booked, (leg.at, len(cash) + number, leg.net))


def _plan(
    rng: random.Random,
    profile: Profile,
    prices: dict[str, PricePath],
    opened_at: datetime,
    risk_money: float,
    mood: float,
    *,
    is_last: bool,
) -> _Plan:
    item = INSTRUMENTS[min(int(rng.expovariate(0.35)), len(INSTRUMENTS) - 1)]
    raw = prices[item.symbol].at(opened_at) * (1 + rng.gauss(0, item.daily_move_ratio / 8))
    price = item.price(raw)
    risk = item.price(raw * item.daily_move_ratio * rng.uniform(0.3, 0.9))
    per_lot = -item.profit("buy", Decimal(100), price, price - risk, profile.currency) / 100
    lots = Decimal(f"{max(risk_money, 0.0) / float(per_lot):.2f}")
    cost = 2 * float(from_dollars(item.commission, profile.currency) / per_lot)
    outcome = rng.gauss(mood + cost - BIAS_OF_CUTS, 1.0)
    hold = timedelta(seconds=int(min(rng.lognormvariate(9.3, 1.2), 900_000)) + 20)
    return _Plan(
        instrument=item,
        side="buy" if rng.random() < 0.55 else "sell",
        opened_at=opened_at,
        price=price,
        risk=risk,
        lots=min(max(lots, LOT_STEP), MOST_LOTS),
        outcome=min(max(outcome, -1.0), TARGET),
        closed_at=profile.ends_at + hold if is_last else _on_a_weekday(opened_at + hold),
        is_last=is_last,
    )


def _on_a_weekday(moment: datetime) -> datetime:
    return moment + timedelta(days=2) if moment.weekday() >= SATURDAY else moment


def _carry_out(rng: random.Random, profile: Profile, plan: _Plan, *, must_be_partial: bool) -> Position:
    item, sign = plan.instrument, 1 if plan.side == "buy" else -1
    if must_be_partial:
        plan.lots = max(plan.lots, 3 * LOT_STEP)
    stop = item.price(plan.price - sign * plan.risk) if plan.is_last or rng.random() < 0.88 else None
    target = item.price(plan.price + sign * plan.risk * Decimal(TARGET)) if rng.random() < 0.8 else None
    strategy, magic = STRATEGIES[int(rng.random() * len(STRATEGIES))]
    entry = _entry(rng, profile, plan, (stop, target), strategy)
    partly = must_be_partial or (plan.lots > LOT_STEP and rng.random() < 0.08)
    exits = list(_exits(rng, profile, plan, (stop, target), partly=partly))
    return Position(item, plan.side, entry, exits, stop, target, strategy, magic)


def _entry(
    rng: random.Random,
    profile: Profile,
    plan: _Plan,
    guards: tuple[Decimal | None, Decimal | None],
    comment: str,
) -> Leg:
    """The entry, at market or by an order that waited for its price."""
    pending = rng.random() < 0.15
    waited = timedelta(seconds=rng.randrange(5, 5_400)) if pending else timedelta()
    kind = f"{plan.side} {rng.choice(('limit', 'stop'))}" if pending else plan.side
    order = Order(
        placed_at=plan.opened_at - waited,
        done_at=plan.opened_at,
        symbol=plan.instrument.symbol,
        kind=kind,
        lots=plan.lots,
        price=plan.price if pending else None,
        stop_loss=guards[0],
        take_profit=guards[1],
        filled=True,
        comment=comment,
    )
    commission = _commission(plan.instrument, plan.lots, profile.currency)
    return Leg(plan.opened_at, plan.lots, plan.price, ZERO, commission, ZERO, comment, order)


def _exits(
    rng: random.Random,
    profile: Profile,
    plan: _Plan,
    guards: tuple[Decimal | None, Decimal | None],
    *,
    partly: bool,
) -> Iterator[Leg]:
    """The exits: at times a part first, at a better price, then the rest where the plan says."""
    rest = plan.lots
    if partly:
        part = max(LOT_STEP, round(plan.lots * Decimal(rng.choice(("0.3", "0.5"))), 2))
        limit = profile.ends_at if plan.is_last else plan.closed_at
        at = plan.opened_at + (limit - plan.opened_at) * rng.uniform(0.3, 0.8)
        at = min(_on_a_weekday(at.replace(microsecond=0)), limit)
        yield _exit(profile, plan, at, part, max(plan.outcome, rng.uniform(0.1, 0.6)), "partial close")
        rest -= part
    reason = ""
    if plan.outcome == -1.0 and guards[0] is not None:
        reason = f"[sl {guards[0]}]"
    elif plan.outcome == TARGET and guards[1] is not None:
        reason = f"[tp {guards[1]}]"
    yield _exit(profile, plan, plan.closed_at, rest, plan.outcome, reason)


def _exit(profile: Profile, plan: _Plan, at: datetime, lots: Decimal, outcome: float, comment: str) -> Leg:
    item, sign = plan.instrument, 1 if plan.side == "buy" else -1
    price = item.price(plan.price + sign * plan.risk * Decimal(outcome))
    nights = (at.date() - plan.opened_at.date()).days
    swap = (item.swap_long if plan.side == "buy" else item.swap_short) * lots * nights
    order = Order(
        placed_at=at,
        done_at=at,
        symbol=item.symbol,
        kind="sell" if plan.side == "buy" else "buy",
        lots=lots,
        price=price if comment.startswith("[") else None,
        stop_loss=None,
        take_profit=None,
        filled=True,
        comment=comment,
    )
    return Leg(
        at=at,
        lots=lots,
        price=price,
        gross_profit=item.profit(plan.side, lots, plan.price, price, profile.currency),
        commission=_commission(item, lots, profile.currency),
        swap=from_dollars(swap, profile.currency),
        comment=comment,
        order=order,
    )


def _commission(item: Instrument, lots: Decimal, currency: str) -> Decimal:
    return -from_dollars(item.commission * lots, currency)


def _cancelled_orders(rng: random.Random, profile: Profile, prices: dict[str, PricePath]) -> Iterator[Order]:
    """Orders that never filled, one for every ten trades; the last two are still waiting when the life ends."""
    times = _opening_times(rng, profile)[:: max(1, min(10, profile.trades))]
    for number, placed_at in enumerate(times):
        buying, waiting = rng.random() < 0.5, number >= len(times) - 2
        if waiting:
            placed_at = profile.ends_at - timedelta(seconds=rng.randrange(600, 7_200))
        item = INSTRUMENTS[int(rng.random() * 5)]
        price = prices[item.symbol].at(placed_at)
        away, guard = price * item.daily_move_ratio * rng.uniform(0.3, 1.2), price * item.daily_move_ratio
        level = price - away if buying else price + away
        wait = timedelta(seconds=rng.randrange(60, 200_000))
        yield Order(
            placed_at=placed_at,
            done_at=profile.ends_at + wait if waiting else placed_at + wait,
            symbol=item.symbol,
            kind="buy limit" if buying else "sell limit",
            lots=Decimal(rng.randrange(1, 20)) / 100,
            price=item.price(level),
            stop_loss=item.price(level - guard if buying else level + guard),
            take_profit=None,
            filled=False,
            comment="",
        )


def _number(rng: random.Random, positions: Sequence[Position], orders: list[Order], cash: Sequence[CashMove]) -> None:
    """Gives orders, deals and cash moves their numbers: rising with time, with gaps, as on a busy server."""
    tickets: list[Order | CashMove] = [*orders, *cash]
    tickets.sort(key=lambda item: item.at if isinstance(item, CashMove) else item.placed_at)
    number = 51_000_000
    for ticket in tickets:
        number += rng.randrange(1, 400)
        ticket.number = number
    orders.sort(key=lambda order: order.number)
    deals: list[Leg | CashMove] = [leg for position in positions for leg in (position.entry, *position.exits)]
    deals += cash
    deals.sort(key=lambda deal: deal.at)
    number = 34_000_000
    for deal in deals:
        number += rng.randrange(1, 300)
        deal.deal = number
