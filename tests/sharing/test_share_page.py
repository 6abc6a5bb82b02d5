"""The page on which a trader makes and ends links."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import BrokerAccount, Trader
from accounts.services.accounts import archive_account
from tests import make
from tests.cast import NOW
from tests.guards.test_at_once import at_once
from tests.sharing import scene
from trading.models import SharedRecord
from trading.services import sharing
from trading.services.sealing import seal_account
from trading.services.sharing import Choices, SharingRefused, share_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return scene.account(ann)


def page(account: BrokerAccount) -> str:
    return reverse("share_list", args=[account.pk])


def test_a_trader_makes_a_link_and_sees_it_once(account: BrokerAccount, ann_client: Client, stranger: Client) -> None:
    form = {"title": "Spring", "days": "30", "hides_amounts": "on", "hides_symbols": "on"}
    answer = ann_client.post(page(account), form)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    found = re.search(r'value="http://testserver(/shared/[^"]+/)"', answer.content.decode())
    assert found
    assert "Spring" in stranger.get(found[1]).content.decode()
    record = SharedRecord.objects.get()
    assert (record.hides_amounts, record.hides_size, record.hides_symbols) == (True, True, True)
    assert record.expires_at - record.created_at == timedelta(days=30)
    again = ann_client.get(page(account)).content.decode()
    assert "Spring" in again and found[1] not in again


def test_a_link_hides_amounts_and_lasts_90_days_unless_told_otherwise(account: BrokerAccount) -> None:
    record = share_account(account, Choices("Mine"), now=NOW).record
    assert (record.hides_amounts, record.hides_size) == (True, True)
    assert record.expires_at == NOW + timedelta(days=90)


def test_the_title_that_is_proposed_does_not_name_the_account(account: BrokerAccount, ann_client: Client) -> None:
    shown = ann_client.get(page(account)).content.decode()
    assert 'name="title" value="Trading record"' in shown


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"title": "   "}, {"title": "x" * 81}, {"days": "9999"}, {"days": ""}, {"days": "-1"}]
)
def test_what_makes_no_sense_is_refused(account: BrokerAccount, ann_client: Client, wrong: dict[str, str]) -> None:
    assert ann_client.post(page(account), {"title": "Spring", "days": "30", **wrong}).status_code == 422
    assert not SharedRecord.objects.exists()


def test_an_archived_account_gets_no_link_and_says_that_its_links_rest(
    account: BrokerAccount, ann_client: Client
) -> None:
    share_account(account, Choices("Mine"), now=timezone.now())
    archive_account(account)
    shown = ann_client.get(page(account)).content.decode()
    assert "At rest" in shown and "its links answer nobody until it is restored" in shown
    assert ann_client.post(page(account), {"title": "Spring", "days": "30"}).status_code == 422
    assert SharedRecord.objects.count() == 1


def test_an_account_has_at_most_twenty_links_that_answer(account: BrokerAccount) -> None:
    for _ in range(20):
        share_account(account, Choices("Mine"), now=NOW)
    with pytest.raises(SharingRefused, match="End one first"):
        share_account(account, Choices("Mine"), now=NOW)
    sharing.revoke_record(SharedRecord.objects.latest("created_at"), NOW)
    share_account(account, Choices("Mine"), now=NOW)


@pytest.mark.parametrize("days", [0, -1, 366])
def test_no_link_lasts_longer_than_a_year(account: BrokerAccount, days: int) -> None:
    with pytest.raises(SharingRefused, match="within a year"):
        share_account(account, Choices("Mine", days=days), now=NOW)


def test_ending_asks_first_and_another_can_be_made(account: BrokerAccount, ann_client: Client) -> None:
    record = share_account(account, Choices("Mine"), now=NOW).record
    url = reverse("share_revoke", args=[record.pk])
    assert "End the link to “Mine”?" in ann_client.get(url).content.decode()
    assert SharedRecord.objects.filter(revoked_at=None).exists()
    answer = ann_client.post(url, follow=True)
    assert answer.redirect_chain == [(page(account), 302)]
    assert "answers nobody any more" in answer.content.decode()
    record.refresh_from_db()
    first = record.revoked_at
    assert first is not None
    ann_client.post(url)
    record.refresh_from_db()
    assert record.revoked_at == first
    assert ann_client.post(page(account), {"title": "Mine", "days": "30"}).status_code == 200


def test_states_of_links_are_told_apart(account: BrokerAccount, ann_client: Client) -> None:
    now = timezone.now()
    share_account(account, Choices("Fine"), now=now)
    share_account(account, Choices("Old", days=1), now=now - timedelta(days=2))
    sharing.revoke_record(share_account(account, Choices("Ended"), now=now).record, now)
    shown = ann_client.get(page(account)).content.decode()
    shown = shown[shown.index("<tbody") :]
    rows = dict(re.findall(r"<strong>(\w+)</strong>.*?</svg>(\w+)</span>", shown, re.DOTALL))
    assert rows == {"Fine": "Open", "Old": "Expired", "Ended": "Revoked"}
    assert shown.count('class="more" href="/shares/') == 1


def test_the_page_says_what_is_sealed(account: BrokerAccount, ann_client: Client) -> None:
    assert "No day is sealed yet." in ann_client.get(page(account)).content.decode()
    seal_account(account.pk, timezone.now())
    assert "3 days sealed" in ann_client.get(page(account)).content.decode()


def test_strangers_and_other_traders(account: BrokerAccount, stranger: Client, bo_client: Client) -> None:
    record = share_account(account, Choices("Mine"), now=NOW).record
    for url in (page(account), reverse("share_revoke", args=[record.pk])):
        for method in ("get", "post"):
            assert getattr(stranger, method)(url).status_code == 302
            assert getattr(bo_client, method)(url).status_code == 404
    record.refresh_from_db()
    assert record.revoked_at is None
    assert SharedRecord.objects.count() == 1


def test_twenty_more_links_need_no_more_queries(
    account: BrokerAccount, ann_client: Client, django_assert_max_num_queries: Any
) -> None:
    make.shared_record(account)
    ann_client.get(page(account))
    with django_assert_max_num_queries(20) as few:
        ann_client.get(page(account))
    for _ in range(20):
        make.shared_record(account)
    with django_assert_max_num_queries(len(few.captured_queries)):
        ann_client.get(page(account))


def test_the_accounts_page_leads_there(account: BrokerAccount, ann_client: Client) -> None:
    assert page(account) in ann_client.get(reverse("account_detail", args=[account.pk])).content.decode()


@pytest.mark.django_db(transaction=True)
def test_links_made_at_once_count_each_other() -> None:
    account = make.account()
    for _ in range(19):
        make.shared_record(account)

    def make_one(now: datetime = NOW) -> str:
        try:
            return share_account(account, Choices("Mine"), now=now).token
        except SharingRefused:
            return ""

    assert sorted(map(bool, at_once(make_one))) == [False, False, False, True]
