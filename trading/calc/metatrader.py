"""The figures that MetaTrader prints under a statement, at full precision.

Both platforms count exits: a trade is an exit fill, its result is gross profit + commission + swap + fee of that fill,
and a result of zero counts as won. What entries cost belongs to no trade: it is added to the gross loss. A trade of
MetaTrader 4 carries all its costs at its close, so that its entries cost nothing. docs/formulas.md has every formula.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, compress
from typing import Literal

from trading.calc.drawdown import Drawdown, drawdown
from trading.calc.history import History
from trading.calc.ledger import ENTRY, EXIT_OF_BUY, EXIT_OF_SELL, Ledger, ledger_of
from trading.calc.series import (
    average_factor,
    geometric_factor,
    regression,
    sharpe_ratio,
    trade_returns,
    z_confidence_percent,
    z_score,
)
from trading.calc.streaks import Streaks, streaks

Definition = Literal["mt4", "mt5"]
Figures = dict[str, Decimal | None]

ZERO = Decimal(0)
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class _Account:
    """An account's fills and flows in order, and what they add up to."""

    history: History
    ledger: Ledger
    exits: Sequence[Decimal]  # the net of each
    won: Sequence[Decimal]
    lost: Sequence[Decimal]
    sides: bytes  # the mark of each exit
    entry_costs: Decimal
    net: Decimal
    credit: Decimal
    cash: Decimal  # flows without credit

    @property
    def balance(self) -> Decimal | None:
        opening = self.history.opening_balance
        return None if opening is None else opening + self.cash + self.net


def metatrader_figures(history: History, definition: Definition, ledger: Ledger | None = None) -> Figures:
    """Every figure of a MetaTrader report by its key; None where it is undefined (see undefined.py for the reasons).

    `ledger` stands for the fills of `history`, which are then not looked at. Figures that rest on the opening balance are
    left out where it is not known.

    Units: money in account currency; keys that end in `_percent` are percentages, 12.5 for 12.5 %.
    Sign: `gross_loss` is positive under "mt4" and negative under "mt5", as each platform prints it.
    """
    account = _account(history, ledger_of(history.fills, history.flows) if ledger is None else ledger)
    path = _trading_path(account, credit_counts=definition == "mt5")
    fall = drawdown(path[0], path[1:]) if path else None
    figures = _results(account)
    figures |= _trade_counts(account)
    figures |= _averages(account, entry_costs_count=definition == "mt5")
    figures |= _streak_figures(streaks(account.exits))
    figures |= _mt4_figures(account, fall) if definition == "mt4" else _mt5_figures(account, fall)
    figures |= _open_figures(history, definition)
    figures |= _account_figures(history, account.balance, account.credit, definition)
    figures |= _series(account, path)
    if definition == "mt4":
        figures["gross_loss"] = -(figures["gross_loss"] or ZERO)
    return figures


def with_open(figures: Figures, history: History, definition: Definition) -> Figures:
    """The figures of a history of which nothing was open, with what is open in `history` and its account reports."""
    granted = figures["credit"] or ZERO
    credit = granted if history.credit is None else history.credit
    return (
        figures | _open_figures(history, definition) | _account_figures(history, figures["balance"], credit, definition)
    )


def _account(history: History, ledger: Ledger) -> _Account:
    exits = list(compress(ledger.nets, ledger.marks))
    credit_flows = sum((flow.amount for flow in history.flows if flow.kind == "credit"), ZERO)
    return _Account(
        history=history,
        ledger=ledger,
        exits=exits,
        won=[net for net in exits if net >= 0],
        lost=[net for net in exits if net < 0],
        sides=ledger.marks.translate(None, bytes([ENTRY])),
        entry_costs=ledger.sums.net - sum(exits, ZERO),
        net=ledger.sums.net,
        credit=credit_flows if history.credit is None else history.credit,
        cash=sum((flow.amount for flow in history.flows), -credit_flows),
    )


def _results(account: _Account) -> Figures:
    profit, loss = sum(account.won, ZERO), sum(account.lost, account.entry_costs)
    return {
        "gross_profit": profit,
        "gross_loss": loss,
        "net_profit": account.net,
        "profit_factor": profit / -loss if loss < 0 else None,
        "expected_payoff": account.net / len(account.exits) if account.exits else None,
    }


