"""Rolled-up days: always what the trades and fills add up to, whoever writes and however."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import BrokerAccount, Trader
from accounts.revisions import raise_revision
from tests import make
from tests.services import act
from tests.services.mt4_page import Line, page
from trading.models import AccountRollup, DayRollup, Execution, Trade
from trading.queries import account_results, daily, recent, rollups
from trading.queries.trades import closed_trades, trade_totals
from trading.services.rollups import differing_accounts, has_plain_days, roll_up, roll_up_missing

pytestmark = pytest.mark.django_db

ZONES = [
    "UTC",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Havana",
    "America/New_York",
    "Pacific/Apia",
]
#: Around the ends of daylight saving time, and a day that Apia left out.
MOMENTS = [
    datetime(2025, 3, 9, 6, 30, tzinfo=UTC),
    datetime(2025, 11, 2, 4, 30, tzinfo=UTC),
    datetime(2025, 4, 5, 14, 45, tzinfo=UTC),
    datetime(2011, 12, 30, 9, 59, tzinfo=UTC),
    datetime(2025, 6, 1, 18, 29, 59, tzinfo=UTC),
]
MONEY = st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("-3.25"), Decimal("100.005"), Decimal(-7)])


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    step = st.tuples(
        st.sampled_from(["add", "add", "add", "fill", "change", "move", "remove", "reopen"]),
        st.integers(0, 20),
        st.sampled_from(MOMENTS),
        st.integers(-40 * 60, 40 * 60),
        MONEY,
        MONEY,
    )
    return draw(st.lists(step, min_size=1, max_size=12))


def walk(account: BrokerAccount, history: list[tuple[Any, ...]]) -> None:
    for word, which, moment, minutes, gross, cost in history:
        at = moment + timedelta(minutes=minutes)
        trades = list(Trade.objects.filter(account=account).order_by("pk"))
        if word == "add" or not trades:
            made = make.trade(account, opened_at=at - timedelta(hours=1), closed_at=at, gross_profit=gross, swap=cost)
            make.exit_of(made)
            continue
        chosen = Trade.objects.filter(pk=trades[which % len(trades)].pk)
        if word == "fill":
            make.execution(account, executed_at=at, commission=cost)
        elif word == "change":
            chosen.update(gross_profit=gross)
            Execution.objects.filter(trade__in=chosen).update(gross_profit=gross)
        elif word == "move":
            volume = F("volume_lots")
            chosen.update(
                opened_at=at - timedelta(days=1), closed_at=at, close_price=Decimal(1), closed_volume_lots=volume
            )
            Execution.objects.filter(trade__in=chosen).update(executed_at=at)
        elif word == "remove":
            chosen.delete()
        else:
            chosen.update(closed_at=None, close_price=None, closed_volume_lots=0)
        raise_revision([account.pk])
    account.refresh_from_db()


def answers(account: BrokerAccount, zone: ZoneInfo) -> list[Any]:
    """What pages read, without what is kept of it."""
    now = datetime(2025, 11, 2, 12, 0, tzinfo=UTC)
    with_others = list(BrokerAccount.objects.filter(trader=account.trader_id))
    return [
        daily.daily_results(with_others, zone),
        daily.total_results(with_others, zone, date(2025, 4, 1)),
        daily.daily_results([account], zone),
        daily.daily_results([account], zone, date(2025, 3, 8), date(2025, 4, 5)),
        daily.total_results([account], zone),
        daily.total_results([account], zone, date(2025, 4, 1)),
        recent.read_period_sums([account], now, zone),
        account_results.read_results([account.pk]),
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(ZONES), before=steps(), after=steps())
def test_a_read_of_rolled_up_days_is_what_the_rows_add_up_to(
    name: str, before: list[tuple[Any, ...]], after: list[tuple[Any, ...]]
) -> None:
    owner = make.trader(time_zone=name)
    account, zone = make.account(owner), ZoneInfo(name)
    make.account(owner)  # asked for along with the other, by another statement than one alone
    walk(account, before)
    roll_up(account.pk)
    walk(account, after)
    assert AccountRollup.objects.filter(account=account, time_zone=name).exists()
    rolled = answers(account, zone)
    if Trade.objects.filter(account=account).closed().exists():
        assert rollups.closed_sums([account.pk], zone, None, None, "d.day")
    assert differing_accounts() == []
    AccountRollup.objects.filter(account=account).delete()
    assert rollups.closed_sums([account.pk], zone, None, None, "d.day") == []
    assert rolled == answers(account, zone)


def test_a_day_is_what_the_trade_list_narrowed_to_it_adds_up_to(ann: Trader) -> None:
    account, zone = make.account(ann), ZoneInfo(ann.time_zone)
    for number in range(30):
        make.trade(account, opened_at=MOMENTS[0] + timedelta(hours=7 * number), gross_profit=Decimal(number - 9))
    roll_up(account.pk)
    for found in daily.daily_results([account], zone):
        bounds = daily.midnight(found.day, zone), daily.midnight(found.day + timedelta(days=1), zone)
        (total,) = trade_totals(closed_trades(ann).filter(closed_at__gte=bounds[0], closed_at__lt=bounds[1]))
        assert (found.trades, found.net, found.best) == (total.count, total.net_profit, total.best)


def test_an_import_rolls_up_and_its_undo_leaves_what_was_there(ann: Trader) -> None:
    first = act.imported(ann, page(Line(11, profit="25.00", closed="2025.03.03 12:00:00")))
    account = act.account_of(first)
    before = list(DayRollup.objects.filter(account=account).values())
    assert len(before) > 0 and AccountRollup.objects.filter(account=account).exists()
    more = page(
        Line(11, profit="26.00", closed="2025.03.03 12:00:00"), Line(12, profit="-5.00", closed="2025.03.07 12:00:00")
    )
    second = act.imported(ann, more, now=act.NOW + timedelta(days=1))
    assert list(DayRollup.objects.filter(account=account).values()) != before
    assert differing_accounts() == []
    act.undone(second)
    assert list(DayRollup.objects.filter(account=account).values()) == before
    act.undone(first)
    assert not DayRollup.objects.exists() or differing_accounts() == []


def test_an_account_takes_its_days_with_it(ann: Trader) -> None:
    account = make.account(ann)
    for number in range(3):
        make.exit_of(make.trade(account, opened_at=MOMENTS[0] + timedelta(days=number)))
    roll_up(account.pk)
    account.delete()
    assert not DayRollup.objects.exists() and not AccountRollup.objects.exists()


def test_a_zone_whose_clock_was_put_back_over_midnight_is_added_up_anew_each_time(ann: Trader) -> None:
    assert not has_plain_days(ZoneInfo("America/St_Johns")) and has_plain_days(ZoneInfo("Asia/Kathmandu"))
    owner = make.trader(time_zone="America/St_Johns")
    account = make.account(owner)
    make.trade(account)
    assert roll_up_missing([account.pk]) == 0 and not AccountRollup.objects.exists()
    (found,) = daily.total_results([account], ZoneInfo("America/St_Johns"))
    assert found.trades == 1


def test_another_zone_of_the_trader_is_rolled_up_soon_and_read_right_until_then(ann: Trader) -> None:
    account = make.account(ann)
    make.trade(account, opened_at=datetime(2025, 3, 3, 20, 0, tzinfo=UTC))
    roll_up(account.pk)
    tokyo = ZoneInfo("Asia/Tokyo")
    assert [found.day for found in daily.daily_results([account], tokyo)] == [date(2025, 3, 4)]
    ann.time_zone = "Asia/Tokyo"
    ann.save()
    assert roll_up_missing() == 1 and roll_up_missing() == 0
    assert [row.day for row in DayRollup.objects.all()] == [date(2025, 3, 4)]


def test_the_command_tells_and_mends_days_that_differ(ann: Trader) -> None:
    account = make.account(ann)
    make.trade(account)
    roll_up(account.pk)
    DayRollup.objects.update(net=Decimal(1))
    with pytest.raises(SystemExit):
        call_command("rebuild_rollups", "--check", stdout=StringIO())
    call_command("rebuild_rollups", stdout=StringIO())
    call_command("rebuild_rollups", "--check", stdout=(out := StringIO()))
    assert "add up to" in out.getvalue()


def test_many_days_at_once_are_rolled_up_as_a_whole(ann: Trader) -> None:
    account = make.account(ann)
    make.trade(account)
    roll_up(account.pk)
    rows = [
        Trade(
            account=account,
            ticket=f"m{number}",
            symbol="EURUSD",
            side="buy",
            volume_lots=1,
            closed_volume_lots=1,
            opened_at=MOMENTS[0] + timedelta(days=number),
            closed_at=MOMENTS[0] + timedelta(days=number),
            open_price=1,
            close_price=1,
        )
        for number in range(450)
    ]
    Trade.objects.bulk_create(rows)
    assert not AccountRollup.objects.exists()
    assert sum(found.trades for found in daily.daily_results([account], ZoneInfo("UTC"))) == 451
    assert roll_up_missing() == 1 and differing_accounts() == []


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_one_day_both_count(ann: Trader) -> None:
    account = make.account(ann)
    make.trade(account, opened_at=MOMENTS[0])
    roll_up(account.pk)

    def write(number: int) -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                make.trade(account, opened_at=MOMENTS[0], ticket=f"t{number}")
                cursor.execute("SELECT pg_sleep(0.05)")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    (found,) = daily.total_results([account], ZoneInfo("UTC"))
    assert found.trades == 5 and differing_accounts() == []
