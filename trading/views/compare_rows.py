"""The rows of a comparison: one figure of each column, the best of them marked, and how far each is from the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from trading.calc.figure_types import DefinitionSet, FigureEntry, FigureValue, Kind
from trading.calc.ranking import best_value, is_comparable
from trading.calc.registry import BY_KEY, entries_in
from trading.formatting import Formats, direction
from trading.queries.figure_sets import FigureSet
from trading.views.figure_rows import is_thin, plain_text, shown
from trading.views.figure_words import in_words, said

#: What tells most, in this order; the rest opens on request.
MAIN = (
    "trades_total",
    "net_profit",
    "trades_won_percent",
    "profit_factor",
    "expected_payoff",
    "payoff_ratio",
    "average_profit_trade",
    "average_loss_trade",
    "largest_loss_trade",
    "balance_drawdown_maximal",
    "balance_drawdown_maximal_percent",
    "recovery_factor",
    "max_consecutive_losses",
    "r_mean",
    "sqn",
    "sharpe_ratio",
    "gain_percent",
    "holding_median",
    "cost_share_percent",
)
_WIDTH = 120


@dataclass(frozen=True, slots=True)
class Cell:
    """One value, or why there is none. `apart` says how far it is from that of the first column; `bar` draws it beside
    the others."""

    head: str
    value: SafeString | str
    reason: str
    is_best: bool = False
    apart: str = ""
    bar: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    meaning: str
    url: str
    cells: Sequence[Cell]


def groups(
    heads: Sequence[str], sets: Sequence[FigureSet], definition: DefinitionSet, formats: Formats, *, shows_all: bool
) -> list[tuple[str, list[Row]]]:
    """The rows under their headings; of the main figures alone under one. `heads` name the columns, as `sets` are."""
    entries = _entries(definition, shows_all=shows_all)
    found: dict[str, list[Row]] = {}
    for entry in entries:
        if _is_told(entry, sets):
            title = said(entry.group) if shows_all else ""
            found.setdefault(title, []).append(_row(entry, heads, sets, formats, is_drawn=not shows_all))
    return list(found.items())


def untold(sets: Sequence[FigureSet], definition: DefinitionSet, *, shows_all: bool) -> list[str]:
    """The names of the figures that no column has a value of."""
    names = [in_words(entry).label for entry in _entries(definition, shows_all=shows_all) if not _is_told(entry, sets)]
    return list(dict.fromkeys(names))


def _entries(definition: DefinitionSet, *, shows_all: bool) -> Sequence[FigureEntry]:
    entries = [entry for entry in entries_in(definition) if entry.group != "Account"]
    by_key = {entry.key: entry for entry in entries}
    return entries if shows_all else [by_key[key] for key in MAIN if key in by_key]


def _is_told(entry: FigureEntry, sets: Sequence[FigureSet]) -> bool:
    return any(of.value(entry.key) is not None for of in sets)


def _row(
    entry: FigureEntry, heads: Sequence[str], sets: Sequence[FigureSet], formats: Formats, *, is_drawn: bool
) -> Row:
    figures = [of.figures.get(entry.key) for of in sets]
    currencies = [of.currency for of in sets]
    best = best_value(entry, figures, currencies)
    texts = [_text(entry, figure, of, formats) for figure, of in zip(figures, sets, strict=True)]
    best_text = texts[[figure.value if figure else None for figure in figures].index(best)] if best is not None else ""
    # Values that read the same are equally good; where all do, none is better.
    has_best = bool(best_text) and len({text for text in texts if text}) > 1
    is_drawn = is_drawn and is_comparable(entry, currencies)
    bars = _bars(texts, figures, entry.kind) if is_drawn else [None] * len(sets)
    cells = [
        Cell(
            head,
            shown(entry, figure, of, formats) if figure and figure.value is not None else "",
            said(figure.reason) if figure else "",
            has_best and text == best_text,
            _apart(entry, figures[0], figure, formats, of.currency) if is_drawn and text and texts[0] and place else "",
            bar,
        )
        for place, (head, figure, of, text, bar) in enumerate(zip(heads, figures, sets, texts, bars, strict=True))
    ]
    return Row(_label(entry), in_words(entry).meaning, reverse("figure_detail", args=[entry.key]), cells)


def _label(entry: FigureEntry) -> str:
    """What another figure says in money has a row of its own here in percent."""
    of_money = BY_KEY.get(entry.key.removesuffix("_percent"), entry)
    label = in_words(entry).label
    return f"{label}, %" if of_money is not entry and of_money.label == entry.label else label


def _text(entry: FigureEntry, figure: FigureValue | None, of: FigureSet, formats: Formats) -> str:
    """The value as it reads; "" where there is none, or too little behind it."""
    if figure is None or figure.value is None or is_thin(entry, figure):
        return ""
    return plain_text(figure.value, entry.kind, of.currency, formats)


def _bars(texts: Sequence[str], figures: Sequence[FigureValue | None], kind: Kind) -> list[dict[str, Any] | None]:
    """Their lengths beside each other. Zero stands at the left; where some are below it, in the middle."""
    values = [figure.value if figure and text else None for figure, text in zip(figures, texts, strict=True)]
    known = [value for value in values if value is not None]
    widest = max((abs(value) for value in known), default=Decimal(0))
    if len(known) < 2 or not widest:
        return [None] * len(values)
    room = _WIDTH // 2 if min(known) < 0 else _WIDTH
    return [None if value is None else _bar(value, widest, room, kind) for value in values]


def _bar(value: Decimal, widest: Decimal, room: int, kind: Kind) -> dict[str, Any]:
    width = max(int(abs(value) * room / widest), 1) if value else 0
    start = _WIDTH - room
    name = direction(value) if kind == "signed" else "plain"
    return {"x": start - width if value < 0 else start, "width": width, "name": name, "zero": start}


def _apart(
    entry: FigureEntry, first: FigureValue | None, figure: FigureValue | None, formats: Formats, currency: str
) -> str:
    if first is None or figure is None or first.value is None or figure.value is None or entry.kind == "duration":
        return ""
    apart = figure.value - first.value
    if entry.kind == "percent":
        return _("%(points)s points") % {"points": _signed(formats.number(apart, 2), apart)}
    if entry.kind in ("money", "signed"):
        return formats.signed(apart, currency)
    return _signed(plain_text(apart, entry.kind, currency, formats), apart)


def _signed(text: str, value: Decimal) -> str:
    return f"+{text}" if value > 0 else text
