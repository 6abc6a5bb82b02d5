"""Days are sealed once they are over, never rewritten, and a change of a sealed day shows."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from accounts.models import BrokerAccount
from tests import make
from tests.guards.test_at_once import at_once
from trading import tasks
from trading.calc.digests import GENESIS, first_break
from trading.models import CashFlow, DayDigest, Trade
from trading.queries.chain import check, head_of, links_of, summary
from trading.services.sealing import seal_account, seal_all

#: Trades of the scene close on 6, 7 and 8 January 2025.
SOON = datetime(2025, 1, 9, 1, 17, tzinfo=UTC)
FIRST = date(2025, 1, 6)


def closed(account: BrokerAccount, days: int = 0, **fields: Any) -> Trade:
    return make.exit_of(make.trade(account, opened_at=make.START + timedelta(days=days), **fields)).trade  # type: ignore[return-value]


@pytest.fixture
def account(db: None) -> BrokerAccount:
    account = make.account()
    make.committed_statement(account=account, has_history=True, opening_balance=Decimal(0))
    make.cash_flow(account)  # 5 January
    for days in range(3):
        closed(account, days)
    return account


def days_of(account: BrokerAccount) -> list[tuple[date, int]]:
    return [(link.day, link.trades) for link in links_of(account)]


def test_every_day_that_is_over_gets_a_link(account: BrokerAccount) -> None:
    assert seal_account(account.pk, SOON) == 4
    assert days_of(account) == [(date(2025, 1, 5), 0), (FIRST, 1), (date(2025, 1, 7), 1), (date(2025, 1, 8), 1)]
    links = links_of(account)
    assert links[0].prev == GENESIS
    assert first_break([link.link() for link in links]) is None
    assert len({link.salt for link in links}) == 4
    assert {link.sealed_at for link in links} == {SOON}
    assert check(account, SOON).is_intact


def test_a_day_is_not_sealed_within_an_hour_after_its_end(account: BrokerAccount) -> None:
    seal_account(account.pk, datetime(2025, 1, 9, 0, 59, tzinfo=UTC))
    assert days_of(account)[-1] == (date(2025, 1, 7), 1)
    seal_account(account.pk, datetime(2025, 1, 9, 1, 0, tzinfo=UTC))
    assert days_of(account)[-1] == (date(2025, 1, 8), 1)


def test_sealing_again_adds_nothing(account: BrokerAccount) -> None:
    seal_account(account.pk, SOON)
    head = head_of(account)
    assert seal_account(account.pk, SOON + timedelta(days=9)) == 0
    assert head_of(account) == head


def test_an_account_without_history_has_no_chain(db: None) -> None:
    empty = make.account()
    assert seal_account(empty.pk, SOON) == 0
    assert summary(empty).links == 0
    assert summary(empty).head == ""
    assert check(empty, SOON).is_intact


def change(account: BrokerAccount, what: str) -> None:
    """A write to the first day with trades."""
    trades = Trade.objects.filter(account=account, closed_at__date=FIRST)
    if what == "added":
        closed(account, 0, symbol="GBPUSD")
    elif what == "corrected":
        trades.update(swap=Decimal("-9.99"))
    elif what == "removed":
        trades.delete()
    else:
        make.cash_flow(account, booked_at=make.START, amount=Decimal("-50.00"), kind="withdrawal")


@pytest.mark.parametrize("what", ["added", "corrected", "removed", "withdrawn"])
def test_a_change_of_a_sealed_day_is_a_further_link_and_the_old_ones_stay(account: BrokerAccount, what: str) -> None:
    seal_account(account.pk, SOON)
    before = list(DayDigest.objects.filter(account=account).order_by("position").values())
    change(account, what)
    later = SOON + timedelta(days=30)
    assert seal_account(account.pk, later) == 1
    rows = list(DayDigest.objects.filter(account=account).order_by("position").values())
    assert rows[:4] == before
    assert (rows[4]["day"], rows[4]["sealed_at"]) == (FIRST, later)
    assert first_break([link.link() for link in links_of(account)]) is None
    told = summary(account)
    assert [(day.day, day.times, day.last_at) for day in told.amended] == [(FIRST, 1, later)]
    assert (told.links, told.days) == (5, 4)


def test_digits_notes_and_comments_amend_nothing(account: BrokerAccount) -> None:
    seal_account(account.pk, SOON)
    Trade.objects.filter(account=account).update(swap=Decimal("-1.5000"), comment="noted", strategy_id="7")
    assert seal_account(account.pk, SOON + timedelta(days=1)) == 0


def past_triggers(table: str, change: str, account: BrokerAccount) -> None:
    """What somebody with the database in their hands can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE {table} SET {change} AND account_id = %s", [account.pk])
        assert cursor.rowcount == 1
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_a_row_changed_past_every_trigger_is_found(account: BrokerAccount) -> None:
    seal_account(account.pk, SOON)
    past_triggers("trading_trade", "gross_profit = 999 WHERE closed_at < '2025-01-07'", account)
    found = check(account, SOON)
    assert found.differing == [FIRST]
    assert not found.is_intact
    assert found.broken is None


def test_a_link_changed_past_its_trigger_is_found(account: BrokerAccount) -> None:
    seal_account(account.pk, SOON)
    past_triggers("trading_daydigest", "trades = 5 WHERE position = 2", account)
    broken = check(account, SOON).broken
    assert broken is not None and (broken.position, broken.reason) == (2, "digest")


def test_a_day_that_lost_all_its_rows_is_found_before_it_is_sealed_again(account: BrokerAccount) -> None:
    seal_account(account.pk, SOON)
    change(account, "removed")
    assert check(account, SOON).differing == [FIRST]


