"""What must not be so on a server: found by `manage.py check --deploy`, before a trader finds it."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Doubt

MIN_SECRET_LENGTH = 50
MIN_SECRET_BITS = 128
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]", "::1", "testserver"}


@register(Tags.security, deploy=True)
def secrets_are_strong(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The secret signs sessions and tokens: who guesses it is everybody."""
    keys = {"SECRET_KEY": settings.SECRET_KEY}
    keys |= {f"SECRET_KEY_FALLBACKS[{number}]": key for number, key in enumerate(settings.SECRET_KEY_FALLBACKS)}
    return [
        Error(
            f"{name} is easy to guess.",
            hint="Make one: python -c 'import secrets; print(secrets.token_urlsafe(64))'",
            id="tradeportal.E001",
        )
        for name, key in keys.items()
        if is_weak(key)
    ]


def is_weak(key: str) -> bool:
    return len(key) < MIN_SECRET_LENGTH or "not-a-secret" in key or _bits(key) < MIN_SECRET_BITS


def _bits(key: str) -> float:
    """An upper bound of the key's entropy, from how often its characters occur."""
    shares = [count / len(key) for count in Counter(key).values()]
    return -sum(share * math.log2(share) for share in shares) * len(key)


@register(Tags.security, deploy=True)
def debug_stays_at_home(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Debug pages show settings and source to whoever makes an error."""
    public = [host for host in settings.ALLOWED_HOSTS if host.lower() not in _LOCAL_HOSTS]
    if not (settings.DEBUG and public):
        return []
    hint = f"Set DEBUG=false, or take {', '.join(public)} out of ALLOWED_HOSTS."
    return [Error("DEBUG is on for a host that others can reach.", hint=hint, id="tradeportal.E002")]


@register(Tags.caches, deploy=True)
def cache_is_shared(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """With a cache of its own, each worker would throttle by itself and miss the others' revocations."""
    backend = str(settings.CACHES["default"]["BACKEND"])
    if not backend.endswith(("LocMemCache", "DummyCache", "FileBasedCache")):
        return []
    hint = "Set REDIS_URL to a Redis or Valkey that all workers share."
    return [Error("The cache is not shared between workers.", hint=hint, id="tradeportal.E003")]


@register(Tags.security, deploy=True)
def proxy_is_declared(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Behind an undeclared proxy all callers share one address, and so one limit of sign-in attempts."""
    if not settings.HTTPS or settings.SECURE_PROXY_SSL_HEADER:
        return []
    hint = "Set BEHIND_PROXY=true where a proxy ends TLS and sets X-Forwarded-For and X-Forwarded-Proto."
    return [Doubt("HTTPS is on and no proxy is declared.", hint=hint, id="tradeportal.W001")]
