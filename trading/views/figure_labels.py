"""The figures of a MetaTrader report in groups: what each is called, how it is written, and what it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["money", "signed", "percent", "count", "number", "factor"]


@dataclass(frozen=True, slots=True)
class FigureLabel:
    """`key` is that of metatrader_figures; `beside` is a second figure written after it in parentheses."""

    key: str
    label: str
    kind: Kind
    meaning: str
    beside: str = ""
    beside_kind: Kind = "percent"


@dataclass(frozen=True, slots=True)
class FigureGroup:
    title: str
    figures: Sequence[FigureLabel]


_F = FigureLabel

GROUPS = (
    FigureGroup(
        "Account",
        (
            _F("balance", "Balance", "money", "Opening balance, cash flows without credit, and the result of everything that closed."),
            _F("equity", "Equity", "money", "Balance, credit and the floating profit of open positions with their swap and commission."),
            _F("floating_net", "Floating profit", "signed", "The result of open positions at the broker's last reported prices, their swap and commission included."),
            _F("open_total_profit", "Floating profit before swap", "signed", "What MetaTrader 5 prints as Floating P/L: without the swap and commission of open positions."),
            _F("credit", "Credit", "money", "Credit that the broker granted: it carries positions but is not part of the balance."),
            _F("margin", "Margin", "money", "What open positions tie up, as the broker last reported it."),
            _F("margin_free", "Free margin", "money", "Equity less margin, by this broker's rule about floating profit."),
            _F("margin_level_percent", "Margin level", "percent", "Equity / margin."),
        ),
    ),
    FigureGroup(
        "Result",
        (
            _F("net_profit", "Total net profit", "signed", "Gross profit and gross loss together: every cost of trading included, cash flows left out."),
            _F("gross_profit", "Gross profit", "money", "The sum of all exits with a result above zero. A result is profit, commission, swap and fee of the exit."),
            _F("gross_loss", "Gross loss", "money", "The sum of all exits with a result below zero, and what entries cost. MetaTrader 4 prints it without a sign."),
            _F("profit_factor", "Profit factor", "factor", "Gross profit / gross loss without its sign."),
            _F("expected_payoff", "Expected payoff", "signed", "Total net profit / number of exits."),
            _F("payoff_ratio", "Payoff ratio", "factor", "Average profit trade / average loss trade without its sign."),
        ),
    ),
    FigureGroup(
        "Drawdown of the balance",
        (
            _F("balance_drawdown_absolute", "Absolute", "money", "What the account held when trading began, less its lowest balance."),
            _F("balance_drawdown_maximal", "Maximal", "money", "The largest fall from a peak in money, and its percentage at that moment. Cash flows after the first trade are left out, as MetaTrader does.", "balance_drawdown_maximal_percent"),
            _F("balance_drawdown_relative", "Relative", "money", "The largest fall from a peak in percent, with its money: it may be another fall.", "balance_drawdown_relative_percent"),
            _F("absolute_drawdown", "Absolute", "money", "What the account held when trading began, less its lowest balance."),
            _F("maximal_drawdown", "Maximal", "money", "The largest fall from a peak in money, and its percentage at that moment. Cash flows after the first trade are left out, as MetaTrader does.", "maximal_drawdown_percent"),
            _F("relative_drawdown", "Relative", "money", "The largest fall from a peak in percent, with its money: it may be another fall.", "relative_drawdown_percent"),
            _F("recovery_factor", "Recovery factor", "factor", "Total net profit / maximal drawdown in money."),
        ),
    ),
    FigureGroup(
        "Trades",
        (
            _F("trades_total", "Total trades", "count", "MetaTrader counts exits: a position that closes in three parts counts three times."),
            _F("trades_won", "Profit trades", "count", "Exits with a result of zero or more, and their share of all.", "trades_won_percent"),
            _F("trades_lost", "Loss trades", "count", "Exits with a result below zero, and their share of all.", "trades_lost_percent"),
            _F("trades_long", "Long trades, won", "count", "Exits of bought positions, and the share of them that was won.", "trades_long_won_percent"),
            _F("trades_short", "Short trades, won", "count", "Exits of sold positions, and the share of them that was won.", "trades_short_won_percent"),
        ),
    ),
    FigureGroup(
        "Single trades",
        (
            _F("largest_profit_trade", "Largest profit trade", "signed", "The best single exit."),
            _F("largest_loss_trade", "Largest loss trade", "signed", "The worst single exit."),
            _F("average_profit_trade", "Average profit trade", "signed", "Gross profit / profit trades."),
            _F("average_loss_trade", "Average loss trade", "signed", "Gross loss / loss trades. MetaTrader 5 counts the costs of entries in."),
        ),
    ),
    FigureGroup(
        "Runs",
        (
            _F("max_consecutive_wins", "Longest run of wins", "count", "The most profit trades in a row, and what they brought.", "max_consecutive_wins_money", "signed"),
            _F("max_consecutive_losses", "Longest run of losses", "count", "The most loss trades in a row, and what they cost.", "max_consecutive_losses_money", "signed"),
            _F("max_consecutive_profit", "Richest run of wins", "signed", "The run of profit trades that brought the most, and its length.", "max_consecutive_profit_count", "count"),
            _F("max_consecutive_loss", "Costliest run of losses", "signed", "The run of loss trades that cost the most, and its length.", "max_consecutive_loss_count", "count"),
            _F("average_consecutive_wins", "Average run of wins", "factor", "The mean length of a run of profit trades."),
            _F("average_consecutive_losses", "Average run of losses", "factor", "The mean length of a run of loss trades."),
        ),
    ),
    FigureGroup(
        "Quality",
        (
            _F("sharpe_ratio", "Sharpe ratio", "factor", "Mean / standard deviation of each exit's result as a share of the balance before it."),
            _F("z_score", "Z-score", "factor", "Whether wins and losses come in streaks: below zero, more than chance would have it. Significant from 1.96.", "z_confidence_percent"),
            _F("ahpr", "AHPR", "number", "The mean growth factor of a trade: 1.0010 is 0.10 % per trade."),
            _F("ghpr", "GHPR", "number", "The growth factor that, applied at every trade, leads to the same balance."),
            _F("lr_correlation", "LR correlation", "factor", "How close the balance lies to a straight line: 1 is on it."),
            _F("lr_standard_error", "LR standard error", "money", "The standard deviation of the balance from that line."),
        ),
    ),
)  # fmt: skip
