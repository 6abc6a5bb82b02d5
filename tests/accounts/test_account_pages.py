"""Making, changing, archiving and restoring accounts on pages."""

from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.forms import AccountForm
from accounts.models import BrokerAccount, Trader
from accounts.services.accounts import archive_account, create_account, edit_account, restore_account
from tests import make

pytestmark = pytest.mark.django_db

FIELDS: dict[str, Any] = {
    "label": "Swing",
    "platform": "mt5",
    "broker": "Example Markets",
    "server": "Example-Live",
    "number": "50418827",
    "currency": "eur",
    "margin_mode": "netting",
    "leverage": "30",
    "server_time_zone": "Europe/Athens",
    "phase": "personal",
    "opened_on": "2025-01-31",
}


def addresses(account_id: UUID) -> dict[str, str]:
    return {name: reverse(name, args=[account_id]) for name in ("account_edit", "account_archive", "account_restore")}


def test_creates_an_account_as_typed(ann_client: Client, ann: Trader) -> None:
    response = ann_client.post(reverse("account_create"), FIELDS)
    account = BrokerAccount.objects.get(trader=ann)
    assert response["Location"] == reverse("account_detail", args=[account.pk])
    assert (account.label, account.number, account.currency, account.leverage) == ("Swing", "50418827", "EUR", 30)


def test_a_new_account_starts_with_the_traders_currency(ann_client: Client, ann: Trader) -> None:
    Trader.objects.filter(pk=ann.pk).update(display_currency="GBP")
    assert 'name="currency" value="GBP"' in ann_client.get(reverse("account_create")).content.decode()


def test_keeps_what_was_typed_and_says_at_the_field_what_is_wrong(ann_client: Client) -> None:
    response = ann_client.post(reverse("account_create"), {**FIELDS, "currency": "€", "leverage": "0"})
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="Swing"' in page
    assert "Use a currency code such as EUR or USDT." in page
    assert list(response.context["form"].errors) == ["currency", "leverage"]
    assert not BrokerAccount.objects.exists()


def test_refuses_the_same_account_twice_for_one_trader_only(ann_client: Client, ann: Trader, bo_client: Client) -> None:
    ann_client.post(reverse("account_create"), FIELDS)
    again = ann_client.post(reverse("account_create"), FIELDS)
    assert again.status_code == 422 and "number" in again.context["form"].errors
    assert bo_client.post(reverse("account_create"), FIELDS).status_code == 302
    assert BrokerAccount.objects.count() == 2


def test_edits_an_account_and_raises_its_revision(ann_client: Client, ann: Trader) -> None:
    account = make.account(ann, label="Before")
    response = ann_client.post(reverse("account_edit", args=[account.pk]), {**FIELDS, "label": "After"})
    changed = BrokerAccount.objects.get(pk=account.pk)
    assert response.status_code == 302
    assert (changed.label, changed.revision) == ("After", account.revision + 1)


@pytest.mark.parametrize(
    "change",
    [{"server_time_zone": "Asia/Tokyo"}, {"currency": "USD"}, {"platform": "mt4"}, {"number": "1"}],
    ids=lambda change: next(iter(change)),
)
def test_what_a_history_was_read_with_does_not_change_under_it(
    ann_client: Client, ann_api: APIClient, cy_client: Client, ann: Trader, change: dict[str, str]
) -> None:
    kept = {name: value for name, value in FIELDS.items() if name != "opened_on"} | {"currency": "EUR"}
    account = make.account(ann, **kept | {"leverage": 30})
    make.trade(account)
    before = BrokerAccount.objects.values().get()
    page = ann_client.post(reverse("account_edit", args=[account.pk]), kept | change)
    assert page.status_code == 422 and page.context["form"].errors.keys() == change.keys()
    assert "Its history" in page.content.decode()
    answer = ann_api.patch(f"/api/v1/accounts/{account.pk}/", change, format="json")
    assert answer.status_code == 400 and answer.json()["error"]["fields"].keys() == change.keys()
    staff = cy_client.post(reverse("admin:accounts_brokeraccount_change", args=[account.pk]), kept | change)
    assert staff.status_code == 200 and "Its history" in staff.content.decode()
    assert BrokerAccount.objects.values().get() == before
    account.trades.all().delete()
    assert ann_client.post(reverse("account_edit", args=[account.pk]), kept | change).status_code == 302


