"""Syncs: what is recorded, what a repetition or an old one changes, and what a call costs."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.services.book import dump
from tests.sync.bridge import (
    deal,
    entry,
    exit_deal,
    figures,
    flow,
    key_client,
    make_key,
    payload,
    position,
    quote,
    text,
)
from trading.models import CashFlow, Execution, LiveSnapshot, Position, Quote, Snapshot, SyncReceipt, SyncState, Trade
from trading.services import guarding
from trading.services.sync import RECEIPTS_KEPT, purge_receipts, record_sync

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return make.account(ann)


@pytest.fixture
def bridge(account: BrokerAccount) -> APIClient:
    return key_client(make_key(account))


def send(client: APIClient, *entries: dict[str, Any], key: str = "") -> dict[str, Any]:
    headers = {"Idempotency-Key": key} if key else {}
    answer = client.post(reverse("api_sync"), payload(*entries), format="json", headers=headers)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def one(client: APIClient, *entries: dict[str, Any], key: str = "") -> dict[str, Any]:
    """The answer about the one account of the call."""
    (found,) = send(client, *entries, key=key)["accounts"]
    assert isinstance(found, dict)
    return found


def whole(account: BrokerAccount, **fields: Any) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "figures": figures("9996.50", equity="10096.50"),
        "positions": [position()],
        "quotes": [quote()],
        "deals": [deal()],
        "cash_flows": [flow()],
    }
    return entry(account, **{**parts, **fields})


def revision(account: BrokerAccount) -> int:
    account.refresh_from_db()
    return account.revision


def test_records_everything_that_a_terminal_says(bridge: APIClient, account: BrokerAccount) -> None:
    found = one(bridge, whole(account))
    assert found["result"] == "recorded"
    assert found["positions"] == {"open": 1, "changed": 1, "closed": 0}
    assert found["deals"] == {"added": 1, "corrected": 0, "unchanged": 0}
    assert found["cash_flows"] == {"added": 1, "corrected": 0, "unchanged": 0}
    assert found["trades"] == {"opened": 1, "changed": 0, "closed": 0}
    held = Position.objects.get()
    assert (held.ticket, held.open_price, str(held.open_price)) == ("501", Decimal("1.1"), "1.10000")
    assert Quote.objects.get().ask == Decimal("1.10112")
    trade = Trade.objects.get()
    assert (trade.ticket, trade.closed_at, trade.commission, trade.source) == ("501", None, Decimal("-3.50"), "sync")
    assert (trade.open_stop_loss, trade.stop_loss) == (Decimal("1.09500"), Decimal("1.09500"))
    fill = Execution.objects.get()
    assert (fill.trade_id, fill.sequence, fill.executed_text) == (trade.pk, 901, "2026.11.20 11:00:00")
    assert CashFlow.objects.get().amount == 10_000
    assert LiveSnapshot.objects.get(account=account).equity == Decimal("10096.50")
    state = SyncState.objects.get()
    assert (state.total_syncs, state.failures_in_a_row, state.open_positions) == (1, 0, 1)
    assert found["revision"] == revision(account) > 0


def test_writes_nothing_and_answers_the_same_for_the_same_key(bridge: APIClient, account: BrokerAccount) -> None:
    sent = whole(account)
    first = send(bridge, sent, key="k1")
    before, syncs = dump(), SyncState.objects.get().total_syncs
    again = bridge.post(reverse("api_sync"), payload(sent), format="json", HTTP_IDEMPOTENCY_KEY="k1")
    assert again.json() == first
    assert again["Idempotent-Replayed"] == "true"
    assert dump() == before
    assert SyncState.objects.get().total_syncs == syncs


def test_refuses_the_same_key_for_another_body(bridge: APIClient, account: BrokerAccount) -> None:
    send(bridge, whole(account), key="k1")
    before = dump()
    other = whole(account, figures=figures("1.00"))
    answer = bridge.post(reverse("api_sync"), payload(other), format="json", HTTP_IDEMPOTENCY_KEY="k1")
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "idempotency_key_reused"
    assert dump() == before


def test_keys_of_two_traders_have_nothing_to_do_with_each_other(
    bridge: APIClient, account: BrokerAccount, bo: Trader
) -> None:
    send(bridge, whole(account), key="k1")
    his = make.account(bo)
    found = one(key_client(make_key(his)), entry(his, figures=figures("5.00")), key="k1")
    assert (found["account"], found["result"]) == (str(his.pk), "recorded")


def test_answers_are_forgotten_after_a_day(bridge: APIClient, account: BrokerAccount) -> None:
    send(bridge, whole(account), key="k1")
    assert purge_receipts(timezone.now()) == 0
    assert purge_receipts(timezone.now() + RECEIPTS_KEPT + timedelta(seconds=1)) == 1
    assert not SyncReceipt.objects.exists()


def test_the_same_again_without_a_key_is_harmless(bridge: APIClient, account: BrokerAccount) -> None:
    sent = whole(account)
    one(bridge, sent)
    before, at = dump(), revision(account)
    found = one(bridge, sent)
    assert found["result"] == "older"
    assert found["deals"] == {"added": 0, "corrected": 0, "unchanged": 1}
    assert found["cash_flows"]["unchanged"] == 1
    assert dump() == before
    assert revision(account) == at


def test_a_later_sync_that_says_the_same_raises_no_revision(bridge: APIClient, account: BrokerAccount) -> None:
    one(bridge, whole(account))
    one(bridge, whole(account))
    at = revision(account)
    one(bridge, whole(account))
    assert revision(account) == at


def test_an_older_sync_changes_no_figure_and_no_position_but_brings_its_deals(
    bridge: APIClient, account: BrokerAccount
) -> None:
    now = timezone.now()
    one(bridge, whole(account, sent_at=text(now)))
    late = whole(
        account,
        sent_at=text(now - timedelta(seconds=30)),
        figures=figures("1.00"),
        positions=[],
        quotes=[quote(bid="1.0", ask="1.1")],
        deals=[deal("700", "400", executed_at="2026-11-19T10:00:00Z"), deal()],
        cash_flows=[flow("799", amount="-5.00", kind="withdrawal"), flow()],
    )
    found = one(bridge, late)
    assert found["result"] == "older"
    assert (found["deals"]["added"], found["cash_flows"]["added"]) == (1, 1)
    assert Position.objects.get().ticket == "501"
    assert Snapshot.objects.get().balance == Decimal("9996.50")
    assert Quote.objects.get().bid == Decimal("1.10100")
    assert set(Trade.objects.values_list("ticket", flat=True)) == {"400", "501"}


def test_a_position_that_is_not_listed_is_closed_and_one_that_was_not_read_stays(
    bridge: APIClient, account: BrokerAccount
) -> None:
    one(bridge, whole(account, positions=[position("501"), position("502")]))
    assert one(bridge, whole(account, positions=[position("502")]))["positions"]["closed"] == 1
    assert Position.objects.get().ticket == "502"
    sent = whole(account)
    del sent["positions"]
    assert one(bridge, sent)["positions"]["open"] is None
    assert Position.objects.get().ticket == "502"
    one(bridge, whole(account, positions=[]))
    assert not Position.objects.exists()


def test_syncs_of_an_account_leave_the_positions_of_others_alone(
    ann: Trader, bridge: APIClient, account: BrokerAccount
) -> None:
    other = make.position(make.account(ann), ticket="501")
    one(bridge, whole(account, positions=[]))
    assert list(Position.objects.all()) == [other]


def test_keeps_one_row_of_current_figures_and_a_snapshot_of_each_sync(
    bridge: APIClient, account: BrokerAccount
) -> None:
    now = timezone.now()
    for seconds, balance in ((30, "100.00"), (20, "110.00"), (10, "120.00")):
        one(bridge, entry(account, sent_at=text(now - timedelta(seconds=seconds)), figures=figures(balance)))
    assert Snapshot.objects.get().balance == 120
    taken = LiveSnapshot.objects.filter(account=account).order_by("taken_at").values_list("balance", flat=True)
    assert list(taken) == [100, 110, 120]


def test_fills_in_figures_that_are_left_out(bridge: APIClient, account: BrokerAccount) -> None:
    one(bridge, entry(account, figures={"balance": "100.00", "equity": "130.00", "margin": "20.00", "credit": "5.00"}))
    kept = Snapshot.objects.get()
    assert (kept.floating_profit, kept.free_margin) == (Decimal("25.00"), Decimal("110.00"))


def test_a_clock_that_is_a_little_ahead_is_set_back(bridge: APIClient, account: BrokerAccount) -> None:
    ahead = timezone.now() + timedelta(seconds=90)
    assert one(bridge, whole(account, sent_at=text(ahead)))["result"] == "recorded"
    last = SyncState.objects.get().last_sent_at
    assert last is not None
    assert last <= timezone.now()
    assert one(bridge, whole(account))["result"] == "recorded"


def test_one_bad_account_does_not_reject_the_others(ann: Trader, bo: Trader) -> None:
    good, bad, archived = make.account(ann), make.account(ann), make.account(ann, archived_at=timezone.now())
    his = make.account(bo)
    client = key_client(make_key(good, bad, archived))
    answer = send(
        client,
        whole(bad, positions=[position(volume="-1.00")]),
        whole(his),
        whole(archived),
        whole(good),
        whole(good),
    )
    results = [(found["result"], (found["error"] or {}).get("code")) for found in answer["accounts"]]
    assert results == [
        ("refused", "invalid"),
        ("refused", "not_found"),
        ("refused", "archived"),
        ("recorded", None),
        ("refused", "twice"),
    ]
    assert (answer["recorded"], answer["failed"]) == (1, 4)
    assert set(Position.objects.values_list("account", flat=True)) == {good.pk}
    assert not Execution.objects.exclude(account=good).exists()


def test_a_refused_sync_shows_in_the_state_of_its_feed_and_the_next_good_one_clears_it(
    bridge: APIClient, account: BrokerAccount
) -> None:
    one(bridge, whole(account))
    one(bridge, whole(account, positions=[position(volume="0")]))
    state = SyncState.objects.get()
    assert (state.status, state.failures_in_a_row) == ("degraded", 1)
    assert "positions.0.volume: 0 is not a volume" in state.error_message
    one(bridge, whole(account))
    state.refresh_from_db()
    assert (state.failures_in_a_row, state.error_message) == (0, "")


def test_an_account_that_trips_the_database_fails_alone(ann: Trader, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = make.account(ann), make.account(ann)
    evaluate = guarding.evaluate

    def trip(ids: list[Any], **options: Any) -> Any:
        if bad.pk in ids:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return evaluate(ids, **options)

    monkeypatch.setattr(guarding, "evaluate", trip)
    answer = record_sync(ann, json.loads(json.dumps(payload(whole(bad), whole(good)))), now=timezone.now()).answer
    assert [found["result"] for found in answer["accounts"]] == ["refused", "recorded"]
    assert answer["accounts"][0]["error"]["code"] == "failed"
    assert not Position.objects.filter(account=bad).exists()
    assert not Trade.objects.filter(account=bad).exists()
    assert Position.objects.filter(account=good).count() == 1


def test_the_number_of_queries_does_not_grow_with_the_accounts(ann: Trader) -> None:
    accounts = [make.account(ann) for _ in range(13)]

    def cost(some: list[BrokerAccount], ticket: str) -> int:
        entries = [
            whole(
                account,
                positions=[position(f"{ticket}{n}") for n in range(3)],
                deals=[deal(f"9{ticket}{n}", f"{ticket}{n}") for n in range(3)]
                + [exit_deal(f"8{ticket}{n}", f"{ticket}{n}") for n in range(2)],
            )
            for account in some
        ]
        with CaptureQueriesContext(connection) as caught:
            answer = record_sync(ann, payload(*entries), now=timezone.now()).answer
        assert answer["failed"] == 0
        return len(caught)

    cost(accounts, "1")
    alone = cost(accounts[:1], "2")
    assert cost(accounts[1:], "2") == alone


def test_a_person_may_send_syncs_too(ann_api: APIClient, account: BrokerAccount) -> None:
    assert one(ann_api, whole(account))["result"] == "recorded"


def test_an_account_without_a_statement_starts_with_the_first_balance_less_what_the_book_holds(
    bridge: APIClient, account: BrokerAccount
) -> None:
    from trading.queries.figures import opening_balance
    from trading.queries.overview import opening_balances

    soon = text(timezone.now() + timedelta(minutes=1))
    one(bridge, whole(account, figures=figures("10496.50")))
    assert opening_balance(account) == Decimal("500.00")
    one(bridge, whole(account, figures=figures("10696.00"), positions=[], deals=[exit_deal(executed_at=soon)]))
    assert opening_balance(account) == Decimal("500.00")
    older = [deal("100", "90", executed_at="2026-11-01T09:00:00Z", commission="-1.00")]
    one(bridge, whole(account, figures=figures("10696.00"), positions=[], deals=older))
    assert opening_balance(account) == Decimal("501.00")
    assert opening_balances([account.pk])[account.pk] == Decimal("501.00")
