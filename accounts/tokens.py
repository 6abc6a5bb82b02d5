"""JSON web tokens of the API: what they say, and the keys that sign and verify them."""

import hashlib
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from django.utils.functional import SimpleLazyObject
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import SignIn

ALGORITHM = "HS256"
SIGN_IN_CLAIM = "sid"
TRADER_CLAIM = "sub"


def key_id(key: str) -> str:
    """The name of a signing key that the header of a token tells: it says which key, and nothing of the key."""
    return hashlib.sha256(b"tradeportal.jwt.kid\0" + key.encode()).hexdigest()[:16]


class KeyRing:
    """Signs with SECRET_KEY and verifies with it or any of SECRET_KEY_FALLBACKS, so that a key can be changed in use.

    A token is only compared with the key that its `kid` names, and is good for this portal's API alone.
    """

    def __init__(self) -> None:
        keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        self._signing_key, self._signing_kid = keys[0], key_id(keys[0])
        self._backends = {
            key_id(key): TokenBackend(
                ALGORITHM, signing_key=key, issuer=settings.JWT_ISSUER, audience=settings.JWT_AUDIENCE
            )
            for key in keys
        }

    def encode(self, payload: dict[str, Any]) -> str:
        claims = {**payload, "iss": settings.JWT_ISSUER, "aud": settings.JWT_AUDIENCE}
        return jwt.encode(claims, self._signing_key, algorithm=ALGORITHM, headers={"kid": self._signing_kid})

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
        except jwt.PyJWTError as error:
            raise TokenBackendError("Token is invalid") from error
        backend = self._backends.get(kid) if isinstance(kid, str) else None
        if backend is None:
            raise TokenBackendError("Token is signed with an unknown key")
        return backend.decode(token, verify=verify)

    def get_leeway(self) -> Any:
        return self._backends[self._signing_kid].get_leeway()


_keys: Any = SimpleLazyObject(KeyRing)


class Access(AccessToken):
    _token_backend = _keys


class Refresh(RefreshToken):
    _token_backend = _keys
    access_token_class = Access


def pair(sign_in: SignIn) -> tuple[Access, Refresh]:
    """A new access token, and the one refresh token that `sign_in.token_id` names."""
    access, refresh = Access(), Refresh()
    refresh["jti"] = sign_in.token_id
    refresh["exp"] = int(sign_in.expires_at.timestamp())
    for token in (access, refresh):
        token[TRADER_CLAIM] = str(sign_in.trader_id)
        token[SIGN_IN_CLAIM] = str(sign_in.pk)
    return access, refresh


def sign_in_of(token: Access | Refresh) -> UUID:
    """The sign-in that a verified token belongs to. Errors: TokenError."""
    try:
        return UUID(token[SIGN_IN_CLAIM])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise TokenError("Token names no sign-in") from error
