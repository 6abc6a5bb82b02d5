"""Where a trader is signed in, how that ends at once, and what the security log keeps."""

import socket
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.core.cache import caches
from django.db import ProgrammingError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import SecurityAct, SecurityEvent, Trader, WebSession
from accounts.services.security_log import network_of
from accounts.services.sessions import device_name, end_session
from accounts.services.sign_in import start_sign_in
from accounts.session_store import SESSION_KEPT_S, SessionStore
from tests import make

pytestmark = pytest.mark.django_db
cache: Any = caches["default"]

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


def signed_in(trader: Trader, client: str = FIREFOX, address: str = "192.0.2.7") -> Client:
    browser = Client(headers={"User-Agent": client}, REMOTE_ADDR=address)
    answer = browser.post(reverse("account_login"), {"login": trader.email, "password": make.PASSWORD})
    assert answer["Location"] == reverse("dashboard")
    return browser


def is_in(browser: Client) -> bool:
    return browser.get(reverse("settings")).status_code == 200


def acts(trader: Trader | None) -> list[str]:
    return list(SecurityEvent.objects.filter(trader=trader).order_by("at", "id").values_list("act", flat=True))


def test_a_device_is_listed_and_signed_out_from_another(ann: Trader) -> None:
    laptop, phone = signed_in(ann), signed_in(ann, CHROME, "198.51.100.4")
    page = laptop.get(reverse("session_list")).content.decode()
    assert "Firefox, Windows" in page and "Chrome, Android" in page and "198.51.100.4" in page
    assert page.count("This one") == 1
    laptop.post(reverse("session_end", args=[WebSession.objects.get(address="198.51.100.4").pk]))
    assert (is_in(phone), is_in(laptop)) == (False, True)


