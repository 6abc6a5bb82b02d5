"""Who calls the API, without reading the trader's row on each request."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError

from accounts import cache
from accounts.services.api_keys import check_api_key, note_use
from accounts.tokens import Access, sign_in_of
from tradeportal.rest.throttles import RefusedKeyThrottle


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


@dataclass(frozen=True, slots=True)
class KeyBearer:
    """The program that a good API key speaks for. `pk` is the trader's; it reaches `bound_accounts` and no others."""

    pk: UUID
    key_id: UUID
    scopes: frozenset[str]
    bound_accounts: frozenset[UUID]
    is_staff: ClassVar[bool] = False
    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False
    is_active: ClassVar[bool] = True

    @property
    def id(self) -> UUID:
        return self.pk


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key <prefix>.<secret>`. Wrong ones are counted per address: guessing is hopeless, and slow."""

    keyword = "api-key"

    def authenticate(self, request: Request) -> tuple[KeyBearer, None] | None:
        scheme, _space, text = get_authorization_header(request).decode("latin-1").strip().partition(" ")
        if scheme.lower() != self.keyword:
            return None
        now = timezone.now()
        facts = check_api_key(text.strip(), now)
        if facts is None:
            throttle = RefusedKeyThrottle()
            if not throttle.allow_request(request, None):
                raise Throttled(throttle.wait())
            raise AuthenticationFailed(
                "This API key is not valid: it is unknown, revoked or expired. Make a new one on the page API keys.",
                code="api_key_invalid",
            )
        note_use(facts.key_id, now)
        return KeyBearer(facts.trader_id, facts.key_id, facts.scopes, facts.account_ids), None

    def authenticate_header(self, request: Request) -> str:
        return "Api-Key"


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


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ApiKeyAuthentication
    name = "api_key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        text = "“Api-Key <prefix>.<secret>”: a key made on the page API keys, for its accounts and within its scopes."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": text}
