"""A passkey is added, signs in without a password, and its refusal is told: by the browser's virtual authenticator."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, expect
from pytest_django.live_server_helper import LiveServer

from tests import make
from tests.browser.pages import Site

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_added_and_signs_in(
    open_context: Callable[..., BrowserContext], server: LiveServer, site: Site
) -> None:
    home = server.url.replace("127.0.0.1", "localhost")  # a number has no passkeys
    context = open_context("nobody")
    tab = context.new_page()
    tab.goto(home + reverse("account_login"))
    tab.locator("input[type=email]").fill(site.objects["careful"].email)
    tab.locator("input[type=password]").fill(make.PASSWORD)
    tab.keyboard.press("Enter")
    tab.wait_for_url(home + reverse("dashboard"))
    devices = context.new_cdp_session(tab)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    tab.goto(home + reverse("mfa_add_webauthn"))
    tab.locator("#id_passwordless").check()
    tab.get_by_role("main").get_by_role("button", name="Add").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Recovery Codes")
    tab.goto(home + reverse("mfa_list_webauthn"))
    expect(tab.get_by_role("main")).to_contain_text("signs in without a password")
    context.clear_cookies()
    tab.goto(home + reverse("account_login"))
    tab.get_by_role("button", name="Sign in with a passkey").click()
    tab.wait_for_url(home + reverse("dashboard"))


def test_a_browser_without_a_passkey_says_so(open_context: Callable[..., BrowserContext]) -> None:
    tab = open_context("nobody").new_page()
    tab.goto(reverse("account_login"))
    tab.get_by_role("button", name="Sign in with a passkey").click()
    expect(tab.get_by_role("alert")).to_contain_text("The browser gave no passkey.")
