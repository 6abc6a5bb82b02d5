"""How often somebody may call. Rates are in REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]."""

import hashlib
import time
from functools import cache as once
from typing import Any
from uuid import UUID

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class WindowThrottle(SimpleRateThrottle):
    """Counts calls in fixed windows with one atomic step, so that a burst at once can't slip through.

    While the cache is down nobody is throttled; the proxy in front has limits of its own.
    """

    num_requests: int
    duration: int

    def allow_request(self, request: Request, view: Any) -> bool:
        key = self.get_cache_key(request, view)
        if self.rate is None or key is None:
            return True
        self.now = time.time()
        counted: int | None = getattr(request._request, "counted_calls", None) if self.scope == "user" else None
        if counted is not None:
            return counted <= self.num_requests
        window = int(self.now // self.duration)
        return self._calls(f"throttle:{key}:{window}") <= self.num_requests

    def _calls(self, key: str) -> int:
        """This call's number in its window, 0 while the cache is down."""
        try:
            return cache.incr(key) or 0
        except ValueError:
            # The first of its window, unless another first call came in between: then this one is not counted.
            cache.add(key, 1, self.duration + 1)
            return 1

    def wait(self) -> float:
        return max(1.0, self.duration - self.now % self.duration)


@once
def _parsed(rate: str) -> tuple[int, int]:
    most, duration = WindowThrottle.__new__(WindowThrottle).parse_rate(rate)
    assert most is not None and duration is not None
    return most, duration


class TraderThrottle(WindowThrottle):
    """Per trader; for those who have not signed in, per address."""

    scope = "user"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return f"user:{request.user.pk}" if request.user and request.user.is_authenticated else None

    @staticmethod
    def calls_key(trader_id: UUID) -> str:
        """What the key begins with under which this trader's calls are counted; the number of the window ends it."""
        return f"throttle:user:{trader_id}:"

    @classmethod
    def window_now(cls) -> tuple[int, int, int]:
        """The number of the window, the seconds that it lasts, and how many calls it allows."""
        most, duration = _parsed(getattr(cls, "rate", None) or cls.THROTTLE_RATES[cls.scope])
        return int(time.time() // duration), duration, most


class AddressThrottle(WindowThrottle):
    scope = "anon"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return None if request.user and request.user.is_authenticated else f"anon:{self.get_ident(request)}"


class KeyThrottle(WindowThrottle):
    """Per API key, so that one program that runs wild leaves its trader's others alone."""

    scope = "api_key"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        key_id = getattr(request.user, "key_id", None)
        return f"api-key:{key_id}" if key_id else None


class RefusedKeyThrottle(WindowThrottle):
    """API keys from one address that were refused."""

    scope = "api_key_refused"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return f"api-key-refused:{self.get_ident(request)}"


class SignInAddressThrottle(WindowThrottle):
    """Attempts to sign in from one address."""

    scope = "token"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return f"token:address:{self.get_ident(request)}"


class SignInEmailThrottle(WindowThrottle):
    """Attempts to sign in with one e-mail, from wherever they come."""

    scope = "token_email"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        email = request.data.get("email") if isinstance(request.data, dict) else None
        if not isinstance(email, str):
            return None
        return f"token:email:{hashlib.sha256(email.strip().lower().encode()).hexdigest()}"


class UploadThrottle(WindowThrottle):
    """Statements sent by one trader."""

    scope = "upload"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return f"upload:{request.user.pk}" if request.method == "POST" else None


class UnknownLinkThrottle(WindowThrottle):
    """Links to shared records from one address that opened nothing."""

    scope = "unknown_link"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return f"unknown-link:{self.get_ident(request)}"


class SharedDownloadThrottle(WindowThrottle):
    """Downloads of one shared record, whose key takes the place of the view."""

    scope = "shared_download"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return f"shared-download:{view}"
