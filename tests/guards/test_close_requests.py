"""From a critical alert to a closed position: consent, warning, collection, acknowledgement, retries, ends."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.cast import NOW
from tests.guards.live import at, consent, hold, quote, watch
from trading.errors import StateConflict, TradingError
from trading.models import Alert, AuditEntry, CloseRequest
from trading.services import close_requests as services
from trading.services.close_requests import Ack
from trading.services.guard_rules import switch_auto_close

pytestmark = pytest.mark.django_db


@pytest.fixture
def main(ann: Trader) -> BrokerAccount:
    account = make.account(ann, label="Main", number="50418827")
    watch(account, 10_000)
    return account


def requests() -> list[CloseRequest]:
    return list(CloseRequest.objects.order_by("symbol", "requested_at"))


def acts() -> list[str]:
    return list(AuditEntry.objects.order_by("at", "id").values_list("act", flat=True))


def collect(seconds: float) -> list[CloseRequest]:
    return services.collect(CloseRequest.objects.all(), actor="bridge", now=at(seconds))


def crash(account: BrokerAccount, seconds: float = 10) -> None:
    watch(account, 7_000, seconds)


def test_without_consent_nothing_is_closed(main: BrokerAccount) -> None:
    hold(main)
    crash(main)
    assert Alert.objects.filter(level="critical").count() == 1
    assert requests() == []


def test_consent_needs_the_number_or_the_name_typed_out(main: BrokerAccount) -> None:
    with pytest.raises(TradingError, match="50418827"):
        switch_auto_close(main, True, confirmation="yes", actor=main.trader, now=NOW)
    switch_auto_close(main, True, confirmation=" Main ", actor=main.trader, now=NOW)
    assert acts() == ["auto_close_enabled"]


def test_a_critical_alert_asks_for_each_position_once(main: BrokerAccount) -> None:
    consent(main)
    hold(main, "EURUSD")
    hold(main, "GER40")
    crash(main)
    crash(main, 20)
    crash(main, 30)
    assert [row.symbol for row in requests()] == ["EURUSD", "GER40"]
    assert {row.not_before for row in requests()} == {at(20)}
    assert acts().count("close_requested") == 2


def test_two_critical_rules_ask_for_a_position_once(main: BrokerAccount) -> None:
    consent(main)
    hold(main)
    watch(main, 50, 10)
    assert Alert.objects.filter(level="critical").count() == 2
    assert len(requests()) == 1


def test_what_is_opened_after_the_alert_is_the_traders_own_business(main: BrokerAccount) -> None:
    consent(main)
    crash(main)
    hold(main, opened_at=at(15))
    crash(main, 20)
    assert requests() == []


def test_a_broker_whose_clock_is_ahead_does_not_keep_its_positions_open(main: BrokerAccount) -> None:
    consent(main)
    hold(main, opened_at=at(3_600))
    crash(main)
    assert len(requests()) == 1


def test_consent_in_the_middle_of_an_episode_closes_what_was_open_then_after_a_new_warning(
    main: BrokerAccount,
) -> None:
    hold(main)
    crash(main)
    consent(main)
    watch(main, 7_000, 1_000)
    (row,) = requests()
    assert (row.not_before, row.expires_at) == (at(1_010), at(1_600))
    assert collect(1_010) == [row]


def test_a_warning_closes_nothing(main: BrokerAccount) -> None:
    consent(main)
    hold(main)
    watch(main, 8_400, 10)
    assert requests() == []


def test_a_critical_gap_closes_the_positions_of_its_symbol_alone(main: BrokerAccount) -> None:
    consent(main)
    hold(main, "EURUSD")
    hold(main, "GER40")
    quote(main, "GER40", previous_close=Decimal(100), day_open=Decimal(111))
    watch(main, 10_000, 10)
    assert [row.symbol for row in requests()] == ["GER40"]


def test_a_critical_spread_closes_nothing(main: BrokerAccount) -> None:
    consent(main)
    hold(main)
    quote(main, ask=Decimal("1.2020"))
    watch(main, 10_000, 10)
    assert Alert.objects.get().level == "critical"
    assert requests() == []


def test_a_request_is_collected_after_the_warning_and_again_until_it_is_acknowledged(main: BrokerAccount) -> None:
    consent(main)
    hold(main)
    crash(main)
    assert collect(19) == []
    (row,) = collect(20)
    assert row.state == "collected"
    assert [again.pk for again in collect(21)] == [row.pk]
    services.acknowledge(row, Ack("done", Decimal("1.0990"), Decimal("-101.50")), actor="bridge", now=at(22))
    assert collect(23) == []
    row.refresh_from_db()
    assert (row.state, row.price, row.profit) == ("done", Decimal("1.0990"), Decimal("-101.50"))
    assert acts() == [
        "auto_close_enabled",
        "alert_raised",
        "close_requested",
        "close_collected",
        "close_done",
    ]


def test_a_second_word_of_done_changes_nothing(main: BrokerAccount) -> None:
    consent(main)
    hold(main)
    crash(main)
    (row,) = collect(20)
    services.acknowledge(row, Ack("done", Decimal("1.1"), Decimal(5)), actor="bridge", now=at(22))
    services.acknowledge(row, Ack("done", Decimal("9.9"), Decimal(9)), actor="bridge", now=at(23))
    row.refresh_from_db()
    assert (row.price, acts().count("close_done")) == (Decimal("1.1"), 1)
    with pytest.raises(StateConflict):
        services.acknowledge(row, Ack("failed", error="no"), actor="bridge", now=at(24))


def test_an_error_is_tried_again_three_times_in_all(main: BrokerAccount) -> None:
    consent(main)
    hold(main)
    crash(main)
    seconds = 20
    for attempt in (1, 2, 3):
        (row,) = collect(seconds)
        row = services.acknowledge(row, Ack("failed", error="No connection"), actor="bridge", now=at(seconds))
        assert row.attempts == attempt
        # The same word once more does not use up an attempt.
        services.acknowledge(row, Ack("failed", error="No connection"), actor="bridge", now=at(seconds))
        if attempt < 3:
            assert collect(seconds + 4) == []
        seconds += 11
    row.refresh_from_db()
    assert (row.state, row.attempts, row.error_message) == ("failed", 3, "No connection")
    assert collect(seconds) == []


def test_a_position_that_is_gone_cancels_what_waits_for_it(main: BrokerAccount) -> None:
    consent(main)
    position = hold(main)
    crash(main)
    position.delete()
    crash(main, 15)
    assert requests()[0].state == "cancelled"
    assert acts()[-1] == "close_cancelled"


def test_a_collected_request_is_the_bridges_to_tell(main: BrokerAccount) -> None:
    consent(main)
    position = hold(main)
    crash(main)
    (row,) = collect(20)
    position.delete()
    crash(main, 25)
    row.refresh_from_db()
    assert row.state == "collected"
    services.acknowledge(row, Ack("done", Decimal("1.1"), Decimal(5)), actor="bridge", now=at(26))
    row.refresh_from_db()
    assert row.state == "done"


def test_a_bridge_may_say_that_the_position_was_gone(main: BrokerAccount) -> None:
    consent(main)
    hold(main)
    crash(main)
    (row,) = collect(20)
    services.acknowledge(row, Ack("gone"), actor="bridge", now=at(21))
    row.refresh_from_db()
    assert row.state == "cancelled"


def test_switching_auto_close_off_cancels_what_is_under_way(main: BrokerAccount) -> None:
    consent(main)
    hold(main)
    crash(main)
    switch_auto_close(main, False, confirmation="", actor=main.trader, now=at(15))
    assert requests()[0].state == "cancelled"
    assert collect(30) == []
    assert acts()[-2:] == ["auto_close_disabled", "close_cancelled"]


def test_a_close_that_happened_is_recorded_although_it_was_cancelled(main: BrokerAccount) -> None:
    consent(main)
    hold(main)
    crash(main)
    (row,) = collect(20)
    switch_auto_close(main, False, confirmation="", actor=main.trader, now=at(21))
    services.acknowledge(row, Ack("done", Decimal("1.1"), Decimal(-7)), actor="bridge", now=at(22))
    row.refresh_from_db()
    assert (row.state, row.profit) == ("done", -7)


def test_nobody_carries_it_out_and_it_expires(main: BrokerAccount) -> None:
    consent(main)
    hold(main)
    crash(main)
    assert services.expire(at(609)) == 0
    assert services.expire(at(610)) == 1
    assert requests()[0].state == "expired"
    assert acts()[-1] == "close_expired"


def test_the_kill_switch_stops_new_requests_and_collection(main: BrokerAccount, cy: Trader) -> None:
    consent(main)
    hold(main)
    crash(main)
    services.set_kill_switch(True, reason="Broker outage", staff=cy, now=at(15))
    assert collect(25) == []
    other = make.account(main.trader)
    watch(other, 10_000)
    consent(other)
    hold(other)
    crash(other, 26)
    crash(other, 36)
    assert not CloseRequest.objects.filter(account=other).exists()
    assert acts().count("close_stopped") == 1
    services.set_kill_switch(False, reason="Over", staff=cy, now=at(40))
    assert len(collect(41)) == 1
    assert "kill_switch_on" in acts()


def test_a_request_for_another_account_is_untouched(main: BrokerAccount) -> None:
    other = make.account(main.trader)
    watch(other, 10_000)
    consent(main)
    consent(other)
    hold(main)
    hold(other)
    crash(main)
    assert {row.account_id for row in requests()} == {main.pk}


def test_the_request_lives_ten_minutes_from_the_alert(main: BrokerAccount) -> None:
    consent(main)
    hold(main)
    crash(main)
    assert requests()[0].expires_at - requests()[0].requested_at == timedelta(minutes=10)
