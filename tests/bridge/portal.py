"""A small portal over HTTP: notes syncs and acknowledgements, hands out close requests, and is in trouble when told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

ACCOUNT = "0199f3c2-0000-7000-8000-000000000001"
KEY = "tpk_3f9a1c0b7d52.secret"
Row = dict[str, Any]


@dataclass
class Portal:
    url: str = ""
    status: int = 200
    #: Answers are lost on their way: the call is noted, the connection dropped.
    drops: int = 0
    #: Deals that it can't take.
    refused_deals: set[str] = field(default_factory=set)
    redirect: str = ""
    keys: list[str] = field(default_factory=list)
    syncs: list[Row] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    acks: list[tuple[str, Row]] = field(default_factory=list)

    @property
    def deal_ids(self) -> list[str]:
        return [deal["deal_id"] for sync in self.syncs for deal in sync.get("deals", ())]

    def ask_to_close(self, number: str, ticket: int, attempts: int = 0) -> None:
        self.requests.append(
            {
                "id": number,
                "account": ACCOUNT,
                "ticket": str(ticket),
                "attempts": attempts,
                "expires_at": "2999-01-01T00:00:00Z",
            }
        )


@contextmanager
def portal() -> Iterator[Portal]:
    state = Portal()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state}))
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: ClassVar[Portal]

    def do_GET(self) -> None:
        self._answer(lambda: {"results": list(self.state.requests)})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        act = self._sync if self.path.endswith("/sync/") else self._ack
        self._answer(lambda: act(body))

    def _sync(self, body: Row) -> Row:
        for index, deal in enumerate(body["accounts"][0].get("deals", ())):
            if deal["deal_id"] in self.state.refused_deals:
                fields = {f"deals.{index}.volume": ["That is no volume."]}
                return {"accounts": [{"error": {"code": "invalid", "message": "Not taken.", "fields": fields}}]}
        self.state.syncs += body["accounts"]
        self.state.keys.append(self.headers["Idempotency-Key"])
        answer = {"result": "recorded", "error": None, "reconciliation": {"status": "healthy", "breaks": 0}}
        return {"accounts": [answer for _ in body["accounts"]]}

    def _ack(self, body: Row) -> Row:
        number = self.path.split("/")[-3]
        self.state.acks.append((number, body))
        self.state.requests = [row for row in self.state.requests if row["id"] != number]
        return {}

    def _answer(self, act: Callable[[], Row]) -> None:
        state = self.state
        assert self.headers["Authorization"] == f"Api-Key {KEY}"
        answer = act() if state.status == 200 else {"error": {"code": "trouble", "message": "In trouble."}}
        if state.drops:
            state.drops -= 1
            self.connection.close()
            self.close_connection = True
            return
        content = json.dumps(answer).encode()
        self.send_response(state.status)
        if state.redirect:
            self.send_header("Location", state.redirect)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        return
