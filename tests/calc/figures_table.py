"""Every figure that the sample reports state, beside ours. `python -m tests.calc.figures_table` prints the table."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from tests.samples import sample
from trading.calc.compare import Comparison, compare
from trading.calc.metatrader import Definition, Figures, metatrader_figures
from trading.history_adapter import history_from_parsed
from trading.statements import read_statement
from trading.statements.rows import ParsedStatement

#: Every sample account of MetaTrader, and how many figures it states.
FILES = {
    "mt4/detailed-eur-mixed-line-ends.htm": 49,
    "mt4/detailed-jpy-partial-closes.htm": 49,
    "mt4/detailed-usd-cp1251-period.htm": 49,
    "mt4/detailed-usd-gbk-magic-comments.htm": 49,
    "mt4/detailed-usd-no-deposit-row.htm": 49,
    "mt4/statement-jpy-earlier-export.htm": 16,
    "mt4/statement-usd-financing.htm": 16,
    "mt4/statement-usd-html-named-xls.xls": 16,
    "mt5-html/history-eur-85-open.html": 49,
    "mt5-html/history-jpy-japanese-day1.html": 47,
    "mt5-html/history-jpy-japanese-day2.html": 49,
    "mt5-html/trade-jpy-japanese-odd-byte.html": 10,
    "mt5-xlsx/history-eur-slovak-three-sheets.xlsx": 5,
    "mt5-xlsx/history-usd-credit-named-csv.csv": 49,
    "mt5-xlsx/history-usd-french-100k.xlsx": 47,
    "mt5-xlsx/history-usd-french-200k.xlsx": 47,
    "mt5-xlsx/history-usd-french-export1.xlsx": 47,
    "mt5-xlsx/history-usd-french-export2.xlsx": 49,
    "mt5-xlsx/history-usd-french-pandas1.xlsx": 0,
    "mt5-xlsx/history-usd-french-pandas2.xlsx": 0,
    "mt5-xlsx/history-usd-open-positions.xlsx": 49,
    "mt5-xlsx/history-usd-partial-closes.xlsx": 47,
    "mt5-xlsx/trade-usd-french-open-only.xlsx": 10,
}

SPLIT_BY_HAND = "The totals row points at another sheet, and covers rows that were cut from the file."

#: The only figures that need not tie, each with its reason.
EXCEPTIONS = {
    ("mt5-xlsx/history-eur-slovak-three-sheets.xlsx", "deals_total_commission"): SPLIT_BY_HAND,
    ("mt5-xlsx/history-eur-slovak-three-sheets.xlsx", "deals_total_fee"): SPLIT_BY_HAND,
    ("mt5-xlsx/history-eur-slovak-three-sheets.xlsx", "deals_total_swap"): SPLIT_BY_HAND,
    ("mt5-xlsx/history-eur-slovak-three-sheets.xlsx", "deals_total_profit"): SPLIT_BY_HAND,
}


@dataclass(frozen=True, slots=True)
class Stated:
    """A figure of expected.json, which was read off the file by hand and eye, not by our reader."""

    key: str
    value: Decimal
    untrusted: str = ""


def expected(name: str) -> dict[str, Any]:
    """What expected.json, beside the samples, says of a file."""
    found: dict[str, Any] = _expected_of(sample("expected.json"))[name]
    return found


@cache
def _expected_of(path: Path) -> dict[str, Any]:
    files: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["files"]
    return files


def stated_figures(name: str) -> list[Stated]:
    """What the file states, those figures included that can't be right."""
    entry = expected(name)
    wrong = entry.get("stated_untrustworthy", {})
    return [Stated(key, Decimal(text)) for key, text in entry["stated"].items()] + [
        Stated(key, Decimal(text), wrong["why"]) for key, text in wrong.items() if key != "why"
    ]


def read(name: str) -> ParsedStatement:
    return read_statement(sample(name))


def figures_of(parsed: ParsedStatement) -> Figures:
    definition: Definition = "mt4" if parsed.header.platform == "mt4" else "mt5"
    return metatrader_figures(history_from_parsed(parsed), definition)


def comparisons(name: str) -> list[Comparison]:
    return compare(stated_figures(name), figures_of(read(name)))


def table(rows: Sequence[tuple[str, Sequence[Comparison]]]) -> str:
    """One line per file: how many figures it states, how many tie, and each that does not with its reason."""
    lines = [f"{'file':48} {'stated':>6} {'tie':>5}  not tied"]
    for name, found in rows:
        others = [f"{row.key} ({EXCEPTIONS.get((name, row.key), row.state)})" for row in found if row.state != "ties"]
        lines.append(f"{name:48} {len(found):6} {len(found) - len(others):5}  {'; '.join(others)}".rstrip())
    found_in_all = [row for _, found in rows for row in found]
    tied = sum(row.state == "ties" for row in found_in_all)
    lines.append(f"{'all':48} {len(found_in_all):6} {tied:5}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table([(name, comparisons(name)) for name in FILES]))
