"""Every real MetaTrader statement reads as it says of itself."""

from decimal import Decimal
from functools import cache

import pytest

from tests.samples import expected, sample, sample_names
from trading.statements import READER_VERSIONS, read_statement
from trading.statements.rows import Direction, ParsedStatement

NAMES = sample_names("mt4", "mt5-html", "mt5-xlsx")
#: Open trades only, positions only, or cut by its owner: these state no balance or no history.
WITHOUT_BALANCE = ("trade-", "pandas", "three-sheets")
MODES = {"Hedge": "hedging", "Netting": "netting", None: ""}


@cache
def parsed(name: str) -> ParsedStatement:
    return read_statement(sample(name))


@pytest.mark.parametrize("name", NAMES)
def test_reads_who_the_statement_is_about(name: str) -> None:
    header, says = parsed(name).header, expected()[name]
    leverage = f"1:{header.leverage}" if header.leverage else ""
    assert (header.number, header.name, header.broker) == (says["account"], says["name"], says["company"])
    assert (header.currency, header.title) == (says["currency"], says["title"])
    assert (header.server, header.kind) == (says.get("server", ""), says.get("account_kind", ""))
    assert (header.margin_mode, leverage) == (MODES[says.get("margin_mode")], says.get("leverage", ""))
    assert header.reported_text == says["report_date"] and header.reported_at is not None


@pytest.mark.parametrize("name", NAMES)
def test_counts_every_row(name: str) -> None:
    assert dict(parsed(name).counts) == expected()[name]["counts"]
    assert not parsed(name).problems


@pytest.mark.parametrize("name", NAMES)
def test_reads_every_stated_figure_with_its_decimals(name: str) -> None:
    says = expected()[name]
    wanted = says["stated"] | says.get("stated_untrustworthy", {})
    wanted.pop("why", None)
    found = {figure.key: str(figure.value) for figure in parsed(name).stated}
    assert found == wanted
    assert len(found) == len(parsed(name).stated)


@pytest.mark.parametrize("name", NAMES)
def test_marks_only_totals_that_the_file_itself_contradicts(name: str) -> None:
    doubted = {figure.key for figure in parsed(name).stated if figure.untrusted}
    assert doubted == set(expected()[name].get("stated_untrustworthy", {})) - {"why"}


@pytest.mark.parametrize("name", NAMES)
def test_names_format_and_reader_version(name: str) -> None:
    statement = parsed(name)
    assert statement.format == expected()[name]["format"]
    assert statement.reader_version == READER_VERSIONS[statement.format]


@pytest.mark.parametrize("name", NAMES)
def test_knows_what_the_account_held_before_the_first_row(name: str) -> None:
    opening, computed = parsed(name).opening_balance, expected()[name].get("computed", {})
    if "opening_balance" in computed:
        assert opening == Decimal(computed["opening_balance"])
    elif expected()[name]["counts"].get("cash_flows"):
        assert opening == 0


@pytest.mark.parametrize("name", [name for name in NAMES if not any(word in name for word in WITHOUT_BALANCE)])
def test_the_balance_follows_from_the_rows(name: str) -> None:
    statement = parsed(name)
    balance = next((figure.value for figure in statement.stated if figure.key == "balance"), None)
    assert statement.opening_balance is not None
    booked = sum(fill.gross_profit + fill.commission + fill.swap + fill.fee for fill in statement.executions)
    flows = sum(flow.amount for flow in statement.cash_flows)
    credit = statement.figures.credit or 0
    assert statement.opening_balance + booked + flows - credit == balance


@pytest.mark.parametrize("name", NAMES)
def test_every_fill_has_its_trade(name: str) -> None:
    statement = parsed(name)
    tickets = {trade.ticket for trade in statement.trades}
    assert {fill.ticket for fill in statement.executions} <= tickets
    assert len(tickets) == len(statement.trades)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("mt5")])
def test_the_fills_of_a_position_add_up_to_it(name: str) -> None:
    statement = parsed(name)
    for trade in statement.trades:
        fills = [fill for fill in statement.executions if fill.ticket == trade.ticket]
        exits = [fill for fill in fills if fill.direction is not Direction.IN]
        assert sum(fill.volume_lots for fill in exits) == trade.closed_volume_lots
        assert sum(fill.gross_profit for fill in fills) == trade.gross_profit
        assert sum(fill.swap for fill in fills) == trade.swap
        assert sum(fill.volume_lots for fill in fills if fill.direction is Direction.IN) == trade.volume_lots


def test_an_export_by_an_editor_keeps_the_prices_that_were_meant() -> None:
    statement = parsed("mt5-xlsx/history-eur-slovak-three-sheets.xlsx")
    assert str(statement.trades[0].open_price) == "0.88684"
    still_open = [trade for trade in statement.trades if trade.closed_at is None]
    assert len(still_open) == 1 and not statement.positions


def test_a_position_partly_closed_is_one_open_trade() -> None:
    statement = parsed("mt5-xlsx/history-usd-french-export2.xlsx")
    (trade,) = [trade for trade in statement.trades if trade.ticket == "479327047"]
    assert (trade.volume_lots, trade.closed_volume_lots) == (Decimal("0.05"), Decimal("0.02"))
    assert trade.closed_at is None and trade.close_price is None and trade.gross_profit == Decimal("5.54")
    (position,) = [position for position in statement.positions if position.ticket == "479327047"]
    assert position.volume_lots == Decimal("0.03")


def test_exits_of_the_same_second_and_price_go_to_their_own_positions() -> None:
    statement = parsed("mt5-xlsx/history-usd-partial-closes.xlsx")
    exits = {fill.deal_id: fill for fill in statement.executions if fill.direction is Direction.OUT}
    first, second = exits["1438216878"], exits["1438216880"]
    assert (first.executed_at, first.price, first.volume_lots) == (second.executed_at, second.price, second.volume_lots)
    assert (first.ticket, second.ticket) == ("1728662617", "1728654364")
    three_parts = [fill.volume_lots for fill in exits.values() if fill.ticket == "1688234031"]
    assert three_parts == [Decimal("0.02"), Decimal("0.01"), Decimal("0.02")]


def test_a_partial_close_links_the_rest_to_the_ticket_it_came_from() -> None:
    statement = parsed("mt4/detailed-jpy-partial-closes.htm")
    links = {trade.ticket: trade.parent_ticket for trade in statement.trades if trade.parent_ticket}
    assert links == {"10888957": "10884298", "10901601": "10879500"}


def test_the_second_row_and_the_tooltip_give_the_strategy() -> None:
    statement = parsed("mt4/detailed-usd-gbk-magic-comments.htm")
    trade = next(trade for trade in statement.trades if trade.ticket == "42098168")
    assert (trade.strategy_id, trade.comment) == ("8002", "The_XAUUSD_4[sl]")
    assert all(trade.strategy_id for trade in statement.trades)


@pytest.mark.parametrize("name", [name for name in NAMES if "trade-" in name])
def test_a_report_of_open_trades_adds_no_history_and_says_so(name: str) -> None:
    statement = parsed(name)
    assert not statement.has_history and not statement.trades and not statement.executions
    assert statement.positions and statement.figures.equity is not None
    assert "open trades only" in statement.notes[0]
