"""Undo brings back exactly what was there before."""

import pytest

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.samples import sample
from tests.services import act
from tests.services.book import dump
from tests.services.mt4_page import Cash, Line, page
from trading.errors import StateConflict
from trading.models import JournalEntry, State, StatementCorrection, Tag, Trade
from trading.services import statements

pytestmark = pytest.mark.django_db

EARLIER, LATER = "2025 March 7, 20:00", "2025 March 14, 20:00"
FIRST = page(Line(11), Line(12, closed="", size="0.50"), Line(13, closed=""), reported=EARLIER)
SECOND = page(
    Line(11, commission="-7.00"),
    Line(12, size="0.20", title="to #15", profit="3.00"),
    Line(15, size="0.30", closed="", title="from #12"),
    Line(16),
    cash=[Cash(1, comment="Deposit by card"), Cash(2, "-100.00", comment="Withdrawal")],
    reported=LATER,
)


def test_restores_what_the_import_corrected_and_removes_what_it_added(ann: Trader) -> None:
    act.imported(ann, FIRST)
    before = dump()
    second = act.imported(ann, SECOND)
    assert second.outcome["trades"]["corrected"] == 2
    assert second.outcome["positions"] == {"added": 1, "corrected": 0, "unchanged": 0, "removed": 2}
    assert dump() != before
    assert act.undone(second).state == State.UNDONE
    assert dump() == before


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("mt4/statement-jpy-earlier-export.htm", "mt4/detailed-jpy-partial-closes.htm"),
        ("mt4/detailed-jpy-partial-closes.htm", "mt4/statement-jpy-earlier-export.htm"),
        ("mt5-xlsx/history-usd-french-export1.xlsx", "mt5-xlsx/history-usd-french-export2.xlsx"),
        ("mt5-html/history-jpy-japanese-day2.html", "mt5-html/trade-jpy-japanese-odd-byte.html"),
    ],
)
def test_restores_the_exact_state_between_two_real_exports(ann: Trader, first: str, second: str) -> None:
    empty = dump()
    one = act.imported(ann, sample(first).read_bytes())
    before = dump()
    other = act.imported(ann, sample(second).read_bytes())
    assert dump() != before
    act.undone(other)
    assert dump() == before
    act.undone(one)
    assert dump() == empty


def test_takes_the_account_away_that_the_import_made(ann: Trader) -> None:
    statement = act.imported(ann, FIRST)
    act.undone(statement)
    assert not BrokerAccount.objects.exists()
    assert act.fresh(statement).header["number"] == "12345"


def test_keeps_the_account_when_something_else_hangs_on_it(ann: Trader) -> None:
    statement = act.imported(ann, FIRST)
    make.journal_entry(Trade.objects.get(ticket="11"))
    act.undone(statement)
    assert BrokerAccount.objects.count() == 1
    assert not Trade.objects.exists()


def test_undoes_newest_first_and_names_the_import_to_undo_before(ann: Trader) -> None:
    first = act.imported(ann, FIRST, name="first.htm")
    second = act.imported(ann, SECOND, name="second.htm")
    with pytest.raises(StateConflict, match=r"second\.htm"):
        statements.request_undo(first, act.NOW)
    act.undone(second)
    act.undone(first)
    assert not Trade.objects.exists()


def test_keeps_notes_and_tags_through_undo_and_a_new_import(ann: Trader) -> None:
    make.account(ann, platform="mt4", number="12345", server="")
    statement = act.imported(ann, FIRST)
    entry = make.journal_entry(Trade.objects.get(ticket="11"), tags=("breakout",), notes="Too early.")
    act.undone(statement)
    act.imported(ann, FIRST)
    kept = JournalEntry.objects.get(account=Trade.objects.get(ticket="11").account, ticket="11")
    assert (kept.pk, kept.notes) == (entry.pk, "Too early.")
    assert list(kept.tags.all()) == [Tag.objects.get(name="breakout")]


def test_gives_an_account_back_the_blanks_that_the_import_filled(ann: Trader) -> None:
    account = make.account(ann, platform="mt4", number="12345", server="", broker="", leverage=None)
    before = dump()
    statement = act.imported(ann, FIRST)
    account.refresh_from_db()
    assert (account.broker, account.leverage) == ("Example Markets", 100)
    act.undone(statement)
    assert dump() == before


def test_keeps_what_the_trader_changed_in_the_account_since(ann: Trader) -> None:
    account = make.account(ann, platform="mt4", number="12345", server="", broker="", leverage=None)
    statement = act.imported(ann, FIRST)
    BrokerAccount.objects.filter(pk=account.pk).update(broker="My broker")
    act.undone(statement)
    account.refresh_from_db()
    assert (account.broker, account.leverage) == ("My broker", None)


def test_records_each_corrected_row_as_it_was(ann: Trader) -> None:
    act.imported(ann, FIRST)
    second = act.imported(ann, SECOND)
    kept = StatementCorrection.objects.filter(statement=second, table="trade").order_by("row_id")
    assert {correction.before["ticket"] for correction in kept} == {"11", "12"}
    assert not StatementCorrection.objects.filter(table="trade").exclude(statement=second).exists()
