"""Signing up, in and out, and getting back in, as a person does it."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import Trader
from tests import make

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "a much longer phrase than before"
SIGN_UP = {
    "email": "new@example.com",
    "password1": make.PASSWORD,
    "password2": make.PASSWORD,
    "time_zone": "America/New_York",
}


def link_in(text: str) -> str:
    found = re.search(r"https?://[^/\s]+(/\S+)", text)
    assert found, text
    return found[1]


def test_signs_up_with_a_time_zone_and_lands_on_the_dashboard(stranger: Client) -> None:
    response = stranger.post(reverse("account_signup"), SIGN_UP)
    assert response["Location"] == reverse("dashboard")
    assert Trader.objects.get(email="new@example.com").time_zone == "America/New_York"
    assert stranger.get("/").status_code == 200


def test_the_confirmation_link_confirms_the_address(stranger: Client) -> None:
    stranger.post(reverse("account_signup"), SIGN_UP)
    message = mail.outbox[0]
    assert message.subject == "Confirm your e-mail address" and message.body.rstrip().endswith("TradePortal")
    link = link_in(str(message.body))
    assert "Is new@example.com yours?" in stranger.get(link).content.decode()
    stranger.post(link)
    assert EmailAddress.objects.get(email="new@example.com").verified


def test_sign_up_says_what_is_wrong_with_a_password(stranger: Client) -> None:
    response = stranger.post(reverse("account_signup"), {**SIGN_UP, "password1": "short", "password2": "short"})
    assert "at least 10 characters" in response.content.decode()
    assert not Trader.objects.exists()


@override_settings(ACCOUNT_EMAIL_VERIFICATION="mandatory")
def test_sign_up_tells_nobody_who_has_an_account(stranger: Client, ann: Trader) -> None:
    EmailAddress.objects.create(user=ann, email=ann.email, verified=True, primary=True)
    response = stranger.post(reverse("account_signup"), {**SIGN_UP, "email": ann.email})
    assert response["Location"] == reverse("account_email_verification_sent")
    assert mail.outbox[0].subject == "You have an account already"


def test_signs_in_and_out(stranger: Client, ann: Trader, password: str) -> None:
    answer = stranger.post(reverse("account_login"), {"login": "ANN@example.com", "password": password})
    assert answer["Location"] == reverse("dashboard")
    stranger.post(reverse("account_logout"))
    assert stranger.get("/").status_code == 302


def test_signs_in_while_the_cache_is_down(stranger: Client, ann: Trader, password: str, settings: Any) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    answer = stranger.post(reverse("account_login"), {"login": "ann@example.com", "password": password})
    assert answer.status_code == 302 and answer["Location"] == reverse("dashboard")
    assert stranger.get(reverse("dashboard")).status_code == 200
    wrong = stranger.post(reverse("account_login"), {"login": "ann@example.com", "password": "wrong one"})
    assert wrong.status_code != 429


def test_a_wrong_password_is_told_without_saying_which_part(stranger: Client, ann: Trader) -> None:
    texts = [
        stranger.post(reverse("account_login"), {"login": email, "password": "wrong one"}).content.decode()
        for email in ("ann@example.com", "nobody@example.com")
    ]
    errors = [re.findall(r"not correct", text) for text in texts]
    assert errors[0] == errors[1] != []


def test_too_many_wrong_passwords_stop_for_a_while(stranger: Client, ann: Trader) -> None:
    data = {"login": ann.email, "password": "wrong one"}
    answers = [stranger.post(reverse("account_login"), data) for _ in range(12)]
    assert "Too many" in answers[-1].content.decode()


def test_a_forgotten_password_is_replaced_by_a_link(stranger: Client, ann: Trader) -> None:
    stranger.post(reverse("account_reset_password"), {"email": ann.email})
    link = link_in(str(mail.outbox[0].body))
    page = stranger.get(link, follow=True)
    address = page.redirect_chain[-1][0]
    stranger.post(address, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    ann.refresh_from_db()
    assert ann.check_password(NEW_PASSWORD)
    assert mail.outbox[1].subject == "Your password was changed"


def test_a_reset_for_an_unknown_address_looks_the_same(stranger: Client, ann: Trader) -> None:
    answers = [
        stranger.post(reverse("account_reset_password"), {"email": email}) for email in (ann.email, "x@example.com")
    ]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert mail.outbox[1].subject == "You have no account at TradePortal"


def test_every_page_about_signing_in_is_in_our_look(ann_client: Client) -> None:
    for name in ("account_email", "account_change_password", "mfa_index", "account_logout"):
        page = ann_client.get(reverse(name)).content.decode()
        assert "css/tokens" in page and "Menu:" not in page
