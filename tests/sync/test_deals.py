"""Trades out of deals: averages, partial closes, reversals, and what the book knew before."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import BrokerAccount, MarginMode, Trader
from tests import make
from tests.sync.bridge import deal, entry, exit_deal, payload, position, text
from trading.models import Execution, Trade
from trading.services.sync import record_sync

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return make.account(ann)


@pytest.fixture
def netting(ann: Trader) -> BrokerAccount:
    return make.account(ann, margin_mode=MarginMode.NETTING)


def feed(account: BrokerAccount, *deals: dict[str, Any], **parts: Any) -> dict[str, Any]:
    sent = entry(account, deals=list(deals), **parts)
    (found,) = record_sync(account.trader, payload(sent), now=timezone.now()).answer["accounts"]
    assert found["error"] is None, found
    return dict(found)


def trade(ticket: str = "501") -> Trade:
    return Trade.objects.get(ticket=ticket)


def at(hour: int) -> str:
    return f"2026-11-20T{hour:02}:00:00Z"


def test_prices_are_weighted_by_volume(account: BrokerAccount) -> None:
    feed(
        account,
        deal("1", volume="1.00", price="1.10000"),
        deal("2", volume="3.00", price="1.10200", executed_at=at(10), commission="-10.50"),
        exit_deal("3", volume="1.00", price="1.10300", gross_profit="150.00"),
        exit_deal("4", volume="3.00", price="1.10500", gross_profit="1050.00", executed_at=at(13)),
    )
    done = trade()
    assert (done.open_price, done.close_price) == (Decimal("1.10150"), Decimal("1.10450"))
    assert (done.volume_lots, done.closed_volume_lots) == (4, 4)
    assert done.closed_at is not None
    assert done.closed_at.hour == 13
    assert done.gross_profit == 1200
    assert done.commission == Decimal("-21.00")
    assert done.net_profit == done.gross_profit + done.commission + done.swap


def test_a_partial_close_leaves_the_trade_open_with_its_closed_part(account: BrokerAccount) -> None:
    feed(account, deal())
    found = feed(account, exit_deal(volume="0.40", gross_profit="80.00"))
    assert found["trades"] == {"opened": 0, "changed": 1, "closed": 0}
    part = trade()
    assert (part.closed_at, part.close_price, part.closed_volume_lots) == (None, None, Decimal("0.40"))
    assert (part.gross_profit, part.commission) == (80, -7)
    assert feed(account, exit_deal("903", volume="0.60", price="1.10400"))["trades"]["closed"] == 1
    part.refresh_from_db()
    assert part.close_price == Decimal("1.10320")


def test_a_deal_that_the_broker_corrects_corrects_its_trade_in_place(account: BrokerAccount) -> None:
    feed(account, deal(), exit_deal())
    before = trade()
    found = feed(account, exit_deal(commission="-4.00", fee="-1.00"))
    assert (found["deals"]["corrected"], found["trades"]["changed"]) == (1, 1)
    after = trade()
    assert (after.pk, after.commission, after.fee) == (before.pk, Decimal("-7.50"), -1)
    assert Execution.objects.count() == 2


def test_an_exit_waits_for_its_entry_and_counts_meanwhile(account: BrokerAccount) -> None:
    feed(account, exit_deal())
    assert Execution.objects.get().trade is None
    assert not Trade.objects.exists()
    assert feed(account, deal())["trades"] == {"opened": 1, "changed": 0, "closed": 1}
    assert set(Execution.objects.values_list("trade__ticket", flat=True)) == {"501"}


def test_two_positions_in_one_symbol_stay_two(account: BrokerAccount) -> None:
    feed(account, deal("1", "501"), deal("2", "502", side="sell"), exit_deal("3", "502", side="buy"))
    assert trade("501").closed_at is None
    assert trade("502").closed_at is not None


def test_a_reversal_closes_one_trade_and_opens_the_next(netting: BrokerAccount) -> None:
    turn = exit_deal("3", volume="2.50", direction="in_out", order_id="777", gross_profit="200.00", executed_at=at(11))
    feed(netting, deal(), turn)
    first, second = trade("501"), trade("777")
    assert (first.closed_volume_lots, first.close_price, first.gross_profit) == (1, Decimal("1.10200"), 200)
    assert (second.side, second.volume_lots, second.open_price) == ("sell", Decimal("1.50"), Decimal("1.10200"))
    assert second.closed_at is None


@pytest.mark.parametrize("in_one_call", [True, False])
@pytest.mark.parametrize("ticket", ["501", "777"])
def test_deals_after_a_reversal_go_to_what_it_opened_whichever_ticket_they_name(
    netting: BrokerAccount, in_one_call: bool, ticket: str
) -> None:
    """MetaTrader keeps a position's id over a reversal, and changes its ticket."""
    deals = [
        deal(),
        exit_deal("3", volume="2.50", direction="in_out", order_id="777", executed_at=at(11)),
        deal("4", ticket, side="sell", volume="0.50", price="1.10600", order_id="778", executed_at=at(12)),
        exit_deal("5", ticket, side="buy", volume="2.00", price="1.10000", executed_at=at(13), gross_profit="600.00"),
    ]
    for part in [deals] if in_one_call else [[one] for one in deals]:
        feed(netting, *part)
    second = trade("777")
    assert (second.volume_lots, second.open_price) == (2, Decimal("1.10300"))
    assert (second.closed_volume_lots, second.close_price, second.gross_profit) == (2, Decimal("1.10000"), 600)
    assert Trade.objects.count() == 2


