"""Two exports of one account agree on the rows that both hold."""

from dataclasses import replace

from tests.samples import sample
from trading.statements import read_statement
from trading.statements.rows import CashFlowRow, ExecutionRow, ParsedStatement, TradeRow


def both(first: str, second: str) -> tuple[ParsedStatement, ParsedStatement]:
    return read_statement(sample(first)), read_statement(sample(second))


def trades(statement: ParsedStatement) -> dict[str, TradeRow]:
    return {row.ticket: replace(row, line=0) for row in statement.trades}


def fills(statement: ParsedStatement) -> dict[str, ExecutionRow]:
    return {row.deal_id: replace(row, line=0) for row in statement.executions}


def flows(statement: ParsedStatement) -> dict[str, CashFlowRow]:
    return {row.reference: replace(row, line=0) for row in statement.cash_flows}


def test_an_mt4_account_eight_months_later() -> None:
    earlier, later = both("mt4/statement-jpy-earlier-export.htm", "mt4/detailed-jpy-partial-closes.htm")
    before, after = trades(earlier), trades(later)
    closed = {ticket: row for ticket, row in before.items() if row.closed_at}
    assert len(closed) == 729 and all(after[ticket] == row for ticket, row in closed.items())
    assert len([row for row in after.values() if row.closed_at and row.ticket not in closed]) == 1032
    still_open = [row.ticket for row in before.values() if not row.closed_at]
    assert len(still_open) == 20 and all(after[ticket].closed_at for ticket in still_open)
    assert flows(earlier) == flows(later)


def test_an_mt4_page_and_the_same_page_named_xls() -> None:
    first, second = both("mt4/statement-usd-html-named-xls.xls", "mt4/statement-usd-financing.htm")
    assert trades(first) == trades(second)
    assert fills(first) == fills(second)
    assert flows(first) == flows(second)


def test_two_days_of_an_mt5_account_chain() -> None:
    first, second = both("mt5-html/history-jpy-japanese-day1.html", "mt5-html/history-jpy-japanese-day2.html")
    assert not set(trades(first)) & set(trades(second))
    assert first.figures.balance == second.opening_balance == 3000691


def test_an_mt5_account_eight_days_later() -> None:
    first, second = both("mt5-xlsx/history-usd-french-export1.xlsx", "mt5-xlsx/history-usd-french-export2.xlsx")
    before, after = trades(first), trades(second)
    assert len(before) == 214 and all(after[ticket] == row for ticket, row in before.items())
    old_fills, new_fills = fills(first), fills(second)
    assert len(old_fills) + len(flows(first)) == 433
    assert all(new_fills[deal_id] == row for deal_id, row in old_fills.items())
    assert len(new_fills) - len(old_fills) == 329
    assert len(second.positions) == 6
    closed_or_begun = [row for row in after.values() if row.ticket not in before and row.closed_volume_lots]
    assert len(closed_or_begun) == 161


def test_a_rolling_window_of_positions() -> None:
    first, second = both("mt5-xlsx/history-usd-french-pandas1.xlsx", "mt5-xlsx/history-usd-french-pandas2.xlsx")
    before, after = trades(first), trades(second)
    shared = set(before) & set(after)
    assert len(shared) == 184 and all(before[ticket] == after[ticket] for ticket in shared)
    assert len(set(after) - shared) == 111 and len(set(before) - shared) == 3
