"""Whatever dies, and in whichever order: every deal arrives, and none arrives twice."""

import time
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.live.conftest import Stage
from tests.live.stage import wait_for
from trading.models import Break, CashFlow, Execution, LiveSnapshot, Trade

pytestmark = pytest.mark.slow
PAUSE_S = 1.5


def trade(stage: Stage) -> None:
    """Opens two positions, takes half of one and closes the other."""
    with stage.terminal.market() as market:
        first = market.open("EURUSD", "buy", Decimal("0.04"), stop=900)
        second = market.open("USDJPY", "sell", Decimal("0.02"))
        market.move("USDJPY", -25)
        market.close(first.ticket, Decimal("0.02"))
        market.close(second.ticket)
    time.sleep(PAUSE_S)


def test_every_deal_arrives_once_whatever_dies_meanwhile(stage: Stage) -> None:
    stage.start_bridge()
    trade(stage)
    stage.started.kill("web")
    trade(stage)
    stage.started.kill("bridge")
    trade(stage)
    down_at = timezone.now()
    stage.start_bridge()
    trade(stage)
    up_at = timezone.now()
    stage.started.start_again("web")
    with stage.terminal.market() as market:
        market.begin_fault("no_positions", 2)
    trade(stage)
    with stage.terminal.market() as market:
        market.begin_fault("disconnected", 2)
    trade(stage)
    stage.started.kill("bridge")
    stage.start_bridge()
    trade(stage)
    see_the_book_hold_what_the_terminal_holds(stage)
    # The figures of the outage fill the record afterwards.
    assert LiveSnapshot.objects.filter(account=stage.account, taken_at__range=(down_at, up_at)).exists()


def see_the_book_hold_what_the_terminal_holds(stage: Stage) -> None:
    with stage.terminal.market() as market:
        fills = {str(deal.ticket): (deal.profit, deal.commission) for deal in market.deals if deal.symbol}
        still_open = {str(ticket): row.volume for ticket, row in market.positions.items()}
    assert (len(fills), len(still_open)) == (28, 7)
    book = Execution.objects.filter(account=stage.account)
    wait_for("every deal", lambda: book.count() >= len(fills), 60)
    stage.wait_for_syncs(2)
    assert {row.deal_id: (row.gross_profit, row.commission) for row in book.all()} == fills
    assert CashFlow.objects.filter(account=stage.account).count() == 1
    trades = Trade.objects.filter(account=stage.account)
    assert {row.ticket for row in trades if row.closed_at is None} == set(still_open)
    assert trades.count() == 14
    assert not Break.objects.unresolved().exists()
    (shown,) = stage.api("reconciliation/status/")["accounts"]
    assert (shown["status"], shown["matched_positions"]) == ("healthy", 7)
