"""Sessions of the database, with a copy in the cache that soon has to be read anew.

A copy that lives as long as its session outlives a sign-out whose word the cache did not get, or which another request
overtook between reading the row and keeping it. This one is believed for `SESSION_KEPT_S` seconds, then the database is asked.
"""

from typing import Any

from django.contrib.sessions.backends.cached_db import SessionStore as CachedStore
from django.core.cache import BaseCache

#: How long a session may go on after its end, when the end reached the database but not the cache.
SESSION_KEPT_S = 30


class SessionStore(CachedStore):
    # Not Django's own: copies under that name were kept for weeks.
    cache_key_prefix = "session:2:"

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self._cache: Any = _Brief(self._cache)


class _Brief:
    """A cache that keeps nothing for longer than `SESSION_KEPT_S`."""

    def __init__(self, cache: BaseCache) -> None:
        self._kept_in = cache

    def set(self, key: str, session: dict[str, Any], for_s: float) -> None:
        self._kept_in.set(key, session, min(for_s, SESSION_KEPT_S))

    async def aset(self, key: str, session: dict[str, Any], for_s: float) -> None:
        await self._kept_in.aset(key, session, min(for_s, SESSION_KEPT_S))

    def __contains__(self, key: str) -> bool:
        return key in self._kept_in

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kept_in, name)
