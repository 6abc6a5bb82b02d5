"""The MetaTrader 4 reader, on small pages of its shape."""

from decimal import Decimal

import pytest

from tests.statements.builders import MT4_LABELS, mt4_balance, mt4_order, mt4_page, mt4_trade
from trading.statements import read_statement
from trading.statements.rows import Direction, FlowKind, ParsedStatement, Side

JAPANESE = {
    "Account": "口座番号",
    "Name": "氏名",
    "Currency": "通貨",
    "Closed Transactions": "決済済み取引",
    "Summary": "要約",
    "Balance": "残高",
    "Equity": "有効証拠金",
}


def read(page: str, encoding: str = "utf-8") -> ParsedStatement:
    return read_statement(page.encode(encoding))


def test_reads_a_translated_template_with_its_newest_trade_first() -> None:
    rows = [mt4_trade(3, "5.00", closed="2024.01.03 09:00:00"), mt4_trade(2, "-1 200.50"), mt4_balance(1, "10 000.00")]
    plain = read(mt4_page(list(reversed(rows))))
    translated = read(mt4_page(rows, labels=["項目"] * 14, words=JAPANESE), "cp932")
    assert {row.ticket: row.gross_profit for row in translated.trades} == {
        "3": Decimal("5.00"),
        "2": Decimal("-1200.50"),
    }
    assert {row.ticket: row.net for row in map(_Net, plain.trades)} == {
        row.ticket: row.net for row in map(_Net, translated.trades)
    }
    assert translated.header.number == "700" and translated.cash_flows[0].amount == 10_000


class _Net:
    def __init__(self, trade: object) -> None:
        self.ticket = trade.ticket  # type: ignore[attr-defined]
        self.net = trade.gross_profit  # type: ignore[attr-defined]


def test_money_sits_on_the_fill_that_closes() -> None:
    statement = read(mt4_page([mt4_trade(5, "10.00", commission="-1.00", taxes="-0.30", swap="-0.20", side="sell")]))
    entry, leave = statement.executions
    assert (entry.deal_id, entry.direction, entry.side) == ("5:in", Direction.IN, Side.SELL)
    assert (leave.deal_id, leave.direction, leave.side) == ("5:out", Direction.OUT, Side.BUY)
    assert not any((entry.gross_profit, entry.commission, entry.swap, entry.fee))
    assert (leave.gross_profit, leave.commission) == (Decimal("10.00"), Decimal("-1.00"))
    assert (leave.swap, leave.fee) == (Decimal("-0.20"), Decimal("-0.30"))
    assert entry.is_derived and leave.is_derived and leave.sequence == 5


def test_an_open_trade_is_a_trade_and_a_position() -> None:
    statement = read(mt4_page([], [mt4_trade(7, "-3.00", closed="", swap="-0.50", title="#12 robot")]))
    (trade,), (position,) = statement.trades, statement.positions
    assert trade.closed_at is None and trade.close_price is None and trade.gross_profit == 0
    assert (trade.strategy_id, trade.comment) == ("12", "robot")
    assert (position.floating_profit, position.swap) == (Decimal("-3.00"), Decimal("-0.50"))
    assert statement.counts["open_trades"] == 1 and [fill.deal_id for fill in statement.executions] == ["7:in"]


def test_cancelled_and_working_orders_are_counted_and_not_stored() -> None:
    statement = read(mt4_page([mt4_order(1), mt4_order(2)], [], [mt4_order(3, closed="")]))
    assert not statement.trades and not statement.problems
    assert (statement.counts["cancelled_orders"], statement.counts["working_orders"]) == (2, 1)


def test_a_rest_knows_the_ticket_it_came_from_even_if_only_the_head_says_so() -> None:
    page = mt4_page(
        [mt4_trade(1, "1.00", title="to #2"), mt4_trade(2, "2.00"), mt4_trade(3, "1.00", title="from #2[sl]")]
    )
    statement = read(page)
    assert {row.ticket: row.parent_ticket for row in statement.trades} == {"1": "", "2": "1", "3": "2"}
    assert (statement.counts["partial_close_heads"], statement.counts["partial_close_rests"]) == (1, 1)


def test_a_second_row_under_a_trade_names_its_strategy() -> None:
    second = "<tr><td colspan=9>&nbsp;</td><td>8013</td><td colspan=3>The robot[tp]</td></tr>\n"
    statement = read(mt4_page([mt4_trade(1, "1.00") + second, mt4_order(2) + second]))
    assert (statement.trades[0].strategy_id, statement.trades[0].comment) == ("8013", "The robot[tp]")
    assert statement.counts["extra_comment_rows"] == 2 and not statement.problems


