"""What a generator writes, a reader reads: row for row, and every stated total ties."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.calc.compare import compare
from trading.calc.metatrader import Definition, metatrader_figures
from trading.history_adapter import history_from_parsed
from trading.samplefiles.account import AccountLife, CashMove, Profile
from trading.samplefiles.labels import LANGUAGES
from trading.samplefiles.mt4_html import write_mt4_html
from trading.samplefiles.mt5_html import write_mt5_html
from trading.samplefiles.mt5_xlsx import write_mt5_xlsx
from trading.samplefiles.simulate import simulate
from trading.samplefiles.snapshot import snapshot
from trading.statements import read_statement
from trading.statements.rows import Direction, FlowKind, ParsedStatement

Write = Callable[[AccountLife, BytesIO], None]
WRITERS: dict[str, Write] = {
    "mt4": write_mt4_html,
    "mt4 newest first": partial(write_mt4_html, newest_first=True),
    "mt4 without details": partial(write_mt4_html, detailed=False),
    **{f"mt5 html {language}": partial(write_mt5_html, language=language) for language in LANGUAGES},
    **{f"mt5 xlsx {language}": partial(write_mt5_xlsx, language=language) for language in LANGUAGES},
}
MT5 = [name for name in WRITERS if name.startswith("mt5")]
MT4 = [name for name in WRITERS if name.startswith("mt4")]

PROFILES = {
    "dollars": Profile(seed=11, trades=120),
    "yen": Profile(seed=12, trades=80, currency="JPY", deposit=Decimal(3_000_000), number="51000002"),
    "euros": Profile(seed=13, trades=80, currency="EUR", number="51000003"),
    "credit": Profile(seed=14, trades=60, credit=Decimal(4_000), number="51000004"),
}
LIVES = {name: simulate(profile) for name, profile in PROFILES.items()}


def read(life: AccountLife, writer: str) -> ParsedStatement:
    out = BytesIO()
    WRITERS[writer](life, out)
    return read_statement(out.getvalue())


def untied(parsed: ParsedStatement) -> list[str]:
    definition: Definition = "mt4" if parsed.header.platform == "mt4" else "mt5"
    rows = compare(parsed.stated, metatrader_figures(history_from_parsed(parsed), definition))
    return [f"{row.key}: {row.stated} against {row.ours}" for row in rows if row.state != "ties"]


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("writer", WRITERS)
def test_every_stated_total_ties_and_every_row_is_understood(writer: str, life: str) -> None:
    parsed = read(LIVES[life], writer)
    assert list(parsed.problems) == []
    assert len(parsed.stated) == (16 if "without" in writer else 49)
    assert untied(parsed) == []


@pytest.mark.parametrize("writer", MT5)
def test_deals_of_metatrader_5_come_back_one_by_one(writer: str) -> None:
    life = LIVES["dollars"]
    written = [
        (
            str(deal.entry.deal),
            str(deal.position.ticket),
            Direction.OUT if deal.is_exit else Direction.IN,
            deal.entry.lots,
            deal.entry.price,
            deal.entry.at,
            (deal.entry.commission, deal.entry.swap, deal.entry.gross_profit, deal.balance),
        )
        for deal in snapshot(life).deals
        if not isinstance(deal.entry, CashMove) and deal.position
    ]
    rows = [
        (
            row.deal_id,
            row.ticket,
            row.direction,
            row.volume_lots,
            row.price,
            row.executed_at,
            (row.commission, row.swap, row.gross_profit, row.balance_after),
        )
        for row in read(life, writer).executions
    ]
    assert sorted(rows, key=lambda row: row[0]) == written


@pytest.mark.parametrize("writer", MT5)
def test_positions_of_metatrader_5_come_back_whole(writer: str) -> None:
    life = LIVES["dollars"]
    written = {
        str(held.position.ticket): (
            held.position.instrument.symbol,
            held.position.side,
            held.position.entry.lots,
            sum((leg.lots for leg in held.exits), Decimal(0)),
            held.position.entry.at,
            held.position.entry.price,
            sum((leg.gross_profit for leg in held.exits), Decimal(0)),
            sum((leg.commission for leg in held.exits), held.position.entry.commission),
        )
        for held in snapshot(life).holdings
    }
    rows = {
        row.ticket: (
            row.symbol,
            row.side,
            row.volume_lots,
            row.closed_volume_lots,
            row.opened_at,
            row.open_price,
            row.gross_profit,
            row.commission,
        )
        for row in read(life, writer).trades
    }
    assert rows == written


@pytest.mark.parametrize("writer", WRITERS)
def test_open_positions_and_cash_come_back(writer: str) -> None:
    life = LIVES["yen"]
    shown, parsed = snapshot(life), read(life, writer)
    assert sorted(row.floating_profit for row in parsed.positions) == sorted(
        held.floating_profit for held in shown.open_holdings
    )
    assert [(row.amount, row.booked_at) for row in sorted(parsed.cash_flows, key=lambda row: row.booked_at)] == [
        (move.amount, move.at) for move in shown.cash
    ]


@pytest.mark.parametrize("writer", WRITERS)
def test_credit_is_told_from_cash(writer: str) -> None:
    parsed = read(LIVES["credit"], writer)
    credits = [row.amount for row in parsed.cash_flows if row.kind is FlowKind.CREDIT]
    assert sorted(credits) == [-2_000, 4_000]
    assert parsed.figures.credit == 2_000


@pytest.mark.parametrize("writer", MT4)
def test_parts_of_a_metatrader_4_ticket_are_linked(writer: str) -> None:
    life = LIVES["dollars"]
    parsed = read(life, writer)
    shown = snapshot(life)
    parts = sum(len(held.exits) + held.is_open for held in shown.holdings)
    assert len([row for row in parsed.trades if row.closed_at]) == sum(len(held.exits) for held in shown.holdings)
    assert len([row for row in parsed.trades if row.parent_ticket]) == parts - len(shown.holdings)


@pytest.mark.parametrize("write", [write_mt4_html, write_mt5_html, write_mt5_xlsx])
def test_an_earlier_export_is_a_part_of_the_later_one(write: Callable[..., None]) -> None:
    life = LIVES["euros"]
    early, late = BytesIO(), BytesIO()
    write(life, early, until=life.profile.ends_at - timedelta(days=150))
    write(life, late)
    earlier, later = read_statement(early.getvalue()), read_statement(late.getvalue())
    assert 0 < len(closed(earlier)) < len(closed(later))
    assert closed(earlier) <= closed(later)
    assert untied(earlier) == []


def closed(parsed: ParsedStatement) -> set[tuple[object, ...]]:
    """What is done with: the closed trades, without what tells their place in the file."""
    return {
        (row.ticket, row.side, row.closed_at, row.close_price, row.gross_profit, row.commission, row.swap)
        for row in parsed.trades
        if row.closed_at
    }


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    trades=st.integers(0, 40),
    currency=st.sampled_from(["USD", "EUR", "JPY"]),
    writer=st.sampled_from(["mt4", "mt5 html de", "mt5 xlsx ja"]),
)
def test_any_account_ties(seed: int, trades: int, currency: str, writer: str) -> None:
    deposit = Decimal(3_000_000 if currency == "JPY" else 20_000)
    parsed = read(simulate(Profile(seed=seed, trades=trades, currency=currency, deposit=deposit)), writer)
    undefined = ("profit_factor", "recovery_factor", "sharpe_ratio", "expected_payoff")
    assert [row for row in untied(parsed) if not row.startswith(undefined)] == []


def test_workbook_is_shaped_like_the_terminals() -> None:
    out = BytesIO()
    write_mt5_xlsx(LIVES["dollars"], out)
    with ZipFile(out) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert sheet.startswith(b"\xff\xfe")
    text = sheet.decode("utf-16")
    assert f'<dimension ref="A1:O{text.count("<row ") - 1}"/>' in text


def test_page_of_metatrader_5_is_utf_16_with_crlf() -> None:
    out = BytesIO()
    write_mt5_html(LIVES["dollars"], out, language="ja")
    page = out.getvalue()
    assert page.startswith(b"\xff\xfe")
    assert "取引履歴レポート" in page.decode("utf-16")
    assert page.count("\r\n".encode("utf-16-le")) > 100


def test_statement_of_metatrader_4_can_be_written_in_a_code_page() -> None:
    life = simulate(Profile(name="Тестовый Трейдер", trades=5))
    out = BytesIO()
    write_mt4_html(life, out, encoding="cp1251")
    assert "Тестовый Трейдер" in out.getvalue().decode("cp1251")
