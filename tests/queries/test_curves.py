"""The curve from the database is the curve of the plain computation, and equity is drawn where a feed recorded it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.guards.live import report
from trading.calc.equity import BalancePoint, balance_curve
from trading.models import Execution, LiveSnapshot
from trading.queries.curves import Span, account_curve, currency_curve, read_span
from trading.queries.equity_lines import currency_equity
from trading.queries.figures import fills_of, flows_of

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2025, 7, 1, 12, tzinfo=UTC)


def filled(owner: Trader, seed: int, fills: int = 60, decimals: int = 2, **fields: Any) -> BrokerAccount:
    """An account with fills and flows at random minutes, many of them at the same one."""
    random = Random(seed)
    account = make.account(owner, **fields)
    make.committed_statement(account=account, opening_balance=Decimal(500), period_start=make.START)
    for _ in range(fills):
        at = make.START + timedelta(minutes=random.choice([1, 7, random.randrange(200_000)]))
        amount = Decimal(random.randrange(-20_000, 20_000)).scaleb(-decimals)
        if random.random() < 0.1:
            make.cash_flow(account, amount=amount or Decimal(1), booked_at=at, kind="correction")
        else:
            make.execution(account, executed_at=at, direction="out", gross_profit=amount, commission=Decimal(0))
    account.refresh_from_db()
    return account


def plain(*accounts: BrokerAccount) -> list[BalancePoint]:
    flows = [flow for account in accounts for flow in flows_of(account.pk)]
    fills = [fill for account in accounts for fill in fills_of(account.pk)]
    return balance_curve(Decimal(500) * len(accounts), flows, fills)


@pytest.mark.parametrize("decimals", [0, 2, 8, 11])
def test_is_the_curve_of_the_plain_computation(ann: Trader, decimals: int) -> None:
    account = filled(ann, decimals, decimals=decimals)
    assert account_curve(account, 1000) == plain(account)
    assert list(currency_curve([account], BERLIN).points) == plain(account)


def test_an_amount_that_does_not_fit_into_eight_bytes_is_read_as_well(ann: Trader) -> None:
    account = filled(ann, 1, fills=5)
    make.execution(account, gross_profit=Decimal("92233720368547758.08"))
    account.refresh_from_db()
    assert account_curve(account, 1000) == plain(account)


def test_several_accounts_are_one_line(ann: Trader) -> None:
    accounts = [filled(ann, 2), filled(ann, 3)]
    assert list(currency_curve(accounts, BERLIN).points) == plain(*accounts)


def test_a_derived_entry_moves_nothing(ann: Trader) -> None:
    account = filled(ann, 4, fills=3)
    before = plain(account)
    make.execution(account, is_derived=True, executed_at=make.START + timedelta(days=200))
    account.refresh_from_db()
    assert account_curve(account, 1000) == before


def test_few_points_of_many_keep_the_extremes(ann: Trader) -> None:
    account = filled(ann, 5, fills=150)
    whole, kept = plain(account), account_curve(account, 30)
    assert len(kept) <= 30
    assert all(point in whole for point in kept)
    balances = [point.balance for point in kept]
    assert (min(balances), max(balances)) == (min(p.balance for p in whole), max(p.balance for p in whole))


@pytest.mark.parametrize("name", ["2025-02-01..2025-03-31", "2025-05-25..2025-05-26", "2024-01-01..2024-02-01"])
def test_a_span_is_cut_out_of_the_whole_and_led_by_what_was_held(ann: Trader, name: str) -> None:
    account = filled(ann, 6)
    span = read_span(name, NOW, BERLIN)
    assert span is not None and span.start and span.end
    inside = [point for point in plain(account) if span.start <= point.at < span.end]
    before = [point for point in plain(account) if point.at < span.start]
    led = [BalancePoint(span.start, before[-1].balance, before[-1].flows, before[-1].peak)] if before else []
    assert list(currency_curve([account], BERLIN, span).points) == [*led, *inside]


def test_months_add_up(ann: Trader) -> None:
    account = filled(ann, 7)
    curve, whole = currency_curve([account], BERLIN), plain(account)
    assert sum(line.flows for line in curve.months) == whole[-1].flows
    for line in curve.months:
        inside = [point for point in whole if f"{point.at.astimezone(BERLIN):%Y-%m}" == line.month]
        assert line.balance == inside[-1].balance
        assert abs(line.drawdown_ratio - max(point.drawdown_ratio for point in inside)) < Decimal("1e-12")


def test_the_first_deposit_is_cash_of_its_month(ann: Trader) -> None:
    account = make.account(ann)
    make.committed_statement(account=account, opening_balance=Decimal(0), period_start=make.START)
    make.cash_flow(account, amount=Decimal(1000), booked_at=make.START)
    make.exit_of(make.trade(account, opened_at=make.START))
    account.refresh_from_db()
    assert [line.flows for line in currency_curve([account], BERLIN).months] == [1000]


def test_reads_however_many_fills_in_the_same_number_of_queries(
    ann: Trader, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    for fills in (5, 60):
        account = filled(ann, 8, fills=fills)
        with django_assert_max_num_queries(8):
            currency_curve([account], BERLIN)
        with django_assert_num_queries(0):
            currency_curve([account], BERLIN)


@pytest.mark.parametrize(
    "text", ["", "2w", "2025-03-01..2025-02-01", "..", "2025-02-30..2025-03-01", "0001-01-01..9999-12-31"]
)
def test_an_address_that_makes_no_sense_chooses_nothing(text: str) -> None:
    assert read_span(text, NOW, BERLIN) is None


def test_both_days_belong_to_a_span() -> None:
    span = read_span("2025-03-30..2025-03-30", NOW, BERLIN)
    assert span is not None and span.start and span.end
    assert (span.start.isoformat(), span.end.isoformat()) == ("2025-03-30T00:00:00+01:00", "2025-03-31T00:00:00+02:00")
    assert [read_span(name, NOW, BERLIN) is not None for name in ("6m", "ytd", "all")] == [True] * 3


# ---- Equity ------------------------------------------------------------------------------------------------------------


def equities(accounts: list[BrokerAccount], span: Span | None = None) -> list[list[Decimal]]:
    line = currency_equity(accounts, BERLIN, span or Span("all"), NOW)
    return [[point.equity for point in run] for run in line.runs]


def snapshot(account: BrokerAccount, hours: float, equity: int, tier: str = "full") -> LiveSnapshot:
    return report(account, equity, 0, taken_at=NOW + timedelta(hours=hours), tier=tier)


def test_equity_is_what_the_feed_recorded_in_every_tier(ann: Trader) -> None:
    account = filled(ann, 9, fills=3)
    for hours, equity, tier in [(-9, 510, "hour"), (-8, 480, "minute"), (-7, 495, "full"), (-1, 505, "full")]:
        snapshot(account, hours, equity, tier)
    assert equities([account]) == [[510, 480, 495], [505]]


def test_a_span_of_the_equity_holds_nothing_from_outside(ann: Trader) -> None:
    account = filled(ann, 10, fills=3)
    for hours, equity in [(-60, 400), (-39, 410), (-37, 420), (-15, 430), (-13, 440)]:
        snapshot(account, hours, equity)
    span = read_span("2025-06-30..2025-06-30", NOW, BERLIN)
    assert equities([account], span) == [[420], [430]]


def test_an_account_without_a_feed_has_no_equity_line_nor_a_sum_with_another(ann: Trader) -> None:
    fed, silent = filled(ann, 11, fills=3), filled(ann, 12, fills=3)
    snapshot(fed, -1, 600)
    assert equities([silent]) == []
    assert equities([fed, silent]) == []
    assert equities([fed]) == [[600]]


def test_feeds_are_added_up_where_all_of_them_are_heard(ann: Trader) -> None:
    first, second = filled(ann, 13, fills=3), filled(ann, 14, fills=3)
    snapshot(first, -5, 100)
    for account, equity in [(first, 110), (second, 1000)]:
        snapshot(account, -2, equity)
        snapshot(account, -1, equity + 5)
    assert equities([first, second]) == [[1110, 1120]]


def test_an_account_whose_balance_is_not_drawn_is_in_neither_line(ann: Trader) -> None:
    fed, unknown = filled(ann, 15, fills=3), filled(ann, 16, fills=3)
    unknown.statements.update(opening_balance=None)
    snapshot(fed, -1, 600)
    assert equities([fed, unknown]) == [[600]]


def test_the_last_of_a_month_stays_however_long_the_span(ann: Trader) -> None:
    account = filled(ann, 17, fills=3)
    for day in range(1, 120):
        snapshot(account, -24 * day, day, "hour")
    line = currency_equity([account], BERLIN, Span("all"), NOW)
    ends = {f"{point.at.astimezone(BERLIN):%Y-%m}": point.equity for run in line.runs for point in run}
    rows = LiveSnapshot.objects.filter(account=account).order_by("taken_at").values_list("taken_at", "equity")
    assert ends == {f"{at.astimezone(BERLIN):%Y-%m}": equity for at, equity in rows}


def test_equity_takes_two_queries_beside_the_opening_balances(ann: Trader, django_assert_max_num_queries: Any) -> None:
    account = filled(ann, 18, fills=3)
    for number in range(30):
        snapshot(account, -number - 1, number)
    with django_assert_max_num_queries(5):
        currency_equity([account], BERLIN, Span("all"), NOW)
    assert Execution.objects.filter(account=account).count() > 0
