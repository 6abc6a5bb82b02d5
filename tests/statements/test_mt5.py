"""The MetaTrader 5 reader, on small reports of its shape."""

import time
from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import pytest

from tests.statements.builders import DEAL_LABELS, html_page, mt5_rows, workbook
from trading.statements import read_statement
from trading.statements.rows import Direction, FlowKind, ParsedStatement

D = Decimal
NETTING = "700 (USD, Example-Server, real, Netting)"


def position(
    ticket: int,
    profit: str,
    *,
    volume: str = "0.1",
    closed: str = "2024.01.02 11:00:00",
    price: str = "1.2",
    side: str = "buy",
    swap: str = "0.00",
    opened: str = "2024.01.02 10:00:00",
) -> list[str]:
    head = [opened, str(ticket), "EURUSD", side, volume, "1.1", "", ""]
    return [*head, closed, price, "0.00", swap, profit]


def deal(
    number: int,
    direction: str,
    *,
    order: int = 0,
    side: str = "buy",
    volume: str = "0.1",
    price: str = "1.1",
    at: str = "2024.01.02 10:00:00",
    profit: str = "0.00",
    balance: str = "",
    comment: str = "",
    commission: str = "0.00",
) -> list[str]:
    head = [at, str(number), "EURUSD", side, direction, volume, price, str(order or number)]
    return [*head, commission, "0.00", "0.00", profit, balance, comment]


def balance_deal(
    number: int, kind: str, amount: str, balance: str, comment: str = "", direction: str = ""
) -> list[str]:
    head = ["2024.01.01 00:00:00", str(number), "", kind, direction, "0" if direction else "", "", ""]
    return [*head, "0.00", "0.00", "0.00", amount, balance, comment]


def read(rows: Sequence[Sequence[str]], encoding: str = "utf-16") -> ParsedStatement:
    return read_statement(html_page(rows).encode(encoding))


def tickets(statement: ParsedStatement) -> dict[str, str]:
    return {fill.deal_id: fill.ticket for fill in statement.executions}


def test_page_and_workbook_read_alike() -> None:
    rows = mt5_rows(positions=[position(900, "10.00")], deals=[deal(1, "in", order=900)])
    page, book = read(rows), read_statement(workbook({"Sheet1": rows}))
    assert [row.gross_profit for row in page.trades] == [row.gross_profit for row in book.trades] == [10]
    assert (page.format, book.format) == ("mt5-history-html", "mt5-history-xlsx")
    assert page.header == book.header


def test_a_report_split_over_sheets_reads_as_one() -> None:
    rows = mt5_rows(positions=[position(900, "10.00")], deals=[deal(1, "in", order=900)])
    cut = rows.index(["Deals"])
    split = read_statement(workbook({"One": rows[:cut], "Two": rows[cut:]}, encoding="utf-8"))
    assert len(split.trades) == 1 and split.counts["deals"] == 1


def test_a_closing_deal_goes_to_the_position_with_its_profit_not_to_the_first_in_line() -> None:
    statement = read(
        mt5_rows(
            positions=[position(900, "-5.00"), position(901, "7.00")],
            deals=[
                deal(1, "in", order=900),
                deal(2, "in", order=901),
                deal(3, "out", side="sell", price="1.2", at="2024.01.02 11:00:00", profit="7.00"),
                deal(4, "out", side="sell", price="1.2", at="2024.01.02 11:00:00", profit="-5.00"),
            ],
        )
    )
    assert tickets(statement) == {"1": "900", "2": "901", "3": "901", "4": "900"}


def test_profits_of_minus_one_and_minus_two_are_told_apart() -> None:
    statement = read(
        mt5_rows(
            positions=[position(900, "-1.00"), position(901, "-2.00")],
            deals=[
                deal(3, "out", side="sell", price="1.2", at="2024.01.02 11:00:00", profit="-2.00"),
                deal(4, "out", side="sell", price="1.2", at="2024.01.02 11:00:00", profit="-1.00"),
            ],
        )
    )
    assert tickets(statement) == {"3": "901", "4": "900"}


