"""Whatever a file holds: it is read in full, or refused, or each row that is not understood is told."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.statements.builders import (
    DEAL_LABELS,
    MT4_LABELS,
    POSITION_LABELS,
    html_page,
    mt4_balance,
    mt4_page,
    mt4_trade,
    mt5_rows,
    workbook,
)
from tests.statements.test_mt5 import deal, position
from trading.errors import StatementRefused
from trading.statements import read_statement
from trading.statements.rows import Direction, ParsedStatement

cents = st.integers(-5_000_000, 5_000_000).map(lambda number: Decimal(number) / 100)
words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "N", "P", "S", "Z"]), min_size=1, max_size=12)
FEW = settings(max_examples=40, deadline=None)
MANY = settings(max_examples=150, deadline=None)


def printed(amount: Decimal) -> str:
    """As the terminal prints: two decimals, thousands apart."""
    return f"{amount:,.2f}".replace(",", " ")


def try_to_read(content: bytes) -> ParsedStatement | None:
    try:
        return read_statement(content)
    except StatementRefused as refused:
        assert refused.message and refused.code
        return None


@FEW
@given(
    st.lists(cents, max_size=12),
    st.lists(cents, max_size=4),
    st.lists(words, min_size=14, max_size=14),
    st.sampled_from(["utf-8", "utf-16", "utf-16-le"]),
    st.randoms(use_true_random=False),
)
def test_an_mt4_page_in_any_language_and_order_gives_back_every_row(
    profits: list[Decimal], flows: list[Decimal], labels: list[str], encoding: str, random: object
) -> None:
    rows = [mt4_trade(100 + place, printed(profit)) for place, profit in enumerate(profits)]
    rows += [mt4_balance(500 + place, printed(flow)) for place, flow in enumerate(flows)]
    random.shuffle(rows)  # type: ignore[attr-defined]
    names = dict(zip(("Summary", "Balance", "Closed Transactions", "Name"), labels, strict=False))
    statement = read_statement(mt4_page(rows, labels=labels, words=names).encode(encoding))
    assert {row.ticket: row.gross_profit for row in statement.trades} == {
        str(100 + place): profit for place, profit in enumerate(profits)
    }
    assert {row.reference: row.amount for row in statement.cash_flows} == {
        str(500 + place): flow for place, flow in enumerate(flows)
    }
    assert not statement.problems and statement.header.number == "700"


@FEW
@given(
    st.lists(st.tuples(cents, st.integers(1, 4)), max_size=8),
    st.lists(words, min_size=14, max_size=14),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_an_mt5_report_in_any_language_gives_every_exit_to_its_position(
    trades: list[tuple[Decimal, int]], labels: list[str], random: object, as_workbook: bool
) -> None:
    positions, deals, numbers = [], [], iter(range(1, 1000))
    for place, (profit, parts) in enumerate(trades):
        ticket, volume = 900 + place, Decimal(parts) / 10
        closed = f"2024.01.{2 + place:02} 1{parts}:00:00"
        day = f"2024.01.{2 + place:02}"
        positions.append(
            position(ticket, str(profit * parts), volume=str(volume), opened=f"{day} 09:00:00", closed=closed)
        )
        deals.append(deal(next(numbers), "in", order=ticket, volume=str(volume), at=f"{day} 09:00:00"))
        for part in range(parts):
            deals.append(
                deal(next(numbers), "out", side="sell", price="1.2", profit=str(profit), at=f"{day} 1{part + 1}:00:00")
            )
    random.shuffle(positions)  # type: ignore[attr-defined]
    named = {"Positions": labels[:13], "Deals": labels}
    rows = mt5_rows(positions=positions, deals=deals, labels=named)
    content = workbook({"Sheet1": rows}, encoding="utf-8") if as_workbook else html_page(rows).encode("utf-16")
    statement = read_statement(content)
    assert len(statement.trades) == len(trades) and not statement.problems
    assert bool(statement.notes) is not bool(trades)  # only an empty report has something to tell
    for trade in statement.trades:
        exits = [row for row in statement.executions if row.ticket == trade.ticket and row.direction is Direction.OUT]
        assert sum(row.volume_lots for row in exits) == trade.volume_lots
        assert sum(row.gross_profit for row in exits) == trade.gross_profit


@MANY
@given(st.binary(max_size=600))
def test_random_bytes_are_refused(content: bytes) -> None:
    assert try_to_read(content) is None


@MANY
@given(
    st.binary(max_size=300),
    st.sampled_from([b"PK\x03\x04", b"<html><table><tr><td>", b"\xff\xfe<", b"%PDF", b"\xd0\xcf"]),
)
def test_random_bytes_after_a_known_beginning_are_refused(content: bytes, start: bytes) -> None:
    assert try_to_read(start + content) is None


MT4_PAGE = mt4_page([mt4_trade(number, "1.00", title="robot") for number in range(1, 4)]).encode()
MT5_PAGE = html_page(
    mt5_rows(positions=[position(900, "1.00")], deals=[deal(1, "in", order=900)], labels={"Deals": DEAL_LABELS})
).encode("utf-16")
MT5_BOOK = workbook({"Sheet1": mt5_rows(positions=[position(900, "1.00")], labels={"Positions": POSITION_LABELS})})


@MANY
@given(st.sampled_from([MT4_PAGE, MT5_PAGE, MT5_BOOK]), st.floats(0, 0.97))
def test_a_cut_file_is_refused(content: bytes, share: float) -> None:
    assert try_to_read(content[: int(len(content) * share)]) is None


@MANY
@given(
    st.sampled_from([MT4_PAGE, MT5_PAGE, MT5_BOOK]),
    st.lists(st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=4)), min_size=1, max_size=6),
)
def test_a_damaged_file_never_crashes_the_reader(content: bytes, changes: list[tuple[float, bytes]]) -> None:
    damaged = bytearray(content)
    for place, patch in changes:
        start = int(place * len(damaged))
        damaged[start : start + len(patch)] = patch
    statement = try_to_read(bytes(damaged))
    assert statement is None or statement.header.number


@MANY
@given(st.integers(0, 13), st.text(st.characters(codec="utf-8", exclude_characters="<>&\0"), max_size=30))
def test_any_text_in_any_cell_of_a_row_is_taken_or_told(column: int, text: str) -> None:
    row = mt4_trade(77, "1.00").replace("<td>", "\0").split("\0")
    place = min(column, len(row) - 1)
    row[place] = f"{text}</td>" if place else row[place]
    statement = read_statement(mt4_page([mt4_trade(1, "5.00"), "<td>".join(row)], labels=MT4_LABELS).encode())
    taken = {trade.ticket for trade in statement.trades} | {flow.reference for flow in statement.cash_flows}
    counted = statement.counts["cancelled_orders"] + statement.counts["working_orders"]
    assert len(taken) == 2 or statement.problems or counted
