"""Reports of MetaTrader 5 as other builds, brokers, languages and account kinds print them."""

import re
from collections.abc import Sequence
from decimal import Decimal

import pytest

from tests.statements.builders import DEAL_LABELS, ORDER_LABELS, POSITION_LABELS, html_page, mt5_rows, workbook
from tests.statements.test_mt5 import NETTING, balance_deal, deal, position
from trading.calc.metatrader import Figures, metatrader_figures
from trading.history_adapter import history_from_parsed
from trading.statements import read_statement
from trading.statements.rows import ParsedStatement

D = Decimal
Rows = list[list[str]]
UNSTATED = "700 (USD, Server, real)"
DEALS = [
    deal(1, "in", order=900, balance="1000.00"),
    deal(2, "out", side="sell", price="1.2", at="2024.01.02 11:00:00", profit="10.00", balance="1010.00"),
]
ACCOUNT = [
    ["Balance:", "", "", "1 010.00", "", "", "Free Margin:", "", "", "", "1 010.00"],
    ["Credit Facility:", "", "", "0.00", "", "", "Margin:", "", "", "", "0.00"],
    ["Floating P/L:", "", "", "0.00", "", "", "Margin Level:", "", "", "", ""],
    ["Equity:", "", "", "1 010.00"],
]
RESULTS = [
    ["Total Net Profit:", "10.00", "Gross Profit:", "10.00", "Gross Loss:", "0.00"],
    ["Profit Factor:", "0.00", "Expected Payoff:", "10.00"],
    ["Recovery Factor:", "0.00", "Sharpe Ratio:", "0.00"],
    [
        "Balance Drawdown Absolute:",
        "0.00",
        "Balance Drawdown Maximal:",
        "0.00 (0.00%)",
        "Balance Drawdown Relative:",
        "0.00% (0.00)",
    ],
    ["Total Trades:", "1", "Short Trades (won %):", "0 (0.00%)", "Long Trades (won %):", "1 (100.00%)"],
    ["Profit Trades (% of total):", "1 (100.00%)", "Loss Trades (% of total):", "0 (0.00%)"],
    ["Largest profit trade:", "10.00", "Largest loss trade:", "0.00"],
    ["Average profit trade:", "10.00", "Average loss trade:", "0.00"],
    ["Maximum consecutive wins ($):", "1 (10.00)", "Maximum consecutive losses ($):", "0 (0.00)"],
    ["Maximal consecutive profit (count):", "10.00 (1)", "Maximal consecutive loss (count):", "0.00 (0)"],
    ["Average consecutive wins:", "1", "Average consecutive losses:", "0"],
]


def read(rows: Sequence[Sequence[str]]) -> ParsedStatement:
    return read_statement(html_page(rows).encode("utf-16"))


def stated(statement: ParsedStatement) -> dict[str, Decimal]:
    return {figure.key: figure.value for figure in statement.stated}


def figures(statement: ParsedStatement) -> Figures:
    return metatrader_figures(history_from_parsed(statement), "mt5")


def in_language(rows: Sequence[Sequence[str]], word: str) -> Rows:
    """The rows with every label replaced; values stay, as they do in the terminal."""
    labels = {*POSITION_LABELS, *DEAL_LABELS, *ORDER_LABELS}
    return [
        [
            f"{word} {place}" + ":" * text.endswith(":") if text in labels or text.endswith(":") else text
            for place, text in enumerate(row)
        ]
        for row in rows
    ]


REPORT = mt5_rows(positions=[position(900, "10.00")], deals=DEALS, tail=[*ACCOUNT, ["Results"], *RESULTS])


@pytest.mark.parametrize(
    "word",
    [
        "الوقت",
        "זמן",
        "زمان",
        "시간",
        "เวลา",
        "Thời gian",
        "Время",
        "Час",
        "时间",
        "時間",
        "Zaman",
        "Czas",
        "Zeit",
        "Ora",
        "Hora",
    ],
)
def test_every_language_reads_alike(word: str) -> None:
    plain, translated = read(REPORT), read(in_language(REPORT, word))
    assert stated(translated) == stated(plain) and len(plain.stated) == 44 - 3
    assert translated.trades == plain.trades and not translated.problems
    assert translated.header.number == "700" and translated.executions == plain.executions


def test_marks_of_writing_direction_are_no_part_of_a_value() -> None:
    marked = [[f"\u200f{text}\u200e" if text else "" for text in row] for row in REPORT]
    assert stated(read(marked)) == stated(read(REPORT)) and read(marked).trades == read(REPORT).trades


