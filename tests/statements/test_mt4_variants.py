"""Statements of MetaTrader 4 as other brokers, builds and languages print them."""

from decimal import Decimal

import pytest

from tests.statements.builders import MT4_TERMINAL_LABELS, mt4_balance, mt4_daily, mt4_order, mt4_page, mt4_trade
from trading.calc.metatrader import metatrader_figures
from trading.history_adapter import history_from_parsed
from trading.statements import read_statement
from trading.statements.rows import FlowKind, ParsedStatement, Side

D = Decimal
LABELS = MT4_TERMINAL_LABELS
ROW = ["1", "2024.01.02 10:00:00", "buy", "0.10", "eurusd", "1.1", "0", "0", "2024.01.02 11:00:00", "1.2"]


def read(page: str) -> ParsedStatement:
    return read_statement(page.encode())


def row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n"


def stated(statement: ParsedStatement) -> dict[str, Decimal]:
    return {figure.key: figure.value for figure in statement.stated}


@pytest.mark.parametrize("account", ["A/C No: <b>700</b>", "A/C No <b>700</b>", "Account: 700 (live)"])
def test_a_mailed_daily_statement_is_read_whole(account: str) -> None:
    flow = row("99", "2024.01.05 09:00:00", "balance").replace("</tr>", "<td colspan=9>Deposit</td><td>7.00</td></tr>")
    statement = read(mt4_daily(flow, account=account))
    closed, still_open = statement.trades
    assert (statement.header.number, statement.header.name) == ("700", "Ann Example")
    assert (statement.header.broker, statement.header.currency) == ("Example GmbH", "")
    assert statement.header.reported_text == "2024 January 5, 23:59" and statement.header.reported_at is not None
    assert (closed.commission, closed.swap, closed.fee, closed.gross_profit) == (
        D("-0.07"),
        D("-0.01"),
        D(0),
        D("5.00"),
    )
    assert still_open.closed_at is None and statement.positions[0].floating_profit == D("5.00")
    assert statement.cash_flows[0].amount == 7 and not statement.problems
    assert stated(statement)["margin_free"] == D("999.84") and statement.opening_balance == 1_000


def test_a_mailed_monthly_statement_does_not_say_what_was_before() -> None:
    statement = read(mt4_daily(title="Monthly Statement", previous=""))
    assert statement.opening_balance == 1_000 and not statement.problems
    assert stated(statement)["floating"] == D("4.92") and stated(statement)["equity"] == D("1009.84")
    figures = metatrader_figures(history_from_parsed(statement), "mt4")
    assert (figures["closed_profit"], figures["balance"]) == (D("4.92"), D("1004.92"))


@pytest.mark.parametrize(
    ("labels", "cells"),
    [
        ([*LABELS, "Comment"], [*ROW, "-1.00", "-0.30", "-0.20", "5.00", "robot"]),
        ([*LABELS, "Magic", "Comment"], [*ROW, "-1.00", "-0.30", "-0.20", "5.00", "12", "robot"]),
        (["N", *LABELS, "Comment"], ["1", *ROW, "-1.00", "-0.30", "-0.20", "5.00", "robot"]),
        (
            ["Ticket", "Magic", *LABELS[1:], "Comment"],
            ["1", "12", *ROW[1:], "-1.00", "-0.30", "-0.20", "5.00", "robot"],
        ),
        (
            [*LABELS[:3], "Symbol", "Lots", *LABELS[5:], "Comment"],
            [*ROW[:3], "eurusd", "0.10", *ROW[5:], "-1.00", "-0.30", "-0.20", "5.00", "robot"],
        ),
    ],
)
def test_a_broker_may_add_columns_and_change_their_order(labels: list[str], cells: list[str]) -> None:
    counter, magic = (["2"] * (labels[0] == "N"), [""] * (labels[1] == "Magic"))
    flow = "".join(f"<td>{cell}</td>" for cell in [*counter, "9", *magic, ROW[1], "balance"])
    flow = f"<tr>{flow}<td colspan=10>Deposit</td><td>100.00</td></tr>"
    statement = read(mt4_page([row(*cells), flow], labels=labels))
    (trade,) = statement.trades
    assert (trade.ticket, trade.symbol, trade.volume_lots) == ("1", "eurusd", D("0.10"))
    assert (trade.commission, trade.fee, trade.swap) == (D("-1.00"), D("-0.30"), D("-0.20"))
    assert (trade.gross_profit, trade.comment) == (D("5.00"), "robot")
    assert trade.strategy_id == ("12" if "Magic" in labels else "")
    assert statement.cash_flows[0].amount == 100 and statement.cash_flows[0].comment == "Deposit"