def test_parts_that_add_up_go_to_their_position() -> None:
    statement = read(
        mt5_rows(
            positions=[
                position(900, "6.00", volume="0.3", closed="2024.01.02 12:00:00", price="1.2"),
                position(901, "4.00", volume="0.2", closed="2024.01.02 12:30:00", price="1.2"),
            ],
            deals=[
                deal(1, "in", order=900, volume="0.3"),
                deal(2, "in", order=901, volume="0.2"),
                deal(3, "out", side="sell", volume="0.1", price="1.1", at="2024.01.02 11:00:00", profit="1.00"),
                deal(4, "out", side="sell", volume="0.1", price="1.1", at="2024.01.02 11:00:00", profit="2.00"),
                deal(5, "out", side="sell", volume="0.2", price="1.25", at="2024.01.02 12:00:00", profit="5.00"),
                deal(6, "out", side="sell", volume="0.1", price="1.3", at="2024.01.02 12:30:00", profit="2.00"),
            ],
        )
    )
    assert tickets(statement) == {"1": "900", "2": "901", "3": "900", "4": "901", "5": "900", "6": "901"}
    assert not statement.problems and not statement.notes


def test_an_exit_of_an_unknown_position_is_kept_and_told() -> None:
    statement = read(
        mt5_rows(deals=[deal(4, "out", side="sell", price="1.2", at="2024.01.02 11:00:00", profit="-5.00")])
    )
    assert tickets(statement) == {"4": ""}
    assert "Deal 4 closes a position" in statement.problems[0].reason and statement.problems[0].amount == -5


def test_a_close_by_closes_both_positions() -> None:
    statement = read(
        mt5_rows(
            positions=[
                position(900, "10.00", price="1.2", closed="2024.01.02 12:00:00"),
                position(901, "0.00", price="1.1", closed="2024.01.02 12:00:00", side="sell"),
            ],
            deals=[
                deal(1, "in", order=900),
                deal(2, "in", order=901, side="sell"),
                deal(3, "out by", side="sell", price="1.2", at="2024.01.02 12:00:00", profit="10.00", order=77),
                deal(4, "out by", side="buy", price="1.1", at="2024.01.02 12:00:00", order=77),
            ],
        )
    )
    assert tickets(statement) == {"1": "900", "2": "901", "3": "900", "4": "901"}
    assert statement.executions[2].direction is Direction.OUT_BY and statement.counts["closed_trades"] == 2


def test_a_netting_account_adds_reduces_and_reverses() -> None:
    statement = read(
        mt5_rows(
            account=NETTING,
            deals=[
                deal(1, "in", order=900, volume="0.1"),
                deal(2, "in", order=901, volume="0.1", at="2024.01.02 10:05:00"),
                deal(3, "out", order=902, side="sell", volume="0.1", at="2024.01.02 10:10:00", profit="1.00"),
                deal(4, "in/out", order=903, side="sell", volume="0.3", at="2024.01.02 10:15:00", profit="2.00"),
                deal(5, "out", order=904, side="buy", volume="0.2", at="2024.01.02 10:20:00", profit="3.00"),
            ],
        )
    )
    assert tickets(statement) == {"1": "900", "2": "900", "3": "900", "4": "900", "5": "903"}
    by_ticket = {trade.ticket: trade for trade in statement.trades}
    assert by_ticket["900"].closed_at is not None and by_ticket["900"].gross_profit == 3
    assert by_ticket["900"].volume_lots == D("0.2") == by_ticket["900"].closed_volume_lots
    assert by_ticket["903"].side == "sell" and by_ticket["903"].volume_lots == D("0.2")
    assert by_ticket["903"].closed_at is not None and by_ticket["903"].gross_profit == 3


def test_a_report_without_positions_makes_its_trades_of_deals() -> None:
    statement = read(
        mt5_rows(
            deals=[
                deal(1, "in", order=900, commission="-0.10", comment="robot"),
                deal(2, "out", side="sell", price="1.2", at="2024.01.02 11:00:00", profit="5.00", commission="-0.10"),
                deal(3, "in", order=901, at="2024.01.02 12:00:00", commission="-0.10"),
            ]
        )
    )
    closed, still_open = statement.trades
    assert (closed.ticket, closed.gross_profit, closed.commission) == ("900", D("5.00"), D("-0.20"))
    assert closed.comment == "robot" and closed.close_price == D("1.2")
    assert still_open.closed_at is None and still_open.commission == D("-0.10") and not statement.positions
    assert statement.counts["entries_without_exit"] == 1
    assert "volume and time only" in statement.notes[0]


