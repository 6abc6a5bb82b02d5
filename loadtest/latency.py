"""Measures how long answers take for callers who do not wait for each other: the tails that a waiting client hides.

`python -m loadtest.latency ADDRESS CALLERS RATE SECONDS` asks at moments that are fixed beforehand, evenly apart and in the
weights of the load test, over connections that are opened one after the other. The time of an answer counts from the moment
at which its question was due, also when the client or the server was late: what waits in a queue is counted as waiting.
CALLERS is the file that loadtest.seed writes. Prints one line of JSON. Knows no Django.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: So many callers keep a connection open, each asking in its turn.
CONNECTIONS = 100
#: Connections are opened over so long, before the first question is due.
OPENING_S = 2.0
STATUS = ["reconciliation/status/"] * 5 + ["positions/open/"] * 3 + ["guards/status/"] * 2


@dataclass(slots=True)
class Found:
    """Seconds by question, from its due moment; how many failed, and how late the client itself asked at most."""

    times: list[float] = field(default_factory=list)
    failed: int = 0
    late_s: float = 0.0

    def told(self) -> dict[str, float]:
        """Shape: milliseconds by share, counts, and the most that the client was late."""
        ordered = sorted(self.times)
        shares = {f"p{share:g}": _at(ordered, share / 100) * 1000 for share in (50, 95, 99, 99.9)}
        return {**shares, "answers": len(ordered), "failed": self.failed, "client_late_ms": self.late_s * 1000}


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else float("inf")


class _Caller:
    """One connection; its questions are asked one at a time, those that are due meanwhile wait."""

    def __init__(self, host: str, port: int, token: str, number: int, *, with_tags: bool) -> None:
        self._where, self._token, self._with_tags = (host, port), token, with_tags
        self._paths = itertools.cycle(STATUS[number % len(STATUS) :] + STATUS[: number % len(STATUS)])
        self._tags: dict[str, str] = {}
        self._pipe: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        self._pipe = await asyncio.open_connection(*self._where)

    async def ask(self, due: float, found: Found) -> None:
        async with self._turn:
            try:
                status = await self._ask(next(self._paths))
            except (OSError, asyncio.IncompleteReadError):
                self._pipe = None
                status = await self._again()
        found.times.append(time.perf_counter() - due)
        found.failed += status not in (200, 304)

    async def _again(self) -> int:
        """A server may close a connection that was quiet; a question on a new one must succeed."""
        try:
            return await self._ask(next(self._paths))
        except (OSError, asyncio.IncompleteReadError):
            self._pipe = None
            return 0

    async def _ask(self, path: str) -> int:
        if self._pipe is None:
            await self.open()
        assert self._pipe is not None, "just opened"
        reader, writer = self._pipe
        news = f"If-None-Match: {self._tags[path]}\r\n" if path in self._tags else ""
        writer.write(
            f"GET /api/v1/{path} HTTP/1.1\r\nHost: {self._where[0]}\r\nAuthorization: Bearer {self._token}\r\n"
            f"{news}\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        status, headers = int(head[0][9:12]), _headers(head[1:])
        if status != 304:
            await reader.readexactly(int(headers.get("content-length", "0")))
        if self._with_tags and "etag" in headers:
            self._tags[path] = headers["etag"]
        if headers.get("connection", "").lower() == "close":
            writer.close()
            self._pipe = None
        return status


def _headers(lines: Sequence[bytes]) -> Mapping[str, str]:
    pairs = (line.decode("latin-1").partition(":") for line in lines if line)
    return {name.lower(): value.strip() for name, _, value in pairs}


async def measure(address: str, tokens: Sequence[str], rate: float, seconds: float, *, with_tags: bool) -> Found:
    """What callers found who asked `rate` times a second together."""
    host, port = address.removeprefix("http://").rstrip("/").split(":")
    number = min(CONNECTIONS, len(tokens))
    callers = [_Caller(host, int(port), tokens[n], n, with_tags=with_tags) for n in range(number)]
    for caller in callers:
        await caller.open()
        await asyncio.sleep(OPENING_S / number)
    found, asked = Found(), []
    started = time.perf_counter()
    for turn, caller in zip(range(int(rate * seconds)), itertools.cycle(callers), strict=False):
        due = started + turn / rate
        wait_s = due - time.perf_counter()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        found.late_s = max(found.late_s, time.perf_counter() - due)
        asked.append(asyncio.create_task(caller.ask(due, found)))
    await asyncio.gather(*asked)
    return found


def main() -> int:
    address, callers, rate, seconds = sys.argv[1:5]
    tokens: list[Any] = [one["token"] for one in json.loads(Path(callers).read_text(encoding="utf-8"))]
    with_tags = sys.argv[5:] == ["--tags"]
    found = asyncio.run(measure(address, tokens, float(rate), float(seconds), with_tags=with_tags))
    print(json.dumps(found.told()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
