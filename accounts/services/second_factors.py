"""Keeping the secrets of second factors under the key of today."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction

from tradeportal import at_rest

_SECRETS = ("secret", "seed")


@transaction.atomic
def reseal_all() -> int:
    """Encrypts each secret with the first key. Returns how many second factors have one."""
    factors = Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN)
    count = 0
    for factor in factors.iterator():
        sealed: dict[str, Any] = {name: at_rest.reseal(factor.data[name]) for name in _SECRETS if name in factor.data}
        codes = factor.data.get("migrated_codes")
        if codes:
            sealed["migrated_codes"] = [at_rest.reseal(code) for code in codes]
        factor.data = {**factor.data, **sealed}
        factor.save(update_fields=["data"])
        count += 1
    return count