def test_a_counter_in_front_is_no_ticket_in_any_language() -> None:
    page = mt4_page([row("1", "77", *ROW[1:], "-1.00", "-0.30", "-0.20", "5.00")], labels=["項目"] * 15)
    assert [(trade.ticket, trade.gross_profit) for trade in read(page).trades] == [("77", D("5.00"))]


def test_a_template_without_costs_has_only_swap_and_profit() -> None:
    labels = [label for label in LABELS if label not in ("Commission", "Taxes")]
    totals = "<tr><td colspan=10></td><td>-0.20</td><td>5.00</td></tr>\n"
    statement = read(mt4_page([row(*ROW, "-0.20", "5.00"), totals], labels=labels))
    (trade,) = statement.trades
    assert (trade.commission, trade.fee) == (D(0), D(0))
    assert (trade.swap, trade.gross_profit) == (D("-0.20"), D("5.00"))
    assert (stated(statement)["closed_swap"], stated(statement)["closed_gross"]) == (D("-0.20"), D("5.00"))


def test_totals_belong_to_the_table_above_them_when_another_is_empty() -> None:
    totals = "<tr><td colspan=10></td><td>0.00</td><td>0.00</td><td>0.00</td><td>7.00</td></tr>\n"
    statement = read(mt4_page([], [mt4_trade(5, "7.00", closed=""), totals]))
    assert stated(statement)["open_gross"] == 7 and "closed_gross" not in stated(statement)
    assert not any(figure.untrusted for figure in statement.stated)


def test_a_comment_without_columns_in_a_row_of_its_own_links_partial_closes() -> None:
    comment = "<tr><td></td><td></td><td colspan=12>{}</td></tr>\n"
    rows = [mt4_trade(1, "1.00"), comment.format("to #2"), mt4_trade(2, "2.00"), comment.format("from #1[sl]")]
    head, rest = read(mt4_page(rows)).trades
    assert (head.comment, rest.comment, rest.parent_ticket) == ("to #2", "from #1[sl]", "1")


def test_three_parts_of_one_position_are_a_chain() -> None:
    titles = ["to #2", "to #3", "from #2[tp]", "split from #1", "close hedge by #4"]
    trades = read(mt4_page([mt4_trade(n, "1.00", title=title) for n, title in enumerate(titles, start=1)])).trades
    assert [trade.parent_ticket for trade in trades] == ["", "1", "2", "1", ""]


def test_an_order_that_ended_without_a_fill_is_counted_whatever_it_is_called() -> None:
    ends = ["deleted", "expired", "[sl]", "取消"]
    rows = [mt4_order(number).replace("cancelled", end) for number, end in enumerate(ends)]
    rows.append(mt4_order(9).replace("buy limit", "买入限价"))
    statement = read(mt4_page(rows))
    assert statement.counts["cancelled_orders"] == 5 and not statement.problems and not statement.trades


def test_balance_rows_of_every_kind_are_cash_flows() -> None:
    rows = [
        mt4_balance(1, "1 000.00"),
        mt4_balance(2, "500.00", "Credit In", kind="credit"),
        mt4_balance(3, "-500.00", "Credit Out", kind="credit"),
        mt4_balance(4, "-1.00", "Commission: 0.1 lot #2"),
        mt4_balance(5, "1.00", "Rebate #2"),
        mt4_balance(6, "-0.20", "Swap #2"),
        mt4_balance(7, "-3.00", "10352"),
    ]
    kinds = [flow.kind.value for flow in read(mt4_page(rows)).cash_flows]
    assert kinds == ["deposit", "credit", "credit", "fee", "bonus", "interest", "withdrawal"]


