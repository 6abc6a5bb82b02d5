"""What a production server tells browsers, read from the settings that it would start with."""

import json
import os
import secrets
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

PRODUCTION = {
    "SECRET_KEY": secrets.token_urlsafe(64),
    "DEBUG": "false",
    "HTTPS": "true",
    "BEHIND_PROXY": "true",
    "ALLOWED_HOSTS": "portal.example.com",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "EMBEDDED_SERVERS": "false",
}
_NAMES = (
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_NAME",
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "ACCOUNT_EMAIL_VERIFICATION",
    "ALLAUTH_TRUSTED_PROXY_COUNT",
    "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN",
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **PRODUCTION, "DJANGO_SETTINGS_MODULE": "tradeportal.settings"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_deployment_check_finds_nothing() -> None:
    done = run("manage.py", "check", "--deploy", "--fail-level", "INFO")
    assert done.returncode == 0, done.stdout + done.stderr


def test_over_tls_cookies_are_this_hosts_own_and_addresses_are_confirmed() -> None:
    program = (
        f"import json; from django.conf import settings as s; print(json.dumps([getattr(s, n) for n in {_NAMES}]))"
    )
    found: list[Any] = json.loads(run("-c", program).stdout)
    assert found == ["__Host-sessionid", "__Host-csrftoken", True, True, "mandatory", 1, False]


@pytest.mark.django_db
def test_every_answer_says_who_may_embed_it_and_what_it_may_use(stranger: Client) -> None:
    for address in (reverse("account_login"), reverse("api_health"), "/static/favicon.svg", "/nothing/"):
        answer = stranger.get(address)
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin", address
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in answer["Permissions-Policy"]
    policy = stranger.get(reverse("account_login"))["Content-Security-Policy"]
    assert "unsafe" not in policy and "script-src 'self'" in policy and "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
@pytest.mark.django_db
def test_next_leads_to_no_other_site(ann_client: Client, target: str) -> None:
    for name, data in (("theme", {"theme": "dark", "next": target}), ("account_logout", {"next": target})):
        assert "evil" not in ann_client.post(reverse(name), data)["Location"]
        assert "javascript" not in ann_client.post(reverse("theme"), data)["Location"]