def test_a_sign_out_that_the_cache_did_not_hear_of_counts_within_seconds(
    ann: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in(ann)
    copy = SessionStore(browser.session.session_key)
    assert 0 < cache.ttl(copy.cache_key) <= SESSION_KEPT_S  # as it was saved
    cache.delete(copy.cache_key)
    assert is_in(browser) and 0 < cache.ttl(copy.cache_key) <= SESSION_KEPT_S  # as it was read
    with monkeypatch.context() as lost:
        lost.setattr(type(cache), "delete", lambda *args, **kwargs: None)
        end_session(WebSession.objects.get())
    assert is_in(browser)
    cache.delete(copy.cache_key)  # the seconds are over
    assert not is_in(browser)


def test_an_api_sign_in_is_listed_and_ended(ann: Trader, ann_client: Client, stranger_api: APIClient) -> None:
    credentials = {"email": ann.email, "password": make.PASSWORD}
    token = stranger_api.post(
        reverse("api_token"), credentials, format="json", headers={"User-Agent": "phone app"}
    ).json()["access"]
    stranger_api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert stranger_api.get(reverse("api_accounts")).status_code == 200
    assert "phone app" in ann_client.get(reverse("session_list")).content.decode()
    ann_client.post(reverse("sign_in_end", args=[ann.sign_ins.get().pk]))
    assert stranger_api.get(reverse("api_accounts")).status_code == 401


def test_signing_out_everywhere_ends_all_but_this_one(ann: Trader, ann_client: Client, ann_api: APIClient) -> None:
    """`ann_client` was never written down: its session ends all the same."""
    laptop, phone = signed_in(ann), signed_in(ann, CHROME)
    laptop.post(reverse("session_end_others"))
    assert [is_in(one) for one in (laptop, phone, ann_client)] == [True, False, False]
    assert ann_api.get(reverse("api_accounts")).status_code == 401
    assert laptop.get(reverse("session_list")).content.decode().count("This one") == 1
    assert WebSession.objects.count() == 1


def test_another_password_leaves_one_device(ann: Trader) -> None:
    laptop, phone = signed_in(ann), signed_in(ann, CHROME)
    new = "a much longer phrase than before"
    form = {"oldpassword": make.PASSWORD, "password1": new, "password2": new}
    start_sign_in(ann, timezone.now(), client="phone app")
    assert "phone app" in laptop.get(reverse("session_list")).content.decode()
    laptop.post(reverse("account_change_password"), form)
    assert (is_in(laptop), is_in(phone)) == (True, False)
    page = laptop.get(reverse("session_list")).content.decode()
    assert "This one" in page and "phone app" not in page
    assert WebSession.objects.count() == 1


def test_a_device_can_be_signed_out_after_the_secret_key_was_changed(ann: Trader, settings: Any) -> None:
    phone, laptop = signed_in(ann, CHROME), signed_in(ann)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another secret key of fifty characters"
    assert is_in(phone) and is_in(laptop)
    assert laptop.get(reverse("session_list")).content.decode().count("This one") == 1
    laptop.post(reverse("session_end", args=[WebSession.objects.get(client=CHROME).pk]))
    assert (is_in(phone), is_in(laptop)) == (False, True)


def test_a_reset_leaves_no_device_behind_that_is_signed_out(ann: Trader) -> None:
    browser = signed_in(ann)
    browser.post(reverse("account_reset_password"), {"email": ann.email})
    (link,) = [word for word in mail.outbox[-1].body.split() if "/password/reset/key/" in word]
    form = browser.get(link, follow=True).request["PATH_INFO"]
    new = "a much longer phrase than before"
    browser.post(form, {"password1": new, "password2": new})
    assert not is_in(browser)
    assert not WebSession.objects.exists()


def test_a_session_that_was_extended_stays_listed_and_one_that_ran_out_goes(ann: Trader) -> None:
    signed_in(ann, CHROME)
    WebSession.objects.update(started_at=timezone.now() - timedelta(days=60))
    make.web_session(ann, client="ran out")
    signed_in(ann)
    assert set(WebSession.objects.values_list("client", flat=True)) == {FIREFOX, CHROME}


def test_a_new_device_is_told_by_e_mail_and_a_known_one_is_not(ann: Trader) -> None:
    signed_in(ann)
    signed_in(ann, address="192.0.2.99")
    assert mail.outbox == []
    signed_in(ann, CHROME, "198.51.100.4")
    (notice,) = mail.outbox
    assert (notice.to, notice.subject) == ([ann.email], "A sign-in from a new device")
    assert "Chrome, Android" in notice.body and "198.51.100.4" in notice.body


def test_a_dead_mail_server_keeps_nobody_out(ann: Trader, settings: Any) -> None:
    signed_in(ann)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert is_in(signed_in(ann, CHROME))


def test_a_mail_server_that_stalls_holds_a_sign_in_up_for_a_moment_only(ann: Trader, settings: Any) -> None:
    assert settings.EMAIL_TIMEOUT == 5
    signed_in(ann)
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
        settings.EMAIL_TIMEOUT = 0.1
        assert is_in(signed_in(ann, CHROME))


def test_the_log_tells_what_happened_and_from_where(ann: Trader, stranger: Client) -> None:
    stranger.post(reverse("account_login"), {"login": ann.email, "password": "wrong one"})
    stranger.post(reverse("account_login"), {"login": "nobody@example.com", "password": "wrong one"})
    browser = signed_in(ann)
    account = make.account(ann)
    form = {"name": "Bridge", "accounts": [str(account.pk)], "scopes": ["sync"], "days": "90"}
    browser.post(reverse("api_key_create"), form)
    browser.post(reverse("api_key_revoke", args=[ann.api_keys.get().pk]))
    page = browser.get(reverse("security_log")).content.decode()
    for words in ("A sign-in failed", "Signed in", "An API key was made", "192.0.2.7", ann.api_keys.get().prefix):
        assert words in page
    browser.post(reverse("account_logout"))
    failed, signed_in_ = SecurityAct.SIGN_IN_FAILED, SecurityAct.SIGNED_IN
    assert acts(ann) == [failed, signed_in_, SecurityAct.KEY_MADE, SecurityAct.KEY_REVOKED, SecurityAct.SIGNED_OUT]
    assert set(acts(None)) == {failed}, "A stranger learns nothing from how long it takes."
    assert not WebSession.objects.exists()


def test_a_second_factor_is_in_the_log(ann: Trader) -> None:
    browser = signed_in(ann)
    TOTP.activate(ann, str(generate_totp_secret()))
    browser.post(reverse("mfa_deactivate_totp"))
    assert SecurityAct.FACTOR_REMOVED in acts(ann)


def test_a_wrong_second_factor_is_in_the_log_by_page_and_api(ann: Trader, stranger_api: APIClient) -> None:
    TOTP.activate(ann, str(generate_totp_secret()))
    browser = Client()
    browser.post(reverse("account_login"), {"login": ann.email, "password": make.PASSWORD})
    browser.post(reverse("mfa_authenticate"), {"code": "000000"})
    credentials = {"email": ann.email, "password": make.PASSWORD, "otp": "000000"}
    assert stranger_api.post(reverse("api_token"), credentials, format="json").status_code == 401
    assert acts(ann) == [SecurityAct.FACTOR_FAILED] * 2


def test_what_staff_do_names_them(ann: Trader, cy: Trader, cy_client: Client) -> None:
    session = make.web_session(ann)
    address = reverse("admin:accounts_websession_changelist")
    cy_client.post(address, {"action": "end", "_selected_action": [str(session.pk)]})
    assert not WebSession.objects.exists()
    event = SecurityEvent.objects.get(trader=ann)
    assert (event.act, event.actor) == (SecurityAct.SESSION_ENDED, cy.email)


def test_the_database_keeps_the_log_unchanged(ann: Trader) -> None:
    event = make.security_event(ann)
    for change in (lambda: SecurityEvent.objects.update(address="203.0.113.1"), event.delete):
        with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
            change()


def test_the_pages_cost_the_same_for_twenty_more_rows(
    ann: Trader, ann_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ("session_list", "security_log"):
        ann_client.get(reverse(name))
        with django_assert_max_num_queries(100) as before:
            ann_client.get(reverse(name))
        for _ in range(20):
            make.web_session(ann)
            make.security_event(ann)
        with django_assert_max_num_queries(len(before.captured_queries)):
            ann_client.get(reverse(name))


def test_earlier_events_are_on_further_pages(ann: Trader, ann_client: Client) -> None:
    events = [make.security_event(ann, address=f"192.0.2.{number}") for number in range(52)]
    first = ann_client.get(reverse("security_log")).content.decode()
    assert "192.0.2.51" in first and "192.0.2.1<" not in first
    second = ann_client.get(reverse("security_log"), {"before": str(events[2].pk)}).content.decode()
    assert "192.0.2.1<" in second and "192.0.2.0<" in second and "192.0.2.2<" not in second


def test_an_event_of_an_earlier_time_is_further_on_whenever_it_was_stored(ann: Trader, ann_client: Client) -> None:
    late = make.security_event(ann, address="192.0.2.200")
    early = make.security_event(ann, address="192.0.2.100", at=late.at - timedelta(hours=1))
    assert early.pk > late.pk
    page = ann_client.get(reverse("security_log"), {"before": str(early.pk)}).content.decode()
    assert "192.0.2.200" not in page, "The later one was on the page before."
    assert "192.0.2.100" in ann_client.get(reverse("security_log"), {"before": str(late.pk)}).content.decode()


@pytest.mark.parametrize(
    ("client", "name"), [(FIREFOX, "Firefox, Windows"), (CHROME, "Chrome, Android"), ("curl/8.1", "curl/8.1"), ("", "")]
)
def test_a_device_has_a_short_name(client: str, name: str) -> None:
    assert device_name(client) == name


def test_a_network_is_wider_than_an_address() -> None:
    assert network_of("192.0.2.7") == network_of("192.0.2.200") != network_of("192.0.3.7")
    assert network_of("2001:db8:1:2::3") == network_of("2001:db8:1:ffff::9") != network_of("2001:db8:2::1")
    assert network_of(None) == ""
