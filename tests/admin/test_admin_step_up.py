"""What staff change about who gets in asks for a fresh sign-in, and names them in the security log."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from accounts.models import SecurityAct, SecurityEvent, Trader, WebSession
from tests import make
from tests.accounts.test_devices import is_in, signed_in
from tests.accounts.test_step_up import is_asked_again
from tests.admin.test_people import NEW_PASSWORD, change_page, filled
from tests.cast import signed_in_ago

pytestmark = pytest.mark.django_db
PASSWORDS = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}


def by_staff(trader: Trader, staff: Trader) -> list[str]:
    return sorted(SecurityEvent.objects.filter(trader=trader, actor=staff.email).values_list("act", flat=True))


def test_an_old_session_of_staff_changes_nothing_about_who_gets_in(cy_client: Client, ann: Trader) -> None:
    passkey = make.passkey(ann)
    make.verified(ann)
    trader_page = change_page("accounts_trader", ann)
    values = filled(cy_client, trader_page)
    signed_in_ago(cy_client, 3600)
    forms: list[tuple[str, dict[str, Any]]] = [
        (trader_page, {**values, "is_staff": "on"}),
        (reverse("admin:account_emailaddress_delete", args=[EmailAddress.objects.get().pk]), {"post": "yes"}),
        (reverse("admin:mfa_authenticator_delete", args=[passkey.pk]), {"post": "yes"}),
        (
            reverse("admin:mfa_authenticator_changelist"),
            {"action": "delete_selected", "_selected_action": [str(passkey.pk)], "post": "yes"},
        ),
    ]
    for page, form in forms:
        assert is_asked_again(cy_client.post(page, form)), page
    ann.refresh_from_db()
    assert not ann.is_staff and Authenticator.objects.exists() and EmailAddress.objects.exists()


def test_a_password_sent_too_late_is_asked_for_again_and_kept_nowhere(cy_client: Client, ann: Trader) -> None:
    signed_in_ago(cy_client, 3600)
    page = reverse("admin:auth_user_password_change", args=[ann.pk])
    assert cy_client.post(page, PASSWORDS)["Location"] == page
    assert is_asked_again(cy_client.get(page))
    assert NEW_PASSWORD not in str(dict(cy_client.session.items()))
    ann.refresh_from_db()
    assert not ann.check_password(NEW_PASSWORD)


def test_the_log_of_the_trader_names_the_staff_who_did_it(cy_client: Client, ann: Trader, cy: Trader) -> None:
    browser = signed_in(ann)
    make.verified(ann)
    cy_client.post(reverse("admin:auth_user_password_change", args=[ann.pk]), PASSWORDS)
    assert not is_in(browser) and not WebSession.objects.exists()
    page = change_page("accounts_trader", ann)
    cy_client.post(page, {**filled(cy_client, page), "email": "other@example.com", "is_staff": "on"})
    factors = [make.passkey(ann), make.passkey(ann)]
    cy_client.post(reverse("admin:mfa_authenticator_delete", args=[factors[0].pk]), {"post": "yes"})
    cy_client.post(
        reverse("admin:mfa_authenticator_changelist"),
        {"action": "delete_selected", "_selected_action": [str(factors[1].pk)], "post": "yes"},
    )
    cy_client.post(reverse("admin:account_emailaddress_add"), {"user": str(ann.pk), "email": "third@example.com"})
    third = EmailAddress.objects.get(email="third@example.com")
    cy_client.post(reverse("admin:account_emailaddress_delete", args=[third.pk]), {"post": "yes"})
    assert by_staff(ann, cy) == sorted(
        [
            SecurityAct.PASSWORD_CHANGED,
            SecurityAct.EMAIL_CHANGED,
            SecurityAct.RIGHTS_CHANGED,
            *[SecurityAct.FACTOR_REMOVED] * 2,
            SecurityAct.EMAIL_ADDED,
            SecurityAct.EMAIL_REMOVED,
        ]
    )


def test_staff_who_change_their_own_password_stay_in_as_one_device(cy: Trader) -> None:
    browser = signed_in(cy)
    browser.post(reverse("admin:auth_user_password_change", args=[cy.pk]), PASSWORDS)
    assert is_in(browser)
    assert WebSession.objects.get().session_key == browser.session.session_key