def test_a_second_click_on_create_is_told_that_the_account_is_there(
    ann_client: Client, ann: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AccountForm, "clean", lambda form: form.cleaned_data)  # as if both had asked at once
    monkeypatch.setattr(AccountForm, "_post_clean", lambda form: None)
    assert ann_client.post(reverse("account_create"), FIELDS).status_code == 302
    assert ann_client.post(reverse("account_create"), FIELDS).status_code == 422
    assert BrokerAccount.objects.count() == 1


def test_a_refused_edit_keeps_the_name_in_the_title(ann_client: Client, ann: Trader) -> None:
    account = make.account(ann, label="Before")
    page = ann_client.post(reverse("account_edit", args=[account.pk]), {**FIELDS, "label": ""}).content.decode()
    assert "Edit Before" in page


def test_asks_with_the_name_before_it_archives(ann_client: Client, ann: Trader) -> None:
    account = make.account(ann, label="Main")
    page = ann_client.get(reverse("account_archive", args=[account.pk])).content.decode()
    assert "Archive Main?" in page
    assert BrokerAccount.objects.active().count() == 1
    ann_client.post(reverse("account_archive", args=[account.pk]))
    assert BrokerAccount.objects.active().count() == 0


def test_restores_an_archived_account(ann_client: Client, ann: Trader) -> None:
    account = make.account(ann)
    archive_account(account)
    ann_client.post(reverse("account_restore", args=[account.pk]))
    assert BrokerAccount.objects.active().get() == account


def test_archiving_twice_keeps_the_first_time(ann: Trader) -> None:
    account = make.account(ann)
    archive_account(account)
    first = BrokerAccount.objects.get(pk=account.pk)
    archive_account(account)
    again = BrokerAccount.objects.get(pk=account.pk)
    assert first.archived_at is not None
    assert (again.archived_at, again.revision) == (first.archived_at, 1)


def test_restoring_twice_is_restoring_once(ann: Trader) -> None:
    account = make.account(ann)
    archive_account(account)
    restore_account(account)
    restore_account(account)
    restored = BrokerAccount.objects.get(pk=account.pk)
    assert (restored.archived_at, restored.revision) == (None, 2)


def test_a_restore_by_link_changes_nothing(ann_client: Client, ann: Trader) -> None:
    account = make.account(ann)
    archive_account(account)
    assert ann_client.get(reverse("account_restore", args=[account.pk])).status_code == 405
    assert BrokerAccount.objects.active().count() == 0


def test_another_traders_account_is_not_there(bo_client: Client, ann: Trader) -> None:
    account = make.account(ann, label="Ann's")
    for address in addresses(account.pk).values():
        assert bo_client.post(address, FIELDS).status_code == 404
    unchanged = BrokerAccount.objects.get(pk=account.pk)
    assert (unchanged.label, unchanged.archived_at) == ("Ann's", None)


def test_a_stranger_is_sent_to_sign_in(stranger: Client, ann: Trader) -> None:
    account = make.account(ann)
    for address in [reverse("account_create"), reverse("settings"), *addresses(account.pk).values()]:
        assert stranger.post(address, FIELDS)["Location"].startswith(reverse("account_login"))


def test_a_service_sets_no_field_that_is_not_the_traders_to_set(ann: Trader, bo: Trader) -> None:
    account = make.account(ann)
    with pytest.raises(TypeError):
        edit_account(account, trader=bo)
    with pytest.raises(TypeError):
        create_account(ann, revision=5)


def test_a_service_refuses_an_unknown_time_zone(ann: Trader) -> None:
    with pytest.raises(ValidationError):
        create_account(ann, label="A", platform="mt5", number="1", currency="USD", server_time_zone="Mars/Olympus")
    assert not BrokerAccount.objects.exists()
