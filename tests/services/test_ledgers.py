"""The packed ledger of an account is what its fills say, one by one, and gives the same figures."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import BrokerAccount, Trader
from tests import make
from trading.calc.ledger import Ledger, Sums, ledger_of
from trading.calc.metatrader import Definition, metatrader_figures
from trading.models import Execution
from trading.queries.figures import fills_of, flows_of, opening_balance, read_figures, what_is_open
from trading.queries.ledgers import read_ledger

pytestmark = pytest.mark.django_db

MONEY = st.one_of(
    st.decimals(-5000, 5000, places=2),
    st.sampled_from([Decimal(0), Decimal("0.00000001"), Decimal("-12.5"), Decimal("7.000000000000"), Decimal(-300)]),
)
DEFINITIONS: list[Definition] = ["mt4", "mt5"]


@st.composite
def rows(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Fills and cash flows, some of them of the same moment and with the same number."""
    moments = st.integers(0, 20).map(lambda number: make.START + timedelta(microseconds=number * 333_333))
    numbers = draw(st.permutations(range(16)))
    fills = [
        {
            "executed_at": draw(moments),
            "sequence": numbers[index],
            "direction": draw(st.sampled_from(["in", "out", "in_out", "out_by"])),
            "side": draw(st.sampled_from(["buy", "sell"])),
            "is_derived": draw(st.booleans()),
            **{name: draw(MONEY) for name in ("gross_profit", "commission", "swap", "fee")},
        }
        for index in range(draw(st.integers(0, 14)))
    ]
    flows = [
        {
            "booked_at": draw(moments),
            "sequence": draw(st.integers(0, 16)),
            "kind": draw(st.sampled_from(["deposit", "credit", "dividend"])),
            "amount": draw(MONEY.filter(bool)),
        }
        for _ in range(draw(st.integers(0, 4)))
    ]
    return fills, flows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of=rows())
def test_the_packed_ledger_is_that_of_the_fills(of: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> None:
    account = make.account()
    make.committed_statement(account=account, opening_balance=Decimal("123.45"), period_start=make.START)
    for fill in of[0]:
        make.execution(account, **fill)
    for flow in of[1]:
        make.cash_flow(account, **flow)
    fills, flows = fills_of(account.pk), flows_of(account.pk)
    packed = read_ledger(Execution.objects.filter(account=account), flows)
    assert packed == ledger_of(fills, flows)
    since = make.START + timedelta(seconds=2)
    chosen = Execution.objects.filter(account=account, executed_at__gte=since)
    assert read_ledger(chosen, flows) == ledger_of([fill for fill in fills if fill.at >= since], flows)
    assert read_ledger(Execution.objects.none(), flows) == ledger_of((), flows)
    opening = opening_balance(account)
    history = replace(what_is_open(account), fills=fills, flows=flows, opening_balance=opening)
    for definition in DEFINITIONS:
        assert read_figures(account, definition) == metatrader_figures(history, definition)


def test_an_account_without_fills_has_an_empty_ledger(ann: Trader) -> None:
    assert read_ledger(Execution.objects.filter(account=make.account(ann)), ()) == Ledger([], b"", [], Sums())


@pytest.mark.parametrize("net", ["123456789012345678.5", "12345.000000000000000001", "1000000000000000000"])
def test_an_amount_too_long_to_be_packed_is_read_from_its_fill(ann: Trader, net: str) -> None:
    account = make.account(ann)
    make.execution(account, direction="out", gross_profit=Decimal(net))
    assert read_ledger(Execution.objects.filter(account=account), ()) is None
    assert read_figures(account, "mt5")["net_profit"] == Decimal(net)


def test_a_long_history_takes_no_more_queries(
    ann: Trader, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    account = BrokerAccount.objects.get(pk=make.account(ann).pk)
    for _ in range(3):
        make.exit_of(make.trade(account))
    assert Execution.objects.filter(account=account).count() == 3
    with django_assert_max_num_queries(8):
        read_figures(account, "mt5")
