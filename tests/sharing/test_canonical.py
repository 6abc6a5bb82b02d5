"""The text of a day is one and the same for everybody who has its rows, and its seal fits no other."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sharing import verifier
from trading.calc.digests import (
    GENESIS,
    CashMove,
    ClosedTrade,
    Link,
    balance_text,
    cash_line,
    commitment,
    first_break,
    link_digest,
    moment_text,
    number_text,
    rows_text,
    second_text,
    trade_line,
)

DAY = date(2026, 11, 24)
SALT = "5a" * 32
unhurried = settings(deadline=None)
numbers = st.decimals(-(10**20), 10**20, allow_nan=False, allow_infinity=False)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
trades = st.builds(
    ClosedTrade, moments, moments, words, st.sampled_from(["buy", "sell"]), *[numbers] * 7
)  # fmt: skip
moves = st.builds(CashMove, moments, st.sampled_from(["deposit", "withdrawal"]), numbers)


def example() -> ClosedTrade:
    return ClosedTrade(
        datetime(2026, 11, 24, 7, tzinfo=UTC),
        datetime(2026, 11, 24, 9, 30, 0, 250_000, tzinfo=UTC),
        "EURUSD",
        "buy",
        *map(Decimal, ("1.00", "1.12340", "1.12440", "100.00", "-7.00", "0.00", "0")),
    )


def test_a_day_is_written_as_the_documentation_says() -> None:
    cash = CashMove(datetime(2026, 11, 24, 6, tzinfo=UTC), "deposit", Decimal("1000.00"))
    assert rows_text(DAY, [trade_line(example()), cash_line(cash)]).split("\n") == [
        "tradeportal-rows/1",
        "2026-11-24",
        '["cash","2026-11-24T06:00:00.000000Z","deposit","1000"]',
        '["trade","2026-11-24T07:00:00.000000Z","2026-11-24T09:30:00.250000Z","EURUSD","buy",'
        + '"1","1.1234","1.1244","100","-7","0","0"]',
    ]
    assert balance_text(DAY, Decimal("1093.50")) == "tradeportal-balance/1\n2026-11-24\n1093.5"
    assert balance_text(DAY, None) == "tradeportal-balance/1\n2026-11-24\nunknown"


def test_numbers_lose_no_digit_and_no_zero_counts() -> None:
    written = {"1.10": "1.1", "-0.00": "0", "151396": "151396", "1E+3": "1000", "-7.000": "-7", "100": "100"}
    assert {raw: number_text(Decimal(raw)) for raw in written} == written
    long = "12345678901234567890123456789.123456789012345678"
    assert number_text(Decimal(long)) == long


@unhurried
@given(numbers)
def test_a_number_reads_back_as_itself_however_it_was_printed(value: Decimal) -> None:
    assert Decimal(number_text(value)) == value
    assert number_text(Decimal(f"{value:f}0" if "." in f"{value:f}" else f"{value:f}.0")) == number_text(value)


@unhurried
@given(moments, st.integers(-14, 14))
def test_a_moment_is_written_alike_from_any_zone(moment: datetime, hours: int) -> None:
    there = moment.astimezone(timezone(timedelta(hours=hours)))
    assert moment_text(there) == moment_text(moment)
    assert datetime.fromisoformat(moment_text(moment)) == moment


@unhurried
@given(st.lists(trades, max_size=5), st.lists(moves, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_count_and_the_verifier_agrees(
    some: list[ClosedTrade], cash: list[CashMove], random: Random
) -> None:
    lines = [*map(trade_line, some), *map(cash_line, cash)]
    shuffled = random.sample(lines, len(lines))
    assert rows_text(DAY, shuffled) == rows_text(DAY, lines)
    sent = json.loads(json.dumps([json.loads(line) for line in shuffled]))
    assert verifier.load().rows_text(DAY.isoformat(), sent) == rows_text(DAY, lines)


@unhurried
@given(trades, trades)
def test_two_trades_that_differ_have_two_lines(one: ClosedTrade, other: ClosedTrade) -> None:
    assert (trade_line(one) == trade_line(other)) == (one == other)
    assert "\n" not in trade_line(one)


def test_look_alikes_both_count() -> None:
    line = trade_line(example())
    assert rows_text(DAY, [line]) != rows_text(DAY, [line, line])


def test_a_commitment_depends_on_salt_day_and_rows() -> None:
    text = rows_text(DAY, [trade_line(example())])
    sealed = commitment(SALT, text)
    assert sealed == commitment(SALT, text) == verifier.load().commitment(SALT, text)
    others = {
        commitment("5b" * 32, text),
        commitment(SALT, rows_text(DAY + timedelta(days=1), [trade_line(example())])),
        commitment(SALT, rows_text(DAY, [trade_line(example()._replace(gross_profit=Decimal("100.01")))])),
    }
    assert sealed not in others and len(others) == 3


def chain(length: int) -> list[Link]:
    links: list[Link] = []
    for position in range(1, length + 1):
        values: dict[str, Any] = {
            "prev": links[-1].digest if links else GENESIS,
            "position": position,
            "day": DAY + timedelta(days=position),
            "sealed_at": datetime(2026, 11, 25, 1, 17, tzinfo=UTC) + timedelta(days=position),
            "trades": position,
            "rows": f"{position:064x}",
            "balance": f"{position:064x}",
        }
        links.append(Link(digest=link_digest(**values), **values))
    return links


def as_json(link: Link) -> dict[str, Any]:
    return {
        "position": link.position,
        "day": link.day.isoformat(),
        "sealed_at": second_text(link.sealed_at),
        "trades": link.trades,
        "rows": link.rows,
        "balance": link.balance,
        "prev": link.prev,
        "digest": link.digest,
    }


CHANGES: dict[str, Any] = {
    "day": DAY,
    "sealed_at": datetime(2030, 1, 1, tzinfo=UTC),
    "trades": 99,
    "rows": "f" * 64,
    "balance": "f" * 64,
    "prev": "f" * 64,
    "digest": "f" * 64,
    "position": 9,
}


@unhurried
@given(st.integers(0, 4), st.sampled_from(sorted(CHANGES)))
def test_any_change_of_any_link_breaks_the_chain(number: int, name: str) -> None:
    links = chain(5)
    assert first_break(links) is None
    assert verifier.load().broken_links([as_json(link) for link in links]) == []
    values = {field: getattr(links[number], field) for field in Link.__slots__} | {name: CHANGES[name]}
    links[number] = Link(**values)
    broken = first_break(links)
    assert broken is not None and broken.position in (number + 1, number + 2)
    assert verifier.load().broken_links([as_json(link) for link in links])


def test_a_chain_with_a_link_cut_out_or_added_does_not_hold() -> None:
    links = chain(5)
    assert first_break([]) is None
    assert first_break(links[:3]) is None  # the end can't tell that more followed: that is what a noted head is for
    assert first_break(links[1:]) is not None
    assert first_break([*links[:2], *links[3:]]) is not None
    assert first_break([*links, links[0]]) is not None