def test_older_deals_have_no_fee_column() -> None:
    labels = {"Deals": [label for label in DEAL_LABELS if label != "Fee"]}
    row = deal(1, "in", order=900, commission="-0.70", balance="99.30")
    del row[9]
    (fill,) = read(mt5_rows(deals=[row], labels=labels)).executions
    assert (fill.commission, fill.fee, fill.balance_after) == (D("-0.70"), D(0), D("99.30"))


def test_credits_and_dividends_are_cash_flows() -> None:
    statement = read(
        mt5_rows(
            deals=[
                balance_deal(1, "balance", "100.00", "100.00", "Deposit"),
                balance_deal(2, "credit", "20.00", "120.00", "Credit-In", "in"),
                balance_deal(3, "dividend", "1.50", "121.50", "", "in"),
                balance_deal(4, "balance", "-30.00", "91.50"),
            ]
        )
    )
    assert [flow.kind for flow in statement.cash_flows] == [
        FlowKind.DEPOSIT,
        FlowKind.CREDIT,
        FlowKind.DIVIDEND,
        FlowKind.WITHDRAWAL,
    ]
    assert statement.opening_balance == 0 and statement.counts["cash_flows_dividend"] == 1


def test_a_jump_of_the_balance_column_is_told() -> None:
    deals = [balance_deal(1, "balance", "100.00", "100.00"), balance_deal(2, "balance", "5.00", "155.00")]
    assert "jumps by 50.00" in read(mt5_rows(deals=deals)).notes[0]


def test_a_total_that_the_rows_contradict_is_not_trusted() -> None:
    deals = [deal(1, "in", commission="-1.00", balance="99.00")]
    total = ["", "", "", "", "", "", "", "", "=SUM(Other!I1:I9)|-3.00", "0.00", "0.00", "0.00", "99.00"]
    statement = read_statement(workbook({"Sheet1": mt5_rows(deals=deals, tail=[total])}))
    stated = {figure.key: figure for figure in statement.stated}
    assert "another sheet" in stated["deals_total_commission"].untrusted
    assert "add up to -1.00" in stated["deals_total_commission"].untrusted
    assert not stated["deals_total_balance"].untrusted


def test_numbers_of_an_editor_are_read_as_they_were_meant() -> None:
    rows = mt5_rows(positions=[position(900, "-0.070000000000000007", price="0.88683999999999996")])
    (trade,) = read_statement(workbook({"Sheet1": rows}, encoding="utf-8")).trades
    assert (str(trade.gross_profit), str(trade.close_price)) == ("-0.07", "0.88684")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (position(900, "NaN"), "profit"),
        (position(900, "1e400"), "profit"),
        (position(900, ""), "profit"),
        (position(900, "1.00", swap="x"), "amount"),
        (position(900, "1.00", volume="-0.1"), "volume"),
        (position(900, "1.00", closed="2024.13.02 11:00:00"), "exist"),
        (position(900, "1.00", opened="9999.01.01 00:00:00"), "exist"),
        (position(900, "1.00", price="Infinity"), "price"),
        (position(900, "1.00", closed="2023.01.02 11:00:00"), "before it opens"),
        (position(1, "1.00"), "twice"),
        (position(900, "1.00", volume="0.5 / 0.1"), "more than it held"),
        ([*position(900, "1.00")[:2], "X" * 65, *position(900, "1.00")[3:]], "symbol"),
        (["lost", "12.5", "7"], "not recognised"),
    ],
)
def test_a_row_that_makes_no_sense_is_a_problem(row: list[str], says: str) -> None:
    statement = read(mt5_rows(positions=[position(1, "2.00"), row]))
    (problem,) = statement.problems
    assert says in problem.reason and problem.line == 10 and problem.text
    assert [trade.ticket for trade in statement.trades] == ["1"]


def test_hidden_cells_shift_nothing_and_an_odd_byte_at_the_end_is_forgiven() -> None:
    page = html_page(mt5_rows(positions=[position(900, "10.00")]))
    page = page.replace("<td nowrap>buy</td>", '<td nowrap>buy</td><td class="hidden" colspan="8">robot</td>')
    statement = read_statement(page.encode("utf-16") + b"\n")
    assert statement.trades[0].gross_profit == 10 and statement.trades[0].comment == "robot"


def test_tells_how_far_it_is() -> None:
    seen: list[tuple[int, int]] = []
    content = html_page(mt5_rows(positions=[position(900, "1.00")])).encode()
    read_statement(content, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(content), len(content))


