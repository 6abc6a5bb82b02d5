"""Matching by hand-worked cases; docs/reconciliation.md tells the same ones."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.cast import NOW
from trading.calc.reconciliation import Outcome, Row, Rules, balance_finding, reconcile, stale_finding
from trading.calc.symbols import Markets, pip_of_digits

PIPS = {"EURUSD": Decimal("0.0001"), "USDJPY": Decimal("0.01"), "XAUUSD": Decimal("0.1"), "GER40": Decimal(1)}
RULES = Rules()


def row(ticket: str = "1", **fields: Any) -> Row:
    values: dict[str, Any] = {"symbol": "EURUSD", "side": "buy", "volume": "1.00", "open_price": "1.10000", **fields}
    for name in ("volume", "open_price", "stop_loss", "take_profit"):
        if values.get(name) is not None:
            values[name] = Decimal(values[name])
    return Row(ticket, **values)


def compare(broker: list[Row], book: list[Row], rules: Rules = RULES, **mapping: str) -> Outcome:
    return reconcile(broker, book, rules, Markets(PIPS, mapping))


def pairs(outcome: Outcome) -> list[tuple[str, str]]:
    return [(match.book.ticket, match.broker.ticket) for match in outcome.matches]


def kinds(outcome: Outcome) -> list[str]:
    return [finding.kind for finding in outcome.findings()]


# ---- Which is which --------------------------------------------------------------------------------------------------


def test_the_ticket_matches_whatever_else_differs() -> None:
    outcome = compare([row("7", symbol="GER40", side="sell", open_price="24312.5")], [row("7")])
    assert pairs(outcome) == [("7", "7")]


def test_a_ticket_wins_over_a_nearer_likeness() -> None:
    outcome = compare([row("1", open_price="1.10500"), row("2")], [row("1")])
    assert pairs(outcome) == [("1", "1")]
    assert kinds(outcome) == ["entry_slippage", "unknown_at_book"]


@pytest.mark.parametrize(
    ("at_broker", "is_match"),
    [
        ({}, True),
        ({"open_price": "1.10020"}, True),  # 2.0 pips
        ({"open_price": "1.10021"}, False),  # 2.1 pips
        ({"open_price": "1.09979"}, False),
        ({"volume": "1.05"}, True),  # 5 %
        ({"volume": "1.06"}, False),
        ({"volume": "0.94"}, False),
        ({"side": "sell"}, False),
        ({"symbol": "GBPUSD"}, False),
        ({"symbol": "eurusd"}, True),
        ({"symbol": "EURUSD.m"}, True),
        ({"symbol": "EURUSDpro"}, True),
        ({"symbol": "EURUSD#"}, True),
    ],
)
def test_without_a_ticket_in_common_likeness_decides(at_broker: dict[str, str], is_match: bool) -> None:
    assert bool(compare([row("9", **at_broker)], [row("1")]).matches) is is_match


def test_two_pips_of_the_yen_are_two_hundredths() -> None:
    book = [row("1", symbol="USDJPY", open_price="152.684")]
    assert compare([row("9", symbol="USDJPY", open_price="152.704")], book).matches
    assert not compare([row("9", symbol="USDJPY", open_price="152.705")], book).matches


def test_two_pips_of_gold_are_twenty_cents() -> None:
    book = [row("1", symbol="XAUUSD", open_price="4086.40")]
    assert compare([row("9", symbol="XAUUSD", open_price="4086.60")], book).matches
    assert not compare([row("9", symbol="XAUUSD", open_price="4086.61")], book).matches


def test_the_nearest_is_taken_first_and_each_once() -> None:
    book = [row("A", open_price="1.10000"), row("B", open_price="1.10015")]
    broker = [row("x", open_price="1.10014"), row("y", open_price="1.10016")]
    # B and x are 0.1 pips apart and so are B and y; the lower price decides. A and y, which are left, are 1.6 apart.
    assert pairs(compare(broker, book)) == [("A", "y"), ("B", "x")]


def test_equal_rows_are_paired_by_their_tickets() -> None:
    assert pairs(compare([row("z"), row("x"), row("y")], [row("B"), row("A")])) == [("A", "x"), ("B", "y")]


def test_many_rows_at_one_price_are_paired_at_once() -> None:
    """Four million pairs are possible; none of them is built."""
    book = [row(f"a{number:04}") for number in range(2000)]
    broker = [row(f"b{number:04}", open_price="1.10001") for number in range(2000)]
    assert len(compare(broker, book).matches) == 2000


def test_what_is_left_is_on_one_side_alone() -> None:
    outcome = compare([row("x", symbol="USDJPY", open_price="152.1")], [row("A")])
    assert [found.ticket for found in outcome.findings()] == ["A", "x"]
    assert kinds(outcome) == ["closed_at_broker", "unknown_at_book"]
    closed, unknown = outcome.findings()
    assert (closed.book, closed.broker) == ({"side": "buy", "volume": "1.00", "open_price": "1.10000"}, None)
    assert (unknown.book, unknown.broker) == (None, {"side": "buy", "volume": "1.00", "open_price": "152.1"})


# ---- In what they differ ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at_broker", "expected"),
    [
        ({}, []),
        ({"open_price": "1.10050"}, []),  # 5.0 pips
        ({"open_price": "1.10051"}, ["entry_slippage"]),
        ({"open_price": "1.09949"}, ["entry_slippage"]),
        ({"volume": "1.10"}, []),  # 10 %
        ({"volume": "1.11"}, ["volume_mismatch"]),
        ({"volume": "0.90"}, []),
        ({"volume": "0.60"}, ["partial_fill"]),
        ({"stop_loss": "1.09400"}, ["stop_loss_mismatch"]),
        ({"stop_loss": None}, ["stop_loss_mismatch"]),
        ({"stop_loss": "1.095"}, []),
        ({"take_profit": None}, ["take_profit_mismatch"]),
        ({"side": "sell"}, ["side_mismatch"]),
        (
            {"side": "sell", "volume": "0.60", "stop_loss": None},
            ["side_mismatch", "partial_fill", "stop_loss_mismatch"],
        ),
    ],
)
def test_a_pair_differs_in(at_broker: dict[str, Any], expected: list[str]) -> None:
    both = {"stop_loss": "1.09500", "take_profit": "1.11000"}
    assert kinds(compare([row("1", **{**both, **at_broker})], [row("1", **both)])) == expected


def test_slippage_is_told_in_pips_with_its_sign() -> None:
    [found] = compare([row(open_price="1.09940")], [row()]).findings()
    assert found.broker == {"open_price": "1.09940", "pips": "-6"}


def test_only_a_common_ticket_says_that_less_is_a_part() -> None:
    rules = Rules(match_volume_ratio=Decimal("0.5"))
    assert kinds(compare([row("9", volume="0.60")], [row("1")], rules)) == ["volume_mismatch"]
    assert kinds(compare([row("1", volume="0.60")], [row("1")], rules)) == ["partial_fill"]


def test_a_difference_names_the_brokers_ticket_where_it_is_another() -> None:
    [found] = compare([row("9", stop_loss="1.09")], [row("1")]).findings()
    assert (found.ticket, found.broker) == ("1", {"stop_loss": "1.09", "ticket": "9"})


def test_a_broker_balance_that_the_proof_does_not_explain_differs() -> None:
    found = balance_finding(Decimal("72917.90"), Decimal("73049.66"), RULES)
    assert found is not None
    assert (found.kind, found.amount) == ("balance_mismatch", Decimal("131.76"))
    assert balance_finding(Decimal("100.00"), Decimal("100.01"), RULES) is None
    assert balance_finding(None, Decimal("100.01"), RULES) is None
    assert balance_finding(Decimal("100.01"), None, RULES) is None


def test_a_feed_is_stale_after_its_limit() -> None:
    assert stale_finding(NOW, NOW + timedelta(seconds=120), RULES) is None
    assert stale_finding(NOW, NOW + timedelta(seconds=121), RULES) is not None
    assert stale_finding(None, NOW, RULES) is None


# ---- Symbols and pips ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("EURUSD", "EURUSD"),
        ("eurusd", "EURUSD"),
        ("EURUSD.m", "EURUSD"),
        ("EURUSD.anything", "EURUSD"),
        ("eurusdpro", "EURUSD"),
        ("EURUSD#", "EURUSD"),
        ("EURUSD_i", "EURUSD"),
        ("USDJPYm", "USDJPY"),
        ("NOKSEK.raw", "NOKSEK"),
        ("XAUUSDm", "XAUUSD"),
        ("GER40.cash", "GER40"),
        ("AAPL.pro", "AAPL"),
        ("BRK.A", "BRK.A"),
        ("BRK.B", "BRK.B"),
        ("AAPL.US", "AAPL.US"),
        ("COMP", "COMP"),
        ("#AAPL", "#AAPL"),
        ("", ""),
    ],
)
def test_a_symbol_stands_for(symbol: str, name: str) -> None:
    assert Markets(PIPS).name(symbol) == name


def test_an_accounts_own_name_wins() -> None:
    markets = Markets(PIPS, {"GOLD.M": "XAUUSD", "EURUSD.M": "GER40"})
    assert (markets.name("gold.m"), markets.name("EURUSD.m")) == ("XAUUSD", "GER40")


@pytest.mark.parametrize(
    ("name", "price", "pip"),
    [
        ("XAUUSD", "4086.40", "0.1"),  # in the list
        ("NOKSEK", "0.95010", "0.0001"),  # two currencies
        ("TRYJPY", "4.123", "0.01"),
        ("AAPL", "231.44", "0.01"),  # as it is printed
        ("NIKKEI", "38125", "1"),
        ("DAXX", "24312.5", "1"),
        ("NEWCOIN", "0.12345", "0.0001"),
    ],
)
def test_the_pip_of(name: str, price: str, pip: str) -> None:
    assert Markets(PIPS).pip(name, [Decimal(price)]) == Decimal(pip)


def test_an_unknown_symbols_pip_follows_its_finest_price() -> None:
    assert Markets().pip("AAPL", [Decimal("231.4"), Decimal("231.44")]) == Decimal("0.01")
    assert Markets().pip("AAPL", []) == 1


@pytest.mark.parametrize(
    ("digits", "pip"), [(0, "1"), (1, "1"), (2, "0.01"), (3, "0.01"), (4, "0.0001"), (5, "0.0001")]
)
def test_an_odd_last_digit_is_a_tenth_of_a_pip(digits: int, pip: str) -> None:
    assert pip_of_digits(digits) == Decimal(pip)
