"""Web server, worker, bridge and terminal together: from a wrong fill to positions that a guard has closed."""

import hashlib
import hmac
import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.live.conftest import Stage
from tests.live.stage import wait_for
from trading.models import Alert, AuditEntry, Break, CloseRequest, ReconciliationLog, SyncState, Trade

pytestmark = pytest.mark.slow
Row = dict[str, Any]


def test_from_a_wrong_fill_to_positions_that_a_guard_has_closed(stage: Stage) -> None:
    tickets = open_two_positions(stage)
    see_a_wrong_fill_become_a_break_and_heal(stage, tickets[0])
    fall_through_warning_and_critical(stage)
    see_both_alerts_told(stage)
    kill_the_bridge_in_the_middle_of_closing(stage)
    see_each_position_closed_once(stage, tickets)
    see_every_step_in_a_log_that_nobody_can_change(stage)
    see_book_and_broker_agree_at_the_end(stage)
    assert stage.started.stop("bridge") == 0


def open_two_positions(stage: Stage) -> list[int]:
    with stage.terminal.market() as market:
        tickets = [market.open(symbol, "buy", Decimal("1.00")).ticket for symbol in ("EURUSD", "GBPUSD")]
    stage.start_bridge()
    wait_for("the first sync", lambda: stage.syncs() >= 1)
    assert {row["ticket"] for row in stage.api("positions/open/")["positions"]} == {str(one) for one in tickets}
    assert status(stage)["status"] == "healthy"
    return tickets


def status(stage: Stage) -> Row:
    (row,) = stage.api("reconciliation/status/")["accounts"]
    return dict(row)


def see_a_wrong_fill_become_a_break_and_heal(stage: Stage, ticket: int) -> None:
    with stage.terminal.market() as market:
        before = stage.syncs()
        market.misprice(ticket, 120)
    found = wait_for("a break", lambda: Break.objects.filter(account=stage.account).first())
    # At most one sync was under way, which had read the terminal before the fill was wrong.
    logged = ReconciliationLog.objects.filter(account=stage.account, event="sync", at__lte=found.opened_at)
    runs = sum(row.details["runs"] for row in logged)
    assert runs - before <= 2
    assert (found.type, found.ticket, found.state) == ("entry_slippage", str(ticket), "open")
    assert found.broker["pips"] == "12"
    shown = status(stage)
    assert (shown["status"], shown["divergences_detected"]) == ("warning", 1)
    (listed,) = stage.api("reconciliation/breaks/")["results"]
    assert (listed["type"], listed["ticket"]) == ("entry_slippage", str(ticket))
    page = stage.page(f"/reconciliation/?account={stage.account.pk}")
    assert "Entry price differs" in page and str(ticket) in page
    with stage.terminal.market() as market:
        market.misprice(ticket, 0)
    wait_for("the break to heal", lambda: not Break.objects.unresolved().exists())
    found.refresh_from_db()
    assert (found.state, found.state_changed_by) == ("resolved", None)
    assert status(stage)["status"] == "healthy"


def fall_through_warning_and_critical(stage: Stage) -> None:
    alerts = Alert.objects.filter(account=stage.account)
    with stage.terminal.market() as market:
        # The order hangs in the terminal, so that the bridge can be killed before it hears of it.
        market.hang_after_order_s = 120
        market.move("EURUSD", -1_600)
    wait_for("a warning", alerts.exists)
    stage.wait_for_syncs(3)
    assert [(row.kind, row.level) for row in alerts.all()] == [("drawdown", "warning")]
    assert not CloseRequest.objects.exists()
    with stage.terminal.market() as market:
        market.move("EURUSD", -500)
    wait_for("a critical alert", alerts.filter(level="critical").exists)
    stage.wait_for_syncs(3)
    assert Counter((row.kind, row.level) for row in alerts.all()) == {
        ("drawdown", "warning"): 1,
        ("drawdown", "critical"): 1,
    }
    assert CloseRequest.objects.count() == 2
    shown = stage.api("guards/status/")
    assert shown["any_positions_should_close"] is True