@pytest.mark.parametrize("missing", range(len(RESULTS)))
@pytest.mark.parametrize("word", ["", "Итог"])
def test_results_of_an_older_build_lose_only_what_they_do_not_hold(missing: int, word: str) -> None:
    left = [row for place, row in enumerate(RESULTS) if place != missing]
    rows = mt5_rows(positions=[position(900, "10.00")], deals=DEALS, tail=[*ACCOUNT, ["Results"], *left])
    statement = read(in_language(rows, word) if word else rows)
    whole, found = stated(read(REPORT)), stated(statement)
    assert found.items() <= whole.items()
    # In an unknown language, rows of one shape can't be told apart when one of them is missing: they are told.
    assert len(statement.problems) == (1 if word and missing in (1, 2, 6, 7) else 0)


def test_figures_of_a_newer_build_are_told_and_shift_nothing() -> None:
    more = [["Z-Score:", "0.50 (40.00%)", "AHPR:", "1.0010 (0.10%)"], ["LR Correlation:", "0.99", "LR Error:", "12.10"]]
    tail = [*ACCOUNT, ["Results"], *RESULTS[:3], *more, *RESULTS[3:]]
    statement = read(mt5_rows(positions=[position(900, "10.00")], deals=DEALS, tail=tail))
    assert stated(statement) == stated(read(REPORT)) and len(statement.problems) == 2


@pytest.mark.parametrize("with_headings", [True, False])
def test_a_period_in_which_nothing_happened_is_a_statement(with_headings: bool) -> None:
    totals = ["", "", "", "", "", "", "", "", "0.00", "0.00", "0.00", "0.00", "1 010.00", ""]
    rows = mt5_rows(tail=[["Orders"], ORDER_LABELS, ["Deals"], DEAL_LABELS, totals, *ACCOUNT])
    if not with_headings:
        rows = [*rows[:5], *ACCOUNT]
    for statement in (read(rows), read_statement(workbook({"Sheet1": rows}))):
        assert statement.has_history and not statement.problems and "Nothing was traded" in statement.notes[0]
        assert statement.opening_balance == 1_010 and stated(statement)["equity"] == 1_010
        assert ("deals_total_balance" in stated(statement)) is with_headings
        assert figures(statement)["balance"] == 1_010 and not any(figure.untrusted for figure in statement.stated)


def test_a_report_of_open_trades_without_any_keeps_its_figures() -> None:
    tail = [*ACCOUNT, ["Assets"], ["Asset", "Volume", "Rate", "Market Value"], ["USD", "1", "1.0", "1 010.00"]]
    statement = read([*mt5_rows()[:5], *tail])
    assert statement.format == "mt5-trade-html" and not statement.problems and not statement.positions
    assert list(statement.figures.exposures) == [D("1010.00")] and statement.figures.balance == 1_010


def test_a_report_of_cancelled_orders_alone_is_a_history() -> None:
    order = ["2024.01.02 10:00:00", "5", "EURUSD", "buy limit", "0.1 / 0", "1.0", "", "", "2024.01.02 11:00:00"]
    rows = [row for row in mt5_rows(orders=[[*order, "canceled", ""]]) if row not in (["Positions"], POSITION_LABELS)]
    statement = read(rows)
    assert statement.has_history and statement.counts["orders_canceled"] == 1 and not statement.problems


def test_every_kind_of_balance_row_is_a_cash_flow() -> None:
    kinds = {
        "balance": "deposit",
        "credit": "credit",
        "charge": "fee",
        "correction": "correction",
        "bonus": "bonus",
        "commission": "fee",
        "commission daily": "fee",
        "commission monthly": "fee",
        "commission agent daily": "fee",
        "commission agent monthly": "fee",
        "agent": "fee",
        "interest rate": "interest",
        "buy canceled": "correction",
        "sell canceled": "correction",
        "dividend": "dividend",
        "dividend franked": "dividend",
        "tax": "tax",
        "so compensation": "correction",
        "transfer": "deposit",
    }
    rows = [balance_deal(n, kind, "1.00", "", "", "in" if n % 2 else "") for n, kind in enumerate(kinds, start=1)]
    statement = read(mt5_rows(deals=rows))
    assert [flow.kind.value for flow in statement.cash_flows] == list(kinds.values()) and not statement.problems


@pytest.mark.parametrize(
    ("account", "parts"),
    [
        ("700 (USC, Broker (Pty) Ltd-Live, real, Netting)", ("USC", "Broker (Pty) Ltd-Live", "real", "netting")),
        ("700 - Ann (USDT, Server, contest, Exchange)", ("USDT", "Server", "demo", "netting")),
        ("700(BTC,Server)", ("BTC", "Server", "", "")),
        ("700 （JPY，Server，demo，Hedge）", ("JPY", "Server", "demo", "hedging")),
        ("700 ()", ("", "", "", "")),
    ],
)
def test_the_account_is_found_however_it_is_printed(account: str, parts: tuple[str, str, str, str]) -> None:
    header = read(mt5_rows(positions=[position(900, "1.00")], account=account)).header
    assert (header.number, header.currency, header.server, header.kind, header.margin_mode) == ("700", *parts)


