"""guards/status/ and accounts/{id}/guards/: no data, normal, warning, critical, filtered, by id, and whose it is."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.cast import NOW
from tests.guards.live import at, hold, quote, rule, watch
from trading.calc.guard_presets import presets
from trading.models import AutoClose, GuardRule, GuardState
from trading.services.guarding import evaluate

pytestmark = pytest.mark.django_db

STATUS = "/api/v1/guards/status/"


@pytest.fixture
def main(ann: Trader) -> BrokerAccount:
    return make.account(ann, label="Main", number="50418827")


def status(api: APIClient, **parameters: Any) -> dict[str, Any]:
    answer = api.get(STATUS, parameters)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_without_an_account_there_is_no_data(ann_api: APIClient) -> None:
    assert status(ann_api) == {
        "system_status": "no_data",
        "drawdown_guard": None,
        "market_guard_alerts": [],
        "any_positions_should_close": False,
        "auto_close_stopped": False,
        "last_evaluated_at": None,
        "accounts": [],
    }


def test_an_account_that_was_never_synced_says_so(ann_api: APIClient, main: BrokerAccount) -> None:
    (shown,) = status(ann_api)["accounts"]
    assert (shown["system_status"], shown["last_evaluated_at"], shown["drawdown_guard"]) == ("no_data", None, None)


def test_normal(ann_api: APIClient, main: BrokerAccount) -> None:
    hold(main)
    quote(main)
    watch(main, 10_000)
    watch(main, 9_500, 10)
    found = status(ann_api)
    assert found["system_status"] == "normal"
    guard = found["drawdown_guard"]
    assert guard == {
        "account": str(main.pk),
        "currency": "USD",
        "current_equity": "9500",
        "peak_equity": "10000",
        "current_drawdown_pct": "5.00",
        "alert_type": None,
        "alert_threshold_pct": "15.00",
        "alert_threshold": "0.15",
        "should_close_all": False,
        "floor": "8000.00",
        "headroom": "1500.00",
        "headroom_if_stopped": "1000.00",
    }
    assert found["market_guard_alerts"] == []
    assert found["last_evaluated_at"] is not None


def test_warning(ann_api: APIClient, main: BrokerAccount) -> None:
    watch(main, 10_000)
    watch(main, 8_400, 10)
    found = status(ann_api)
    assert found["system_status"] == "warning"
    guard = found["drawdown_guard"]
    assert (guard["alert_type"], guard["alert_threshold_pct"], guard["current_drawdown_pct"]) == (
        "warning",
        "15.00",
        "16.00",
    )
    assert not found["any_positions_should_close"]


def test_critical(ann_api: APIClient, main: BrokerAccount) -> None:
    watch(main, 10_000)
    watch(main, 7_900, 10)
    found = status(ann_api)
    assert found["system_status"] == "critical"
    assert found["any_positions_should_close"]
    guard = found["drawdown_guard"]
    assert (guard["alert_type"], guard["alert_threshold_pct"], guard["should_close_all"]) == ("critical", "20.00", True)
    assert guard["headroom"] == "-100.00"


def test_market_alerts_name_the_symbol_and_what_was_seen(ann_api: APIClient, main: BrokerAccount) -> None:
    hold(main)
    quote(main, bid=Decimal(99), ask=Decimal(101), previous_close=Decimal(100), day_open=Decimal(94))
    watch(main, 10_000)
    alerts = {alert["kind"]: alert for alert in status(ann_api)["market_guard_alerts"]}
    assert alerts["spread"] == {
        "account": str(main.pk),
        "symbol": "EURUSD",
        "kind": "spread",
        "alert_type": "critical",
        "value_pct": "2.00",
        "threshold_pct": "1.00",
        "age_s": None,
        "should_close": False,
    }
    assert (alerts["market_gap"]["alert_type"], alerts["market_gap"]["value_pct"]) == ("warning", "6.00")


def test_stale_quotes_are_told_in_seconds(ann_api: APIClient, main: BrokerAccount) -> None:
    hold(main)
    quote(main, quoted_at=NOW - timedelta(days=9))
    watch(main, 10_000)
    (alert,) = status(ann_api)["market_guard_alerts"]
    assert (alert["kind"], alert["alert_type"], alert["value_pct"]) == ("stale_quote", "critical", None)
    assert alert["age_s"] > 86_400


def test_an_unbounded_risk_leaves_the_headroom_at_the_stops_open(ann_api: APIClient, main: BrokerAccount) -> None:
    hold(main, stop_loss=None)
    watch(main, 10_000)
    guard = status(ann_api)["drawdown_guard"]
    assert (guard["headroom"], guard["headroom_if_stopped"]) == ("2000.00", None)


def test_the_worst_of_several_accounts_leads(ann_api: APIClient, main: BrokerAccount, ann: Trader) -> None:
    other = make.account(ann, label="Other")
    watch(main, 10_000)
    watch(other, 10_000)
    watch(other, 8_300, 10)
    found = status(ann_api)
    assert found["system_status"] == "warning"
    assert found["drawdown_guard"]["account"] == str(other.pk)
    assert [one["system_status"] for one in found["accounts"]] == ["normal", "warning"]


def test_one_account_can_be_asked_for(ann_api: APIClient, main: BrokerAccount, ann: Trader) -> None:
    other = make.account(ann)
    watch(main, 10_000)
    watch(other, 10_000)
    watch(other, 8_300, 10)
    found = status(ann_api, account=str(main.pk))
    assert (found["system_status"], len(found["accounts"])) == ("normal", 1)


def test_another_traders_accounts_are_not_there(bo_api: APIClient, main: BrokerAccount) -> None:
    watch(main, 10_000)
    assert status(bo_api)["accounts"] == []
    assert bo_api.get(STATUS, {"account": str(main.pk)}).status_code == 404
    assert bo_api.get(f"/api/v1/accounts/{main.pk}/guards/").status_code == 404
    assert bo_api.put(f"/api/v1/accounts/{main.pk}/guards/", {"rules": []}, format="json").status_code == 404


def test_a_stranger_has_to_sign_in(stranger_api: APIClient, main: BrokerAccount) -> None:
    assert stranger_api.get(STATUS).status_code == 401
    assert stranger_api.get(f"/api/v1/accounts/{main.pk}/guards/").status_code == 401


def test_what_has_not_changed_is_not_sent_again(ann_api: APIClient, main: BrokerAccount) -> None:
    watch(main, 10_000)
    tag = ann_api.get(STATUS)["ETag"]
    assert ann_api.get(STATUS, headers={"If-None-Match": tag}).status_code == 304
    watch(main, 9_990, 10)
    assert ann_api.get(STATUS, headers={"If-None-Match": tag}).status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_accounts(ann_api: APIClient, ann: Trader) -> None:
    def more(count: int) -> None:
        made = [make.account(ann) for _ in range(count)]
        for account in made:
            hold(account)
            quote(account)
            watch(account, 10_000)

    more(1)
    status(ann_api)
    more(1)
    with CaptureQueriesContext(connection) as for_few:
        status(ann_api)
    more(20)
    with CaptureQueriesContext(connection) as for_many:
        assert len(status(ann_api)["accounts"]) == 22
    assert len(for_many) == len(for_few)


# ---- Rules ---------------------------------------------------------------------------------------------------------


def put(api: APIClient, account: BrokerAccount, data: Any) -> Any:
    return api.put(f"/api/v1/accounts/{account.pk}/guards/", data, format="json")


def test_rules_can_be_read_and_sent_back(ann_api: APIClient, main: BrokerAccount) -> None:
    watch(main, 10_000)
    before = ann_api.get(f"/api/v1/accounts/{main.pk}/guards/").json()
    kept = set(GuardRule.objects.values_list("pk", flat=True))
    answer = put(ann_api, main, {"rules": before["rules"]})
    assert answer.status_code == 200, answer.content
    assert answer.json() == before
    assert set(GuardRule.objects.values_list("pk", flat=True)) == kept


def test_another_threshold_keeps_the_peak_and_the_episodes(ann_api: APIClient, main: BrokerAccount) -> None:
    watch(main, 10_000)
    watch(main, 8_400, 10)
    put(ann_api, main, {"rules": [{"kind": "drawdown", "warning": "0.10", "critical": "0.30"}]})
    state = GuardState.objects.get()
    assert state.carried["track"]["high"] == "10000"
    assert state.carried["episodes"][""]["warnings"] == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"critical": "-1"}, "rules.0.critical"),
        ({"critical": "NaN"}, "rules.0.critical"),
        ({"warning": "0.3", "critical": "0.2"}, "warning"),
        ({"kind": "minimum_equity", "unit": "money", "warning": "90", "critical": "100"}, "warning"),
        ({"kind": "stale_quote", "unit": "ratio", "critical": "5"}, "unit"),
        ({"kind": "daily_loss", "critical": "0.05"}, "reference"),
        ({"critical": "0.2", "rearm_ratio": "0.2"}, "rearm_ratio"),
        ({"critical": "0.2", "reset_zone": "Middle/Earth"}, "rules.0.reset_zone"),
        ({"kind": "nothing", "critical": "1"}, "rules.0.kind"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_whole(
    ann_api: APIClient, main: BrokerAccount, values: dict[str, str], field: str
) -> None:
    watch(main, 10_000)
    before = GuardRule.objects.count()
    answer = put(ann_api, main, {"rules": [{"kind": "drawdown", **values}]})
    assert answer.status_code == 400
    assert field in answer.json()["error"]["fields"]
    assert GuardRule.objects.count() == before


@pytest.mark.parametrize("kind", ["drawdown", "minimum_equity"])
def test_a_share_of_more_than_all_would_never_warn_and_is_refused(
    ann_api: APIClient, main: BrokerAccount, kind: str
) -> None:
    answer = put(ann_api, main, {"rules": [{"kind": kind, "critical": "20"}]})
    assert answer.status_code == 400
    assert "0.20 is 20 %" in str(answer.json()["error"]["fields"])


def test_two_rules_of_a_kind_need_names(ann_api: APIClient, main: BrokerAccount) -> None:
    twice = [{"kind": "drawdown", "critical": "0.1"}, {"kind": "drawdown", "critical": "0.2"}]
    assert put(ann_api, main, {"rules": twice}).json()["error"]["code"] == "guard_rules_invalid"
    twice[1]["name"] = "Second"
    assert put(ann_api, main, {"rules": twice}).status_code == 200


def test_a_preset_replaces_the_rules_about_the_account(ann_api: APIClient, main: BrokerAccount) -> None:
    watch(main, 10_000)
    answer = put(ann_api, main, {"preset": "ftmo-challenge", "initial_balance": "100000"})
    kinds = {row["kind"] for row in answer.json()["rules"]}
    assert kinds == {
        "daily_loss",
        "drawdown",
        "profit_target",
        "minimum_days",
        "market_gap",
        "spread",
        "stale_quote",
    }
    daily = next(row for row in answer.json()["rules"] if row["kind"] == "daily_loss")
    assert (daily["reset_zone"], daily["share_of"], daily["initial_balance"]) == (
        "Europe/Prague",
        "initial_balance",
        "100000",
    )


def test_a_preset_that_counts_from_the_initial_balance_asks_for_it(ann_api: APIClient, main: BrokerAccount) -> None:
    answer = put(ann_api, main, {"preset": "ftmo-challenge"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "initial_balance_needed")


@pytest.mark.parametrize("key", list(presets()))
def test_every_preset_can_be_put_on_and_judged(ann_api: APIClient, main: BrokerAccount, key: str) -> None:
    assert put(ann_api, main, {"preset": key, "initial_balance": "10000"}).status_code == 200
    assert watch(main, 10_000).level == "normal"
    assert GuardRule.objects.filter(account=main, preset=key).count() == len(presets()[key].rules)


def test_the_presets_are_listed_with_their_sources(ann_api: APIClient) -> None:
    rows = ann_api.get("/api/v1/guards/presets/").json()["results"]
    assert [row["key"] for row in rows] == list(presets())
    assert all(row["source"].startswith("https://") for row in rows if row["key"] != "default")
    assert rows[1]["rules"][0]["critical"].startswith("0.05")


def test_auto_close_needs_the_number_typed_out(ann_api: APIClient, main: BrokerAccount) -> None:
    refused = put(ann_api, main, {"auto_close": {"enabled": True, "confirmation": "yes"}})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "confirmation_differs")
    assert not AutoClose.objects.exists()
    switched = put(ann_api, main, {"auto_close": {"enabled": True, "confirmation": "50418827"}})
    assert switched.json()["auto_close"]["enabled"]
    assert not put(ann_api, main, {"auto_close": {"enabled": False}}).json()["auto_close"]["enabled"]


def test_a_refused_half_leaves_the_other_half_undone(ann_api: APIClient, main: BrokerAccount) -> None:
    data = {"rules": [{"kind": "drawdown", "critical": "0.1"}], "auto_close": {"enabled": True, "confirmation": "no"}}
    assert put(ann_api, main, data).status_code == 400
    assert not GuardRule.objects.exists()


def test_the_rules_of_presets_look_at_equity_as_the_firms_do(ann_api: APIClient, main: BrokerAccount) -> None:
    put(ann_api, main, {"preset": "ftmo-challenge", "initial_balance": "10000"})
    watch(main, 10_000)
    outcome = watch(main, "9499.99", 10)
    levels = {verdict.rule.kind: str(verdict.level) for verdict in outcome.verdicts}
    assert levels["daily_loss"] == "critical"
    assert levels["drawdown"] == "normal"


def test_a_second_evaluation_needs_no_new_rules(main: BrokerAccount) -> None:
    rule(main)
    watch(main, 10_000)
    evaluate([main.pk], now=at(5))
    assert GuardRule.objects.count() == 1
