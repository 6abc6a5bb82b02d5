"""reconciliation/ of the API: no data, matched, with breaks, filtered, by id; whose, at what cost, unchanged."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.cast import NOW
from tests.reconciliation.scene import booked, both, feed, held, minutes, synced_again
from tests.sync.bridge import key_client, make_key
from trading.models import Break, ReconciliationLog, Trade
from trading.services.reconciliation import reconcile

pytestmark = pytest.mark.django_db
STATUS = "/api/v1/reconciliation/status/"
LOGS = "/api/v1/reconciliation/logs/"
BREAKS = "/api/v1/reconciliation/breaks/"


def get(client: APIClient, path: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get(path, parameters)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def differing(owner: Trader, **fields: Any) -> BrokerAccount:
    """An account with one match, one moved stop and one position that the book does not have; compared once."""
    account = feed(owner, open_positions=3, last_sync_duration_ms=41, **fields)
    both(account, "1")
    both(account, "2", stop_loss=None)
    held(account, "3", symbol="XAUUSD", open_price=Decimal("4086.40"))
    reconcile([account.pk], now=NOW)
    return account


# ---- Status ----------------------------------------------------------------------------------------------------------


def test_without_accounts_all_is_idle(ann_api: APIClient) -> None:
    assert get(ann_api, STATUS) == {
        "status": "idle",
        "last_sync_at": None,
        "last_sync_duration_ms": 0,
        "total_syncs": 0,
        "open_positions_count": 0,
        "matched_positions": 0,
        "divergences_detected": 0,
        "recent_events": [],
        "error_message": "",
        "accounts": [],
    }


def test_an_account_that_was_never_synced_is_idle(ann_api: APIClient, ann: Trader) -> None:
    account = make.account(ann)
    [row] = get(ann_api, STATUS)["accounts"]
    assert (row["account"], row["status"], row["last_sync_at"], row["total_syncs"]) == (
        str(account.pk),
        "idle",
        None,
        0,
    )


def test_matched_accounts_are_healthy(ann_api: APIClient, ann: Trader) -> None:
    account = feed(ann, open_positions=1)
    both(account)
    reconcile([account.pk], now=NOW)
    found = get(ann_api, STATUS)
    assert (found["status"], found["matched_positions"], found["divergences_detected"]) == ("healthy", 1, 0)
    assert found["recent_events"] == []


def test_breaks_are_counted_and_told(ann_api: APIClient, ann: Trader) -> None:
    differing(ann)
    found = get(ann_api, STATUS)
    assert {name: found[name] for name in found if name not in ("accounts", "recent_events", "last_sync_at")} == {
        "status": "warning",
        "last_sync_duration_ms": 41,
        "total_syncs": 1,
        "open_positions_count": 3,
        "matched_positions": 2,
        "divergences_detected": 2,
        "error_message": "",
    }
    told = {(event["event"], event["break_type"], event["ticket"]) for event in found["recent_events"]}
    assert told == {("break_opened", "stop_loss_mismatch", "2"), ("break_opened", "unknown_at_book", "3")}


def test_the_whole_is_as_bad_as_its_worst(ann_api: APIClient, ann: Trader) -> None:
    feed(ann, status="healthy", total_syncs=5)
    feed(ann, status="warning", total_syncs=7)
    feed(ann, status="degraded", error_message="These figures are in EUR, the account is in USD.")
    feed(ann, status="degraded", archived_at=NOW, error_message="Archived.")
    found = get(ann_api, STATUS)
    assert (found["status"], found["total_syncs"]) == ("degraded", 13)
    assert found["error_message"] == "These figures are in EUR, the account is in USD."
    assert len(found["accounts"]) == 3


def test_status_can_be_asked_for_one_account(ann_api: APIClient, ann: Trader) -> None:
    differing(ann)
    other = feed(ann)
    found = get(ann_api, STATUS, account=str(other.pk))
    assert ([row["account"] for row in found["accounts"]], found["status"]) == ([str(other.pk)], "idle")


@pytest.mark.parametrize("path", [STATUS, LOGS, BREAKS])
def test_another_traders_account_is_not_there(bo_api: APIClient, ann: Trader, path: str) -> None:
    account = differing(ann)
    assert bo_api.get(path, {"account": str(account.pk)}).status_code == 404
    assert bo_api.get(path, {"account": str(uuid4())}).status_code == 404
    assert bo_api.get(path).status_code == 200


@pytest.mark.parametrize("path", [STATUS, LOGS, BREAKS])
def test_a_stranger_is_sent_to_sign_in(stranger_api: APIClient, path: str) -> None:
    assert stranger_api.get(path).status_code == 401


# ---- Logs ------------------------------------------------------------------------------------------------------------


def events(found: dict[str, Any]) -> list[str]:
    return [row["event"] for row in found["results"]]


def test_the_log_holds_runs_and_events_newest_first(ann_api: APIClient, ann: Trader) -> None:
    account = differing(ann)
    synced_again(account, NOW + minutes(60.1))
    reconcile([account.pk], now=NOW + minutes(60.1))
    found = get(ann_api, LOGS)
    assert events(found)[0] == "sync"
    assert sorted(events(found)) == ["break_opened", "break_opened", "sync", "sync"]
    run = found["results"][0]
    assert (run["matched"], run["breaks"], run["details"]["status"]) == (2, 2, "warning")


def test_the_log_is_narrowed_by_account_type_and_hours(ann_api: APIClient, ann: Trader) -> None:
    account, other = differing(ann), feed(ann)
    reconcile([other.pk], now=NOW)
    reconcile([other.pk], now=NOW - timedelta(hours=30))
    assert events(get(ann_api, LOGS, account=str(other.pk))) == ["sync"]
    assert events(get(ann_api, LOGS, account=str(other.pk), hours=48)) == ["sync", "sync"]
    assert events(get(ann_api, LOGS, type="unknown_at_book")) == ["break_opened"]
    assert events(get(ann_api, LOGS, type=["sync"], account=str(account.pk))) == ["sync"]
    assert events(get(ann_api, LOGS, **{"from": "2000-01-01"}, type="sync", account=str(other.pk))) == ["sync"] * 2


@pytest.mark.parametrize(
    "parameters", [{"hours": "0"}, {"hours": "x"}, {"hours": "99999"}, {"type": "secret"}], ids=str
)
def test_what_makes_no_sense_is_named(ann_api: APIClient, parameters: dict[str, str]) -> None:
    answer = ann_api.get(LOGS, parameters)
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"].keys() == parameters.keys()


def test_the_log_pages_to_the_end(ann_api: APIClient, ann: Trader) -> None:
    differing(ann)
    first = get(ann_api, LOGS, limit=2)
    rest = get(ann_api, LOGS, limit=2, cursor=first["next_cursor"])
    ids = [row["id"] for row in first["results"] + rest["results"]]
    assert (len(ids), len(set(ids)), rest["next_cursor"]) == (3, 3, None)


# ---- Breaks ----------------------------------------------------------------------------------------------------------


def test_breaks_show_both_sides(ann_api: APIClient, ann: Trader) -> None:
    account = differing(ann)
    [stop] = get(ann_api, BREAKS, type="stop_loss_mismatch")["results"]
    assert (stop["account"], stop["currency"], stop["ticket"], stop["state"]) == (str(account.pk), "USD", "2", "open")
    assert (stop["book"], stop["broker"]) == ({"stop_loss": "1.09500"}, {"stop_loss": None})
    assert (stop["amount"], stop["state_changed_by"], stop["can_accept"]) == (None, None, True)


def test_breaks_are_narrowed(ann_api: APIClient, ann: Trader) -> None:
    account = differing(ann)
    account.breaks.filter(ticket="2").update(state="resolved")
    differing(ann)
    found = get(ann_api, BREAKS, account=str(account.pk), state=["open", "acknowledged"])
    assert [row["ticket"] for row in found["results"]] == ["3"]
    assert len(get(ann_api, BREAKS, symbol="xauusd")["results"]) == 2
    assert len(get(ann_api, BREAKS, state="resolved")["results"]) == 1


def test_a_break_by_its_id(ann_api: APIClient, bo_api: APIClient, ann: Trader) -> None:
    differing(ann)
    row = Break.objects.get(type="unknown_at_book")
    assert get(ann_api, f"{BREAKS}{row.pk}/")["broker"] == {"side": "buy", "volume": "1.00", "open_price": "4086.40"}
    assert bo_api.get(f"{BREAKS}{row.pk}/").status_code == 404
    assert ann_api.get(f"{BREAKS}{uuid4()}/").status_code == 404


@pytest.mark.parametrize(
    ("act", "to"),
    [("acknowledge", "acknowledged"), ("resolve", "resolved"), ("ignore", "ignored"), ("accept", "resolved")],
)
def test_a_trader_acts_on_a_break(ann_api: APIClient, ann: Trader, act: str, to: str) -> None:
    differing(ann)
    row = Break.objects.get(type="unknown_at_book")
    answer = ann_api.post(f"{BREAKS}{row.pk}/{act}/", {"reason": "By hand."}, format="json")
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (shown["state"], shown["state_changed_by"], shown["resolution"]) == (to, "ann@example.com", "By hand.")
    assert Trade.objects.filter(ticket="3").exists() is (act == "accept")


def test_an_act_needs_no_body(ann_api: APIClient, ann: Trader) -> None:
    differing(ann)
    row = Break.objects.get(type="unknown_at_book")
    assert ann_api.post(f"{BREAKS}{row.pk}/acknowledge/").status_code == 200


@pytest.mark.parametrize("act", ["acknowledge", "resolve", "ignore", "accept"])
def test_nobody_acts_on_another_traders_break(
    bo_api: APIClient, stranger_api: APIClient, ann: Trader, act: str
) -> None:
    differing(ann)
    row = Break.objects.get(type="unknown_at_book")
    assert bo_api.post(f"{BREAKS}{row.pk}/{act}/").status_code == 404
    assert stranger_api.post(f"{BREAKS}{row.pk}/{act}/").status_code == 401
    row.refresh_from_db()
    assert row.state == "open"


def test_what_is_over_is_a_conflict(ann_api: APIClient, ann: Trader) -> None:
    differing(ann)
    row = Break.objects.get(type="unknown_at_book")
    ann_api.post(f"{BREAKS}{row.pk}/resolve/")
    answer = ann_api.post(f"{BREAKS}{row.pk}/ignore/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "break_resolved")


def test_what_would_invent_money_is_a_conflict(ann_api: APIClient, ann: Trader) -> None:
    account = feed(ann)
    booked(account)
    reconcile([account.pk], now=NOW)
    answer = ann_api.post(f"{BREAKS}{account.breaks.get().pk}/accept/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "break_not_acceptable")


def test_a_reason_has_an_end(ann_api: APIClient, ann: Trader) -> None:
    differing(ann)
    row = Break.objects.get(type="unknown_at_book")
    answer = ann_api.post(f"{BREAKS}{row.pk}/ignore/", {"reason": "x" * 201}, format="json")
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (400, {"reason"})


def test_a_key_reads_its_own_accounts_and_settles_nothing(ann: Trader) -> None:
    account, other = differing(ann), differing(ann)
    bridge = key_client(make_key(account, scopes=("read", "sync", "close")))
    assert [row["account"] for row in get(bridge, STATUS)["accounts"]] == [str(account.pk)]
    assert {row["account"] for row in get(bridge, BREAKS)["results"]} == {str(account.pk)}
    assert bridge.get(STATUS, {"account": str(other.pk)}).status_code == 404
    assert bridge.post(f"{BREAKS}{account.breaks.all()[0].pk}/resolve/").status_code == 403
    assert not Break.objects.filter(state="resolved").exists()


# ---- Cost, and unchanged answers -------------------------------------------------------------------------------------


def cost(client: APIClient, path: str, **headers: str) -> int:
    """How many queries the answer takes of a caller who is known: what the cache holds of them ends after seconds."""
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        client.get(path, headers=headers)
    return len(captured)


@pytest.mark.parametrize("path", [STATUS, LOGS, BREAKS])
def test_the_number_of_queries_does_not_grow_with_the_rows(ann_api: APIClient, ann: Trader, path: str) -> None:
    ann_api.get(path)  # makes the caller known
    counts = []
    for more in (1, 20):
        for _ in range(more):
            differing(ann)
        with CaptureQueriesContext(connection) as captured:
            ann_api.get(path)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 5


@pytest.mark.parametrize("path", [STATUS, LOGS, BREAKS])
def test_an_unchanged_answer_is_not_sent_again(ann_api: APIClient, ann: Trader, path: str) -> None:
    account = differing(ann)
    first = ann_api.get(path)
    assert first["Cache-Control"] == "private, no-cache"
    again = ann_api.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert cost(ann_api, path, **{"If-None-Match": first["ETag"]}) == 1
    synced_again(account, timezone.now())
    assert ann_api.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_person_of_another_sign_in_sees_only_their_own_log(bo_api: APIClient, ann: Trader, bo: Trader) -> None:
    differing(ann)
    assert get(bo_api, LOGS)["results"] == []
    assert ReconciliationLog.objects.count() == 3
