"""JSON web tokens of the API: what they say, and the keys that sign and verify them."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.functional import SimpleLazyObject
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken, TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import SignIn

ALGORITHM = "HS256"
SIGN_IN_CLAIM = "sid"
TRADER_CLAIM = "sub"


class KeyRing:
    """Signs with SECRET_KEY and verifies with it or any of SECRET_KEY_FALLBACKS, so that a key can be changed in use."""

    def __init__(self) -> None:
        self._current, *self._older = (
            TokenBackend(ALGORITHM, signing_key=key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        )

    def encode(self, payload: dict[str, Any]) -> str:
        return self._current.encode(payload)

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        try:
            return self._current.decode(token, verify=verify)
        except TokenBackendExpiredToken:
            raise
        except TokenBackendError:
            return self._decode_with_older(token, verify)

    def _decode_with_older(self, token: Any, verify: bool) -> dict[str, Any]:
        for backend in self._older:
            try:
                return backend.decode(token, verify=verify)
            except TokenBackendExpiredToken:
                raise
            except TokenBackendError:
                continue
        raise TokenBackendError("Token is invalid")

    def get_leeway(self) -> Any:
        return self._current.get_leeway()


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