@pytest.mark.parametrize("symbol", ["US30.cash", "Volatility 75 Index", "EURUSD (T)", "#AAPL", "BRN/USD", "Gold, spot"])
@pytest.mark.parametrize(("printed", "lots"), [("0.00012345", "0.00012345"), ("12.5K", "12500"), ("1.2M", "1200000")])
def test_any_symbol_and_volume_is_kept(symbol: str, printed: str, lots: str) -> None:
    row, deals = position(900, "10.00", volume=printed), [deal(1, "in", order=900, volume=printed)]
    row[2] = deals[0][2] = symbol
    (trade,) = read(mt5_rows(positions=[row], deals=deals)).trades
    assert (trade.symbol, trade.volume_lots) == (symbol, D(lots))


AVERAGED = [
    balance_deal(1, "balance", "1000.00", "1000.00"),
    deal(2, "in", order=900, balance="1000.00"),
    deal(3, "in", order=901, at="2024.01.02 10:05:00", balance="1000.00"),
    deal(4, "out", order=902, side="sell", volume="0.2", at="2024.01.02 11:00:00", profit="4.00", balance="1004.00"),
]


@pytest.mark.parametrize("account", [NETTING, UNSTATED])
@pytest.mark.parametrize("lists_positions", [True, False])
def test_a_position_that_several_entries_opened_is_one_trade(account: str, lists_positions: bool) -> None:
    listed = [position(900, "4.00", volume="0.2")] if lists_positions else []
    statement = read(mt5_rows(account=account, deals=AVERAGED, positions=listed))
    (trade,) = statement.trades
    assert (trade.ticket, trade.volume_lots, trade.gross_profit) == ("900", D("0.2"), D(4)) and trade.closed_at
    assert {fill.ticket for fill in statement.executions} == {"900"} and not statement.problems
    assert (figures(statement)["balance"], figures(statement)["trades_total"]) == (D(1_004), D(1))


@pytest.mark.parametrize("second", [900, 903])
def test_a_reversed_position_is_a_trade_of_its_own_under_either_number(second: int) -> None:
    first = position(900, "2.00", closed="2024.01.02 10:15:00")
    turned = position(second, "3.00", volume="0.2", side="sell", opened="2024.01.02 10:15:00")
    deals = [
        deal(2, "in", order=900),
        deal(3, "in/out", order=903, side="sell", volume="0.3", at="2024.01.02 10:15:00", profit="2.00"),
        deal(4, "out", order=904, side="buy", volume="0.2", at="2024.01.02 11:00:00", profit="3.00"),
    ]
    statement = read(mt5_rows(account=NETTING, positions=[first, turned], deals=deals))
    assert {trade.ticket: trade.gross_profit for trade in statement.trades} == {"900": D("2.00"), "903": D("3.00")}
    assert [fill.ticket for fill in statement.executions] == ["900", "900", "903"] and not statement.problems


def test_entries_on_both_sides_are_no_netting_account() -> None:
    deals = [deal(1, "in", order=900), deal(2, "in", order=901, side="sell"), deal(3, "in", order=902)]
    deals.append(deal(4, "out", side="sell", volume="0.2", at="2024.01.02 11:00:00", profit="4.00"))
    statement = read(mt5_rows(account=UNSTATED, deals=deals))
    assert len(statement.trades) == 3 and "does not show" in statement.problems[0].reason


def test_an_unreadable_row_tells_the_money_that_it_would_move_and_not_its_balance() -> None:
    broken = deal(5, "in", volume="x", profit="3.00", commission="-0.50", balance="999.00", comment="12345")
    twice = deal(5, "sideways", profit="2.00", balance="999.00")
    older = deal(6, "in", volume="x", profit="1.00", balance="999.00")
    del older[9]
    unknown = position(7, "1,5")
    labels = {"Deals": [label for label in DEAL_LABELS if label != "Fee"]}
    first = read(mt5_rows(deals=[broken, twice], positions=[unknown, position(8, "2.00", volume="0", swap="-0.10")]))
    second = read(mt5_rows(deals=[older], labels=labels))
    assert [problem.amount for problem in first.problems] == [None, D("1.90"), D("2.50"), D("2.00")]
    assert [problem.amount for problem in second.problems] == [D("1.00")]


@pytest.mark.parametrize("separator", ["-", "/"])
def test_other_separators_of_a_date_are_read(separator: str) -> None:
    rows = [
        [re.sub(r"(\d{4})\.(\d\d)\.(\d\d)", rf"\1{separator}\2{separator}\3", text) for text in row] for row in REPORT
    ]
    assert len(read(rows).trades) == 1 and read(rows).header.reported_at is not None