def test_days_that_wait_for_their_seal_are_told_apart(account: BrokerAccount) -> None:
    seal_account(account.pk, SOON)
    closed(account, 5)
    found = check(account, SOON + timedelta(days=5))
    assert found.unsealed == [date(2025, 1, 11)]
    assert found.is_intact


def test_balances_that_moved_by_a_correction_before_them_are_counted_and_amend_nothing(account: BrokerAccount) -> None:
    seal_account(account.pk, SOON)
    trade = Trade.objects.get(account=account, closed_at__date=FIRST)
    Trade.objects.filter(pk=trade.pk).update(swap=Decimal("-9.99"))
    trade.executions.update(swap=Decimal("-9.99"))
    seal_account(account.pk, SOON + timedelta(days=1))
    found = check(account, SOON + timedelta(days=1))
    assert found.is_intact
    assert found.moved == 2  # the two days after it


def test_days_sealed_long_after_their_end_are_called_late(account: BrokerAccount) -> None:
    seal_account(account.pk, datetime(2025, 1, 9, 12, tzinfo=UTC))
    told = summary(account)
    assert (told.days, told.late) == (4, 2)  # 5 and 6 January were over for more than two days


def test_a_clock_that_was_put_back_breaks_nothing(account: BrokerAccount) -> None:
    seal_account(account.pk, SOON)
    change(account, "corrected")
    seal_account(account.pk, SOON - timedelta(days=2))
    assert first_break([link.link() for link in links_of(account)]) is None
    assert len(links_of(account)) == 5


@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_refuses_to_rewrite_a_link(account: BrokerAccount, act: str) -> None:
    seal_account(account.pk, SOON)
    links = DayDigest.objects.filter(account=account)
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        links.update(trades=7) if act == "update" else links.delete()
    assert links.count() == 4


def test_the_chain_goes_with_its_account_and_no_other(account: BrokerAccount) -> None:
    other = make.account()
    closed(other)
    seal_account(account.pk, SOON)
    seal_account(other.pk, SOON)
    other.trader.delete()
    assert set(DayDigest.objects.values_list("account_id", flat=True)) == {account.pk}


def test_the_worker_seals_what_was_written_to_and_nothing_twice(account: BrokerAccount, monkeypatch: Any) -> None:
    assert seal_all(SOON) == 4
    asked: list[Any] = []

    def note(key: Any, now: datetime) -> int:
        asked.append(key)
        return 0

    monkeypatch.setattr("trading.services.sealing.seal_account", note)
    seal_all(SOON)
    assert asked == []
    make.cash_flow(account, booked_at=make.START)
    seal_all(SOON)
    assert asked == [account.pk]


def test_the_task_of_the_worker_seals(account: BrokerAccount) -> None:
    tasks.seal_days(timestamp=0)
    assert len(links_of(account)) == 4


def test_the_worker_looks_at_an_account_once_an_hour_however_often_it_is_written_to(account: BrokerAccount) -> None:
    budget = timedelta(seconds=60)
    assert seal_all(SOON, budget) == 4
    change(account, "withdrawn")
    assert seal_all(SOON + timedelta(minutes=40), budget) == 0
    assert seal_all(SOON + timedelta(minutes=45), budget) == 1


def test_what_does_not_fit_into_one_run_is_sealed_in_the_next(
    account: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(make.account())
    clock = iter(range(0, 1000, 7))
    monkeypatch.setattr("trading.services.sealing.monotonic", lambda: next(clock))
    assert seal_all(SOON, timedelta(seconds=10)) == 4  # 0 s at the start, 7 s before the first, 14 s before the second
    assert seal_all(SOON, timedelta(seconds=10)) == 1


def test_an_account_that_fails_leaves_the_others_sealed(account: BrokerAccount, monkeypatch: Any, caplog: Any) -> None:
    bad = make.account()

    def fail_for_one(key: Any, now: datetime) -> int:
        if key == bad.pk:
            raise DatabaseError("no")
        return seal_account(key, now)

    monkeypatch.setattr("trading.services.sealing.seal_account", fail_for_one)
    assert seal_all(SOON) == 4
    assert "could not be sealed" in caplog.text


def test_the_command_seals_and_checks(account: BrokerAccount, capsys: Any) -> None:
    call_command("seal_days")
    assert "4 links sealed." in capsys.readouterr().out
    call_command("seal_days", check=True)
    assert "Every chain holds." in capsys.readouterr().out
    CashFlow.objects.filter(account=account).update(amount=Decimal(1))
    from django.core.cache import cache

    cache.clear()
    with pytest.raises(SystemExit):
        call_command("seal_days", check=True)
    assert "2025-01-05 is not what was sealed" in capsys.readouterr().out


def test_the_check_costs_one_pass_a_quarter_hour_however_often_it_is_asked(
    account: BrokerAccount, django_assert_num_queries: Any
) -> None:
    seal_account(account.pk, SOON)
    check(account, SOON)
    closed(account, 1)  # the revision rises, as with every sync
    with django_assert_num_queries(1):
        check(account, SOON)


@pytest.mark.django_db(transaction=True)
def test_sealing_twice_at_once_seals_once() -> None:
    account = make.account()
    for days in range(5):
        closed(account, days)
    made = at_once(lambda: seal_account(account.pk, SOON + timedelta(days=10)))
    assert sorted(made) == [0, 0, 0, 5]
    assert [link.position for link in links_of(account)] == [1, 2, 3, 4, 5]
