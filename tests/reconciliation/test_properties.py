"""What holds for any two sides."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from trading.calc.reconciliation import Outcome, Row, Rules, reconcile
from trading.calc.symbols import Markets

MARKETS = Markets({"EURUSD": Decimal("0.0001"), "USDJPY": Decimal("0.01"), "XAUUSD": Decimal("0.1")})
SYMBOLS = ("EURUSD", "eurusd.m", "EURUSDpro", "USDJPY", "usdjpy#", "XAUUSD", "ABC.D", "ABC", "")
PRICES = st.decimals("1.0990", "1.1010", places=5) | st.decimals("0.00001", "1e30", places=5)
VOLUMES = st.sampled_from([Decimal(text) for text in ("0.01", "0.95", "1", "1.00", "1.05", "1.11", "100")])
STOPS = st.none() | st.sampled_from([Decimal("1.09"), Decimal("1.0900"), Decimal(2)])


@st.composite
def sides(draw: st.DrawFn) -> list[Row]:
    tickets = draw(st.lists(st.sampled_from("ABCDEFGHIJ"), unique=True, max_size=8))
    rows = st.builds(
        Row, st.just(""), st.sampled_from(SYMBOLS), st.sampled_from(["buy", "sell"]), VOLUMES, PRICES, STOPS, STOPS
    )
    return [replace(draw(rows), ticket=ticket) for ticket in tickets]


RULES = st.builds(
    Rules,
    match_volume_ratio=st.sampled_from([Decimal(0), Decimal("0.05"), Decimal(2)]),
    match_price_pips=st.sampled_from([Decimal(0), Decimal(2), Decimal(50)]),
    slippage_pips=st.sampled_from([Decimal(0), Decimal(5)]),
)


def places(outcome: Outcome) -> tuple[list[str], list[str]]:
    """Where each row of the book and of the broker ended."""
    book = [match.book.ticket for match in outcome.matches] + [row.ticket for row in outcome.book_only]
    broker = [match.broker.ticket for match in outcome.matches] + [row.ticket for row in outcome.broker_only]
    return sorted(book), sorted(broker)


@given(sides(), sides(), RULES)
@settings(max_examples=300, deadline=None)
def test_every_row_ends_in_exactly_one_match_or_break(broker: list[Row], book: list[Row], rules: Rules) -> None:
    outcome = reconcile(broker, book, rules, MARKETS)
    assert places(outcome) == (sorted(row.ticket for row in book), sorted(row.ticket for row in broker))
    alone = [found for found in outcome.findings() if found.kind in ("closed_at_broker", "unknown_at_book")]
    assert len(alone) == len(outcome.book_only) + len(outcome.broker_only)


@given(sides(), sides(), RULES, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_of_the_rows_does_not_matter(
    broker: list[Row], book: list[Row], rules: Rules, random: object
) -> None:
    expected = reconcile(broker, book, rules, MARKETS)
    random.shuffle(broker)  # type: ignore[attr-defined]
    random.shuffle(book)  # type: ignore[attr-defined]
    assert reconcile(broker, book, rules, MARKETS) == expected


@given(sides())
def test_a_side_agrees_with_itself(rows: list[Row]) -> None:
    outcome = reconcile(rows, rows, Rules(), MARKETS)
    assert len(outcome.matches) == len(rows)
    assert list(outcome.findings()) == []


@given(sides(), sides(), RULES)
def test_a_break_is_named_once(broker: list[Row], book: list[Row], rules: Rules) -> None:
    names = [(found.kind, found.ticket) for found in reconcile(broker, book, rules, MARKETS).findings()]
    assert len(names) == len(set(names))


@given(sides(), sides(), RULES)
def test_tickets_in_common_are_always_matched(broker: list[Row], book: list[Row], rules: Rules) -> None:
    outcome = reconcile(broker, book, rules, MARKETS)
    common = {row.ticket for row in broker} & {row.ticket for row in book}
    assert {match.book.ticket for match in outcome.matches if match.book.ticket == match.broker.ticket} == common


@given(sides(), sides(), RULES)
def test_what_is_matched_by_likeness_is_alike(broker: list[Row], book: list[Row], rules: Rules) -> None:
    for match in reconcile(broker, book, rules, MARKETS).matches:
        own, theirs = match.book, match.broker
        if own.ticket != theirs.ticket:
            assert MARKETS.name(own.symbol) == MARKETS.name(theirs.symbol)
            assert own.side == theirs.side
            assert abs(own.volume - theirs.volume) <= rules.match_volume_ratio * own.volume


@given(sides(), sides(), RULES)
def test_nothing_alike_is_left_on_both_sides(broker: list[Row], book: list[Row], rules: Rules) -> None:
    outcome = reconcile(broker, book, rules, MARKETS)
    prices = [row.open_price for row in (*broker, *book) if MARKETS.name(row.symbol) not in MARKETS.pips]
    for own in outcome.book_only:
        name = MARKETS.name(own.symbol)
        reach = rules.match_price_pips * MARKETS.pip(name, prices)
        for theirs in outcome.broker_only:
            is_alike = (
                (MARKETS.name(theirs.symbol), theirs.side) == (name, own.side)
                and abs(theirs.open_price - own.open_price) <= reach
                and abs(theirs.volume - own.volume) <= rules.match_volume_ratio * own.volume
            )
            assert not is_alike
