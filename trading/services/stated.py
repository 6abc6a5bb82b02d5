"""The totals that a file states, beside the figures computed from what was imported of it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from trading.calc.compare import Comparison, compare
from trading.calc.history import History
from trading.calc.metatrader import Figures, metatrader_figures
from trading.calc.undefined import why_undefined
from trading.history_adapter import history_from_parsed
from trading.queries.figures import fills_of, flows_of
from trading.services.tables import CASH_FLOW, EXECUTION
from trading.statements.rows import ParsedStatement, StatedFigure

NOT_COMPUTED = "This figure does not follow from trades: it is shown as the broker states it."


def stated_against_ours(parsed: ParsedStatement, account_id: UUID) -> list[dict[str, Any]]:
    """Each stated figure beside ours, in the order of the file; amounts are texts. The stage must still be there.

    Ours comes from the rows of the book that this file is about, read back after they were written: a row that got
    lost on the way shows as a difference.

    Shape: [{"key", "label", "stated", "printed" (the file's own text), "ours" (rounded as stated), "exact" (ours unrounded), "difference",
    "state" ("ties", "differs", "untrusted", "not_computed"), "reason"}].
    """
    if not parsed.stated:
        return []
    figures = metatrader_figures(_as_imported(parsed, account_id), "mt4" if parsed.header.platform == "mt4" else "mt5")
    compared = compare(parsed.stated, figures)
    return [_shown(figure, found, figures) for figure, found in zip(parsed.stated, compared, strict=True)]


def _as_imported(parsed: ParsedStatement, account_id: UUID) -> History:
    """Fills and flows as the book has them now; what only the broker knows (margin, floating profit) from the file."""
    without_rows = history_from_parsed(replace(parsed, trades=(), executions=(), cash_flows=()))
    fills = fills_of(account_id, among=EXECUTION.stage)
    return replace(without_rows, fills=fills, flows=flows_of(account_id, among=CASH_FLOW.stage))


def _shown(figure: StatedFigure, found: Comparison, figures: Figures) -> dict[str, Any]:
    return {
        "key": found.key,
        "label": figure.label,
        "stated": _text(found.stated),
        "printed": figure.text,
        "ours": _text(found.ours_rounded),
        "exact": _text(found.ours),
        "difference": _text(found.difference),
        "state": found.state,
        "reason": figure.untrusted or _why_missing(found.key, figures),
    }


def _why_missing(key: str, figures: Figures) -> str:
    return why_undefined(key, figures) if key in figures else NOT_COMPUTED


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
