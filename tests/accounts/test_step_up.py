"""Acts that could hand an account over ask for a sign-in of the last minutes, on pages and by the API."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiKey, SignIn, Trader
from tests import make
from tests.cast import signed_in_ago
from trading.models import AutoClose, Webhook

pytestmark = pytest.mark.django_db
AN_HOUR_S = 3600


@pytest.fixture
def stale(ann_client: Client) -> Client:
    signed_in_ago(ann_client, AN_HOUR_S)
    return ann_client


def is_asked_again(answer: Any) -> bool:
    return bool(answer.status_code == 302 and answer["Location"].startswith(reverse("account_reauthenticate")))


@pytest.mark.parametrize("name", ["api_key_create", "mfa_activate_totp", "mfa_add_webauthn"])
def test_an_old_session_confirms_first_and_a_new_one_does_not(ann_client: Client, ann: Trader, name: str) -> None:
    make.verified(ann)
    assert ann_client.get(reverse(name)).status_code == 200
    signed_in_ago(ann_client, AN_HOUR_S)
    assert is_asked_again(ann_client.get(reverse(name)))


def test_an_old_session_changes_no_address_and_no_passkey(stale: Client, ann: Trader) -> None:
    assert is_asked_again(stale.post(reverse("account_email"), {"action_add": "", "email": "thief@example.com"}))
    passkey = make.passkey(ann)
    assert is_asked_again(stale.post(reverse("mfa_remove_webauthn", args=[passkey.pk])))
    assert Authenticator.objects.filter(pk=passkey.pk).exists()


def test_what_was_sent_is_done_once_the_password_is_given(stale: Client, ann: Trader, password: str) -> None:
    account = make.account(ann)
    form = {"name": "Bridge", "accounts": [str(account.pk)], "scopes": ["sync"], "days": "90"}
    asked = stale.post(reverse("api_key_create"), form)
    assert is_asked_again(asked) and not ApiKey.objects.exists()
    assert stale.post(asked["Location"], {"password": "not it"}).status_code == 200
    assert not ApiKey.objects.exists()
    done = stale.post(asked["Location"], {"password": password, "next": reverse("api_key_create")})
    assert ApiKey.objects.get().prefix in done.content.decode()


def test_auto_close_is_switched_on_only_shortly_after_a_sign_in(stale: Client, ann: Trader) -> None:
    account = make.account(ann)
    address = reverse("guard_auto_close", args=[account.pk])
    assert is_asked_again(stale.post(address, {"turn": "on", "confirmation": account.number}))
    assert not hasattr(account, "auto_close")
    assert not is_asked_again(stale.post(address, {"turn": "off"})), "Switching off never waits."


def test_the_api_switches_auto_close_on_only_shortly_after_a_sign_in(ann_api: APIClient, ann: Trader) -> None:
    account = make.account(ann)
    SignIn.objects.update(started_at=timezone.now() - timedelta(seconds=AN_HOUR_S))
    body = {"auto_close": {"enabled": True, "confirmation": account.number}}
    answer = ann_api.put(reverse("api_account_guards", args=[account.pk]), body, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "step_up_required")
    assert not hasattr(account, "auto_close")


def test_rules_that_may_close_positions_ask_again_and_others_do_not(stale: Client, ann: Trader, bo: Trader) -> None:
    account, others = make.account(ann), make.account(bo)
    addresses = [reverse(name, args=[account.pk]) for name in ("guard_edit", "guard_preset")]
    assert [is_asked_again(stale.post(address)) for address in addresses] == [False, False]
    for one in (account, others):
        AutoClose.objects.create(account=one, enabled_at=timezone.now(), enabled_by=one.trader, confirmation=one.number)
    assert [is_asked_again(stale.post(address)) for address in addresses] == [True, True]
    assert stale.get(addresses[0]).status_code == 200
    assert stale.post(reverse("guard_edit", args=[others.pk])).status_code == 404


def test_a_webhook_is_made_only_shortly_after_a_sign_in(stale: Client, ann_api: APIClient) -> None:
    SignIn.objects.update(started_at=timezone.now() - timedelta(seconds=AN_HOUR_S))
    body = {"url": "https://example.com/"}
    assert is_asked_again(stale.post(reverse("webhook_list"), body))
    assert ann_api.post(reverse("api_webhooks"), body, format="json").status_code == 403
    assert not Webhook.objects.exists()


def test_the_api_changes_rules_that_may_close_positions_only_shortly_after_a_sign_in(
    ann_api: APIClient, ann: Trader
) -> None:
    account = make.account(ann)
    address = reverse("api_account_guards", args=[account.pk])
    SignIn.objects.update(started_at=timezone.now() - timedelta(seconds=AN_HOUR_S))
    assert ann_api.put(address, {"rules": []}, format="json").status_code == 200
    AutoClose.objects.create(account=account, enabled_at=timezone.now(), enabled_by=ann, confirmation=account.number)
    assert ann_api.put(address, {"rules": []}, format="json").status_code == 403


def test_the_sign_in_page_offers_a_passkey_within_the_strict_policy(stranger: Client) -> None:
    page = stranger.get(reverse("account_login"))
    assert 'id="passkey_login"' in page.content.decode()
    assert "script-src 'self'" in page["Content-Security-Policy"]
    options = stranger.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"}).json()
    assert options["request_options"]["publicKey"]["challenge"]


def test_passkeys_are_listed_renamed_and_removed(ann_client: Client, ann: Trader) -> None:
    passkey = make.passkey(ann, "Old laptop")
    assert "Old laptop" in ann_client.get(reverse("mfa_list_webauthn")).content.decode()
    ann_client.post(reverse("mfa_edit_webauthn", args=[passkey.pk]), {"name": "New laptop"})
    assert "New laptop" in ann_client.get(reverse("mfa_list_webauthn")).content.decode()
    ann_client.post(reverse("mfa_remove_webauthn", args=[passkey.pk]))
    assert not Authenticator.objects.filter(pk=passkey.pk).exists()
