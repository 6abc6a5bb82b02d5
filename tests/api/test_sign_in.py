"""auth/: tokens, their families and their end."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import cache as accounts_cache
from accounts.models import SignIn, Trader
from accounts.tokens import Access, KeyRing, key_id
from tests import make

pytestmark = pytest.mark.django_db

TOKEN, REFRESH, LOGOUT = "/api/v1/auth/token/", "/api/v1/auth/token/refresh/", "/api/v1/auth/logout/"
OWN = "/api/v1/accounts/"


def sign_in(client: APIClient, password: str, email: str = "ann@example.com", **more: Any) -> Any:
    return client.post(TOKEN, {"email": email, "password": password, **more}, format="json")


def get_own(client: APIClient, access: str) -> Any:
    return client.get(OWN, HTTP_AUTHORIZATION=f"Bearer {access}")


def code_of(response: Any) -> str:
    return str(response.json()["error"]["code"])


def test_gives_tokens_for_the_right_password(stranger_api: APIClient, ann: Trader, password: str) -> None:
    answer = sign_in(stranger_api, password)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer.json()["expires_in"] == 600
    assert get_own(stranger_api, answer.json()["access"]).status_code == 200


def test_takes_the_e_mail_in_any_case(stranger_api: APIClient, ann: Trader, password: str) -> None:
    assert sign_in(stranger_api, password, "ANN@Example.com").status_code == 200


@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com"])
def test_says_the_same_for_a_wrong_password_and_an_unknown_e_mail(
    stranger_api: APIClient, ann: Trader, email: str
) -> None:
    answer = sign_in(stranger_api, "wrong password", email)
    assert answer.status_code == 401
    assert answer.json()["error"] == {
        "code": "invalid_credentials",
        "message": "The e-mail or the password is not right.",
        "fields": {},
    }


def test_refuses_an_inactive_trader(stranger_api: APIClient, password: str) -> None:
    make.trader("gone@example.com", is_active=False)
    assert code_of(sign_in(stranger_api, password, "gone@example.com")) == "invalid_credentials"


@pytest.mark.parametrize(
    "body", [{}, {"email": "ann@example.com"}, {"email": "x", "password": "y"}, {"email": "a\0@b.c", "password": "\0"}]
)
def test_names_the_fields_that_are_wrong(stranger_api: APIClient, db: None, body: dict[str, str]) -> None:
    answer = stranger_api.post(TOKEN, body, format="json")
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"]


# ---- Second factor -----------------------------------------------------------------------------------------------------


@pytest.fixture
def totp(ann: Trader) -> str:
    secret = str(generate_totp_secret())
    TOTP.activate(ann, secret)
    return secret


def current_code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, list(counters())[-1])))


def test_a_password_alone_does_not_go_round_a_second_factor(stranger_api: APIClient, totp: str, password: str) -> None:
    answer = sign_in(stranger_api, password)
    assert (answer.status_code, code_of(answer)) == (401, "otp_required")
    assert not SignIn.objects.exists()


def test_the_second_factor_is_not_asked_for_before_the_password_is_right(stranger_api: APIClient, totp: str) -> None:
    assert code_of(sign_in(stranger_api, "wrong password")) == "invalid_credentials"


def test_takes_a_code_once(stranger_api: APIClient, totp: str, password: str) -> None:
    code = current_code(totp)
    assert sign_in(stranger_api, password, otp=code).status_code == 200
    assert code_of(sign_in(stranger_api, password, otp=code)) == "otp_invalid"


def test_takes_a_recovery_code_once(stranger_api: APIClient, ann: Trader, totp: str, password: str) -> None:
    code = RecoveryCodes.activate(ann).get_unused_codes()[0]
    assert sign_in(stranger_api, password, otp=code).status_code == 200
    assert code_of(sign_in(stranger_api, password, otp=code)) == "otp_invalid"


def test_guessing_codes_is_stopped_for_the_trader_from_any_address(
    stranger_api: APIClient, totp: str, password: str
) -> None:
    answers = [
        stranger_api.post(
            TOKEN,
            {"email": "ann@example.com", "password": password, "otp": f"{number:06}"},
            format="json",
            REMOTE_ADDR=f"192.0.2.{number}",
        )
        for number in range(1, 7)
    ]
    assert {code_of(answer) for answer in answers[:5]} <= {"otp_invalid"}
    assert (answers[5].status_code, answers[5]["Retry-After"]) == (429, "300")
    assert sign_in(stranger_api, password, otp=current_code(totp)).status_code == 429


# ---- Refreshing --------------------------------------------------------------------------------------------------------


@pytest.fixture
def tokens(stranger_api: APIClient, ann: Trader, password: str) -> dict[str, str]:
    return dict(sign_in(stranger_api, password).json())


def refresh(client: APIClient, token: str) -> Any:
    return client.post(REFRESH, {"refresh": token}, format="json")


def test_a_refresh_token_gives_a_new_pair(stranger_api: APIClient, tokens: dict[str, str]) -> None:
    answer = refresh(stranger_api, tokens["refresh"])
    assert answer.status_code == 200
    assert answer.json()["refresh"] != tokens["refresh"]
    assert get_own(stranger_api, answer.json()["access"]).status_code == 200
    assert refresh(stranger_api, answer.json()["refresh"]).status_code == 200


def test_a_used_refresh_token_ends_its_whole_family(stranger_api: APIClient, tokens: dict[str, str]) -> None:
    newer = refresh(stranger_api, tokens["refresh"]).json()
    assert code_of(refresh(stranger_api, tokens["refresh"])) == "token_reused"
    assert refresh(stranger_api, newer["refresh"]).status_code == 401
    assert get_own(stranger_api, newer["access"]).status_code == 401
    assert SignIn.objects.get().end_reason == "reused"


def test_another_sign_in_outlives_the_end_of_a_family(
    stranger_api: APIClient, tokens: dict[str, str], password: str
) -> None:
    other = sign_in(stranger_api, password).json()
    refresh(stranger_api, tokens["refresh"])
    refresh(stranger_api, tokens["refresh"])
    assert get_own(stranger_api, other["access"]).status_code == 200


def test_an_access_token_is_no_refresh_token_and_the_other_way_round(
    stranger_api: APIClient, tokens: dict[str, str]
) -> None:
    assert refresh(stranger_api, tokens["access"]).status_code == 401
    assert get_own(stranger_api, tokens["refresh"]).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\0", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
def test_refuses_what_is_no_token(stranger_api: APIClient, db: None, token: str) -> None:
    assert refresh(stranger_api, token).status_code in {400, 401}
    assert get_own(stranger_api, token.replace("\0", "%00")).status_code == 401


def test_refuses_an_expired_access_token(stranger_api: APIClient, ann: Trader, tokens: dict[str, str]) -> None:
    access = Access(tokens["access"])  # type: ignore[arg-type]
    access.set_exp(from_time=timezone.now() - timedelta(hours=1))
    assert get_own(stranger_api, str(access)).status_code == 401


# ---- The end -----------------------------------------------------------------------------------------------------------


def test_signing_out_ends_both_tokens_at_once(stranger_api: APIClient, tokens: dict[str, str]) -> None:
    assert get_own(stranger_api, tokens["access"]).status_code == 200
    assert stranger_api.post(LOGOUT, {"refresh": tokens["refresh"]}, format="json").status_code == 204
    assert get_own(stranger_api, tokens["access"]).status_code == 401
    assert refresh(stranger_api, tokens["refresh"]).status_code == 401


def test_a_changed_password_ends_the_tokens_at_once(
    stranger_api: APIClient, ann: Trader, tokens: dict[str, str]
) -> None:
    assert get_own(stranger_api, tokens["access"]).status_code == 200
    ann.set_password("another fine password")
    ann.save()
    assert get_own(stranger_api, tokens["access"]).status_code == 401
    assert refresh(stranger_api, tokens["refresh"]).status_code == 401


def test_a_trader_who_was_made_inactive_is_refused_at_once(
    stranger_api: APIClient, ann: Trader, tokens: dict[str, str]
) -> None:
    assert get_own(stranger_api, tokens["access"]).status_code == 200
    ann.is_active = False
    ann.save()
    assert get_own(stranger_api, tokens["access"]).status_code == 401
    assert refresh(stranger_api, tokens["refresh"]).status_code == 401


def test_a_reader_who_was_slow_does_not_undo_a_revocation(
    stranger_api: APIClient, ann: Trader, tokens: dict[str, str]
) -> None:
    """The facts read before the change arrive in the cache after it."""
    sign_in_row = SignIn.objects.select_related("trader").get()
    stale = accounts_cache._facts(sign_in_row, sign_in_row.trader)
    ann.is_active = False
    ann.save()
    cache.add(accounts_cache.facts_key(sign_in_row.pk), stale)
    assert get_own(stranger_api, tokens["access"]).status_code == 401


def test_a_known_token_costs_no_query_for_the_trader(
    stranger_api: APIClient, tokens: dict[str, str], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    get_own(stranger_api, tokens["access"])
    with django_assert_max_num_queries(1) as seen:
        assert get_own(stranger_api, tokens["access"]).status_code == 200
    assert not any("accounts_trader" in query["sql"] for query in seen.captured_queries)


DEAD_CACHE = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": "redis://127.0.0.1:1/0",
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.2},
    }
}


def test_tokens_work_and_are_revoked_while_the_cache_is_down(
    stranger_api: APIClient, ann: Trader, password: str
) -> None:
    with override_settings(CACHES=DEAD_CACHE):
        tokens = sign_in(stranger_api, password).json()
        assert get_own(stranger_api, tokens["access"]).status_code == 200
        ann.is_active = False
        ann.save()
        assert get_own(stranger_api, tokens["access"]).status_code == 401


def test_an_older_key_still_verifies_but_a_foreign_one_does_not(
    stranger_api: APIClient, tokens: dict[str, str], settings: Any
) -> None:
    payload = Access(tokens["access"]).payload  # type: ignore[arg-type]
    old, foreign = "an older secret key, 0123456789-0123456789", "somebody else's key, 0123456789-0123456789"
    ring = KeyRing()
    with override_settings(SECRET_KEY=old):
        signed_with_old = KeyRing().encode(payload)
    with override_settings(SECRET_KEY=foreign):
        signed_with_foreign = KeyRing().encode(payload)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert KeyRing().decode(signed_with_old)["sid"] == payload["sid"]
    for token in (signed_with_foreign, signed_with_old):
        assert get_own(stranger_api, token).status_code == 401
    assert ring.decode(tokens["access"])["sid"] == payload["sid"]


@pytest.mark.parametrize("claims", [{"aud": "another-api"}, {"iss": "another portal"}])
def test_a_token_for_another_door_is_refused(
    stranger_api: APIClient, tokens: dict[str, str], settings: Any, claims: dict[str, str]
) -> None:
    payload = jwt.decode(tokens["access"], options={"verify_signature": False}) | claims
    kid = jwt.get_unverified_header(tokens["access"])["kid"]
    forged = jwt.encode(payload, settings.SECRET_KEY, "HS256", headers={"kid": kid})
    assert get_own(stranger_api, forged).status_code == 401


def test_a_token_is_good_under_the_name_of_its_key_alone(
    stranger_api: APIClient, tokens: dict[str, str], settings: Any
) -> None:
    payload = jwt.decode(tokens["access"], options={"verify_signature": False})
    for headers in ({}, {"kid": "0123456789abcdef"}, {"kid": key_id("another key")}):
        assert get_own(stranger_api, jwt.encode(payload, settings.SECRET_KEY, "HS256", headers)).status_code == 401
    assert settings.SECRET_KEY not in key_id(settings.SECRET_KEY)


# ---- Brute force -------------------------------------------------------------------------------------------------------


def test_guessing_one_trader_s_password_is_stopped_from_any_address(stranger_api: APIClient, ann: Trader) -> None:
    answers = [
        stranger_api.post(
            TOKEN, {"email": "ann@example.com", "password": "guess"}, format="json", REMOTE_ADDR=f"192.0.2.{number}"
        )
        for number in range(1, 22)
    ]
    # However the minute falls, more than its ten are in one of two windows.
    stopped = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(stopped["Retry-After"]) <= 61
    assert code_of(stopped) == "throttled"


def test_guessing_from_one_address_is_stopped_whatever_it_claims(stranger_api: APIClient, db: None) -> None:
    statuses = [
        stranger_api.post(
            TOKEN,
            {"email": f"guess{number}@example.com", "password": "guess"},
            format="json",
            HTTP_X_FORWARDED_FOR=f"198.51.100.{number}",
        ).status_code
        for number in range(42)
    ]
    assert 429 in statuses