def test_an_account_without_brackets_is_found_above_a_wide_table() -> None:
    statement = read(mt5_rows(positions=[position(900, "1.00")], account="12345"))
    assert (statement.header.number, statement.header.server) == ("12345", "")


def test_the_parts_of_the_account_may_be_missing() -> None:
    headers = [
        read(mt5_rows(account=account)).header
        for account in ("700 (USD, My Server)", "700 (EUR, Srv, real, Netting)", "700 (My Server, demo)")
    ]
    assert [(row.currency, row.server, row.kind, row.margin_mode) for row in headers] == [
        ("USD", "My Server", "", ""),
        ("EUR", "Srv", "real", "netting"),
        ("", "My Server", "demo", ""),
    ]


def test_a_strict_workbook_reads_like_any_other() -> None:
    content = workbook({"Sheet1": mt5_rows(positions=[position(900, "1.00")])}, encoding="utf-8", is_strict=True)
    assert [trade.ticket for trade in read_statement(content).trades] == ["900"]


def test_a_position_closed_in_part_and_still_open_is_one_trade() -> None:
    statement = read(
        mt5_rows(
            positions=[position(900, "4.00", volume="0.2 / 0.5")],
            deals=[
                deal(1, "in", order=900, volume="0.5"),
                deal(2, "out", side="sell", volume="0.2", price="1.2", at="2024.01.02 11:00:00", profit="4.00"),
            ],
            open_positions=[["2024.01.02 10:00:00", "900", "EURUSD", "buy", "0.3", "1.1", "", "", "1.3", "0", "9", ""]],
        )
    )
    (trade,), (still_open,) = statement.trades, statement.positions
    assert (trade.volume_lots, trade.closed_volume_lots, trade.closed_at) == (D("0.5"), D("0.2"), None)
    assert still_open.volume_lots == D("0.3") and tickets(statement) == {"1": "900", "2": "900"}


def test_a_netting_period_that_begins_with_a_position_open_finds_it() -> None:
    statement = read(
        mt5_rows(
            account=NETTING,
            positions=[position(900, "4.00", opened="2023.12.01 10:00:00")],
            deals=[deal(2, "out", side="sell", price="1.2", at="2024.01.02 11:00:00", profit="4.00")],
        )
    )
    assert tickets(statement) == {"2": "900"} and len(statement.trades) == 1


@pytest.mark.slow
def test_a_report_made_to_keep_the_reader_busy_ends_soon() -> None:
    leave = partial(deal, direction="out", volume="0.03", at="2024.01.02 11:00:00", side="sell", price="1.2")
    deals = [deal(number, "in", order=10_000 + number) for number in range(1, 2_001)]
    deals += [leave(number, profit=f"{number % 7}.01") for number in range(3_000, 5_000)]
    positions = [position(20_000 + number, "1000.00", volume="0.9") for number in range(500)]
    started = time.monotonic()
    statement = read(mt5_rows(positions=positions, deals=deals))
    assert time.monotonic() - started < 60
    assert len(statement.executions) == 4_000


def test_times_that_became_date_cells_are_times_again() -> None:
    styles = (
        '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="yyyy\\-mm\\-dd hh:mm"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="2"/></cellXfs></styleSheet>'
    )
    rows = mt5_rows(positions=[position(900, "1.00", opened="@45293.416666666664", closed="@45293.458333333336")])
    content = workbook({"Sheet1": rows}, encoding="utf-8", extra={"xl/styles.xml": styles.encode()})
    (trade,) = read_statement(content).trades
    assert (trade.opened_text, trade.closed_text) == ("2024.01.02 10:00:00", "2024.01.02 11:00:00")


def test_a_deal_of_an_unknown_type_is_a_problem_and_not_a_deposit() -> None:
    statement = read(mt5_rows(deals=[deal(1, "in", side="byu", order=900, profit="5.00")]))
    assert not statement.cash_flows and "'byu'" in statement.problems[0].reason


def test_two_rows_that_run_together_are_a_problem() -> None:
    statement = read(mt5_rows(positions=[position(1, "2.00"), [*position(2, "3.00"), *position(3, "4.00")]]))
    assert [trade.ticket for trade in statement.trades] == ["1"]
    assert "run together" in statement.problems[0].reason
