"""`make load`: half a minute of locust against a portal of its own, with demo data on throw-away servers."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import subprocess
import sys
import time

from tradeportal.console import say
from tradeportal.embedded import EmbeddedError, free_port, stop_process
from tradeportal.local import ROOT, Secrets, var_directory
from tradeportal.privileges import child_setup

USERS = 20
DURATION_S = 30
START_TIMEOUT_S = 90.0
DEMO_EMAIL = "demo@tradeportal.example"


def main() -> int:
    """Locust's exit status: 1 when a request failed."""
    home = var_directory() / "test" / f"load-{os.getpid()}"
    port = free_port()
    environment = {**os.environ, "VAR_DIR": str(home), "HOST": "127.0.0.1", "PORT": str(port)}
    for name in ("DATABASE_URL", "REDIS_URL", "MAKELEVEL"):
        environment.pop(name, None)
    portal = subprocess.Popen(
        [sys.executable, "-m", "tradeportal.launch"],
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        preexec_fn=child_setup(None, signal.SIGTERM),
    )
    try:
        _wait(portal, port)
        return _locust(f"http://127.0.0.1:{port}", Secrets(home).get("demo_password"), environment)
    finally:
        stop_process(portal, signal.SIGTERM, 40)
        shutil.rmtree(home, ignore_errors=True)


def _locust(address: str, password: str, environment: dict[str, str]) -> int:
    options = [
        "--headless",
        "--users",
        str(USERS),
        "--spawn-rate",
        "4",
        "--run-time",
        f"{DURATION_S}s",
        "--only-summary",
    ]
    command = [sys.executable, "-m", "locust", "-f", "loadtest/locustfile.py", "--host", address, *options]
    say(f"{USERS} users for {DURATION_S} s ...")
    settings = {**environment, "DEMO_EMAIL": DEMO_EMAIL, "DEMO_PASSWORD": password}
    return subprocess.run(command, cwd=ROOT, env=settings, check=False).returncode


def _wait(portal: subprocess.Popen[bytes], port: int) -> None:
    give_up_at = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < give_up_at and portal.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/api/v1/health/")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            connection.close()
    raise EmbeddedError("The portal did not start for the load test; its words are above.")
