"""`make run` as a person meets it: its sentences, its orderly end, and what is left after a disorderly one."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house.test_embedded import wait_until_gone
from tradeportal.embedded import free_port
from tradeportal.local import ROOT

START_TIMEOUT_S = 90
Launch = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Starts the launcher with its data below the test's directory; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(**variables: str) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
        environment = {**kept, "VAR_DIR": str(tmp_path / "var"), "PYTHONUNBUFFERED": "1", **variables}
        command = [sys.executable, "-m", "tradeportal.launch"]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def read_until(process: subprocess.Popen[str], pattern: str) -> str:
    """All output up to the line that matches; fails with it when the process ends first."""
    assert process.stdout is not None
    lines: list[str] = []
    give_up_at = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < give_up_at:
        line = process.stdout.readline()
        lines.append(line)
        if re.search(pattern, line):
            return "".join(lines)
        if not line:
            break
    raise AssertionError(f"{pattern} never came:\n{''.join(lines)}")


def children_of(pid: int) -> dict[str, int]:
    """The launcher's children by the last part of their program or module."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            words = (entry / "cmdline").read_text().split("\0")
        except OSError:
            continue
        if parent == pid:
            found[" ".join(words)] = int(entry.name)
    return found


def get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    return connection.getresponse().status


def test_a_busy_port_is_named_in_one_sentence(launch: Launch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        process = launch(PORT=str(port))
        output, _ = process.communicate(timeout=30)
    assert output == (
        f"Port {port} is in use by another program: stop it, or choose another with PORT=8001 make run.\n"
    )
    assert process.returncode == 1


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PORT": "eighty"}, "PORT must be a number from 1 to 65535, not 'eighty'."),
        ({"PORT": "70000"}, "PORT must be a number from 1 to 65535, not '70000'."),
        ({"HOST": "192.0.2.7"}, "HOST=192.0.2.7 is not an address of this machine"),
    ],
)
def test_a_wrong_address_is_named_in_one_sentence(launch: Launch, variables: dict[str, str], sentence: str) -> None:
    process = launch(**{"PORT": str(free_port()), **variables})
    output, _ = process.communicate(timeout=30)
    assert output.startswith(sentence)
    assert output.count("\n") == 1
    assert process.returncode == 1


@pytest.mark.slow
def test_runs_with_demo_data_and_leaves_nothing_when_it_is_stopped(launch: Launch, tmp_path: Path) -> None:
    port = free_port()
    process = launch(PORT=str(port))
    output = read_until(process, "Ctrl-C stops everything")
    assert f"TradePortal is ready at http://127.0.0.1:{port}/" in output
    assert re.search(r"Sign in as demo@tradeportal\.example with the password \S{8,}", output)
    assert get(port, "/api/v1/health/") == 200

    second = launch(PORT=str(free_port()))
    told, _ = second.communicate(timeout=30)
    assert "already runs in this checkout" in told
    assert second.returncode == 1

    children = children_of(process.pid).values()
    process.send_signal(signal.SIGTERM)
    ending, _ = process.communicate(timeout=60)
    assert ending.endswith("Stopped.\n")
    assert process.returncode == 0
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    assert wait_until_gone(tmp_path / "var") == []


@pytest.mark.slow
def test_starts_again_what_dies_and_takes_all_along_when_it_is_killed(launch: Launch, tmp_path: Path) -> None:
    port = free_port()
    process = launch(PORT=str(port))
    read_until(process, "Ctrl-C stops everything")
    for name, words in (
        ("Valkey", "valkey-server"),
        ("The worker", "procrastinate"),
        ("The web server", "gunicorn"),
        ("The demo's bridge", "demo.toml"),
    ):
        pid = next(pid for command, pid in children_of(process.pid).items() if words in command)
        os.kill(pid, signal.SIGKILL)
        read_until(process, rf"{name} stopped unexpectedly .* was started again")
    children = children_of(process.pid).values()
    assert len(children) == 5

    process.send_signal(signal.SIGKILL)
    process.wait()
    give_up_at = time.monotonic() + 20
    while (left := [pid for pid in children if Path(f"/proc/{pid}").exists()]) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    assert left == []
    assert wait_until_gone(tmp_path / "var") == []

    again = launch(PORT=str(port), SIMULATE="false")
    output = read_until(again, "Ctrl-C stops everything")
    assert "Sign in as demo@tradeportal.example" in output
    assert not [command for command in children_of(again.pid) if "demo.toml" in command]
    again.send_signal(signal.SIGINT)
    again.communicate(timeout=60)
    assert again.returncode == 0
