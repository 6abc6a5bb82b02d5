"""manage.py check --deploy finds what must not be so on a server."""

import secrets
from typing import Any

import pytest
from django.core import checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from tradeportal.checks import is_weak

STRONG = secrets.token_urlsafe(64)


def found() -> set[str]:
    return {str(message.id) for message in checks.run_checks(include_deployment_checks=True)}


@pytest.fixture(autouse=True)
def well_configured(settings: Any) -> None:
    settings.SECRET_KEY = STRONG
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["portal.example"]


def test_a_good_configuration_has_none_of_our_findings() -> None:
    assert {name for name in found() if name.startswith("tradeportal.")} == set()


@pytest.mark.parametrize(
    "key", ["short", "x" * 100, "not-a-secret-" + STRONG, "abababab" * 10], ids=["short", "one", "said", "few"]
)
def test_a_weak_secret_is_an_error(settings: Any, key: str) -> None:
    settings.SECRET_KEY = key
    assert "tradeportal.E001" in found()


def test_a_weak_older_secret_is_an_error_too(settings: Any) -> None:
    settings.SECRET_KEY_FALLBACKS = ["short"]
    assert "tradeportal.E001" in found()


def test_random_secrets_are_strong() -> None:
    assert not any(is_weak(secrets.token_urlsafe(64)) for _ in range(100))


@pytest.mark.parametrize(("hosts", "is_error"), [(["portal.example"], True), (["*"], True), (["127.0.0.1"], False)])
def test_debug_on_a_public_host_is_an_error(settings: Any, hosts: list[str], is_error: bool) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS = True, hosts
    assert ("tradeportal.E002" in found()) == is_error


def test_a_cache_of_each_process_alone_is_an_error(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    assert "tradeportal.E003" in found()


def test_https_without_a_declared_proxy_is_a_doubt(settings: Any) -> None:
    settings.HTTPS, settings.SECURE_PROXY_SSL_HEADER = True, None
    assert "tradeportal.W001" in found()


def test_the_command_fails_on_an_error(settings: Any) -> None:
    settings.SECRET_KEY = "short"
    with pytest.raises(SystemCheckError, match="SECRET_KEY is easy to guess"):
        call_command("check", deploy=True)
