"""The text of a day is one and the same for everybody who has its rows, and its seal fits no other."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import make
from tests.sharing import verifier
from tests.sharing.canonical import CashMove, ClosedTrade, cash_line, moment_text, trade_line
from trading.calc.digests import (
    GENESIS,
    Link,
    balance_text,
    commitment,
    first_break,
    link_digest,
    number_text,
    rows_text,
    second_text,
)
from trading.queries.day_contents import DayBalances, day_contents

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
    assert rows_text(DAY, [cash_line(cash), trade_line(example())]).split("\n") == [
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
def test_the_order_of_rows_does_not_count_for_the_verifier(
    some: list[ClosedTrade], cash: list[CashMove], random: Random
) -> None:
    lines = [*map(trade_line, some), *map(cash_line, cash)]
    sent = json.loads(json.dumps([json.loads(line) for line in random.sample(lines, len(lines))]))
    assert verifier.load().rows_text(DAY.isoformat(), sent) == rows_text(DAY, sorted(lines))


#: What a line could be written wrongly for.
NASTY = (
    "",
    'a"b',
    "a\\b",
    "a\nb\tc",
    "\x01\x1f\x7f",
    "Ü€😀",
    "\u2028",
    "/EURUSD",
    "#US30",
    " x ",
    "</script>",
    "Z",
    "a",
)
NUMBERS = ("1E+3", "0.00", "-0.0", "1.10", "100", "-7.000000", "12345678901234567890.123456789012345678", "0.1", "1E-9")


@pytest.mark.django_db
def test_the_book_writes_days_as_the_documentation_says() -> None:
    account, random = make.account(), Random(7)
    days: dict[date, list[str]] = {}
    for number in range(120):
        closed_at = datetime(2025, 3, 1, 23, 59, 59, tzinfo=UTC) + timedelta(hours=random.randrange(90), microseconds=random.choice([0, 1, 999_999]))  # fmt: skip
        trade = ClosedTrade(
            closed_at - timedelta(microseconds=random.randrange(10**11)),
            closed_at,
            NASTY[number % len(NASTY)],
            random.choice(["buy", "sell"]),
            Decimal(random.choice(NUMBERS[3:5])),
            *(Decimal(random.choice(NUMBERS)) for _ in range(6)),
        )
        make.trade(account, **trade._asdict())
        days.setdefault(closed_at.date(), []).append(trade_line(trade))
        if number % 5 == 0:
            cash = CashMove(closed_at, random.choice(["deposit", "fee"]), Decimal(random.choice(NUMBERS)))
            make.cash_flow(account, **cash._asdict())
            days[closed_at.date()].append(cash_line(cash))
    written = {content.day: content for content in day_contents(account, DayBalances(account), date(2030, 1, 1))}
    assert {day: list(content.lines) for day, content in written.items()} == {day: sorted(days[day]) for day in days}
    assert sum(content.trades for content in written.values()) == 120
    assert list(written) == sorted(days)


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