def test_a_balance_row_may_print_zeros_in_the_columns_that_do_not_concern_it() -> None:
    zeros = row("9", ROW[1], "balance", "0.00", "", "0.00", "0.0", "0.0", ROW[8], "0.00", "0", "0", "0", "1 000.00")
    (flow,) = read(mt4_page([zeros])).cash_flows
    assert (flow.kind, flow.amount, flow.comment) == (FlowKind.DEPOSIT, D(1_000), "")


@pytest.mark.parametrize(
    ("cells", "currency", "leverage", "is_dated"),
    [
        (["Account: 700", "Name: ", "Currency: ", "Leverage: ", "2024 January 05, 12:30"], "", None, True),
        (
            ["Account:", "700", "Name:", "Ann", "Currency:", "USC", "Leverage:", "1:500", "2024.01.05 12:30"],
            "USC",
            500,
            True,
        ),
        (["Счёт: 700", "Имя: Анна", "Валюта: BTC", "Плечо: 1:100", "2024 Январь 5, 12:30"], "BTC", 100, False),
        (["账户：700", "名称：安", "货币：USDT", "杠杆：1：100", "2024年1月5日 12:30"], "USDT", 100, True),
        (["Account 700", "Ann", "2024.01.05 12:30 (local time)"], "", None, True),
    ],
)
def test_the_heading_may_lack_parts_or_be_in_any_language(
    cells: list[str], currency: str, leverage: int | None, is_dated: bool
) -> None:
    page = mt4_page([mt4_trade(1, "5.00")])
    start = page.index("<tr align=left>")
    header = read(page[:start] + row(*cells) + page[page.index("</tr>", start) + 5 :]).header
    assert (header.number, header.currency, header.leverage) == ("700", currency, leverage)
    assert (header.reported_at is not None) is is_dated and header.reported_text == cells[-1]


def test_the_heading_may_give_each_part_a_row() -> None:
    page = mt4_page([mt4_trade(1, "5.00")]).replace("Statement: 700 - Ann Example", "Report")
    start = page.index("<tr align=left>")
    parts = row("Account: 700") + row("Name: Ann") + row("Currency: EUR") + row("2024 Jan. 5, 12:30")
    header = read(page[:start] + parts + page[page.index("</tr>", start) + 5 :]).header
    assert (header.number, header.name, header.currency) == ("700", "Ann", "EUR") and header.reported_at is not None


def test_a_summary_that_holds_label_and_figure_in_one_cell_is_read_by_its_labels() -> None:
    page = mt4_page([mt4_trade(1, "5.00")])
    start = page.index("<tr><td colspan=2><b>Deposit/Withdrawal")
    statement = read(page[:start] + row("Balance: 1 005.00", "Equity: 1 005.00", "Mood: 7") + "</table></body></html>")
    assert stated(statement) == {"balance": 1_005, "equity": 1_005} and "not recognised" in statement.problems[0].reason


@pytest.mark.parametrize("side", ["BUY", "買い", "买", "Покупка", "Acquisto", "Kupno", "Alış", "매수", "Mua", "Compra"])
def test_buy_is_understood_in_the_languages_of_brokers_templates(side: str) -> None:
    assert [trade.side for trade in read(mt4_page([mt4_trade(1, "1.00", side=side)])).trades] == [Side.BUY]


@pytest.mark.parametrize("symbol", ["#AAPL", ".US30Cash", "EURUSD.", "GOLD (spot)", "BTC USD", "XAU/USD", "&amp;P500"])
def test_any_symbol_is_kept(symbol: str) -> None:
    (trade,) = read(mt4_page([mt4_trade(1, "1.00").replace("eurusd", symbol)])).trades
    assert trade.symbol == symbol.replace("&amp;", "&")


@pytest.mark.parametrize(
    ("size", "lots"), [("100 000", "100000"), ("0.00000001", "0.00000001"), ("10K", "10000"), ("1 000.50", "1000.50")]
)
def test_any_size_is_kept(size: str, lots: str) -> None:
    assert read(mt4_page([mt4_trade(1, "1.00", size=size)])).trades[0].volume_lots == D(lots)


def test_an_unreadable_row_tells_all_the_money_that_it_would_move() -> None:
    statement = read(mt4_page([mt4_trade(1, "5.00", size="x", commission="-1.00", swap="-0.50"), mt4_trade(2, "?")]))
    assert [problem.amount for problem in statement.problems] == [D("3.50"), None]
