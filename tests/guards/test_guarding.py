"""The live watch: what an evaluation stores, raises and costs."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.cast import NOW
from tests.guards.live import at, hold, quote, report, rule, watch
from trading.calc import guards
from trading.calc.guard_texts import from_texts
from trading.calc.guard_types import MARKET_KINDS, Carried
from trading.models import Alert, AuditEntry, Delivery, GuardRule, GuardState
from trading.queries.guard_replay import recorded
from trading.services.guard_rules import as_rule, save_rules
from trading.services.guarding import evaluate

pytestmark = pytest.mark.django_db


@pytest.fixture
def main(ann: Trader) -> BrokerAccount:
    return make.account(ann, label="Main", number="50418827")


def alerts(account: BrokerAccount) -> list[tuple[str, str]]:
    return list(Alert.objects.filter(account=account).order_by("raised_at").values_list("kind", "level"))


def test_an_account_that_was_never_synced_is_left_out(main: BrokerAccount) -> None:
    assert evaluate([main.pk], now=NOW) == {}


def test_the_first_evaluation_puts_the_default_rules_on(main: BrokerAccount) -> None:
    watch(main, 10_000)
    rules = {row.kind: (row.warning, row.critical) for row in GuardRule.objects.filter(account=main)}
    assert rules["drawdown"] == (Decimal("0.15"), Decimal("0.20"))
    assert rules["minimum_equity"] == (None, 100)
    assert set(rules) == {"drawdown", "minimum_equity", "market_gap", "spread", "stale_quote"}


def test_rules_that_were_taken_away_do_not_come_back(main: BrokerAccount) -> None:
    watch(main, 10_000)
    save_rules(main, [], actor=main.trader, now=NOW)
    watch(main, 10_000, 10)
    assert not GuardRule.objects.filter(account=main).exists()


def test_a_fall_raises_one_warning_and_one_critical(main: BrokerAccount) -> None:
    for seconds, equity in enumerate([10_000, 9_000, 8_500, 8_450, 8_000, 7_950, 8_010]):
        watch(main, equity, seconds * 10)
    assert alerts(main) == [("drawdown", "warning"), ("drawdown", "critical")]
    warning = Alert.objects.get(level="warning")
    assert warning.figures["equity"] == "8500"
    assert warning.sentence.startswith("Drawdown 15.00 %. Warning from 15.00 %, critical from 20.00 %.")


def test_the_same_sync_again_changes_nothing(main: BrokerAccount) -> None:
    watch(main, 10_000)
    watch(main, 8_400, 10)
    before = list(GuardState.objects.order_by("pk").values_list("carried", flat=True))
    evaluate([main.pk], now=at(12))
    assert len(alerts(main)) == 1
    assert list(GuardState.objects.order_by("pk").values_list("carried", flat=True)) == before


def test_each_alert_is_told_by_one_mail(main: BrokerAccount) -> None:
    watch(main, 10_000)
    watch(main, 8_400, 10)
    delivery = Delivery.objects.get()
    assert (delivery.channel, delivery.state, delivery.trader) == ("email", "pending", main.trader)


def test_markets_are_judged_by_the_symbols_that_are_open(main: BrokerAccount) -> None:
    hold(main)
    quote(main)
    quote(main, "XAUUSD", bid=Decimal(4_000), ask=Decimal(4_100))
    outcome = watch(main, 10_000)
    assert {verdict.symbol for verdict in outcome.verdicts if verdict.symbol} == {"EURUSD"}
    quote(main, bid=Decimal("1.1000"), ask=Decimal("1.1060"))
    assert watch(main, 10_000, 10).level == "warning"
    assert alerts(main) == [("spread", "warning")]


def test_a_disabled_rule_says_nothing(main: BrokerAccount) -> None:
    rule(main, critical="0.05", enabled=False)
    watch(main, 10_000)
    watch(main, 5_000, 10)
    assert alerts(main) == []


def test_a_lost_state_never_stops_a_sync(main: BrokerAccount) -> None:
    watch(main, 10_000)
    watch(main, 8_400, 10)
    GuardState.objects.update(carried={"track": {"at": "nonsense"}, "episodes": {}})
    watch(main, 10_000, 20)
    watch(main, 8_400, 30)
    assert list(Alert.objects.order_by("raised_at").values_list("episode", flat=True)) == [1, 2]


def test_a_rule_without_history_starts_at_its_first_observation(main: BrokerAccount) -> None:
    watch(main, 9_000)
    outcome = watch(main, 8_900, 10)
    drawdown = next(verdict for verdict in outcome.verdicts if verdict.rule.kind == "drawdown")
    assert drawdown.reading.line == 9_000


def test_a_new_rule_looks_back_over_what_is_recorded(main: BrokerAccount) -> None:
    for seconds, equity in enumerate([10_000, 12_000, 11_000]):
        report(main, equity, seconds)
    save_rules(main, [{"kind": "drawdown", "critical": Decimal("0.5")}], actor=main.trader, now=NOW)
    outcome = watch(main, 11_000, 10)
    assert outcome.verdicts[0].reading.line == 12_000


def test_the_initial_balance_is_what_was_paid_in_before_the_first_trade(main: BrokerAccount) -> None:
    make.cash_flow(main, amount=Decimal(10_000))
    make.execution(main, executed_at=NOW - timedelta(days=2))
    make.cash_flow(main, amount=Decimal(3_000), booked_at=NOW - timedelta(days=1))
    rule(main, "drawdown", "0.10", reference="initial_balance", trailing="fixed", share_of="initial_balance")
    outcome = watch(main, 12_500, balance=Decimal(13_000))
    assert outcome.verdicts[0].reading.floor == 9_000


def test_trading_days_are_counted_in_the_zone_of_the_rule(main: BrokerAccount) -> None:
    rule(main, "minimum_days", "2", unit="days", reset_zone="Europe/Prague")
    # 21:30 and 22:30 UTC in June are one day in UTC and two in Prague.
    make.trade(main, opened_at=make.START.replace(month=6, hour=21, minute=30))
    make.trade(main, opened_at=make.START.replace(month=6, hour=22, minute=30))
    assert watch(main, 10_000).verdicts[0].is_reached


def test_alerts_and_the_audit_trail_can_not_be_changed(main: BrokerAccount) -> None:
    watch(main, 10_000)
    watch(main, 7_000, 10)
    assert AuditEntry.objects.filter(act="alert_raised").exists()
    for statement in (
        "UPDATE trading_alert SET level = 'warning'",
        "DELETE FROM trading_alert",
        "UPDATE trading_auditentry SET act = 'nothing'",
        "DELETE FROM trading_auditentry",
    ):
        with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
            connection.cursor().execute(statement)


def test_the_database_refuses_a_second_alert_of_an_episode(main: BrokerAccount) -> None:
    watch(main, 10_000)
    watch(main, 8_400, 10)
    first = Alert.objects.get()
    first.pk = None
    with pytest.raises(IntegrityError, match="alert_once_per_episode"), transaction.atomic():
        Alert.objects.bulk_create(
            [Alert(**{f.attname: getattr(first, f.attname) for f in Alert._meta.fields if f.name != "id"})]
        )


def test_the_number_of_queries_does_not_grow_with_the_accounts(ann: Trader) -> None:
    def prepared(count: int) -> list[BrokerAccount]:
        made = [make.account(ann) for _ in range(count)]
        for account in made:
            hold(account)
            quote(account)
            make.cash_flow(account)
            report(account, 10_000)
        evaluate([account.pk for account in made], now=NOW)
        for account in made:
            report(account, 7_000, 10)
        return made

    few, many = prepared(2), prepared(40)
    with CaptureQueriesContext(
        connection,
    ) as for_few:
        evaluate([account.pk for account in few], now=at(10))
    with CaptureQueriesContext(connection) as for_many:
        evaluate([account.pk for account in many], now=at(10))
    assert Alert.objects.filter(level="critical").count() == 42
    assert len(for_many) == len(for_few)
    assert len(for_many) <= 22


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(5_000, 12_000), min_size=1, max_size=12))
def test_the_replay_of_what_was_recorded_is_what_was_raised_live(main: BrokerAccount, equities: list[int]) -> None:
    sid = transaction.savepoint()
    try:
        for number, equity in enumerate(equities):
            watch(main, equity, number * 10)
        rules = [as_rule(row) for row in GuardRule.objects.filter(account=main)]
        past = recorded(main.pk, NOW - timedelta(days=1), NOW + timedelta(days=1), rules)
        replayed = [
            (verdict.rule.id, str(verdict.fired.level), seen.at)
            for seen, verdicts in guards.replay(rules, past.observations)
            for verdict in verdicts
            if verdict.fired
        ]
        live = [(str(a.rule_id), a.level, a.raised_at) for a in Alert.objects.order_by("raised_at", "id")]
        assert sorted(replayed) == sorted(live)
        carried = {str(s.rule_id): from_texts(s.carried) for s in GuardState.objects.all()}
        last: dict[str, Carried] = {}
        for seen in past.observations:
            last = {key: one.carried for key, one in guards.evaluate(rules, last, seen).items()}
        assert {key: last[key] for key in carried} == carried
    finally:
        transaction.savepoint_rollback(sid)


def test_a_long_history_is_thinned_without_losing_its_extremes(
    main: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trading.queries.guard_replay.MOST", 30)
    for number in range(100):
        report(main, 5_000 if number == 47 else 10_000 + number, number * 60)
    past = recorded(main.pk, NOW - timedelta(days=1), NOW + timedelta(days=1))
    assert past.snapshots == 100
    assert len(past.observations) <= 36
    assert min(seen.equity for seen in past.observations) == 5_000
    assert max(seen.equity for seen in past.observations) == 10_099
    assert past.observations[-1].at == at(99 * 60)


def test_a_rule_that_stands_where_it_stood_is_written_its_moment_alone(main: BrokerAccount) -> None:
    watch(main, 10_000)
    before = {state.pk: (state.level, state.carried, state.figures) for state in GuardState.objects.all()}
    later = at(5)
    with CaptureQueriesContext(connection) as captured:
        evaluate([main.pk], now=later)
    (stored,) = [row["sql"] for row in captured if "INSERT INTO trading_guardstate" in row["sql"]]
    after = GuardState.objects.filter(pk__in=before)
    assert {state.pk: (state.level, state.carried, state.figures) for state in after} == before
    judged = [state for state in after if state.figures or state.rule.kind in MARKET_KINDS]
    assert judged and {state.evaluated_at for state in judged} == {later}
    assert "episodes" not in stored


def test_what_a_rule_carries_outlives_a_write_of_its_figures_alone(main: BrokerAccount) -> None:
    watch(main, 10_000)
    hold(main)
    quote(main, bid=Decimal("1.00"), ask=Decimal("1.02"))
    evaluate([main.pk], now=at(1))
    carried = GuardState.objects.get(rule__kind="spread").carried
    quote(main, bid=Decimal("1.00"), ask=Decimal("1.03"))
    evaluate([main.pk], now=at(2))
    state = GuardState.objects.get(rule__kind="spread")
    assert state.carried == carried != {} and state.level == "critical"
    assert {of["used"] for of in state.figures.values()} != {None}
