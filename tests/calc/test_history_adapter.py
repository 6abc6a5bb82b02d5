"""From the rows of a statement to the input of the arithmetic."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from trading.history_adapter import history_from_parsed
from trading.statements.rows import (
    AccountFigures,
    AccountHeader,
    CashFlowRow,
    Direction,
    ExecutionRow,
    FlowKind,
    ParsedStatement,
    PositionRow,
    Side,
    TradeRow,
)

AT = datetime(2026, 3, 2, 9, 30)
ZERO = Decimal(0)

TRADE = TradeRow(
    ticket="501",
    symbol="EURUSD",
    side=Side.BUY,
    volume_lots=Decimal("0.1"),
    closed_volume_lots=Decimal("0.1"),
    opened_at=AT,
    opened_text="",
    open_price=Decimal("1.1"),
    closed_at=AT,
    closed_text="",
    close_price=Decimal("1.2"),
    stop_loss=None,
    take_profit=None,
    commission=Decimal("-1.40"),
    swap=Decimal("-0.20"),
    fee=Decimal("-0.10"),
    gross_profit=Decimal("10.00"),
)
EXECUTION = ExecutionRow(
    deal_id="7",
    ticket="501",
    symbol="EURUSD",
    direction=Direction.OUT,
    side=Side.SELL,
    volume_lots=Decimal("0.1"),
    price=Decimal("1.2"),
    executed_at=AT,
    executed_text="",
    sequence=7,
    commission=Decimal("-0.70"),
    swap=ZERO,
    fee=ZERO,
    gross_profit=Decimal("10.00"),
)
POSITION = PositionRow(
    ticket="502",
    symbol="EURUSD",
    side=Side.SELL,
    volume_lots=Decimal("0.1"),
    opened_at=AT,
    opened_text="",
    open_price=Decimal("1.1"),
    current_price=None,
    stop_loss=None,
    take_profit=None,
    swap=Decimal("-0.50"),
    commission=ZERO,
    floating_profit=Decimal("12.00"),
)


def statement(platform: str = "mt5") -> ParsedStatement:
    return ParsedStatement("x", 1, AccountHeader(number="1", platform=platform), opening_balance=Decimal(100))


def test_the_exit_of_a_buy_belongs_to_a_buy() -> None:
    reversal = replace(EXECUTION, direction=Direction.IN_OUT, side=Side.BUY)
    entry = replace(EXECUTION, direction=Direction.IN, side=Side.BUY)
    history = history_from_parsed(replace(statement(), executions=[EXECUTION, reversal, entry]))
    assert [(fill.side, fill.is_exit) for fill in history.fills] == [("buy", True), ("sell", True), ("buy", False)]


def test_a_ticket_of_metatrader_4_is_one_fill_with_all_its_costs() -> None:
    still_open = replace(TRADE, ticket="502", closed_at=None)
    parsed = replace(statement("mt4"), trades=[TRADE, still_open], executions=[EXECUTION])
    (fill,) = history_from_parsed(parsed).fills
    assert [fill.net, fill.sequence] == [Decimal("8.30"), 501]
    assert fill.is_exit


def test_trades_stand_in_for_fills_where_a_file_lists_none() -> None:
    (fill,) = history_from_parsed(replace(statement(), trades=[TRADE])).fills
    assert [fill.net, fill.side, fill.at] == [Decimal("8.30"), "buy", AT.replace(tzinfo=UTC)]


def test_cash_and_positions_are_taken_over() -> None:
    credit = CashFlowRow("9", FlowKind.CREDIT, Decimal(50), AT, "", 9)
    history = history_from_parsed(replace(statement(), cash_flows=[credit], positions=[POSITION]))
    assert [(flow.kind, flow.amount, flow.sequence) for flow in history.flows] == [("credit", Decimal(50), 9)]
    assert [position.floating_profit for position in history.positions] == [12]
    assert history.opening_balance == 100


def test_a_report_of_open_positions_gives_its_own_balance_and_credit() -> None:
    figures = AccountFigures(balance=Decimal(500), credit=Decimal(20), margin=Decimal(10))
    parsed = replace(statement(), figures=figures, has_history=False, opening_balance=None, positions=[POSITION])
    history = history_from_parsed(parsed)
    assert [history.opening_balance, history.credit, history.margin] == [500, 20, 10]


def test_notices_a_broker_that_leaves_floating_profit_out_of_the_free_margin() -> None:
    figures = AccountFigures(balance=Decimal(500), credit=ZERO, margin=Decimal(10), free_margin=Decimal(490))
    with_position = replace(statement(), figures=figures, positions=[POSITION])
    assert not history_from_parsed(with_position).free_margin_counts_floating
    usual = replace(with_position, figures=replace(figures, free_margin=Decimal("501.50")))
    assert history_from_parsed(usual).free_margin_counts_floating
    assert history_from_parsed(replace(with_position, positions=[])).free_margin_counts_floating
