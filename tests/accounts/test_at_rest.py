"""Secrets of second factors are not readable in a copy of the database, and their key can be changed in use."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from accounts.models import Trader
from tradeportal import at_rest

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def kept(trader: Trader) -> str:
    return str(list(Authenticator.objects.filter(user=trader).order_by("pk").values_list("data", flat=True)))


def secret_of(trader: Trader) -> str:
    factor = Authenticator.objects.get(user=trader, type="totp")
    return at_rest.unseal(factor.data["secret"])


def test_the_database_holds_no_readable_secret(ann: Trader) -> None:
    TOTP.activate(ann, SECRET)
    RecoveryCodes.activate(ann)
    assert SECRET not in kept(ann) and kept(ann).count("sealed:1:") == 2
    assert secret_of(ann) == SECRET


def test_a_secret_from_before_still_counts_and_is_encrypted_by_the_command(ann: Trader, capsys: Any) -> None:
    Authenticator.objects.create(user=ann, type="totp", data={"secret": SECRET})
    assert secret_of(ann) == SECRET
    call_command("reseal_secrets")
    assert capsys.readouterr().out == "Encrypted anew: 1.\n"
    assert SECRET not in kept(ann) and secret_of(ann) == SECRET


def test_a_key_is_changed_in_use(ann: Trader, settings: Any) -> None:
    settings.AT_REST_KEYS = ["the old key"]
    TOTP.activate(ann, SECRET)
    codes = RecoveryCodes.activate(ann).get_unused_codes()
    settings.AT_REST_KEYS = ["the new key", "the old key"]
    assert secret_of(ann) == SECRET
    call_command("reseal_secrets")
    settings.AT_REST_KEYS = ["the new key"]
    assert secret_of(ann) == SECRET
    assert RecoveryCodes(Authenticator.objects.get(user=ann, type="recovery_codes")).get_unused_codes() == codes


def test_a_lost_key_is_told_and_lets_nobody_in(ann: Trader, settings: Any) -> None:
    TOTP.activate(ann, SECRET)
    settings.AT_REST_KEYS = ["another key"]
    with pytest.raises(ImproperlyConfigured, match="AT_REST_KEYS"):
        secret_of(ann)