def test_a_reversal_of_a_reversal_goes_on(netting: BrokerAccount) -> None:
    feed(netting, deal())
    feed(netting, exit_deal("3", volume="2.00", direction="in_out", order_id="777", executed_at=at(11)))
    feed(netting, deal("4", direction="in_out", volume="3.00", order_id="888", executed_at=at(12)))
    assert [trade(ticket).volume_lots for ticket in ("501", "777", "888")] == [1, 1, 2]
    assert [trade(ticket).closed_at is None for ticket in ("501", "777", "888")] == [False, False, True]
    assert trade("888").side == "buy"


def test_the_stop_at_the_close_is_the_last_one_that_was_reported(account: BrokerAccount) -> None:
    feed(account, deal(), positions=[position(stop_loss="1.09000", take_profit="1.12000")])
    feed(account, positions=[position(stop_loss="1.10050", take_profit="1.12000")])
    opened = trade()
    assert (opened.open_stop_loss, opened.stop_loss) == (Decimal("1.09000"), Decimal("1.09000"))
    feed(account, exit_deal(), positions=[])
    closed = trade()
    assert (closed.open_stop_loss, closed.stop_loss) == (Decimal("1.09000"), Decimal("1.10050"))


def test_deals_take_the_place_of_what_a_trader_accepted_without_them(account: BrokerAccount) -> None:
    accepted = make.open_trade(
        account, ticket="501", source="manual", volume_lots=Decimal("3.00"), commission=Decimal(0), opened_at=make.START
    )
    entries = [deal("1", executed_at=make.START.isoformat()), deal("2", volume="2.00", price="1.10300")]
    feed(account, *entries, exit_deal(volume="0.50"))
    accepted.refresh_from_db()
    assert (accepted.volume_lots, accepted.closed_volume_lots) == (3, Decimal("0.50"))
    assert (accepted.open_price, accepted.commission) == (Decimal("1.10200"), Decimal("-10.50"))


def test_an_entry_after_the_acceptance_comes_on_top(account: BrokerAccount) -> None:
    accepted = make.open_trade(account, ticket="501", source="manual", opened_at=make.START)
    feed(account, deal("2", volume="0.50", executed_at=text(timezone.now() + timedelta(seconds=5))))
    accepted.refresh_from_db()
    assert accepted.volume_lots == Decimal("1.50")


def test_listed_deals_take_the_place_of_derived_ones(account: BrokerAccount) -> None:
    booked = make.open_trade(account, ticket="501", opened_at=make.START)
    make.execution(trade=booked, deal_id="501:in", is_derived=True)
    feed(account, deal(executed_at=make.START.isoformat()), exit_deal())
    assert set(Execution.objects.values_list("deal_id", flat=True)) == {"901", "902"}
    booked.refresh_from_db()
    assert (booked.volume_lots, booked.closed_volume_lots) == (1, 1)


def test_an_entry_that_no_file_lists_stands(account: BrokerAccount) -> None:
    """A statement begins in the middle of a trade: only its exit is in the deals."""
    booked = make.open_trade(account, ticket="501", volume_lots=Decimal("2.00"), opened_at=make.START)
    feed(account, exit_deal(volume="0.50", gross_profit="100.00"))
    booked.refresh_from_db()
    assert (booked.volume_lots, booked.closed_volume_lots) == (2, Decimal("0.50"))
    assert (booked.gross_profit, booked.commission) == (100, Decimal("-10.50"))


def test_a_trade_that_is_closed_already_is_only_given_its_deal(account: BrokerAccount) -> None:
    """A statement knew the end of a position, but not which deal it was."""
    booked = make.trade(account, ticket="501", opened_at=make.START)
    make.execution(trade=booked, deal_id="900")
    money: dict[str, Any] = {"price": "1.10100", "commission": "-7.00", "swap": "-1.50", "gross_profit": "108.50"}
    assert booked.closed_at is not None
    moment: dict[str, Any] = {"executed_at": booked.closed_at, "executed_text": booked.closed_text}
    stray = make.execution(account, deal_id="902", direction="out", side="sell", **money, **moment)
    before = Trade.objects.values().get()
    feed(account, exit_deal("902", **money, executed_at=booked.closed_at.isoformat()))
    stray.refresh_from_db()
    assert stray.trade_id == booked.pk
    assert Trade.objects.values().get() == before


def test_never_reports_less_closed_than_the_book_has(account: BrokerAccount) -> None:
    booked = make.trade(account, ticket="501", opened_at=timezone.now() - timedelta(days=9))
    feed(account, deal(executed_at=booked.opened_at.isoformat()))
    booked.refresh_from_db()
    assert booked.closed_at is not None


def test_more_leaving_than_came_in_closes_the_trade_and_no_more(account: BrokerAccount) -> None:
    feed(account, deal(), exit_deal(volume="1.50"))
    done = trade()
    assert (done.volume_lots, done.closed_volume_lots) == (1, 1)


def test_an_exit_stamped_before_its_entry_does_not_trip_the_database(account: BrokerAccount) -> None:
    feed(account, deal(executed_at=at(12)), exit_deal(executed_at=at(9)))
    done = trade()
    assert done.closed_at == done.opened_at