def _trade_counts(account: _Account) -> Figures:
    exits, won, lost = account.exits, account.won, account.lost
    figures: Figures = {
        "trades_total": Decimal(len(exits)),
        "trades_won": Decimal(len(won)),
        "trades_won_percent": _percent(len(won), len(exits)),
        "trades_lost": Decimal(len(lost)),
        "trades_lost_percent": _percent(len(lost), len(exits)),
        "largest_profit_trade": max(won, default=ZERO),
        "largest_loss_trade": min(lost, default=ZERO),
    }
    tally = Counter(zip(account.sides, map(ZERO.__le__, exits), strict=True))
    for name, side in (("short", EXIT_OF_SELL), ("long", EXIT_OF_BUY)):
        wins, losses = tally[side, True], tally[side, False]
        figures[f"trades_{name}"] = Decimal(wins + losses)
        figures[f"trades_{name}_won_percent"] = _percent(wins, wins + losses)
    return figures


def _averages(account: _Account, *, entry_costs_count: bool) -> Figures:
    """The average winner and loser. MetaTrader 5 divides all of its gross loss, entry costs included, by the losers."""
    won, lost = account.won, account.lost
    profit = sum(won, ZERO) / len(won) if won else ZERO
    costs = account.entry_costs if entry_costs_count else ZERO
    loss = sum(lost, costs) / len(lost) if lost else ZERO
    return {
        "average_profit_trade": profit,
        "average_loss_trade": loss,
        "payoff_ratio": profit / -loss if loss < 0 else None,
    }


def _streak_figures(found: Streaks) -> Figures:
    wins, losses = found.wins, found.losses
    return {
        "max_consecutive_wins": Decimal(wins.longest.count),
        "max_consecutive_wins_money": wins.longest.money,
        "max_consecutive_losses": Decimal(losses.longest.count),
        "max_consecutive_losses_money": losses.longest.money,
        "max_consecutive_profit": wins.richest.money,
        "max_consecutive_profit_count": Decimal(wins.richest.count),
        "max_consecutive_loss": losses.richest.money,
        "max_consecutive_loss_count": Decimal(losses.richest.count),
        "average_consecutive_wins": wins.average_length,
        "average_consecutive_losses": losses.average_length,
    }


def _trading_path(account: _Account, *, credit_counts: bool) -> Sequence[Decimal]:
    """What the account held when the first trade touched it, and the balance after each fill; [] where unknown.

    Cash flows after the first trade are ignored, as MetaTrader draws its balance. MetaTrader 5 counts credit as money
    in the account; MetaTrader 4 does not.
    """
    balance = account.history.opening_balance
    if balance is None:
        return []
    for after, flow in account.ledger.flows:
        if not account.ledger.nets or after == 0:
            balance += flow.amount if credit_counts or flow.kind != "credit" else ZERO
    return list(accumulate(account.ledger.nets, initial=balance))


def _series(account: _Account, path: Sequence[Decimal]) -> Figures:
    nets = account.exits
    before, growth = _growth(account)
    returns = trade_returns(nets, before)
    score = z_score(nets)
    correlation, error = regression([*path[:1], *compress(path[1:], account.ledger.marks)])
    return {
        "sharpe_ratio": None if returns is None else sharpe_ratio(returns),
        "ahpr": None if returns is None else average_factor(returns),
        "ghpr": None if returns is None else geometric_factor(growth, len(nets)),
        "z_score": score,
        "z_confidence_percent": z_confidence_percent(score),
        "lr_correlation": correlation,
        "lr_standard_error": error,
    }


def _growth(account: _Account) -> tuple[list[Decimal], Decimal | None]:
    """The balance right before each exit (credit and cash flows included), and the growth that trading alone made.

    Between two cash flows growth is closing / opening balance; the factors are multiplied. Zero where all was lost.
    """
    balance = account.history.opening_balance
    if balance is None:
        return [], None
    nets, marks = account.ledger.nets, account.ledger.marks
    before: list[Decimal] = []
    growth, begins = Decimal(1), 0
    for ends, flow in [*account.ledger.flows, (len(nets), None)]:
        balances = list(accumulate(nets[begins:ends], initial=balance))
        before += compress(balances, marks[begins:ends])
        growth *= _factor(balance, balances[-1])
        balance, begins = balances[-1] + (flow.amount if flow else ZERO), ends
    return before, growth


