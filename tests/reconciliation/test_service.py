"""Reconciliation at a sync: breaks open, stay, change and close by themselves; the feed's state follows."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.cast import NOW
from tests.reconciliation.scene import booked, both, feed, held, minutes, report, synced_again
from trading import tasks
from trading.models import AccountRules, Break, ReconciliationLog, SyncState
from trading.queries.book_balances import balances
from trading.queries.figures import balance_proof
from trading.services.breaks import acknowledge
from trading.services.reconciliation import compare_again, mark_stale, reconcile

pytestmark = pytest.mark.django_db
LATER = NOW + minutes(1)


def breaks(account: BrokerAccount) -> dict[str, str]:
    return dict(account.breaks.order_by("opened_at", "type").values_list("type", "state"))


def events(account: BrokerAccount) -> list[str]:
    return list(ReconciliationLog.objects.filter(account=account).order_by("at", "id").values_list("event", flat=True))


def state(account: BrokerAccount) -> SyncState:
    return SyncState.objects.get(account=account)


def test_an_account_whose_sides_agree_is_healthy(ann: Trader) -> None:
    account = feed(ann)
    both(account)
    result = reconcile([account.pk], now=NOW)[account.pk]
    assert (result.status, result.matched, result.breaks) == ("healthy", 1, 0)
    assert (state(account).status, state(account).matched_positions, state(account).open_breaks) == ("healthy", 1, 0)
    assert events(account) == ["sync"]


def runs(account: BrokerAccount) -> list[tuple[int, int]]:
    """Of each run in the log: the minute, and how many runs it stands for."""
    rows = ReconciliationLog.objects.filter(account=account, event="sync").order_by("at")
    return [(int((row.at - NOW).total_seconds() // 60), row.details["runs"]) for row in rows]


def sync_each_minute(account: BrokerAccount, start: int, end: int) -> None:
    for minute in range(start, end):
        at = NOW + minutes(minute)
        SyncState.objects.filter(account=account).update(
            last_sync_at=at, last_sent_at=at, total_syncs=F("total_syncs") + 1
        )
        reconcile([account.pk], now=at)


def test_runs_that_find_the_same_are_counted_by_the_next_row(ann: Trader) -> None:
    account = feed(ann, total_syncs=0)
    _, position = both(account)
    sync_each_minute(account, 0, 130)
    assert runs(account) == [(0, 1), (60, 60), (120, 60)]
    position.delete()
    sync_each_minute(account, 130, 140)
    assert runs(account) == [(0, 1), (60, 60), (120, 60), (130, 10)]
    assert state(account).total_syncs == 140
    assert sum(number for _, number in runs(account)) == 131  # the last nine wait for the next row


def test_a_run_after_something_changed_outside_has_its_row(ann: Trader) -> None:
    account = feed(ann, total_syncs=0)
    held(account)
    sync_each_minute(account, 0, 3)
    acknowledge(account.breaks.get(), account.trader, now=NOW + minutes(3))
    sync_each_minute(account, 4, 6)
    assert runs(account) == [(0, 1), (4, 3)]


def test_every_run_has_its_row_where_the_settings_say_so(ann: Trader, settings: Any) -> None:
    settings.RECONCILIATION_LOG_MINUTES = 0
    account = feed(ann, total_syncs=0)
    sync_each_minute(account, 0, 3)
    assert runs(account) == [(0, 1), (1, 1), (2, 1)]


def test_a_run_that_finds_the_same_writes_no_row_at_all(ann: Trader) -> None:
    account = feed(ann)
    both(account)
    reconcile([account.pk], now=NOW)
    with CaptureQueriesContext(connection) as queries:
        reconcile([account.pk], now=LATER)
    assert not [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE"))]


def test_an_account_with_nothing_open_is_idle(ann: Trader) -> None:
    account = feed(ann)
    assert reconcile([account.pk], now=NOW)[account.pk].status == "idle"


def test_an_account_that_was_never_synced_is_left_out(ann: Trader) -> None:
    account = make.account(ann)
    held(account)
    assert reconcile([account.pk], now=NOW) == {}
    assert breaks(account) == {}


def test_a_moved_stop_opens_a_break_and_its_return_closes_it(ann: Trader) -> None:
    account = feed(ann)
    _, position = both(account, stop_loss=Decimal("1.09000"))
    result = reconcile([account.pk], now=NOW)[account.pk]
    assert (result.status, result.matched, result.breaks) == ("warning", 1, 1)
    [opened] = account.breaks.all()
    assert (opened.type, opened.ticket, opened.state) == ("stop_loss_mismatch", "7001", "open")
    assert (opened.book, opened.broker) == ({"stop_loss": "1.09500"}, {"stop_loss": "1.09000"})

    position.stop_loss = Decimal("1.09500")
    position.save()
    assert reconcile([account.pk], now=LATER)[account.pk].status == "healthy"
    opened.refresh_from_db()
    assert (opened.state, opened.state_changed_at, opened.resolution) == ("resolved", LATER, "The two sides agree.")
    assert opened.state_changed_by is None
    assert events(account) == ["sync", "break_opened", "sync", "break_resolved"]


def test_a_break_that_stays_is_one_row_that_was_seen_again(ann: Trader) -> None:
    account = feed(ann)
    held(account)
    reconcile([account.pk], now=NOW)
    reconcile([account.pk], now=LATER)
    [stays] = account.breaks.all()
    assert (stays.type, stays.opened_at, stays.seen_at) == ("unknown_at_book", NOW, LATER)
    assert events(account) == ["sync", "break_opened"]


def test_seeing_a_break_again_leaves_no_history(ann: Trader) -> None:
    account = feed(ann)
    held(account)
    reconcile([account.pk], now=NOW)
    reconcile([account.pk], now=LATER)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM trading_breakevent")
        assert cursor.fetchone() == (0,)


def test_what_was_ignored_stays_ignored_while_unchanged(ann: Trader) -> None:
    account = feed(ann)
    held(account)
    reconcile([account.pk], now=NOW)
    account.breaks.update(state="ignored")
    assert reconcile([account.pk], now=LATER)[account.pk].status == "healthy"
    assert breaks(account) == {"unknown_at_book": "ignored"}
    assert state(account).open_breaks == 0


def test_what_was_ignored_opens_again_when_it_changes(ann: Trader) -> None:
    account = feed(ann)
    position = held(account)
    reconcile([account.pk], now=NOW)
    account.breaks.update(state="ignored")
    position.volume_lots = Decimal("2.00")
    position.save()
    assert reconcile([account.pk], now=LATER)[account.pk].status == "warning"
    assert breaks(account) == {"unknown_at_book": "open"}
    assert events(account)[-1] == "break_changed"


def test_the_same_price_with_more_digits_is_no_change(ann: Trader) -> None:
    account = feed(ann)
    position = held(account, open_price=Decimal("1.1"))
    reconcile([account.pk], now=NOW)
    account.breaks.update(state="ignored")
    position.open_price = Decimal("1.10000")
    position.save()
    reconcile([account.pk], now=LATER)
    assert breaks(account) == {"unknown_at_book": "ignored"}


def test_what_was_acknowledged_stays_so_when_it_changes(ann: Trader) -> None:
    account = feed(ann)
    _, position = both(account, stop_loss=Decimal("1.09000"))
    reconcile([account.pk], now=NOW)
    account.breaks.update(state="acknowledged")
    position.stop_loss = Decimal("1.08000")
    position.save()
    assert reconcile([account.pk], now=LATER)[account.pk].breaks == 1
    assert account.breaks.get().broker == {"stop_loss": "1.08000"}
    assert breaks(account) == {"stop_loss_mismatch": "acknowledged"}


def test_a_break_that_comes_back_is_a_new_one(ann: Trader) -> None:
    account = feed(ann)
    held(account)
    reconcile([account.pk], now=NOW)
    account.positions.all().delete()
    reconcile([account.pk], now=LATER)
    held(account)
    reconcile([account.pk], now=LATER + minutes(1))
    assert list(account.breaks.order_by("opened_at").values_list("state", flat=True)) == ["resolved", "open"]


def test_a_trade_that_the_broker_no_longer_has_is_closed_at_the_broker(ann: Trader) -> None:
    account = feed(ann)
    booked(account)
    reconcile([account.pk], now=NOW)
    assert breaks(account) == {"closed_at_broker": "open"}
    assert state(account).status == "warning"


def test_a_feed_that_never_said_what_is_open_says_nothing_of_the_books_trades(ann: Trader) -> None:
    account = feed(ann, positions_at=None)
    booked(account)
    assert reconcile([account.pk], now=NOW)[account.pk].status == "idle"
    assert breaks(account) == {}


def test_a_partly_closed_trade_is_compared_by_what_is_left_of_it(ann: Trader) -> None:
    account = feed(ann)
    booked(account, closed_volume_lots=Decimal("0.40"))
    held(account, volume_lots=Decimal("0.60"))
    assert reconcile([account.pk], now=NOW)[account.pk].status == "healthy"


def test_an_accounts_own_symbols_and_tolerances_count(ann: Trader) -> None:
    account = feed(ann)
    gold = make.instrument("XAUUSD", kind="metal", pip=Decimal("0.1"))
    make.symbol_mapping(account, broker_symbol="Gold.x", instrument=gold)
    booked(account, "1", symbol="XAUUSD", open_price=Decimal("2050.10"))
    held(account, "2", symbol="GOLD.X", open_price=Decimal("2050.50"))
    assert reconcile([account.pk], now=NOW)[account.pk].matched == 0
    AccountRules.objects.create(account=account, match_price_pips=4)
    assert reconcile([account.pk], now=LATER)[account.pk].matched == 1


# ---- The balance -----------------------------------------------------------------------------------------------------


def test_a_balance_that_the_proof_does_not_explain_is_a_break(ann: Trader) -> None:
    account = feed(ann)
    make.committed_statement(account=account, has_history=True, opening_balance=Decimal(0))
    make.cash_flow(account, amount=Decimal("10000.00"))
    make.exit_of(make.trade(account))  # +100.00 net
    report(account, "10231.76")
    reconcile([account.pk], now=NOW)
    [differs] = account.breaks.all()
    assert (differs.type, differs.ticket, differs.amount) == ("balance_mismatch", "", Decimal("131.76"))
    assert (differs.book, differs.broker) == ({"balance": "10100.00"}, {"balance": "10231.76"})


def test_a_balance_within_the_tolerance_is_none(ann: Trader) -> None:
    account = feed(ann)
    make.committed_statement(account=account, has_history=True, opening_balance=Decimal(0))
    make.cash_flow(account, amount=Decimal("10000.00"))
    report(account, "10000.01")
    reconcile([account.pk], now=NOW)
    assert breaks(account) == {}


def test_without_a_statement_the_first_sync_tells_where_the_book_starts(ann: Trader) -> None:
    first = NOW - minutes(60)
    account = feed(ann, first_balance=Decimal("5000.00"), first_booked_at=first)
    make.cash_flow(account, amount=Decimal("300.00"), booked_at=first - minutes(5))
    make.cash_flow(account, amount=Decimal("200.00"), booked_at=first + minutes(5))
    report(account, "5200.00")
    reconcile([account.pk], now=NOW)
    assert breaks(account) == {}


def test_nothing_is_said_of_a_balance_whose_start_is_not_known(ann: Trader) -> None:
    account = feed(ann)
    make.committed_statement(account=account, has_history=True, opening_balance=None)
    report(account, "5200.00")
    reconcile([account.pk], now=NOW)
    assert breaks(account) == {}


def test_credit_is_no_part_of_the_balance(ann: Trader) -> None:
    account = feed(ann, first_balance=Decimal("5000.00"), first_booked_at=NOW - minutes(60))
    make.cash_flow(account, kind="credit", amount=Decimal("300.00"), booked_at=NOW - minutes(5))
    report(account, "5000.00")
    reconcile([account.pk], now=NOW)
    assert breaks(account) == {}


@pytest.mark.parametrize("has_statement", [True, False])
def test_the_balance_is_that_of_the_balance_proof(ann: Trader, has_statement: bool) -> None:
    account = feed(ann, first_balance=Decimal("5000.00"), first_booked_at=make.START + minutes(9999))
    if has_statement:
        make.committed_statement(account=account, has_history=True, opening_balance=Decimal("12.34"))
    make.cash_flow(account)
    make.cash_flow(account, kind="credit", amount=Decimal("70.00"))
    for _ in range(3):
        trade = make.trade(account, opened_at=make.START + minutes(9000))
        make.execution(trade=trade, is_derived=True)
        make.exit_of(trade)
    proof = balance_proof(account, ZoneInfo("UTC"))
    assert balances([account.pk])[account.pk].book == proof.closing


# ---- Quiet feeds -----------------------------------------------------------------------------------------------------


def test_a_feed_that_goes_quiet_is_degraded_until_it_is_back(ann: Trader) -> None:
    account = feed(ann)
    both(account)
    reconcile([account.pk], now=NOW)
    quiet = NOW + minutes(3)
    assert mark_stale(quiet) == 1
    assert (breaks(account), state(account).status) == ({"stale": "open"}, "degraded")
    assert mark_stale(quiet + minutes(1)) == 0
    assert events(account) == ["sync", "stale"]

    back = quiet + minutes(2)
    synced_again(account, back)
    assert reconcile([account.pk], now=back)[account.pk].status == "healthy"
    assert breaks(account) == {"stale": "resolved"}
    assert account.breaks.get().resolution == "The feed is back."


def test_a_feed_may_be_quiet_for_as_long_as_its_account_says(ann: Trader) -> None:
    patient, hasty, archived = feed(ann), feed(ann), feed(ann, archived_at=NOW)
    AccountRules.objects.create(account=patient, stale_after_s=3600)
    AccountRules.objects.create(account=hasty, stale_after_s=30)
    assert mark_stale(NOW + minutes(1)) == 1
    assert [bool(breaks(account)) for account in (patient, hasty, archived)] == [False, True, False]


def test_the_periodic_job_finds_quiet_feeds(ann: Trader) -> None:
    account = feed(ann, at=NOW - minutes(30))
    tasks.mark_stale_feeds(timestamp=0)
    assert (breaks(account), state(account).status) == ({"stale": "open"}, "degraded")


def test_a_feed_at_its_limit_is_not_yet_quiet(ann: Trader) -> None:
    feed(ann)
    assert mark_stale(NOW + minutes(2)) == 0


def test_a_feed_that_fails_is_degraded(ann: Trader) -> None:
    account = feed(ann, failures_in_a_row=2)
    assert reconcile([account.pk], now=NOW)[account.pk].status == "degraded"


# ---- The whole -------------------------------------------------------------------------------------------------------


def fill(account: BrokerAccount) -> None:
    """A match, a moved stop, one of each side alone, and a balance that differs."""
    both(account, "1")
    both(account, "2", stop_loss=None)
    booked(account, "3", open_price=Decimal("1.20000"))
    held(account, "4", open_price=Decimal("1.30000"))
    make.cash_flow(account)
    report(account, "10500.00")


def queries(accounts: list[BrokerAccount]) -> int:
    with CaptureQueriesContext(connection) as captured:
        results = reconcile([account.pk for account in accounts], now=NOW)
    assert {result.breaks for result in results.values()} == {4}
    return len(captured)


def test_the_number_of_queries_does_not_grow_with_the_accounts(ann: Trader) -> None:
    feeds = [feed(ann, first_balance=Decimal(0), first_booked_at=make.START - minutes(9999)) for _ in range(21)]
    for account in feeds:
        fill(account)
    assert queries(feeds[:1]) == queries(feeds[1:]) <= 16


def test_comparing_again_finds_the_same_and_writes_nothing(ann: Trader) -> None:
    account = feed(ann, first_balance=Decimal(0), first_booked_at=make.START - minutes(9999))
    fill(account)
    reconcile([account.pk], now=NOW)
    before = list(Break.objects.order_by("id").values_list("id", "type", "ticket", "state")), state(account).status
    revision = BrokerAccount.objects.get(pk=account.pk).revision
    compare_again([account.pk], now=LATER)
    after = list(Break.objects.order_by("id").values_list("id", "type", "ticket", "state")), state(account).status
    assert after == before
    assert BrokerAccount.objects.get(pk=account.pk).revision == revision
    assert events(account).count("sync") == 1


def test_a_page_learns_of_a_new_break_by_the_revision(ann: Trader) -> None:
    account = feed(ann)
    reconcile([account.pk], now=NOW)
    held(account)
    before = BrokerAccount.objects.get(pk=account.pk).revision
    reconcile([account.pk], now=LATER)
    assert BrokerAccount.objects.get(pk=account.pk).revision == before + 1


@pytest.mark.parametrize("statement", ["UPDATE {} SET matched = 9", "DELETE FROM {}"])
def test_the_database_refuses_to_change_the_log(ann: Trader, statement: str) -> None:
    account = feed(ann)
    reconcile([account.pk], now=NOW)
    with pytest.raises(Exception, match=r"Cannot (update|delete)"), connection.cursor() as cursor:
        cursor.execute(statement.format("trading_reconciliationlog"))
