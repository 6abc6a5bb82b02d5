"""Reads the totals that a report prints, by where they stand, so that the language of their labels does not matter."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from trading.statements.rows import AccountFigures, Problem, StatedFigure
from trading.statements.tables import Row
from trading.statements.values import SPACES, parse_number, shortest_decimal

_AMOUNT = rf"[+\-\u2212]?[{SPACES}]*\d[\d{SPACES},'\u2019]*(?:\.\d+)?"
FIGURE = re.compile(rf"({_AMOUNT})\s*(%?)(?:\s*\(\s*({_AMOUNT})\s*(%?)\s*\))?")
_INLINE = re.compile(rf"(\D*[:\uff1a])\s*({FIGURE.pattern})")
_LABEL_ENDS = (":", "\uff1a")
#: A difference this small is rounding, in every currency.
_SAME = Decimal("0.01")

#: One row of a block: the keys of its figures, left to right. `A (B)` is two keys.
Layout = Sequence[Sequence[tuple[str, ...]]]

_TRADES: Layout = (
    (("trades_total",), ("trades_short", "trades_short_won_percent"), ("trades_long", "trades_long_won_percent")),
    (("trades_won", "trades_won_percent"), ("trades_lost", "trades_lost_percent")),
    (("largest_profit_trade",), ("largest_loss_trade",)),
    (("average_profit_trade",), ("average_loss_trade",)),
    (
        ("max_consecutive_wins", "max_consecutive_wins_money"),
        ("max_consecutive_losses", "max_consecutive_losses_money"),
    ),
    (
        ("max_consecutive_profit", "max_consecutive_profit_count"),
        ("max_consecutive_loss", "max_consecutive_loss_count"),
    ),
    (("average_consecutive_wins",), ("average_consecutive_losses",)),
)
MT5_ACCOUNT: Layout = (
    (("balance",), ("margin_free",)),
    (("credit",), ("margin",)),
    (("floating",), ("margin_level",)),
    (("equity",),),
)
MT5_RESULTS: Layout = (
    (("net_profit",), ("gross_profit",), ("gross_loss",)),
    (("profit_factor",), ("expected_payoff",)),
    (("recovery_factor",), ("sharpe_ratio",)),
    (
        ("balance_drawdown_absolute",),
        ("balance_drawdown_maximal", "balance_drawdown_maximal_percent"),
        ("balance_drawdown_relative_percent", "balance_drawdown_relative"),
    ),
    *_TRADES,
)
MT4_SUMMARY: Layout = (
    (("deposit_withdrawal",), ("credit",)),
    (("closed_profit",), ("floating",), ("margin",)),
    (("balance",), ("equity",), ("margin_free",)),
)
#: A broker's daily or monthly statement says what the account held before. It is read and used, and no figure to compare.
PREVIOUS_BALANCE = "previous_balance"
MT4_CONFIRMATION: Layout = (
    ((PREVIOUS_BALANCE,), ("floating",)),
    (("closed_profit",), ("credit",)),
    (("deposit_withdrawal",), ("equity",)),
    (("balance",), ("margin",)),
    (("margin_free",),),
)
MT4_DETAILS: Layout = (
    (("gross_profit",), ("gross_loss",), ("net_profit",)),
    (("profit_factor",), ("expected_payoff",)),
    (
        ("absolute_drawdown",),
        ("maximal_drawdown", "maximal_drawdown_percent"),
        ("relative_drawdown_percent", "relative_drawdown"),
    ),
    *_TRADES,
)
COUNTS = {"trades_total", "trades_short", "trades_long", "trades_won", "trades_lost"} | {
    "max_consecutive_wins",
    "max_consecutive_losses",
    "max_consecutive_profit_count",
    "max_consecutive_loss_count",
    "average_consecutive_wins",
    "average_consecutive_losses",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and the figure beside it; `text` is empty where the report leaves the place blank."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class PairRow:
    row: Row
    pairs: tuple[Pair, ...]


def pair_row(row: Row) -> PairRow | None:
    """The labelled figures of a row, or None for a row that is anything else."""
    pairs: list[Pair] = []
    label = ""
    for column in row.filled():
        text = row.printed(column)
        if FIGURE.fullmatch(text.strip()):
            if not label.endswith(_LABEL_ENDS):
                return None
            pairs.append(Pair(label, text.strip()))
            label = ""
        elif label.endswith(_LABEL_ENDS):
            pairs.append(Pair(label, ""))
            label = text
        else:
            label = f"{label} {text}".strip()
    if label.endswith(_LABEL_ENDS) and pairs:
        pairs.append(Pair(label, ""))
    return PairRow(row, tuple(pairs)) if pairs else None


def inline_pairs(row: Row) -> PairRow | None:
    """The figures of a row whose cells hold label and figure together, as some brokers' own templates do."""
    pairs = tuple(Pair(match[1], match[2]) for text in row.words() if (match := _INLINE.fullmatch(text)))
    return PairRow(row, pairs) if pairs else None


