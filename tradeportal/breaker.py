"""Keeps a server that fails or stalls from being asked again and again: nobody waits twice for the same silence."""

import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from redis.exceptions import ConnectionError as RedisDown
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisSilent

logger = logging.getLogger(__name__)

FAILURES = 3
WINDOW_S = 10.0
PAUSE_S = 5.0


class SkippedError(RedisDown):
    """The cache was not asked, as it failed a moment ago. The log tells of the pause once, not of each who was skipped."""


class Breaker:
    """Per process. After some failures within a window the server is left alone for a while; then one call asks for all."""

    def __init__(self) -> None:
        self._failed_at: deque[float] = deque(maxlen=FAILURES)
        self._resumes_at = 0.0
        self._lock = Lock()

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Around one call. Errors: SkippedError at once while the server is left alone."""
        self.enter()
        try:
            yield
        except (RedisDown, RedisSilent):
            self.failed()
            raise
        except ResponseError:
            self.answered()  # a refusal is an answer: after a restart the first one is that a script is not known
            raise
        self.answered()

    def enter(self) -> None:
        if self._resumes_at and not self._is_turn_to_ask(time.monotonic()):
            raise SkippedError("Left alone for some seconds after it failed.")

    def failed(self) -> None:
        now = time.monotonic()
        with self._lock:
            self._failed_at.append(now)
            if self._resumes_at:
                self._resumes_at = now + PAUSE_S
            elif len(self._failed_at) == FAILURES and now - self._failed_at[0] <= WINDOW_S:
                self._resumes_at = now + PAUSE_S
                logger.warning("Redis failed %d times; it is left alone until it answers again.", FAILURES)

    def answered(self) -> None:
        if self._resumes_at:
            self.reset()
            logger.warning("Redis answers again.")

    def reset(self) -> None:
        with self._lock:
            self._failed_at.clear()
            self._resumes_at = 0.0

    def _is_turn_to_ask(self, now: float) -> bool:
        with self._lock:
            if now < self._resumes_at:
                return False
            self._resumes_at = now + PAUSE_S
            return True


#: One for all that this process asks of the cache: answers, sessions, throttles and the doors.
BREAKER = Breaker()


class SkippedFilter(logging.Filter):
    """Leaves out what only says that the cache was skipped."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        while error is not None:
            if isinstance(error, SkippedError):
                return False
            error = error.__cause__  # not `__context__`: what failed after a skip is told
        return True
