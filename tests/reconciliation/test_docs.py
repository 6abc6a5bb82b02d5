"""Each worked row of docs/reconciliation.md is computed again."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest

from tradeportal.local import ROOT
from trading.calc.reconciliation import Row, Rules, balance_finding, reconcile
from trading.calc.symbols import Markets
from trading.models import AccountRules, Break, BreakType, SyncState

TEXT = (ROOT / "docs/reconciliation.md").read_text()
MIGRATION = import_module("trading.migrations.0010_instruments")
PIPS = {
    symbol: Decimal(pip)
    for _, pip, _, symbols in (("forex", "0.0001", 5, MIGRATION._PAIRS), *MIGRATION._OTHERS)
    for symbol in symbols.split()
} | {symbol: Decimal("0.01") for symbol in MIGRATION._PAIRS_OF_HUNDREDTHS.split()}
MARKETS = Markets(PIPS)


def table(heading: str) -> list[list[str]]:
    """The cells of the table whose head begins like this."""
    lines = TEXT[TEXT.index(f"\n| {heading}") + 1 :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def ids(rows: Sequence[Sequence[str]]) -> list[str]:
    return [" ".join(row) for row in rows]


LIKENESS = table("symbol | book | broker | book lots")
SYMBOLS = table("written")
PIP_ROWS = table("symbol | price as printed")
FIELDS = table("symbol | field")


@pytest.mark.parametrize("cells", LIKENESS, ids=ids(LIKENESS))
def test_likeness(cells: list[str]) -> None:
    symbol, book_price, broker_price, book_lots, broker_lots, apart, same = cells
    book = Row("1", symbol, "buy", Decimal(book_lots), Decimal(book_price))
    broker = Row("2", symbol, "buy", Decimal(broker_lots), Decimal(broker_price))
    pip = MARKETS.pip(symbol, [book.open_price, broker.open_price])
    assert abs(broker.open_price - book.open_price) / pip == Decimal(apart)
    assert bool(reconcile([broker], [book], Rules(), MARKETS).matches) is (same == "yes")


@pytest.mark.parametrize("cells", SYMBOLS, ids=ids(SYMBOLS))
def test_symbols(cells: list[str]) -> None:
    written, name = cells
    assert MARKETS.name(written) == name


@pytest.mark.parametrize("cells", PIP_ROWS, ids=ids(PIP_ROWS))
def test_pips(cells: list[str]) -> None:
    symbol, price, pip, why = cells
    assert MARKETS.pip(symbol, [Decimal(price)]) == Decimal(pip)
    assert (symbol in PIPS) is (why == "in the list")


@pytest.mark.parametrize("cells", FIELDS, ids=ids(FIELDS))
def test_differences(cells: list[str]) -> None:
    symbol, name, book_value, broker_value, expected = cells
    base = Row("1", symbol, "buy", Decimal(1), Decimal("4086.40" if symbol == "XAUUSD" else "1.10000"))
    book, broker = replace(base, **value(name, book_value)), replace(base, **value(name, broker_value))
    found = [finding.kind for finding in reconcile([broker], [book], Rules(), MARKETS).findings()]
    assert found == ([] if expected == "none" else [expected])


def value(name: str, text: str) -> dict[str, Any]:
    return {name: text if name == "side" else None if text == "none" else Decimal(text)}


def test_the_balance() -> None:
    found = balance_finding(Decimal("72917.90"), Decimal("73049.66"), Rules())
    assert found is not None
    assert f"**{found.amount:+}**" in TEXT
    assert "72,917.90 against the broker's 73,049.66" in TEXT


def test_every_type_state_and_status_is_explained() -> None:
    assert {row[0].strip("`") for row in table("type | when")} == set(BreakType.values)
    assert {row[0] for row in table("state | counts")} == set(Break.State.values)
    assert {row[0].strip("`") for row in table("status | when")} == set(SyncState.Status.values)


def test_the_defaults_are_those_of_the_rules() -> None:
    stored, rules = AccountRules(), Rules()
    assert (Decimal(stored.match_volume_ratio), Decimal(stored.match_price_pips)) == (
        rules.match_volume_ratio,
        rules.match_price_pips,
    )
    assert (Decimal(stored.slippage_pips), Decimal(stored.volume_break_ratio)) == (
        rules.slippage_pips,
        rules.volume_break_ratio,
    )
    assert Decimal(stored.balance_tolerance) == rules.balance_tolerance
    assert stored.stale_after_s == rules.stale_after.total_seconds()
