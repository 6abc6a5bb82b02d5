"""Two exports of one account: which of them is right, whatever the order in which they come."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from accounts.models import Trader
from tests import make
from tests.services import act
from tests.services.book import rows_of
from tests.services.mt4_page import Cash, Line, page
from trading.models import Execution, Position, Snapshot, Statement, Trade
from trading.services.localise import ServerClock
from trading.services.merge import Import, merge, merge_executions
from trading.services.staging import copy_lines, create_stage
from trading.services.tables import EXECUTION, POSITION, TRADE
from trading.services.undoing import undo_rows

pytestmark = pytest.mark.django_db

EARLIER, LATER = "2025 March 7, 20:00", "2025 March 14, 20:00"


def test_adds_nothing_when_a_file_comes_twice(ann: Trader) -> None:
    content = page(Line(11), Line(12, closed="", profit="-3.00"))
    first = act.imported(ann, content)
    before = rows_of(act.account_of(first))
    second = act.imported(ann, content)
    assert rows_of(act.account_of(second)) == before
    assert second.outcome["changes_nothing"]
    assert second.outcome["trades"] == {"added": 0, "corrected": 0, "unchanged": 2, "removed": 0}


def test_closes_an_open_trade_when_a_later_export_shows_it_closed(ann: Trader) -> None:
    act.imported(ann, page(Line(11, closed="", profit="-3.00"), reported=EARLIER))
    later = act.imported(ann, page(Line(11, profit="25.00", title="[tp]"), reported=LATER))
    trade = Trade.objects.get()
    assert (trade.closed_at is not None, trade.gross_profit, trade.comment) == (True, Decimal("25.00"), "[tp]")
    assert later.outcome["trades"]["corrected"] == 1
    assert not Position.objects.exists()
    changed = {found["field"]: found for found in later.outcome["corrections"] if found["table"] == "trade"}
    assert changed["gross_profit"]["old"] == "0" and changed["gross_profit"]["difference"] == "25.00"


def test_never_reopens_a_closed_trade_when_an_earlier_export_comes_later(ann: Trader) -> None:
    act.imported(ann, page(Line(11, profit="25.00"), reported=LATER))
    earlier = act.imported(ann, page(Line(11, closed="", profit="-3.00"), reported=EARLIER))
    assert Trade.objects.get().closed_at is not None
    assert not Position.objects.exists()
    assert earlier.outcome["trades"]["corrected"] == 0


PAIRS = {
    "open then closed": (
        page(Line(11, closed="", profit="-3.00"), reported=EARLIER),
        page(Line(11, profit="25.00", title="[tp]"), reported=LATER),
    ),
    "partly closed": (
        page(Line(11, closed="", size="0.10"), reported=EARLIER),
        page(
            Line(11, size="0.04", title="to #12"),
            Line(12, size="0.06", closed="", title="from #11"),
            reported=LATER,
        ),
    ),
    "stop moved": (
        page(Line(11, closed="", stop="1.09000"), reported=EARLIER),
        page(Line(11, closed="", stop="1.09500", profit="4.00"), reported=LATER),
    ),
    "corrected by the broker": (
        page(Line(11, commission="-7.00"), cash=[Cash(1), Cash(2, "-50.00")], reported=EARLIER),
        page(Line(11, commission="-5.00"), cash=[Cash(1), Cash(2, "-40.00")], reported=LATER),
    ),
    "old rows dropped": (
        page(Line(11), Line(12), reported=EARLIER),
        page(Line(12), Line(13), cash=[], opening=Decimal(1010), reported=LATER),
    ),
    "comment only in the earlier one": (
        page(Line(11, title="#77 breakout"), reported=EARLIER),
        page(Line(11), reported=LATER),
    ),
    "hour that comes twice": (
        page(Line(11, opened="2024.10.27 03:50:00", closed=""), reported="2024 October 27, 03:55"),
        page(Line(11, opened="2024.10.27 03:50:00", closed="2024.10.27 04:10:00"), reported=LATER),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_ends_with_the_same_rows_in_either_order(ann: Trader, bo: Trader, name: str) -> None:
    earlier, later = PAIRS[name]
    act.imported(ann, earlier)
    one = rows_of(act.account_of(act.imported(ann, later)))
    act.imported(bo, later)
    other = rows_of(act.account_of(act.imported(bo, earlier)))
    assert one == other
    assert one["trades"]


def test_keeps_a_row_that_a_later_export_no_longer_lists(ann: Trader) -> None:
    act.imported(ann, page(Line(11), Line(12), reported=EARLIER))
    act.imported(ann, page(Line(12), cash=[], opening=Decimal(1010), reported=LATER))
    assert sorted(Trade.objects.values_list("ticket", flat=True)) == ["11", "12"]


def test_reads_the_second_pass_of_the_autumn_hour_when_a_trade_would_close_before_it_opened() -> None:
    # Athens puts its clock back at 04:00 on 27 October 2024: 03:50 (first pass) is followed by 03:10 (second pass).
    clock = ServerClock("Europe/Athens")
    opened, closed = datetime(2024, 10, 27, 3, 50), datetime(2024, 10, 27, 3, 10)
    assert clock.utc(opened) == datetime(2024, 10, 27, 0, 50, tzinfo=UTC)
    assert clock.utc(closed, opened) == datetime(2024, 10, 27, 1, 10, tzinfo=UTC)
    assert clock.text(closed, opened) == "2024-10-27 01:10:00+00:00"
    assert clock.text(datetime(2024, 10, 28, 3, 10)) == "2024-10-28 03:10:00+02:00"


def test_never_closes_a_trade_before_it_opened_in_the_hour_that_spring_skips(ann: Trader) -> None:
    # Athens goes from 03:00 to 04:00 on 30 March 2025; a server that does not may still print 03:30.
    line = Line(11, opened="2025.03.30 03:30:00", closed="2025.03.30 04:10:00", symbol="btcusd")
    act.imported(ann, page(line, reported="2025 April 1, 00:00"))
    trade = Trade.objects.get()
    assert trade.opened_at == trade.closed_at == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)
    assert (trade.opened_text, trade.closed_text) == ("2025.03.30 03:30:00", "2025.03.30 04:10:00")


def test_replaces_positions_only_by_a_newer_report(ann: Trader) -> None:
    act.imported(ann, page(Line(11, closed="", profit="4.00"), reported=LATER))
    act.imported(ann, page(Line(11, closed="", profit="1.00"), Line(12, closed=""), reported=EARLIER))
    assert [(row.ticket, row.floating_profit) for row in Position.objects.all()] == [("11", Decimal("4.00"))]
    assert Snapshot.objects.count() == 2


def test_raises_the_revision_only_when_something_changed(ann: Trader) -> None:
    content = page(Line(11))
    first = act.account_of(act.imported(ann, content)).revision
    assert act.account_of(act.imported(ann, content)).revision == first
    assert act.account_of(act.imported(ann, page(Line(11), Line(12), reported=LATER))).revision == first + 1


def test_stores_a_script_in_a_comment_as_text(ann: Trader) -> None:
    evil = "&lt;script&gt;alert(1)&lt;/script&gt; \\N \\x"
    act.imported(ann, page(Line(11, title=evil)))
    assert Trade.objects.get().comment == "<script>alert(1)</script> \\N \\x"


def test_lets_listed_fills_take_the_place_of_derived_ones_and_gives_them_back_on_undo(ann: Trader) -> None:
    statement = act.imported(ann, page(Line(11)))
    before = rows_of(act.account_of(statement))
    trade = Trade.objects.get()
    # A file that lists the exit, which MetaTrader 4 never does: written by hand, merged by the importer's own SQL.
    listing = make.committed_statement(account=trade.account, committed_at=act.NOW + timedelta(days=1))
    fill = Execution.objects.get(direction="out")
    listed = {"deal_id": "900", "is_derived": False, "ticket": "11", "balance_after": r"\N"}
    line = "\t".join(str(listed.get(column, getattr(fill, column, ""))) for column in EXECUTION.staged_columns)
    with transaction.atomic(), connection.cursor() as cursor:
        create_stage(cursor, EXECUTION)
        copy_lines(cursor, EXECUTION.stage, EXECUTION.staged_columns, [line])
        job = Import(trade.account_id, listing.pk, act.NOW, True, False, {"executions": 1}, [], {})
        tally = merge_executions(cursor, job)
    assert (tally.added, tally.removed) == (1, 1)
    assert sorted(Execution.objects.values_list("deal_id", flat=True)) == ["11:in", "900"]
    again = act.imported(ann, page(Line(11)))
    assert again.outcome["changes_nothing"]
    undo_rows(again)
    undo_rows(listing)
    assert rows_of(trade.account) == before
    assert Statement.objects.count() == 3


def test_takes_positions_but_no_history_from_a_newer_report_of_open_trades(ann: Trader) -> None:
    statement = act.imported(ann, page(Line(11, closed="", profit="4.00")))
    account = act.account_of(statement)
    kept, trade = Position.objects.get(), Trade.objects.get()
    later = act.NOW + timedelta(days=1)
    report = make.committed_statement(account=account, committed_at=later, has_history=False, reported_at=later)
    new = {"floating_profit": "9.00", "stop_loss": "1.05", "reported_at": later.isoformat()}
    staged = {"trades": 1, "executions": 0, "cash_flows": 0, "positions": 1, "snapshots": 0}
    with transaction.atomic(), connection.cursor() as cursor:
        for table, row in ((TRADE, trade), (POSITION, kept)):
            create_stage(cursor, table)
            values = [new.get(column, getattr(row, column)) for column in table.staged_columns]
            line = "\t".join(r"\N" if value is None else str(value) for value in values)
            copy_lines(cursor, table.stage, table.staged_columns, [line])
        histories = {statement.pk: statement.reported_at or act.NOW}
        tallies = merge(Import(account.pk, report.pk, later, False, True, staged, [], histories))
    assert (tallies["positions"].corrected, tallies["trades"].corrected) == (1, 0)
    kept.refresh_from_db()
    trade.refresh_from_db()
    assert (kept.floating_profit, trade.stop_loss) == (Decimal("9.00"), None)