def _factor(start: Decimal, end: Decimal) -> Decimal:
    """The growth from `start` to `end`: none from nothing, zero where all was lost."""
    return max(ZERO, end / start) if start > 0 else Decimal(1)


def _mt4_figures(account: _Account, fall: Drawdown | None) -> Figures:
    sums = account.ledger.sums
    return {
        "closed_commission": sums.commission,
        "closed_taxes": sums.fee,
        "closed_swap": sums.swap,
        "closed_gross": sums.gross_profit,
        "deposit_withdrawal": account.cash,
        "closed_profit": account.net,
    } | _drawdown_figures(fall, "{}_drawdown{}")


def _mt5_figures(account: _Account, fall: Drawdown | None) -> Figures:
    sums = account.ledger.sums
    flows = sum((flow.amount for flow in account.history.flows), ZERO)
    opening = account.history.opening_balance
    return {
        "deals_total_commission": sums.commission,
        "deals_total_fee": sums.fee,
        "deals_total_swap": sums.swap,
        "deals_total_profit": flows + sums.gross_profit,
        "deals_total_balance": None if opening is None else opening + flows + account.net,
        "recovery_factor": account.net / fall.maximal if fall and fall.maximal else None,
    } | _drawdown_figures(fall, "balance_drawdown_{}{}")


def _drawdown_figures(fall: Drawdown | None, key: str) -> Figures:
    if fall is None:
        return {}
    return {
        key.format("absolute", ""): fall.absolute,
        key.format("maximal", ""): fall.maximal,
        key.format("maximal", "_percent"): fall.maximal_ratio * HUNDRED,
        key.format("relative", ""): fall.relative_money,
        key.format("relative", "_percent"): fall.relative_ratio * HUNDRED,
    }


def _open_figures(history: History, definition: Definition) -> Figures:
    """The sums below the list of open positions."""
    swap = sum((position.swap for position in history.positions), ZERO)
    profit = sum((position.floating_profit for position in history.positions), ZERO)
    if definition == "mt5":
        return {"open_total_swap": swap, "open_total_profit": profit}
    commission = sum((position.commission for position in history.positions), ZERO)
    return {"open_commission": commission, "open_taxes": ZERO, "open_swap": swap, "open_gross": profit}


def _account_figures(history: History, balance: Decimal | None, credit: Decimal, definition: Definition) -> Figures:
    """What the account holds now. MetaTrader 4 prints floating profit with its costs, MetaTrader 5 without them."""
    margin = history.margin
    profit = sum((position.floating_profit for position in history.positions), ZERO)
    costs = sum((position.commission + position.swap for position in history.positions), ZERO)
    figures: Figures = {
        "balance": balance,
        "credit": credit,
        "floating": profit + costs if definition == "mt4" else profit,
        "floating_net": profit + costs,
        "equity": None if balance is None else balance + credit + profit + costs,
        "margin": margin,
    }
    if history.exposures:
        figures["exposure_total"] = sum(history.exposures, ZERO)
    return figures | _margin_figures(figures, floating=profit + costs, counts=history.free_margin_counts_floating)


def _margin_figures(figures: Figures, *, floating: Decimal, counts: bool) -> Figures:
    equity, margin = figures["equity"], figures["margin"]
    if equity is None or margin is None:
        return {"margin_free": None, "margin_level_ratio": None, "margin_level_percent": None}
    level = equity / margin if margin else ZERO
    return {
        "margin_free": equity - margin if counts else equity - floating - margin,
        "margin_level_ratio": level,
        "margin_level_percent": level * HUNDRED,
    }


def _percent(part: int, whole: int) -> Decimal:
    """A share in percent; zero of nothing, as the platforms print it."""
    return HUNDRED * part / whole if whole else ZERO
