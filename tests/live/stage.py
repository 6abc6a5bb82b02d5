"""The real programs beside each other: web server, worker, bridge, and the file in which a simulated terminal lives."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import connection

from bridge.simulated import SimulatedTerminal
from tradeportal.embedded import free_port
from tradeportal.local import ROOT

ATHENS = ZoneInfo("Europe/Athens")
Found = TypeVar("Found")


def wait_for(what: str, look: Callable[[], Found | None], within_s: float = 30) -> Found:
    """What `look` finds once it finds something."""
    give_up_at = time.monotonic() + within_s
    while time.monotonic() < give_up_at:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {within_s:g} s")


@dataclass
class Programs:
    """Children of the test, ended with it. Their output goes to files below `home`."""

    home: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    started: dict[str, tuple[tuple[str, ...], dict[str, str]]] = field(default_factory=dict)

    def start(self, name: str, *command: str, **variables: str) -> None:
        self.started[name] = command, variables
        with (self.home / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def start_again(self, name: str) -> None:
        command, variables = self.started[name]
        self.start(name, *command, **variables)

    def kill(self, name: str) -> None:
        """Ends it as a power cut would: no handler of its own runs."""
        self.running[name].send_signal(signal.SIGKILL)
        assert self.running.pop(name).wait(10) == -signal.SIGKILL

    def stop(self, name: str) -> int:
        """The exit status after a polite request."""
        process = self.running.pop(name)
        process.terminate()
        return process.wait(30)

    def log(self, name: str) -> str:
        return (self.home / f"{name}.log").read_text()

    def end(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()


@contextmanager
def programs(home: Path) -> Iterator[Programs]:
    started = Programs(home)
    try:
        yield started
    finally:
        started.end()


def start_portal(started: Programs, **variables: str) -> str:
    """Starts the web server and the worker on the database of the test. Returns the portal's address."""
    facts = connection.settings_dict
    login = facts["USER"] + (f":{facts['PASSWORD']}" if facts["PASSWORD"] else "")
    database = f"postgresql://{login}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    shared = {
        "DATABASE_URL": database,
        "ALLOWED_HOSTS": "127.0.0.1",
        "PORTAL_URL": url,
        "VAR_DIR": str(started.home / "var"),
        "STATIC_COMPRESS": "false",
        **variables,
    }
    started.start("static", "manage.py", "collectstatic", "--no-input", "--verbosity=0", **shared)
    assert started.running.pop("static").wait(60) == 0, started.log("static")
    gunicorn = ("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "4", "--no-control-socket")
    started.start("web", "-m", "gunicorn", "tradeportal.wsgi", *gunicorn, **shared)
    started.start("worker", "manage.py", "procrastinate", "worker", **shared)
    wait_for("the web server", lambda: _answers(f"{url}/api/v1/health/"), 60)
    return url


def start_bridge(started: Programs, url: str, key: str, account: str) -> None:
    """Starts the bridge, or starts it again where it was."""
    config = started.home / "bridge.toml"
    config.write_text(
        f"""
        [portal]
        url = "{url}"
        account = "{account}"
        [bridge]
        state_dir = "{started.home}"
        interval_s = 0.5
        log_level = "DEBUG"
        [terminal]
        kind = "simulated"
        state = "{started.home / "terminal.json"}"
        """
    )
    started.start("bridge", "-m", "bridge", "--config", str(config), BRIDGE_API_KEY=key)


def simulated_terminal(home: Path) -> SimulatedTerminal:
    """The terminal that the bridge reads, in which nothing happens but what the test does."""
    return SimulatedTerminal(home / "terminal.json", ATHENS, walks=False, trades=False)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