def see_both_alerts_told(stage: Stage) -> None:
    wait_for("two e-mails", lambda: len(stage.mail.messages) >= 2)
    wait_for("two calls of the webhook", lambda: len(stage.hook.calls) >= 2)
    assert [message["To"] for message in stage.mail.messages] == ["ann@example.com"] * 2
    assert {str(message["Message-ID"]) for message in stage.mail.messages} == {
        f"<alert-{alert.pk}@tradeportal>" for alert in Alert.objects.all()
    }
    for headers, body in stage.hook.calls:
        signed = f"{headers['X-TradePortal-Timestamp']}.".encode() + body
        expected = hmac.new(stage.secret.encode(), signed, hashlib.sha256).hexdigest()
        assert headers["X-TradePortal-Signature"] == f"sha256={expected}"
    levels = [json.loads(body)["alert"]["level"] for _, body in stage.hook.calls]
    assert sorted(levels) == ["critical", "warning"]


def kill_the_bridge_in_the_middle_of_closing(stage: Stage) -> None:
    def orders() -> int:
        with stage.terminal.market() as market:
            return len(market.orders)

    wait_for("the first order", lambda: orders() == 1)
    stage.started.kill("bridge")
    assert not CloseRequest.objects.filter(state="done").exists()
    with stage.terminal.market() as market:
        market.hang_after_order_s = 0
    stage.start_bridge()


def see_each_position_closed_once(stage: Stage, tickets: list[int]) -> None:
    wait_for("both closes", lambda: CloseRequest.objects.filter(state="done").count() == 2)
    stage.wait_for_syncs(3)
    with stage.terminal.market() as market:
        assert sorted(order["position"] for order in market.orders) == tickets
        exits = {str(deal.position): deal for deal in market.deals if deal.entry == 1}
        assert len(exits) == len([deal for deal in market.deals if deal.entry == 1]) == 2
        assert not market.positions
    for request in CloseRequest.objects.all():
        deal = exits[request.ticket]
        assert request.profit == deal.profit + deal.commission + deal.swap
        assert request.price == Decimal(deal.price).scaleb(-5)
        assert (request.attempts, request.error_message) == (0, "")


def see_every_step_in_a_log_that_nobody_can_change(stage: Stage) -> None:
    acts = Counter(AuditEntry.objects.filter(account=stage.account).values_list("act", flat=True))
    for act in ("alert_raised", "close_requested", "close_collected", "close_done"):
        assert acts[act] == 2, acts
    assert acts["auto_close_enabled"] == 1
    events = Counter(ReconciliationLog.objects.filter(account=stage.account).values_list("event", flat=True))
    assert events["break_opened"] == events["break_resolved"] == 1
    # Runs that found the same share a row, which counts them: none is lost, and none is told twice.
    runs = ReconciliationLog.objects.filter(account=stage.account, event="sync").values_list("details__runs", flat=True)
    assert sum(runs) == SyncState.objects.get(account=stage.account).runs_logged <= stage.syncs()
    assert 1 < events["sync"] <= stage.syncs()
    for table, column in (
        ("trading_auditentry", "act"),
        ("trading_reconciliationlog", "event"),
        ("trading_alert", "level"),
    ):
        for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
            with (
                pytest.raises(DatabaseError, match="Cannot update or delete"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)


def see_book_and_broker_agree_at_the_end(stage: Stage) -> None:
    shown = status(stage)
    assert (shown["status"], shown["open_positions_count"], shown["divergences_detected"]) == ("idle", 0, 0)
    trades = Trade.objects.filter(account=stage.account)
    assert [trade.closed_at is not None for trade in trades] == [True, True]
    with stage.terminal.market() as market:
        booked = Decimal(10_000) + sum((trade.net_profit or Decimal(0) for trade in trades), Decimal(0))
        assert booked == market.balance
