"""API keys: what they open, what they do not, and how they end."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiKey, BrokerAccount, Trader
from accounts.services.api_keys import MAX_KEYS, create_api_key, note_use, revoke_api_key
from tests import make
from tests.access.routes import all_routes
from tests.access.test_access import METHODS, PUBLIC, SECRET, content, essence, fill
from tests.sync.bridge import key_client, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return make.account(ann, label="Ann's first")


@pytest.fixture
def other(ann: Trader) -> BrokerAccount:
    return make.account(ann, label="Ann's second")


def status(client: APIClient, name: str = "api_accounts", **kwargs: object) -> int:
    return client.get(reverse(name, kwargs=kwargs or None)).status_code


def test_keeps_a_digest_and_never_the_secret(account: BrokerAccount) -> None:
    made = make_key(account)
    secret = made.text.partition(".")[2]
    kept = ApiKey.objects.filter(pk=made.key.pk).values().get()
    assert len(secret) >= 43
    assert secret not in str(kept)


def test_expires_after_ninety_days_unless_told_otherwise(account: BrokerAccount) -> None:
    now = timezone.now()
    made = create_api_key(account.trader, "Bridge", ["sync"], [account], now=now)
    assert made.key.expires_at == now + timedelta(days=90)


def test_reads_the_accounts_that_it_is_bound_to_and_no_others(account: BrokerAccount, other: BrokerAccount) -> None:
    trade, hidden = make.trade(account), make.trade(other)
    statement = make.committed_statement(account=other)
    client = key_client(make_key(account, scopes=("read",)))
    listed = client.get(reverse("api_accounts")).json()["results"]
    assert [row["id"] for row in listed] == [str(account.pk)]
    assert [row["id"] for row in client.get(reverse("api_trades")).json()["results"]] == [str(trade.pk)]
    assert status(client, "api_trade", trade_id=trade.pk) == 200
    assert status(client, "api_trade", trade_id=hidden.pk) == 404
    assert status(client, "api_account", account_id=other.pk) == 404
    assert status(client, "api_summary", account_id=other.pk) == 404
    assert client.get(reverse("api_statements")).json()["results"] == []
    assert status(client, "api_statement", statement_id=statement.pk) == 404
    asked = client.get(reverse("api_positions"), {"account": str(other.pk)})
    assert asked.status_code == 400 or asked.json()["positions"] == []


def test_says_which_scope_is_missing(account: BrokerAccount) -> None:
    answer = key_client(make_key(account, scopes=("sync",))).get(reverse("api_accounts"))
    assert answer.status_code == 403
    assert "“read”" in answer.json()["error"]["message"]


@pytest.mark.parametrize("scopes", [("read", "sync", "close")])
def test_can_not_change_accounts_statements_or_notes(account: BrokerAccount, scopes: tuple[str, ...]) -> None:
    trade = make.trade(account)
    client = key_client(make_key(account, scopes=scopes))
    attempts = [
        client.post(reverse("api_accounts"), {}, format="json"),
        client.patch(reverse("api_account", args=[account.pk]), {"label": "Mine"}, format="json"),
        client.delete(reverse("api_account", args=[account.pk])),
        client.post(reverse("api_statements"), {}),
        client.patch(reverse("api_trade", args=[trade.pk]), {"notes": "x"}, format="json"),
    ]
    assert [attempt.status_code for attempt in attempts] == [403] * len(attempts)
    account.refresh_from_db()
    assert account.label == "Ann's first"
    assert account.archived_at is None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text.partition(".")[0],
        lambda text: text.partition(".")[0] + ".",
        lambda text: "." + text.partition(".")[2],
        lambda text: text.replace(".", "%"),
        lambda text: text + " x",
        lambda text: "tpk_" + "0" * 5_000 + ".x",
        lambda text: "tpk_%_______." + text.partition(".")[2],
        lambda text: "é.ü",
        lambda text: "",
    ],
)
def test_refuses_whatever_is_not_the_key(account: BrokerAccount, change: object) -> None:
    made = make_key(account, scopes=("read",))
    assert status(key_client(made)) == 200
    assert callable(change)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {change(made.text)}")
    answer = client.get(reverse("api_accounts"))
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] in {"api_key_invalid", "not_authenticated"}


def test_is_refused_at_once_when_revoked(account: BrokerAccount) -> None:
    made = make_key(account, scopes=("read",))
    assert status(key_client(made)) == 200
    revoke_api_key(made.key, timezone.now())
    assert status(key_client(made)) == 401


def test_is_refused_when_expired(account: BrokerAccount) -> None:
    made = create_api_key(account.trader, "Old", ["read"], [account], now=timezone.now() - timedelta(days=31), days=30)
    assert status(key_client(made)) == 401


def test_ends_with_the_closing_of_its_owners_account(account: BrokerAccount) -> None:
    made = make_key(account, scopes=("read",))
    assert status(key_client(made)) == 200
    account.trader.is_active = False
    account.trader.save()
    assert status(key_client(made)) == 401


def test_does_not_reach_an_account_that_went_to_another_trader(account: BrokerAccount, bo: Trader) -> None:
    made = make_key(account, scopes=("read",))
    BrokerAccount.objects.filter(pk=account.pk).update(trader=bo)
    assert key_client(made).get(reverse("api_accounts")).json()["results"] == []


def test_is_no_way_into_the_pages(account: BrokerAccount) -> None:
    made = make_key(account, scopes=("read", "sync", "close"))
    answer = Client().get(reverse("trade_list"), HTTP_AUTHORIZATION=f"Api-Key {made.text}")
    assert answer.status_code == 302


def test_notes_its_use_at_most_once_a_minute(account: BrokerAccount) -> None:
    made, now = make_key(account), timezone.now()
    note_use(made.key.pk, now)
    note_use(made.key.pk, now + timedelta(seconds=30))
    made.key.refresh_from_db()
    assert made.key.last_used_at == now


def test_wrong_keys_from_one_address_are_slowed_down(account: BrokerAccount) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Api-Key tpk_000000000000.wrong")
    seen = [status(client) for _ in range(32)]
    assert seen[:30] == [401] * 30
    assert seen[30:] == [429] * 2


def test_costs_no_query_to_know_a_key_again(account: BrokerAccount, django_assert_num_queries: object) -> None:
    client = key_client(make_key(account, scopes=("read",)))
    status(client)
    assert callable(django_assert_num_queries)
    with django_assert_num_queries(1):  # the accounts themselves
        status(client)


def test_nobody_makes_more_keys_than_the_limit(account: BrokerAccount) -> None:
    for _ in range(MAX_KEYS):
        make_key(account)
    with pytest.raises(Exception, match="Revoke one first"):
        make_key(account)


def test_the_page_shows_the_secret_once(ann_client: Client, account: BrokerAccount) -> None:
    form = {"name": "Laptop", "accounts": [str(account.pk)], "scopes": ["sync", "close"], "days": "30"}
    made = ann_client.post(reverse("api_key_create"), form)
    key = ApiKey.objects.get()
    assert made.status_code == 200
    assert f'value="{key.prefix}.' in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert set(key.accounts.all()) == {account}
    later = ann_client.get(reverse("api_key_list")).content.decode()
    assert key.prefix in later
    assert f"{key.prefix}." not in later


def test_the_page_refuses_an_account_of_somebody_else(ann_client: Client, account: BrokerAccount, bo: Trader) -> None:
    his = make.account(bo)
    form = {"name": "x", "accounts": [str(his.pk)], "scopes": ["sync"], "days": "30"}
    assert ann_client.post(reverse("api_key_create"), form).status_code == 422
    assert not ApiKey.objects.exists()


def test_revokes_on_the_page_after_a_question(ann_client: Client, bo_client: Client, account: BrokerAccount) -> None:
    key = make_key(account).key
    address = reverse("api_key_revoke", args=[key.pk])
    assert bo_client.post(address).status_code == 404
    assert "Revoke" in ann_client.get(address).content.decode()
    key.refresh_from_db()
    assert key.revoked_at is None
    ann_client.post(address)
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_staff_revoke_a_key_and_never_see_its_secret(cy_client: Client, account: BrokerAccount) -> None:
    made = make_key(account, scopes=("read",))
    address = reverse("admin:accounts_apikey_changelist")
    detail = cy_client.get(reverse("admin:accounts_apikey_change", args=[made.key.pk])).content.decode()
    assert made.key.secret_sha256 not in detail
    cy_client.post(address, {"action": "revoke", "_selected_action": [str(made.key.pk)]})
    assert status(key_client(made)) == 401


API = [route for route in all_routes() if route.is_api and route.name not in PUBLIC]


def test_a_key_learns_nothing_of_accounts_that_it_is_not_bound_to(account: BrokerAccount, ann: Trader) -> None:
    client = key_client(make_key(account, scopes=("read", "sync", "close")))
    lists = [reverse(route.name) for route in API if not route.parameters]
    before = {path: essence(content(client.get(path)).decode(errors="replace")) for path in lists}
    hers = fill(make.account(ann, label=f"{SECRET} account", number="987654321", broker=SECRET))
    after = {path: content(client.get(path)).decode(errors="replace") for path in lists}
    assert [path for path, text in after.items() if SECRET in text or str(hers["account_id"].pk) in text] == []
    assert [path for path in lists if essence(after[path]) != before[path]] == []
    named = {name: made.pk for name, made in hers.items()} | {"day": "2026-01-05"}
    ones = [reverse(route.name, kwargs={n: named[n] for n in route.parameters}) for route in API if route.parameters]
    found = {(path, method): getattr(client, method)(path).status_code for path in ones for method in METHODS}
    assert {key: code for key, code in found.items() if code not in {403, 404, 405}} == {}
    assert len(ones) > 10


def test_a_key_reads_what_is_open_and_its_equity_in_its_own_accounts_alone(account: BrokerAccount, ann: Trader) -> None:
    make.position(make.account(ann, currency="EUR"))
    make.position(account)
    client = key_client(make_key(account, scopes=("read",)))
    found = client.get(reverse("api_positions_open")).json()
    assert (found["total_positions"], [total["currency"] for total in found["totals"]]) == (1, ["USD"])


def test_a_key_does_not_notice_that_another_account_changes(account: BrokerAccount, other: BrokerAccount) -> None:
    client = key_client(make_key(account, scopes=("read",)))
    tag = client.get(reverse("api_trades"))["ETag"]
    BrokerAccount.objects.filter(pk=other.pk).update(revision=9)
    assert client.get(reverse("api_trades"), headers={"If-None-Match": tag}).status_code == 304
    BrokerAccount.objects.filter(pk=account.pk).update(revision=9)
    assert client.get(reverse("api_trades"), headers={"If-None-Match": tag}).status_code == 200