def read_block(rows: Sequence[PairRow], layout: Layout) -> list[StatedFigure] | None:
    """The figures of a block whose rows have the layout's shape, or None for a block of another shape."""
    if len(rows) != len(layout):
        return None
    figures: list[StatedFigure] = []
    for found, expected in zip(rows, layout, strict=True):
        if len(found.pairs) != len(expected):
            return None
        for pair, keys in zip(found.pairs, expected, strict=True):
            read = figures_of(pair, keys, found.row.line)
            if pair.text and keys and not read:
                return None
            figures.extend(read)
    return figures


def split_blocks(rows: Sequence[PairRow], first: Layout) -> tuple[Sequence[PairRow], Sequence[PairRow]]:
    """The summary's rows cut into the account's block (as long as `first`) and what follows it."""
    head = rows[: len(first)]
    if [len(row.pairs) for row in head] == [len(keys) for keys in first]:
        return head, rows[len(first) :]
    return (), rows


def unread(rows: Iterable[PairRow]) -> list[Problem]:
    """A problem for each labelled figure whose meaning is not known."""
    return [
        Problem(found.row.line, "A total that was not recognised; no trade is affected.", found.row.verbatim())
        for found in rows
    ]


def total(key: str, text: str, line: int, label: str = "") -> StatedFigure | None:
    value = parse_number(text)
    return None if value is None else StatedFigure(key, value, text, label, line)


def figures_of(pair: Pair, keys: tuple[str, ...], line: int) -> list[StatedFigure]:
    """The figures of one labelled place; `A (B)` is two."""
    match = FIGURE.fullmatch(pair.text)
    if match is None:
        return []
    first, is_percent, second, _ = match.groups()
    if keys == ("margin_level",):
        keys = ("margin_level_percent",) if is_percent else ("margin_level_ratio",)
    figures = []
    for key, text in zip(keys, (first, second), strict=False):
        value = parse_number(text) if text else None
        if value is not None:
            value = _as_meant(value)
            is_count = key in COUNTS and value == value.to_integral_value()
            figures.append(StatedFigure(key, Decimal(int(value)) if is_count else value, pair.text, pair.label, line))
    return figures


def account_figures(stated: Iterable[StatedFigure]) -> AccountFigures:
    """The account as it stood when the report was made."""
    values = {figure.key: figure.value for figure in stated}
    return AccountFigures(
        balance=values.get("balance"),
        equity=values.get("equity"),
        margin=values.get("margin"),
        free_margin=values.get("margin_free"),
        floating_profit=values.get("floating"),
        credit=values.get("credit"),
    )


def doubt(figure: StatedFigure, expected: Decimal | None, formula: str, sheet: str) -> StatedFigure:
    """The figure, marked as untrusted when the file itself contradicts it.

    `expected` is what the file's own rows add up to, None where some of them could not be read.
    """
    reasons = []
    if _points_elsewhere(formula, sheet):
        reasons.append("its formula adds up another sheet")
    if expected is not None and abs(figure.value - expected) >= _SAME:
        reasons.append(f"the rows in this file add up to {expected}")
    if not reasons:
        return replace(figure, value=_as_meant(figure.value))
    return replace(figure, untrusted="The file states this total, but " + " and ".join(reasons) + ".")


def _as_meant(value: Decimal) -> Decimal:
    """The value without the noise of the binary fraction that a spreadsheet program saved."""
    return Decimal(shortest_decimal(format(value, "f")))


def _points_elsewhere(formula: str, sheet: str) -> bool:
    named = re.findall(r"(?:'((?:[^']|'')+)'|([^\s'!(),;:=+*/-]+))!", formula)
    return any((quoted.replace("''", "'") or bare) != sheet for quoted, bare in named)
