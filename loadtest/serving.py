"""A gunicorn of its own for a measurement, and a client that costs little: sockets that stay open, bytes as they are."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median
from threading import Thread
from urllib.error import URLError
from urllib.request import urlopen

_HEAD_END = b"\r\n\r\n"


@contextmanager
def gunicorn(
    application: str,
    *options: str,
    workers: int = 1,
    threads: int = 2,
    path: str = "/api/v1/health/",
    environment: Mapping[str, str] = os.environ,
) -> Iterator[str]:
    """Yields host and port of an application that answers at `path`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    shape = ["--worker-class", "gthread", "--threads", str(threads), "--workers", str(workers)]
    quiet = ["--no-control-socket", "--log-level", "warning"]
    command = [sys.executable, "-m", "gunicorn", application, "--bind", bind, *shape, *quiet, *options]
    server = subprocess.Popen(command, env=dict(environment))
    try:
        wait_for(f"http://{bind}{path}")
        yield bind
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(url: str) -> None:
    for _ in range(100):
        try:
            urlopen(url, timeout=5).close()  # our own server
            return
        except (URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"{url} did not answer.")


def request_of(path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


class Caller:
    """One open connection."""

    def __init__(self, bind: str) -> None:
        host, port = bind.split(":")
        self._where = (host, int(port))
        self._socket: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and head of the answer. A connection that the server has closed in between is opened again."""
        try:
            return self._ask(request)
        except OSError:
            self.close()
            return self._ask(request)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self, request: bytes) -> tuple[int, bytes]:
        if self._socket is None:
            self._socket = socket.create_connection(self._where, timeout=30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        received = self._more(b"")
        while _HEAD_END not in received:
            received = self._more(received)
        head, _, body = received.partition(_HEAD_END)
        status = int(head[9:12])
        left = 0 if status == 304 else _length(head) - len(body)
        while left > 0:
            left -= len(self._more(b""))
        return status, head

    def _more(self, before: bytes) -> bytes:
        assert self._socket is not None, "opened by _ask"
        received = self._socket.recv(262_144)
        if not received:
            raise ConnectionError("The server closed the connection.")
        return before + received


def tag_of(head: bytes) -> str:
    """The ETag of an answer; blank without one."""
    return next((line[6:].decode() for line in head.split(b"\r\n") if line[:6].lower() == b"etag: "), "")


def _length(head: bytes) -> int:
    lengths = [line[15:] for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"]
    if not lengths:
        raise RuntimeError(f"An answer without a length: {head[:200]!r}")
    return int(lengths[0])


def per_second(bind: str, requests: Sequence[bytes], expected: int, seconds: float, callers: int = 2) -> float:
    """How many answers a second come, when so many callers ask in turn for all of this. Errors: any other status."""
    counts, wrong = [0] * callers, [0] * callers

    def call(number: int) -> None:
        caller, turn = Caller(bind), number * (len(requests) // callers)
        give_up_at = time.perf_counter() + seconds
        while time.perf_counter() < give_up_at:
            status, _head = caller.ask(requests[turn % len(requests)])
            turn += 1
            if status == expected:
                counts[number] += 1
            else:
                wrong[number] = status
        caller.close()

    started = time.perf_counter()
    threads = [Thread(target=call, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if any(wrong):
        raise SystemExit(f"{requests[0][:60]!r} was answered with {max(wrong)} instead of {expected}.")
    return sum(counts) / (time.perf_counter() - started)


def interleaved(acts: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of each act's results, taken turn and turn about."""
    found: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            found[name].append(act())
    return {name: median(results) for name, results in found.items()}
