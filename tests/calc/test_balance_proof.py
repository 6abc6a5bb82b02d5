"""Opening balance + what happened = closing balance, day by day."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.calc.example import example_history, fill, flow
from trading.calc.balance_proof import StatedBalance, balance_proof

BERLIN = ZoneInfo("Europe/Berlin")


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_proves_the_worked_example() -> None:
    history = example_history()
    stated = [StatedBalance(at(2, 23), Decimal("1020.00"))]
    proof = balance_proof(Decimal(0), history.flows, history.fills, stated, zone=UTC)
    (day,) = proof.days
    assert [day.opening, day.flows, day.gross_profit] == [0, 1000, 36]
    assert [day.commission, day.swap, day.closing] == [-11, -1, 1024]
    assert [day.stated, day.difference, day.ties] == [1020, 4, False]


def test_names_the_first_day_that_does_not_tie_and_what_is_new_on_each() -> None:
    fills = [fill(1, "10", at=at(2)), fill(2, "10", at=at(3)), fill(3, "10", at=at(4)), fill(4, "10", at=at(5))]
    stated = [StatedBalance(at(day, 20), Decimal(value)) for day, value in ((2, 110), (3, 125), (4, 135), (5, 140))]
    proof = balance_proof(Decimal(100), [], fills, stated, zone=UTC)
    assert [day.difference for day in proof.days] == [0, -5, -5, 0]
    assert [day.new_difference for day in proof.days] == [0, -5, 0, 5]
    assert proof.first_break is proof.days[1]
    assert not proof.ties


def test_a_day_without_a_stated_balance_ties() -> None:
    proof = balance_proof(Decimal(100), [], [fill(1, "10", at=at(2))], zone=UTC)
    assert proof.ties
    assert proof.days[0].difference is None
    assert proof.closing == 110


def test_compares_with_what_was_there_at_the_very_moment() -> None:
    fills = [fill(1, "10", at=at(2, 9)), fill(2, "-3", at=at(2, 15))]
    midday = StatedBalance(at(2, 12), Decimal(110))
    proof = balance_proof(Decimal(100), [], fills, [midday], zone=UTC)
    assert [proof.days[0].difference, proof.closing] == [0, 107]


def test_takes_the_last_of_several_deals_of_one_second() -> None:
    fills = [fill(1, "10", at=at(2)), fill(2, "-3", at=at(2))]
    stated = [StatedBalance(at(2), Decimal(107), sequence=2), StatedBalance(at(2), Decimal(110), sequence=1)]
    proof = balance_proof(Decimal(100), [], fills, stated, zone=UTC)
    assert [proof.days[0].stated, proof.days[0].difference] == [107, 0]


def test_keeps_credit_apart() -> None:
    flows = [flow(1, "500", kind="credit", at=at(2)), flow(2, "1000", at=at(2))]
    column = StatedBalance(at(3), Decimal(1510), sequence=4, includes_credit=True)
    proof = balance_proof(Decimal(0), flows, [fill(3, "10", at=at(3, 9))], [column], zone=UTC)
    first, second = proof.days
    assert [first.credit, first.flows, first.closing] == [500, 1000, 1000]
    assert [second.stated, second.difference, second.closing] == [1010, 0, 1010]


def test_days_begin_at_midnight_of_the_zone() -> None:
    late = fill(1, "10", at=at(2, 23, 30))
    (day,) = balance_proof(Decimal(0), [], [late], zone=BERLIN).days
    assert day.on.isoformat() == "2026-03-03"
