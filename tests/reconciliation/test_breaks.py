"""What a trader does about a break, who did it, and what the log says afterwards."""

from decimal import Decimal

import pytest
from django.db import connection

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.cast import NOW
from tests.reconciliation.scene import booked, both, feed, held, minutes, report
from trading.models import AuditEntry, Break, ReconciliationLog, SyncState, Trade
from trading.services.breaks import BreakResolved, NotAcceptable, accept, acknowledge, ignore, resolve
from trading.services.reconciliation import reconcile

pytestmark = pytest.mark.django_db
LATER = NOW + minutes(0.5)


def found(account: BrokerAccount) -> Break:
    """The one break that a sync finds."""
    reconcile([account.pk], now=NOW)
    return account.breaks.exclude(state="resolved").get()


def last_event(account: BrokerAccount) -> ReconciliationLog:
    event = ReconciliationLog.objects.filter(account=account).exclude(actor="").order_by("-at", "-id").first()
    assert event is not None
    return event


def state(account: BrokerAccount) -> tuple[str, int]:
    row = SyncState.objects.get(account=account)
    return row.status, row.open_breaks


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return feed(ann)


@pytest.mark.parametrize(
    ("act", "to", "event", "left"),
    [
        (acknowledge, "acknowledged", "break_acknowledged", ("warning", 1)),
        (resolve, "resolved", "break_resolved", ("healthy", 0)),
        (ignore, "ignored", "break_ignored", ("healthy", 0)),
    ],
)
def test_a_trader_settles_a_break(
    account: BrokerAccount, ann: Trader, act: object, to: str, event: str, left: tuple[str, int]
) -> None:
    both(account, stop_loss=None)
    account.sync_state.open_positions = 1
    account.sync_state.save()
    row = act(found(account), ann, now=LATER, reason="  Moved by hand. ")  # type: ignore[operator]
    row.refresh_from_db()
    assert (row.state, row.state_changed_by, row.state_changed_at) == (to, ann, LATER)
    assert row.resolution == "Moved by hand."
    assert state(account) == left
    logged = last_event(account)
    assert (logged.event, logged.actor, logged.break_type, logged.ticket) == (event, ann.email, row.type, row.ticket)
    assert logged.details["resolution"] == "Moved by hand."


def test_acknowledging_twice_is_once(account: BrokerAccount, ann: Trader) -> None:
    held(account)
    row = found(account)
    acknowledge(row, ann, now=LATER)
    acknowledge(row, ann, now=LATER)
    assert ReconciliationLog.objects.filter(account=account, event="break_acknowledged").count() == 1


@pytest.mark.parametrize("act", [acknowledge, resolve, ignore, accept])
def test_what_is_resolved_is_over(account: BrokerAccount, ann: Trader, act: object) -> None:
    held(account)
    row = found(account)
    resolve(row, ann, now=LATER)
    with pytest.raises(BreakResolved, match="already"):
        act(row, ann, now=LATER)  # type: ignore[operator]


def test_what_was_resolved_by_hand_opens_anew_when_the_sides_still_differ(account: BrokerAccount, ann: Trader) -> None:
    held(account)
    resolve(found(account), ann, now=LATER)
    reconcile([account.pk], now=LATER)
    assert sorted(account.breaks.values_list("state", flat=True)) == ["open", "resolved"]


# ---- Taking the broker's word ----------------------------------------------------------------------------------------


def test_a_position_becomes_an_open_trade(account: BrokerAccount, ann: Trader) -> None:
    position = held(account, commission=Decimal("-3.50"), comment="by hand")
    revision = BrokerAccount.objects.get(pk=account.pk).revision
    row = accept(found(account), ann, now=LATER)
    trade = Trade.objects.get(account=account)
    assert (trade.ticket, trade.symbol, trade.side, trade.source) == ("7001", "EURUSD", "buy", "manual")
    assert (trade.volume_lots, trade.open_price, trade.opened_at) == (
        position.volume_lots,
        position.open_price,
        position.opened_at,
    )
    assert (trade.stop_loss, trade.take_profit, trade.commission) == (
        position.stop_loss,
        position.take_profit,
        Decimal("-3.50"),
    )
    assert (trade.closed_at, trade.gross_profit) == (None, 0)
    row.refresh_from_db()
    assert (row.state, row.state_changed_by, row.resolution) == ("resolved", ann, "Taken into the book.")
    assert SyncState.objects.get(account=account).matched_positions == 1
    assert BrokerAccount.objects.get(pk=account.pk).revision > revision
    assert reconcile([account.pk], now=LATER)[account.pk].breaks == 0


def test_accepting_is_kept_in_the_audit_log(account: BrokerAccount, ann: Trader) -> None:
    held(account)
    row = accept(found(account), ann, now=LATER)
    step = AuditEntry.objects.get(account=account)
    trade = Trade.objects.get(account=account)
    assert (step.act, step.actor, step.subject, step.at) == ("position_accepted", ann.email, str(trade.pk), LATER)
    assert step.details["break_id"] == str(row.pk)
    assert last_event(account).event == "position_accepted"


def test_accepting_does_not_move_the_balance(account: BrokerAccount, ann: Trader) -> None:
    make.committed_statement(account=account, has_history=True, opening_balance=Decimal(0))
    make.cash_flow(account)
    report(account, "10000.00")
    held(account, commission=Decimal("-3.50"))
    accept(found(account), ann, now=LATER)
    assert reconcile([account.pk], now=LATER)[account.pk].breaks == 0


def test_a_trade_takes_the_brokers_stop(account: BrokerAccount, ann: Trader) -> None:
    trade, _ = both(account, stop_loss=Decimal("1.08000"))
    accept(found(account), ann, now=LATER)
    trade.refresh_from_db()
    assert (trade.stop_loss, trade.take_profit) == (Decimal("1.08000"), Decimal("1.11000"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT stop_loss FROM trading_tradeevent WHERE id = %s", [trade.pk])
        assert cursor.fetchone() == (Decimal("1.09500"),)


def test_a_trade_that_has_another_ticket_takes_its_positions_target(account: BrokerAccount, ann: Trader) -> None:
    trade = booked(account, "1")
    held(account, "2", take_profit=None)
    accept(found(account), ann, now=LATER)
    trade.refresh_from_db()
    assert trade.take_profit is None


def test_what_would_invent_money_is_not_accepted(account: BrokerAccount, ann: Trader) -> None:
    booked(account)
    row = found(account)
    with pytest.raises(NotAcceptable, match="import a statement"):
        accept(row, ann, now=LATER)
    assert Trade.objects.get(account=account).closed_at is None
    assert Break.objects.get(pk=row.pk).state == "open"


def test_a_position_that_is_gone_is_not_accepted(account: BrokerAccount, ann: Trader) -> None:
    position = held(account)
    row = found(account)
    position.delete()
    with pytest.raises(NotAcceptable, match="no longer reports"):
        accept(row, ann, now=LATER)
    assert not Trade.objects.filter(account=account).exists()


def test_a_ticket_that_the_book_has_closed_is_not_opened_again(account: BrokerAccount, ann: Trader) -> None:
    make.trade(account, ticket="7001")
    held(account)
    with pytest.raises(NotAcceptable, match="as a closed trade"):
        accept(found(account), ann, now=LATER)
    assert Trade.objects.filter(account=account).count() == 1
