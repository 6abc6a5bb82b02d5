"""The cache of the portal: Redis, which may be away."""

import os
from threading import local
from typing import Any

from django_redis.cache import RedisCache
from hiredis import pack_command
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import ConnectionError as RedisDown
from redis.exceptions import ResponseError

from tradeportal.breaker import BREAKER


class AbsentableRedisCache(RedisCache):  # type: ignore[misc]
    """Redis whose failures are logged and swallowed, so that pages answer without it."""

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """Whether the key was free. While Redis is away it is: nobody else can hold it.

        django-allauth takes a lock this way before it counts attempts to sign in; were the answer no, nobody could sign
        in without Redis. The limits of the proxy in front remain.
        """
        added = super().add(*args, **kwargs)
        return True if added is None else bool(added)


class GuardedRedis(Redis):
    """Redis that is left alone for a while after it failed: see tradeportal/breaker.py."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        with BREAKER.guarding():
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> "GuardedPipeline":
        return GuardedPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


class GuardedPipeline(Pipeline):
    def execute(self, raise_on_error: bool = True) -> list[Any]:
        if not self.command_stack:
            return []  # nothing is asked, so nothing answers
        with BREAKER.guarding():
            return super().execute(raise_on_error)


class Line:
    """A connection of each thread's own, for calls that every request makes: without a pool it costs a third."""

    def __init__(self) -> None:
        self._kept = local()

    def call(self, client: Any, *command: Any) -> Any:
        """The answer to one command, which may be sent twice where the connection had gone. Errors: RedisError."""
        packed = pack_command(command)
        with BREAKER.guarding():
            try:
                return self._ask(self._connection(client), packed)
            except RedisDown:
                # Kept from before Redis was started again, most likely.
                return self._ask(self._connection(client), packed)

    def _ask(self, connection: Any, packed: bytes) -> Any:
        try:
            connection.send_packed_command([packed], check_health=False)
            answer = connection.read_response()
        except ResponseError:
            raise  # Redis said so itself: the connection stands at the start of the next answer
        except BaseException:
            self._kept.of = None
            connection.disconnect()
            raise
        return answer

    def _connection(self, client: Any) -> Any:
        of = (client, os.getpid())
        if getattr(self._kept, "of", None) != of:
            connection = client.connection_pool.make_connection()
            connection.connect()
            self._kept.of, self._kept.connection = of, connection
        return self._kept.connection
