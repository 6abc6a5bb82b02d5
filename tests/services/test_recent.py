"""Results of today, this week, this month and all time: closed trades, whoever asks and in whatever zone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import BrokerAccount, Trader
from tests import make
from trading.models import Trade
from trading.queries.account_results import AccountResult, read_results
from trading.queries.booked import booked
from trading.queries.recent import PeriodSum, period_sums, read_period_sums, recent_nets
from trading.queries.trades import closed_trades, trade_totals
from trading.services.rollups import roll_up

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("UTC")
#: A Thursday whose week began in the month before.
NOW = datetime(2026, 10, 1, 18, 0, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return make.account(ann, currency="USD")


def closed(account: BrokerAccount, at: datetime, net: str, **fields: Any) -> Trade:
    """A trade that was opened the day before, with an entry that cost 2 and an exit with the rest."""
    money = {"commission": Decimal(-2), "swap": Decimal(0), "gross_profit": Decimal(net) + 2}
    made = make.trade(account, opened_at=at - timedelta(days=1), closed_at=at, **money, **fields)
    make.execution(trade=made, commission=Decimal(-2))
    make.exit_of(made, commission=Decimal(0))
    account.refresh_from_db()
    return made


def test_a_trade_counts_whole_on_the_day_it_closed(account: BrokerAccount) -> None:
    closed(account, datetime(2026, 10, 1, 9, tzinfo=UTC), "10")
    closed(account, datetime(2026, 9, 29, 9, tzinfo=UTC), "-4")
    closed(account, datetime(2026, 9, 27, 9, tzinfo=UTC), "100")
    assert period_sums([account], NOW, ZONE)["USD"] == {
        "today": PeriodSum(Decimal(10), 1, 1),
        "week": PeriodSum(Decimal(6), 2, 1),
        "month": PeriodSum(Decimal(10), 1, 1),
        "all": PeriodSum(Decimal(106), 3, 2),
    }


def test_a_result_of_zero_is_not_won(account: BrokerAccount) -> None:
    closed(account, NOW, "0")
    assert period_sums([account], NOW, ZONE)["USD"]["today"] == PeriodSum(Decimal(0), 1, 0)


def test_what_an_open_trade_has_booked_is_in_no_result_and_in_the_balance(account: BrokerAccount) -> None:
    closed(account, NOW, "10")
    partly = make.open_trade(account, opened_at=NOW - timedelta(days=1))
    make.execution(trade=partly, commission=Decimal(-7))
    make.execution(trade=partly, direction="out", executed_at=NOW, gross_profit=Decimal(5))
    make.execution(account, commission=Decimal("-0.50"))
    account.refresh_from_db()
    found = read_results([account.pk])[account.pk]
    assert found == AccountResult(1, Decimal(10), Decimal("7.5"), 2, Decimal(-2))
    assert found.elsewhere == Decimal("-0.5")
    assert period_sums([account], NOW, ZONE)["USD"]["all"] == PeriodSum(Decimal(10), 1, 1)
    (line,) = booked([account], trade_totals(closed_trades(account.trader)))
    assert [line.on_open, line.elsewhere, line.net] == [Decimal(-2), Decimal("-0.5"), Decimal("7.5")]
    assert line.exits == 2


@pytest.mark.parametrize("is_rolled_up", [False, True])
def test_a_window_holds_its_start_and_not_its_end(account: BrokerAccount, *, is_rolled_up: bool) -> None:
    account.trader.time_zone = NEW_YORK.key
    account.trader.save()
    midnight = datetime(2026, 10, 1, 4, tzinfo=UTC)
    for at, net in ((midnight - timedelta(microseconds=1), "1"), (midnight, "10"), (midnight + timedelta(1), "100")):
        closed(account, at, net)
    if is_rolled_up:
        roll_up(account.pk)
    assert read_period_sums([account], NOW, NEW_YORK)["USD"]["today"].net == 10


def test_a_day_of_25_hours_is_one_day(account: BrokerAccount) -> None:
    closed(account, datetime(2026, 11, 1, 4, tzinfo=UTC), "1")
    closed(account, datetime(2026, 11, 2, 4, 59, tzinfo=UTC), "2")
    today = read_period_sums([account], datetime(2026, 11, 1, 18, tzinfo=UTC), NEW_YORK)["USD"]["today"]
    assert today == PeriodSum(Decimal(3), 2, 2)


def test_currencies_stand_apart_and_an_empty_account_has_zeros(account: BrokerAccount) -> None:
    euros = make.account(account.trader, currency="EUR")
    yen = make.account(account.trader, currency="JPY")
    closed(account, NOW, "10")
    closed(euros, NOW, "20")
    sums = period_sums([account, euros, yen], NOW, ZONE)
    assert {code: of["all"].net for code, of in sums.items()} == {"EUR": 20, "JPY": 0, "USD": 10}
    assert sums["JPY"]["month"] == PeriodSum(Decimal(0), 0, 0)
    assert period_sums([], NOW, ZONE) == {}


@pytest.mark.parametrize("is_rolled_up", [False, True])
def test_any_number_of_accounts_is_read_in_the_same_few_queries(
    account: BrokerAccount, django_assert_max_num_queries: DjangoAssertNumQueries, *, is_rolled_up: bool
) -> None:
    accounts = [account, *(make.account(account.trader) for _ in range(5))]
    for each in accounts:
        closed(each, NOW, "1")
        if is_rolled_up:
            roll_up(each.pk)
    with django_assert_max_num_queries(2 if is_rolled_up else 4):
        assert period_sums(accounts, NOW, ZONE)["USD"]["all"].count == 6


def test_all_time_is_read_from_days_of_any_zone(
    account: BrokerAccount, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    closed(account, NOW, "10")
    roll_up(account.pk)
    with django_assert_num_queries(3):  # the week anew in this zone, which has no days of its own
        assert period_sums([account], NOW, ZoneInfo("Asia/Tokyo"))["USD"]["all"].count == 1


def test_small_pictures_hold_whole_months(account: BrokerAccount) -> None:
    for month, net in ((10, "1"), (9, "2")):
        closed(account, datetime(2025, month, 1, tzinfo=UTC), net)
    closed(account, datetime(2025, 11, 1, tzinfo=UTC), "4")
    closed(account, NOW, "8")
    days, months = recent_nets([account], NOW, ZONE)["USD"]
    assert months == {date(2025, 11, 1): Decimal(4), date(2026, 10, 1): Decimal(8)}
    assert days == {date(2025, 11, 1): Decimal(4), date(2026, 10, 1): Decimal(8)}
