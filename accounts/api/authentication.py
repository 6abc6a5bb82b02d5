"""Who calls the API, without reading the trader's row on each request."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError

from accounts import cache
from accounts.tokens import Access, sign_in_of


@dataclass(frozen=True, slots=True)
class Bearer:
    """The person whom a good access token speaks for: enough for every read. `pk` is the trader's."""

    pk: UUID
    sign_in_id: UUID
    is_staff: bool
    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False
    is_active: ClassVar[bool] = True

    @property
    def id(self) -> UUID:
        return self.pk


class TokenAuthentication(JWTAuthentication):
    """Access tokens: the signature and the age by the token itself, the rest by the facts of its sign-in."""

    def get_validated_token(self, raw_token: bytes) -> Any:
        try:
            return Access(raw_token)  # type: ignore[arg-type]
        except TokenError as error:
            raise _refused() from error

    def get_user(self, validated_token: Any) -> Any:
        try:
            sign_in_id = sign_in_of(validated_token)
        except TokenError as error:
            raise _refused() from error
        facts = cache.auth_facts(sign_in_id)
        if facts is None or not facts.is_good:
            raise _refused()
        return Bearer(facts.trader_id, sign_in_id, facts.is_staff)


def _refused() -> AuthenticationFailed:
    return AuthenticationFailed(
        "This access token is not valid any more. Refresh it at auth/token/refresh/, or sign in again.",
        code="token_invalid",
    )


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the API's description names it."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
