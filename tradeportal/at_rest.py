"""Secrets that must stay readable, such as those of authenticator apps, are kept encrypted: a copy of the database is not enough.

The first of AT_REST_KEYS encrypts, all of them decrypt, so that a key can be changed in use: docs/security.md.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_SEALED = "sealed:1:"


def seal(text: str) -> str:
    return _SEALED + _box().encrypt(text.encode()).decode()


def unseal(kept: str) -> str:
    """The text that was sealed, or what was kept in the clear before. Errors: ImproperlyConfigured without its key."""
    if not kept.startswith(_SEALED):
        return kept
    try:
        return _box().decrypt(kept.removeprefix(_SEALED).encode()).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured("AT_REST_KEYS lacks the key with which a secret was encrypted.") from error


def reseal(kept: str) -> str:
    """The same secret under the first key."""
    return seal(unseal(kept))


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_key(text)) for text in settings.AT_REST_KEYS])


def _key(text: str) -> bytes:
    """A digest is enough: the text is random, and too long to be tried."""
    return base64.urlsafe_b64encode(hashlib.sha256(b"tradeportal.at-rest\0" + text.encode()).digest())
