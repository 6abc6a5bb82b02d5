"""auth/: a token for an e-mail and a password, a new one for a refresh token, and signing out."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import TokenError

from accounts.errors import SignInEnded
from accounts.models import SecurityAct, SignIn
from accounts.services import sign_in as services
from accounts.services.sessions import note_sign_in
from accounts.tokens import Refresh, pair, sign_in_of
from tradeportal.rest.schemas import Error
from tradeportal.rest.throttles import SignInAddressThrottle, SignInEmailThrottle


class Credentials(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=128, trim_whitespace=False)
    otp = serializers.CharField(
        max_length=20,
        required=False,
        allow_blank=True,
        help_text="The code of the second factor, or a recovery code. Needed when the trader has one.",
    )


class RefreshToken(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=2000)


class TokenPair(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Send as “Authorization: Bearer <access>”.")
    refresh = serializers.CharField(help_text="Good for one refresh. A used one that comes back ends the sign-in.")
    token_type = serializers.CharField(help_text="bearer")
    expires_in = serializers.IntegerField(help_text="Seconds until the access token is refused.")


_REFUSED = {400: Error, 401: Error, 429: Error}


class AuthView(APIView):
    """Takes no other sign-in than what the body says."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes: Sequence[type[BaseThrottle]] = (SignInAddressThrottle,)


class TokenView(AuthView):
    throttle_classes = (SignInAddressThrottle, SignInEmailThrottle)

    @extend_schema(
        operation_id="auth_token_create",
        summary="Sign in",
        tags=["auth"],
        auth=[],
        request=Credentials,
        responses={200: TokenPair, **_REFUSED},
    )
    def post(self, request: Request) -> Response:
        given = _checked(Credentials, request)
        trader = services.check_credentials(
            request._request, given["email"], given["password"], given.get("otp", "").strip()
        )
        sign_in = services.start_sign_in(
            trader,
            timezone.now(),
            address=SignInAddressThrottle().get_ident(request) or None,
            client=request.headers.get("User-Agent", ""),
        )
        note_sign_in(trader, SecurityAct.API_SIGNED_IN, timezone.now())
        return _tokens(sign_in)


class TokenRefreshView(AuthView):
    @extend_schema(
        operation_id="auth_token_refresh",
        summary="Change a refresh token for a new pair",
        tags=["auth"],
        auth=[],
        request=RefreshToken,
        responses={200: TokenPair, **_REFUSED},
    )
    def post(self, request: Request) -> Response:
        token = _refresh_token(request)
        return _tokens(services.refresh_sign_in(sign_in_of(token), str(token["jti"]), timezone.now()))


class LogoutView(AuthView):
    @extend_schema(
        operation_id="auth_logout",
        summary="Sign out: all tokens of this sign-in end at once",
        tags=["auth"],
        auth=[],
        request=RefreshToken,
        responses={204: OpenApiResponse(description="Signed out."), **_REFUSED},
    )
    def post(self, request: Request) -> Response:
        services.end_sign_in(sign_in_of(_refresh_token(request)), timezone.now())
        return Response(status=204)


def _checked(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    form = kind(data=request.data)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def _refresh_token(request: Request) -> Refresh:
    """The refresh token of the body, its signature and age checked. Errors: SignInEnded."""
    try:
        token = Refresh(_checked(RefreshToken, request)["refresh"])
        sign_in_of(token)
    except TokenError as error:
        raise SignInEnded from error
    return token


def _tokens(sign_in: SignIn) -> Response:
    access, refresh = pair(sign_in)
    data = {
        "access": str(access),
        "refresh": str(refresh),
        "token_type": "bearer",
        "expires_in": int(access.lifetime.total_seconds()) if access.lifetime else 0,
    }
    return Response(data, headers={"Cache-Control": "no-store"})