def test_a_script_in_a_comment_stays_text() -> None:
    nasty = "<script>alert('x')</script>"
    statement = read(mt4_page([mt4_balance(1, "5.00", nasty), mt4_trade(2, "1.00", title=nasty)]))
    assert statement.cash_flows[0].comment == nasty and statement.trades[0].comment == nasty
    raw = mt4_page([mt4_balance(1, "5.00").replace(">Deposit<", f">{nasty}<")])
    assert read(raw).cash_flows[0].comment == nasty


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (mt4_trade(9, "NaN"), "amount"),
        (mt4_trade(9, "Infinity"), "amount"),
        (mt4_trade(9, "1e400"), "amount"),
        (mt4_trade(9, "9" * 40), "amount"),
        (mt4_trade(9, "1,50"), "amount"),
        (mt4_trade(9, ""), "amount"),
        (mt4_trade(9, "1.00", size="-0.10"), "size"),
        (mt4_trade(9, "1.00", size="0.00"), "size"),
        (mt4_trade(9, "1.00", opened="9999.12.31 00:00:00"), "date"),
        (mt4_trade(9, "1.00", closed="2024.02.31 00:00:00"), "date"),
        (mt4_trade(9, "1.00", closed="2023.01.01 00:00:00"), "before it opens"),
        (
            mt4_trade(9, "1.00").replace("</tr>", "") + mt4_trade(8, "1.00").replace("<tr align=right>", ""),
            "run together",
        ),
        (mt4_trade(9, "1.00", side="swap"), "not known"),
        (mt4_trade(9, "1.00", prices=("x", "1.1")), "price"),
        (mt4_balance(9, "a lot"), "no amount"),
        (mt4_trade(1, "1.00"), "twice"),
        (mt4_trade(9, "1.00").replace("eurusd", "x" * 65), "symbol"),
        ("<tr><td>total</td><td>12.50</td><td>what</td><td>3</td></tr>", "not recognised"),
    ],
)
def test_a_row_that_makes_no_sense_is_a_problem_with_its_line_and_text(row: str, says: str) -> None:
    page = mt4_page([mt4_trade(1, "5.00"), row])
    statement = read(page)
    (problem,) = statement.problems
    assert says in problem.reason and problem.text
    start = row.strip().splitlines()[0]
    line = next(number for number, text in enumerate(page.splitlines(), start=1) if start in text and number > 4)
    assert problem.line in (line, line + 1)
    assert [trade.ticket for trade in statement.trades] == ["1"]


def test_what_the_account_held_before_comes_from_its_own_totals() -> None:
    stated = {"flows": "-500.00", "closed": "20.00", "balance": "1 020.00"}
    statement = read(mt4_page([mt4_balance(1, "-500.00", "x"), mt4_trade(2, "20.00")], stated=stated))
    assert statement.opening_balance == 1_500


def test_an_adjustment_that_opens_the_account_is_its_deposit() -> None:
    rows = [mt4_balance(1, "1 000.00", "ADJUSTMENT"), mt4_trade(2, "0.00"), mt4_balance(3, "-2.00", "Financing")]
    rows.append(mt4_balance(4, "1.00", "Adjustment", at="2024.01.05 00:00:00"))
    kinds = [flow.kind for flow in read(mt4_page(rows)).cash_flows]
    assert kinds == [FlowKind.DEPOSIT, FlowKind.INTEREST, FlowKind.CORRECTION]


def test_labels_do_not_matter() -> None:
    assert read(mt4_page([mt4_trade(1, "5.00")], labels=list(reversed(MT4_LABELS)))).trades[0].gross_profit == 5


def test_a_report_without_taxes_keeps_its_amounts_in_place() -> None:
    row = mt4_trade(1, "5.00", commission="-1.00", swap="-0.20").replace(
        "<td>0.00</td><td>-0.20</td>", "<td>-0.20</td>"
    )
    (trade,) = read(mt4_page([row], labels=[label for label in MT4_LABELS if label != "Taxes"])).trades
    assert (trade.commission, trade.swap) == (Decimal("-1.00"), Decimal("-0.20"))
    assert (trade.gross_profit, trade.fee) == (Decimal("5.00"), Decimal(0))


def test_the_title_names_the_account_where_no_row_does() -> None:
    page = mt4_page([mt4_trade(1, "5.00")]).replace("Account: 700", "").replace("Leverage: 1:100", "")
    header = read(page).header
    assert (header.number, header.name, header.leverage) == ("700", "Ann Example", None)


def test_a_summary_of_another_shape_is_read_by_its_labels_and_the_rest_is_told() -> None:
    page = mt4_page([mt4_trade(1, "5.00")])
    start = page.index("<tr><td colspan=2><b>Deposit/Withdrawal")
    other = "<tr><td>Balance:</td><td>105.00</td><td>Mood:</td><td>7</td></tr></table></body></html>"
    statement = read(page[:start] + other)
    assert {figure.key: figure.value for figure in statement.stated} == {"balance": Decimal("105.00")}
    assert "not recognised" in statement.problems[0].reason and statement.opening_balance is None


@pytest.mark.parametrize(("printed", "leverage"), [("1:0", None), ("1:99999", None), ("1:100", 100)])
def test_a_leverage_that_no_account_has_is_taken_for_none(printed: str, leverage: int | None) -> None:
    assert read(mt4_page([mt4_trade(1, "1.00")]).replace("1:100", printed)).header.leverage == leverage
