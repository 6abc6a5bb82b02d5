"""Measures how long the first `make run` takes after installation: an empty directory, and then a page."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tradeportal.embedded import free_port, stop_process

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 90.0


def measure(directory: Path) -> dict[str, Any]:
    """Seconds until the page to sign in comes: servers, migrations, static files and demo included."""
    home, port = directory / "first-start", free_port()
    shutil.rmtree(home, ignore_errors=True)
    environment = {**os.environ, "VAR_DIR": str(home), "PORT": str(port), "LOG_LEVEL": "WARNING"}
    for name in ("DATABASE_URL", "REDIS_URL", "MAKELEVEL", "DEBUG"):
        environment.pop(name, None)
    started = time.monotonic()
    portal = subprocess.Popen(
        [sys.executable, "-m", "tradeportal.launch"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        return {"seconds": _until_a_page(f"http://127.0.0.1:{port}/", portal) - started}
    finally:
        stop_process(portal, signal.SIGTERM, 40)
        shutil.rmtree(home, ignore_errors=True)


def _until_a_page(url: str, portal: "subprocess.Popen[bytes]") -> float:
    give_up_at = time.monotonic() + TIMEOUT_S
    while time.monotonic() < give_up_at and portal.poll() is None:
        try:
            urlopen(url, timeout=20).close()  # our own server
            return time.monotonic()
        except (URLError, OSError):
            time.sleep(0.05)
    raise SystemExit("The portal did not start for the benchmark.")


def rows(found: dict[str, Any]) -> Iterator[tuple[str, str, str, float | None, str]]:
    """What the table of `make bench` shows: figure, value, floor, ratio, target."""
    yield "First start until a page", f"{found['seconds']:.1f} s", "", None, "<= 15 s, aim 5"
