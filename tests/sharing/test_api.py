"""accounts/{id}/shares/ and accounts/{id}/digests/."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from accounts.services.accounts import archive_account
from accounts.services.api_keys import create_api_key
from tests import make
from tests.cast import NOW
from tests.sharing import scene, verifier
from trading.models import SharedRecord
from trading.queries.chain import head_of
from trading.services.sealing import seal_account

pytestmark = pytest.mark.django_db
SOON = datetime(2025, 1, 9, 1, 17, tzinfo=UTC)


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return scene.account(ann)


def shares(account: BrokerAccount, record: Any = None) -> str:
    return f"/api/v1/accounts/{account.pk}/shares/" + (f"{record}/" if record else "")


def digests(account: BrokerAccount) -> str:
    return f"/api/v1/accounts/{account.pk}/digests/"


def test_a_link_is_made_opened_listed_and_ended(account: BrokerAccount, ann_api: APIClient, stranger: Client) -> None:
    made = ann_api.post(shares(account), {"title": "Spring", "hides_symbols": True, "days": 7}, format="json")
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    body = made.json()
    assert (body["hides_amounts"], body["hides_size"], body["hides_symbols"]) == (True, True, True)
    assert stranger.get(body["url"]).status_code == 200
    (listed,) = ann_api.get(shares(account)).json()["results"]
    assert listed["id"] == body["id"] and listed["opens"] == 1
    assert "token" not in listed and body["token"] not in str(listed)
    assert made["Location"] == shares(account, body["id"])
    assert ann_api.get(made["Location"]).json() == listed
    assert ann_api.delete(made["Location"]).status_code == 204
    assert stranger.get(body["url"]).status_code == 404
    assert ann_api.get(made["Location"]).json()["revoked_at"] is not None
    assert ann_api.delete(made["Location"]).status_code == 204


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"title": ""}, "title"), ({"title": "x" * 81}, "title"), ({"days": 366}, "days"), ({"days": 0}, "days")],
)
def test_what_makes_no_sense_is_named(
    account: BrokerAccount, ann_api: APIClient, wrong: dict[str, Any], field: str
) -> None:
    answer = ann_api.post(shares(account), {"title": "Spring", **wrong}, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]
    assert not SharedRecord.objects.exists()


def test_hiding_amounts_hides_sizes_whatever_is_asked(account: BrokerAccount, ann_api: APIClient) -> None:
    body = {"title": "Spring", "hides_amounts": True, "hides_size": False}
    assert ann_api.post(shares(account), body, format="json").json()["hides_size"] is True


def test_an_archived_account_is_refused(account: BrokerAccount, ann_api: APIClient) -> None:
    archive_account(account)
    answer = ann_api.post(shares(account), {"title": "Spring"}, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "sharing_refused")


def test_the_chain_comes_in_pages_and_holds(account: BrokerAccount, ann_api: APIClient) -> None:
    assert ann_api.get(digests(account)).json() == {
        "head": None,
        "days": 0,
        "late": 0,
        "amended": [],
        "results": [],
        "next_cursor": None,
    }
    seal_account(account.pk, SOON)
    make.cash_flow(account, booked_at=make.START)
    seal_account(account.pk, SOON + timedelta(days=1))
    first = ann_api.get(digests(account), {"limit": 3}).json()
    assert (first["head"], first["days"], first["next_cursor"]) == (head_of(account), 3, "3")
    assert first["amended"] == [{"day": "2025-01-06", "times": 1, "last_at": "2025-01-10T01:17:00Z"}]
    second = ann_api.get(digests(account), {"limit": "3", "cursor": "3"}).json()
    links = first["results"] + second["results"]
    assert [link["position"] for link in links] == [1, 2, 3, 4]
    assert second["next_cursor"] is None
    assert verifier.load().broken_links(links) == []


def test_the_salts_open_the_days(account: BrokerAccount, ann_api: APIClient) -> None:
    seal_account(account.pk, SOON)
    link = ann_api.get(digests(account)).json()["results"][2]
    row = ["trade", "2025-01-07T08:47:31.000000Z", "2025-01-07T10:47:31.000000Z", "GOLDISH", "sell",
           "5.51", "2345.67", "2333.21", "-804.27", "-9", "0", "0"]  # fmt: skip
    program = verifier.load()
    assert link["rows"] == program.commitment(link["salt"], program.rows_text("2025-01-07", [row]))
    balance = program.commitment(link["salt"], "tradeportal-balance/1\n2025-01-07\n102663.29")
    assert link["balance"] == balance


def test_what_the_address_asks_wrongly_is_named(account: BrokerAccount, ann_api: APIClient) -> None:
    for name, value in (("cursor", "x"), ("limit", "0"), ("day", "2025-01-06")):
        answer = ann_api.get(digests(account), {name: value})
        assert answer.status_code == 400
        assert list(answer.json()["error"]["fields"]) == [name]


def test_an_answer_that_is_known_is_not_sent_again(account: BrokerAccount, ann_api: APIClient) -> None:
    for url in (shares(account), digests(account)):
        tag = ann_api.get(url)["ETag"]
        assert ann_api.get(url, headers={"If-None-Match": tag}).status_code == 304


def test_strangers_other_traders_and_keys(
    account: BrokerAccount, bo: Trader, bo_api: APIClient, stranger_api: APIClient, ann_api: APIClient
) -> None:
    record = make.shared_record(account)
    urls = [shares(account), shares(account, record.pk), digests(account)]
    assert [stranger_api.get(url).status_code for url in urls] == [401] * 3
    assert [bo_api.get(url).status_code for url in urls] == [404] * 3
    assert bo_api.post(urls[0], {"title": "Mine"}, format="json").status_code == 404
    assert bo_api.delete(urls[1]).status_code == 404
    his = make.account(bo)
    assert bo_api.delete(shares(his, record.pk)).status_code == 404
    key = APIClient()
    text = create_api_key(account.trader, "Key", ["read"], [account], now=NOW).text
    key.credentials(HTTP_AUTHORIZATION=f"Api-Key {text}")
    assert key.get(urls[0]).status_code == 200
    assert key.post(urls[0], {"title": "Mine"}, format="json").status_code == 403
    assert key.delete(urls[1]).status_code == 403
    record.refresh_from_db()
    assert record.revoked_at is None


def test_twenty_more_rows_need_no_more_queries(
    account: BrokerAccount, ann_api: APIClient, django_assert_max_num_queries: Any
) -> None:
    seal_account(account.pk, SOON)
    make.shared_record(account)
    for url in (shares(account), digests(account)):
        ann_api.get(url)
        with django_assert_max_num_queries(12) as few:
            ann_api.get(url)
        for number in range(20):
            make.shared_record(account)
            make.cash_flow(account, booked_at=make.START + timedelta(days=10 + number))
        seal_account(account.pk, SOON + timedelta(days=60))
        with django_assert_max_num_queries(len(few.captured_queries)):
            ann_api.get(url)
