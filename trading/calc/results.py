"""What closed trades brought: sums, counts, averages and runs. A result of zero is neither won nor lost."""

from collections.abc import Sequence
from decimal import Decimal

from trading.calc.closed_trades import ClosedTrade
from trading.calc.figure_types import FigureValue, FigureValues, figure
from trading.calc.interval import wilson_interval
from trading.calc.streaks import streaks
from trading.calc.undefined import NO_LOSSES, NO_LOST_TRADES, NO_TRADES, NO_WINS, NO_WON_TRADES
from trading.calc.words import marked as _

ZERO = Decimal(0)
HUNDRED = Decimal(100)
#: Under this many trades a rate shows its interval.
SMALL_SAMPLE = 30


def result_figures(trades: Sequence[ClosedTrade]) -> FigureValues:
    """Sums, counts, averages and single trades of trades in the order of time."""
    nets = [trade.net for trade in trades]
    found = [*_sums(nets), *_counts(nets), *_averages(nets)]
    for name, side in (("long", "buy"), ("short", "sell")):
        of_side = [net for net, trade in zip(nets, trades, strict=True) if trade.side == side]
        found.append(figure(f"trades_{name}", Decimal(len(of_side)), len(of_side)))
        found.append(rate(f"trades_{name}_won_percent", sum(net > 0 for net in of_side), len(of_side)))
    return {value.key: value for value in found}


def cost_figures(trades: Sequence[ClosedTrade]) -> FigureValues:
    """What was charged, beside what trades brought before it."""
    count = len(trades)
    sums = {
        "gross_result": sum((trade.gross_profit for trade in trades), ZERO),
        "commission_total": sum((trade.commission for trade in trades), ZERO),
        "swap_total": sum((trade.swap for trade in trades), ZERO),
        "fee_total": sum((trade.fee for trade in trades), ZERO),
    }
    gross = sums["gross_result"]
    costs = sum(sums.values(), -gross)
    share = -costs / gross * HUNDRED if gross > 0 else None
    why = NO_TRADES if not count else _("Before costs these trades brought nothing that costs could be set against.")
    return {key: figure(key, value, count) for key, value in sums.items()} | {
        "cost_share_percent": figure("cost_share_percent", share, count, why)
    }


def streak_figures(nets: Sequence[Decimal]) -> FigureValues:
    """The longest and the richest run of wins and of losses; a result of zero is passed over."""
    moved = [net for net in nets if net]
    found = streaks(moved)
    values: dict[str, Decimal] = {}
    for kind, richest, runs in (("wins", "profit", found.wins), ("losses", "loss", found.losses)):
        values[f"max_consecutive_{kind}"] = Decimal(runs.longest.count)
        values[f"max_consecutive_{kind}_money"] = runs.longest.money
        values[f"max_consecutive_{richest}"] = runs.richest.money
        values[f"max_consecutive_{richest}_count"] = Decimal(runs.richest.count)
        values[f"average_consecutive_{kind}"] = runs.average_length
    return {key: figure(key, value if nets else None, len(moved), NO_TRADES) for key, value in values.items()}


def rate(key: str, hits: int, count: int) -> FigureValue:
    """A share in percent; of fewer than thirty trades with its 95 % interval."""
    if not count:
        return FigureValue(key, None, reason=NO_TRADES)
    value = HUNDRED * hits / count
    interval = wilson_interval(hits, count) if count < SMALL_SAMPLE else None
    if interval is None:
        return FigureValue(key, value, sample=count)
    return FigureValue(key, value, sample=count, low=interval[0] * HUNDRED, high=interval[1] * HUNDRED)


def profit_factor(nets: Sequence[Decimal]) -> Decimal | None:
    """Gross profit / |gross loss|; None without a loss."""
    loss = sum((net for net in nets if net < 0), ZERO)
    return sum((net for net in nets if net > 0), ZERO) / -loss if loss else None


def _sums(nets: Sequence[Decimal]) -> list[FigureValue]:
    count = len(nets)
    profit = sum((net for net in nets if net > 0), ZERO)
    loss = sum((net for net in nets if net < 0), ZERO)
    net = profit + loss
    without_loss = NO_LOSSES if count else NO_TRADES
    return [
        figure("net_profit", net, count),
        figure("gross_profit", profit, count),
        figure("gross_loss", loss, count),
        figure("profit_factor", profit_factor(nets), count, without_loss),
        figure("expected_payoff", net / count if count else None, count, NO_TRADES),
    ]


def _counts(nets: Sequence[Decimal]) -> list[FigureValue]:
    count = len(nets)
    won, lost = sum(net > 0 for net in nets), sum(net < 0 for net in nets)
    return [
        figure("trades_total", Decimal(count), count),
        figure("trades_won", Decimal(won), count),
        rate("trades_won_percent", won, count),
        figure("trades_lost", Decimal(lost), count),
        rate("trades_lost_percent", lost, count),
        figure("trades_even", Decimal(count - won - lost), count),
    ]


def _averages(nets: Sequence[Decimal]) -> list[FigureValue]:
    won, lost = [net for net in nets if net > 0], [net for net in nets if net < 0]
    win = sum(won, ZERO) / len(won) if won else None
    loss = sum(lost, ZERO) / len(lost) if lost else None
    payoff = None if win is None or loss is None else win / -loss
    no_win, no_loss = (NO_WON_TRADES, NO_LOST_TRADES) if nets else (NO_TRADES, NO_TRADES)
    no_payoff = NO_TRADES if not nets else NO_LOSSES if not lost else NO_WINS
    return [
        figure("average_profit_trade", win, len(won), no_win),
        figure("average_loss_trade", loss, len(lost), no_loss),
        figure("largest_profit_trade", max(won, default=None), len(nets), no_win),
        figure("largest_loss_trade", min(lost, default=None), len(nets), no_loss),
        figure("payoff_ratio", payoff, len(nets), no_payoff),
    ]
