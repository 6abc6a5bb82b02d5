"""Traders whose mobile clients ask how their accounts stand, who open pages, and whose bridges send syncs meanwhile.

Started by `make load`. LOAD_SEED names the file of callers (loadtest/seed.py); with LOAD_CONDITIONAL=1 clients ask with the
tag of the answer that they have, as a well-made one does.
"""

import itertools
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant_pacing, constant_throughput, task

from loadtest.entries import entry_of

CALLERS: list[dict[str, Any]] = json.loads(Path(os.environ["LOAD_SEED"]).read_text(encoding="utf-8"))
ASKS_WITH_TAGS = os.environ.get("LOAD_CONDITIONAL") == "1"
SYNC_EVERY_S = 10
#: Those whom a hundred users ask about.
LIVE = CALLERS[:100]
_next = itertools.cycle(CALLERS)


class StatusClient(FastHttpUser):
    """A client that asks four times a second, for the three answers of the brief in its weights."""

    weight = 18
    wait_time = constant_throughput(4.4)

    def on_start(self) -> None:
        self.caller = next(_next)
        self.tags: dict[str, str] = {}

    @task(5)
    def reconciliation_status(self) -> None:
        self.ask("reconciliation/status/")

    @task(3)
    def open_positions(self) -> None:
        self.ask("positions/open/")

    @task(2)
    def guards_status(self) -> None:
        self.ask("guards/status/")

    def ask(self, path: str) -> None:
        headers = {"Authorization": f"Bearer {self.caller['token']}"}
        if ASKS_WITH_TAGS and path in self.tags:
            headers["If-None-Match"] = self.tags[path]
        answer = self.client.get(f"/api/v1/{path}", headers=headers, name=f"api {path}")
        if answer.headers and answer.headers.get("ETag"):
            self.tags[path] = str(answer.headers["ETag"])


class PageReader(FastHttpUser):
    """Somebody who reads pages, in the mix of a working day."""

    weight = 2
    wait_time = constant_throughput(1)

    def on_start(self) -> None:
        self.cookie = {"Cookie": f"sessionid={next(_next)['session']}"}

    @task(3)
    def dashboard(self) -> None:
        self.client.get("/", headers=self.cookie, name="page dashboard")

    @task(4)
    def trades(self) -> None:
        self.client.get("/trades/", headers=self.cookie, name="page trades")

    @task(2)
    def positions(self) -> None:
        self.client.get("/positions/", headers=self.cookie, name="page positions")


class Bridge(FastHttpUser):
    """Sends the syncs of every caller whom a client asks about: each has a sync every ten seconds."""

    fixed_count = 1
    wait_time = constant_pacing(SYNC_EVERY_S / len(LIVE))

    def on_start(self) -> None:
        self.turns = itertools.count(1)
        self.callers = itertools.cycle(LIVE)

    @task
    def sync(self) -> None:
        caller = next(self.callers)
        entry = entry_of(caller["account"], datetime.now(UTC).isoformat(), next(self.turns))
        headers = {"Authorization": f"Api-Key {caller['key']}", "Content-Type": "application/json"}
        self.client.post("/api/v1/sync/", data=json.dumps({"accounts": [entry]}), headers=headers, name="api sync")
