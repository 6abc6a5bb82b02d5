"""Measures throughput of kept answers, pages and 304s on a real gunicorn, beside a hello on the same server and client."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from loadtest.seed import seed  # sets up Django
from loadtest.serving import Caller, gunicorn, interleaved, per_second, request_of, tag_of

#: So many that no one of them calls more often than a trader may.
TRADERS = 80
SECONDS, ROUNDS = 1.5, 3
#: In the weights of the load test.
STATUS = ["reconciliation/status/"] * 5 + ["positions/open/"] * 3 + ["guards/status/"] * 2


def measure() -> dict[str, Any]:
    """Shape: answers a second, by what was asked for."""
    callers = seed(TRADERS)
    answers = [(path, {"Authorization": f"Bearer {one['token']}"}) for one in callers for path in STATUS]
    asks = {
        "status": [request_of(f"/api/v1/{path}", headers) for path, headers in answers],
        "trades": [
            request_of(f"/api/v1/trades/?account={one['account']}", {"Authorization": f"Bearer {one['token']}"})
            for one in callers
        ],
        "page": [request_of("/trades/", {"Cookie": f"sessionid={one['session']}"}) for one in callers],
    }
    with (
        gunicorn("loadtest.hello", path="/hello/") as floor,
        gunicorn("tradeportal.wsgi") as portal,
    ):
        tags = _warmed(portal, asks)
        same = [_asking_for_news(*one, tag) for one, tag in zip(answers, tags["status"], strict=True)]
        hello = [request_of("/hello/", {})]
        return interleaved(
            {
                "hello": lambda: per_second(floor, hello, 200, SECONDS),
                "same": lambda: per_second(portal, same, 304, SECONDS),
                **{name: _rate_of(portal, requests) for name, requests in asks.items()},
            },
            ROUNDS,
        )


def _rate_of(portal: str, requests: Sequence[bytes]) -> Any:
    return lambda: per_second(portal, requests, 200, SECONDS)


def _warmed(portal: str, asks: dict[str, list[bytes]]) -> dict[str, list[str]]:
    """Asks for everything once, so that all of it is kept. Returns the tags of the answers."""
    caller = Caller(portal)
    tags: dict[str, list[str]] = {}
    for name, requests in asks.items():
        tags[name] = []
        for request in requests:
            status, head = caller.ask(request)
            if status != 200:
                raise SystemExit(f"{request[:80]!r} was answered with {status}.")
            tags[name].append(tag_of(head))
    caller.close()
    return tags


def _asking_for_news(path: str, headers: dict[str, str], tag: str) -> bytes:
    return request_of(f"/api/v1/{path}", {**headers, "If-None-Match": tag})


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()) + "\n")
