"""The cache of the portal: Redis, which may be away."""

from typing import Any

from django_redis.cache import RedisCache


class AbsentableRedisCache(RedisCache):  # type: ignore[misc]
    """Redis whose failures are logged and swallowed, so that pages answer without it."""

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """Whether the key was free. While Redis is away it is: nobody else can hold it.

        django-allauth takes a lock this way before it counts attempts to sign in; were the answer no, nobody could sign
        in without Redis. The limits of the proxy in front remain.
        """
        added = super().add(*args, **kwargs)
        return True if added is None else bool(added)
