"""Rounds of the bridge: outages of either side lose no deal, and what is repeated is harmless."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from bridge.simulated import SimulatedTerminal
from bridge.spool import MOST_FIGURES, Spool, SpoolInUse
from bridge.worker import LONGEST_WAIT_S, Bridge
from tests.bridge.conftest import Clock
from tests.bridge.portal import ACCOUNT, Portal, portal


def trade(terminal: SimulatedTerminal, lots: str = "0.10") -> str:
    """The number of the entry's deal."""
    with terminal.market() as market:
        market.open("EURUSD", "buy", Decimal(lots))
        return str(market.deals[-1].ticket)


def test_a_round_sends_figures_positions_quotes_and_new_deals(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal
) -> None:
    deal = trade(terminal)
    assert bridge.round() == 5
    (sync,) = stub.syncs
    assert sync["account"] == ACCOUNT
    assert sync["figures"]["balance"] == "9999.65"
    assert [row["symbol"] for row in sync["positions"]] == [row["symbol"] for row in sync["quotes"]] == ["EURUSD"]
    assert [row["deal_id"] for row in sync["deals"]] == [deal]
    assert [row["amount"] for row in sync["cash_flows"]] == ["10000.00"]


def test_a_deal_is_sent_once_where_the_portal_answers(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal
) -> None:
    deal = trade(terminal)
    for _ in range(3):
        bridge.round()
    assert stub.deal_ids == [deal]
    assert len(set(stub.keys)) == 3


def test_an_outage_of_the_portal_loses_no_deal(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, clock: Clock
) -> None:
    stub.status = 503
    missed = []
    for _ in range(3):
        missed.append(trade(terminal))
        clock.now_s += 61
        bridge.round()
    assert stub.syncs == []
    stub.status = 200
    clock.now_s += 61
    bridge.round()
    assert stub.deal_ids == missed
    now, *outage = stub.syncs
    assert len(now["positions"]) == 3
    # Older than what was just sent: they fill the record, and judge nothing.
    assert [sorted(row) for row in outage] == [["account", "figures", "sent_at"]] * 3
    assert all(row["sent_at"] < now["sent_at"] for row in outage)
    bridge.round()
    assert len(stub.syncs) == 5


def test_deals_survive_a_bridge_that_is_started_anew(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, spool: Spool, tmp_path: Path
) -> None:
    stub.status = 503
    deal = trade(terminal)
    bridge.round()
    spool.close()
    again = Spool(tmp_path / "spool.sqlite3")
    waiting, _ = again.waiting(10)
    again.close()
    assert [row["deal_id"] for row in waiting] == [deal]


def test_a_lost_answer_is_followed_by_the_same_body_under_the_same_key(bridge: Bridge, stub: Portal) -> None:
    bridge.round()
    stub.drops = 1
    bridge.round()
    assert stub.keys[1] == stub.keys[2] != stub.keys[0]
    assert stub.syncs[1] == stub.syncs[2]
    assert bridge.failures == 0


def test_waits_longer_after_each_failure_and_never_in_step(bridge: Bridge, stub: Portal) -> None:
    stub.status = 503
    waits = [bridge.round() for _ in range(8)]
    assert all(5 * 2**n / 2 <= wait <= 5 * 2**n for n, wait in enumerate(waits[:4], 1))
    assert all(LONGEST_WAIT_S / 2 <= wait <= LONGEST_WAIT_S for wait in waits[5:])
    assert len(set(waits)) == len(waits)
    stub.status = 200
    assert bridge.round() == 5


def test_a_terminal_that_is_gone_sends_nothing_and_is_connected_again(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, clock: Clock
) -> None:
    bridge.round()
    with terminal.market() as market:
        market.begin_fault("disconnected", 60)
    bridge.round()
    assert len(stub.syncs) == 1
    clock.now_s += 61
    assert bridge.round() == 5
    assert len(stub.syncs) == 2


def test_a_deal_that_the_broker_corrects_is_sent_again(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal
) -> None:
    deal = trade(terminal)
    bridge.round()
    with terminal.market() as market:
        market.deals[-1].commission = Decimal("-1.00")
    bridge.round()
    assert stub.deal_ids == [deal, deal]
    assert stub.syncs[-1]["deals"][0]["commission"] == "-1.00"


def test_the_figures_of_an_outage_are_one_a_minute_and_bounded(spool: Spool) -> None:
    for minute in range(MOST_FIGURES + 5):
        for second in (0, 30):
            moment = f"2026-11-{24 + minute // 1440}T{minute // 60 % 24:02}:{minute % 60:02}:{second:02}+00:00"
            spool.keep_figures({"sent_at": moment})
    kept = spool.kept_figures(10_000)
    assert len(kept) == MOST_FIGURES
    assert kept[0]["sent_at"] == "2026-11-24T00:05:30+00:00"


def test_a_second_bridge_of_the_same_account_does_not_start(spool: Spool, tmp_path: Path) -> None:
    with pytest.raises(SpoolInUse, match="Another bridge uses"):
        Spool(tmp_path / "spool.sqlite3")


def test_every_value_of_a_sync_is_plain_json(bridge: Bridge, stub: Portal, terminal: SimulatedTerminal) -> None:
    trade(terminal)
    bridge.round()
    assert ": 0." not in json.dumps(stub.syncs) and ": 1." not in json.dumps(stub.syncs)


def test_a_deal_that_the_portal_cannot_take_does_not_hold_up_the_others(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal
) -> None:
    bad, good = trade(terminal), trade(terminal)
    stub.refused_deals = {bad}
    bridge.round()
    assert stub.deal_ids == [good]
    bridge.round()
    assert (stub.deal_ids, bridge.failures) == ([good], 0)


def test_history_that_a_terminal_loads_late_is_found_within_the_hour(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, clock: Clock
) -> None:
    old, new = trade(terminal), trade(terminal)
    with terminal.market() as market:
        for deal in market.deals:
            deal.at_s -= 20 * 86_400 if str(deal.ticket) == old else 0
            deal.hidden_until_s = market.now_s + 600 if str(deal.ticket) == old else 0
    bridge.round()
    clock.now_s += 601
    bridge.round()
    assert stub.deal_ids == [new]
    clock.now_s += 3_600
    bridge.round()
    bridge.round()
    assert stub.deal_ids == [new, old]


def test_deals_wait_for_the_positions_that_say_their_stops(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, clock: Clock
) -> None:
    deal = trade(terminal)
    with terminal.market() as market:
        market.begin_fault("no_positions", 60)
    bridge.round()
    assert "positions" not in stub.syncs[0] and "figures" in stub.syncs[0]
    assert stub.deal_ids == []
    clock.now_s += 61
    bridge.round()
    assert len(stub.syncs[1]["positions"]) == 1
    assert stub.deal_ids == [deal]


def test_the_key_does_not_follow_a_redirect(bridge: Bridge, stub: Portal) -> None:
    with portal() as elsewhere:
        stub.status, stub.redirect = 301, f"{elsewhere.url}/api/v1/sync/"
        bridge.round()
        assert (elsewhere.syncs, bridge.failures) == ([], 1)


def test_the_path_of_the_terminal_is_handed_over_without_a_name(bridge: Bridge) -> None:
    seen = []

    class Signing(SimulatedTerminal):
        def initialize(self, *arguments: object, **options: object) -> bool:
            seen.append((arguments, options))
            return True

    bridge.reader.terminal.__class__ = Signing
    bridge.login = {"path": "C:/terminal64.exe", "login": 7}
    bridge.round()
    assert seen == [(("C:/terminal64.exe",), {"login": 7})]
