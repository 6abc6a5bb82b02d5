"""The balance proof over real reports: it ends on the printed balance, and at every deal on the way."""

from datetime import UTC
from decimal import Decimal

import pytest

from tests.calc.figures_table import FILES, figures_of, read
from trading.calc.balance_proof import BalanceProof, StatedBalance, balance_proof
from trading.calc.rounding import to_places
from trading.history_adapter import history_from_parsed
from trading.statements.rows import ParsedStatement

WITH_BALANCES = [name for name, stated in FILES.items() if stated and "trade-" not in name]


def stated_balances(parsed: ParsedStatement) -> list[StatedBalance]:
    """The Balance column of the deals, which includes credit."""
    deals = [(row.executed_at, row.balance_after, row.sequence) for row in parsed.executions]
    cash = [(row.booked_at, row.balance_after, row.sequence) for row in parsed.cash_flows]
    return [
        StatedBalance(at.replace(tzinfo=UTC), balance, sequence, includes_credit=True)
        for at, balance, sequence in (*deals, *cash)
        if balance is not None
    ]


def prove(parsed: ParsedStatement) -> BalanceProof:
    history = history_from_parsed(parsed)
    assert history.opening_balance is not None
    return balance_proof(history.opening_balance, history.flows, history.fills, stated_balances(parsed), zone=UTC)


@pytest.mark.parametrize("name", WITH_BALANCES)
def test_every_day_of_the_sample_ties(name: str) -> None:
    parsed = read(name)
    proof = prove(parsed)
    assert proof.days
    assert [(day.on, day.difference) for day in proof.days if to_places(day.difference or Decimal(0), 2)] == []
    assert proof.closing == figures_of(parsed)["balance"]


def test_every_day_of_a_report_with_deals_has_a_stated_balance() -> None:
    proof = prove(read("mt5-xlsx/history-usd-french-export2.xlsx"))
    assert len(proof.days) >= 10
    assert all(day.stated is not None for day in proof.days)


def test_a_missing_deal_breaks_the_proof_on_its_day() -> None:
    parsed = read("mt5-xlsx/history-usd-partial-closes.xlsx")
    history = history_from_parsed(parsed)
    lost = next(fill for fill in history.fills if fill.gross_profit == Decimal("-12.50"))
    left = [fill for fill in history.fills if fill is not lost]
    proof = balance_proof(Decimal(0), history.flows, left, stated_balances(parsed), zone=UTC)
    assert proof.first_break is not None
    assert [proof.first_break.on, proof.first_break.difference] == [lost.at.date(), Decimal("12.50")]
