"""Counts the instructions of an answer, which a busy machine does not change: a guard against answers that cost more.

`perf` counts where the machine has counters, `callgrind` where it is installed; without either nothing is counted. What is
kept in instructions.json is each answer's share of a hello; `python -m loadtest.instructions record`, run by `make bench` with
--record, writes it anew when an answer is meant to cost something else.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

ROOT = Path(__file__).resolve().parent.parent
RECORD = Path(__file__).with_name("instructions.json")
#: Calls that are counted, by what is asked for.
CALLS = {"hello": 40, "kept answer": 20, "304": 20, "kept page": 10, "answer after a write": 4, "page after a write": 2}
TRADES = 60
Counts = dict[str, float]
#: Asks so many times.
Act = Callable[[int], None]


def measure() -> dict[str, Any]:
    """Shape: {"by", "counts": {name: instructions of one answer}}; `counts` is empty where nothing can count."""
    if _perf_counts():
        return {"by": "perf", "counts": _by_perf()}
    if shutil.which("valgrind") and shutil.which("callgrind_control"):
        return {"by": "callgrind", "counts": _by_callgrind()}
    return {"by": "", "counts": {}}


def _perf_counts() -> bool:
    if not shutil.which("perf"):
        return False
    tried = subprocess.run(
        ["perf", "stat", "-x,", "-e", "instructions:u", "true"], capture_output=True, text=True, check=False
    )
    return tried.returncode == 0 and "<not" not in tried.stderr


def _by_perf() -> Counts:
    with _Answering([]) as answering:
        return {name: _perf_of(answering, name) / calls for name, calls in CALLS.items()}


def _perf_of(answering: "_Answering", name: str) -> float:
    answering.warm(name)
    command = ["perf", "stat", "-x,", "-e", "instructions:u", "-p", str(answering.pid)]
    watching = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    answering.answer(name)
    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate()
    return float(said.split(",")[0])


def _by_callgrind() -> Counts:
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "counted"
        valgrind = ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
        with _Answering(valgrind) as answering:
            for name in CALLS:
                answering.warm(name)
                _control(answering.pid, "--instr=on")
                answering.answer(name)
                _control(answering.pid, f"--dump={name}")
                _control(answering.pid, "--instr=off")  # and back to nought
        dumped = sorted(out.parent.glob("counted.*"), key=lambda path: int(path.suffix[1:]))
        return {name: _total(path) / calls for (name, calls), path in zip(CALLS.items(), dumped, strict=False)}


def _control(pid: int, wish: str) -> None:
    subprocess.run(["callgrind_control", wish, str(pid)], check=True, capture_output=True)


def _total(path: Path) -> float:
    # `summary` is what came since the dump before, of which "off" knows nothing.
    found = re.search(r"^totals: (\d+)", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    assert found, "callgrind sums up each dump"
    return float(found[1])


class _Answering:
    """A process that answers when it is told to."""

    def __init__(self, under: list[str]) -> None:
        self._process = subprocess.Popen(
            [*under, sys.executable, "-m", "loadtest.instructions", "answer"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        self._wait()
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()

    def warm(self, name: str) -> None:
        self._tell(f"3 {name}")

    def answer(self, name: str) -> None:
        self._tell(f"{CALLS[name]} {name}")

    def _tell(self, wish: str) -> None:
        assert self._process.stdin is not None, "stdin is a pipe"
        self._process.stdin.write(wish + "\n")
        self._process.stdin.flush()
        self._wait()

    def _wait(self) -> None:
        assert self._process.stdout is not None, "stdout is a pipe"
        if self._process.stdout.readline().strip() != "done":
            raise SystemExit("What was to be counted ended early; its words are above.")


def _answer() -> None:
    acts = _acts()
    sys.stdout.write("done\n")
    sys.stdout.flush()
    for wish in sys.stdin:
        calls, name = wish.strip().split(" ", 1)
        acts[name](int(calls))
        sys.stdout.write("done\n")
        sys.stdout.flush()


def _acts() -> Mapping[str, Act]:
    from loadtest import bench_pages as pages  # sets up Django

    # isort: split
    from django.test import Client, override_settings

    from accounts.models import Trader
    from accounts.revisions import raise_revision

    trader = Trader.objects.create(email=f"{uuid4()}@example.com")
    account = pages.filled_account(trader, TRADES)
    doors = pages.doors_of(trader, account)
    news = pages.asking_for_news(doors["endpoint"])
    floor = Client(HTTP_HOST=pages.HOST)
    with override_settings(MIDDLEWARE=[]):
        floor.handler.load_middleware()  # it keeps what it finds at first

    def hello(calls: int) -> None:
        with override_settings(ROOT_URLCONF=pages.__name__):
            for _ in range(calls):
                floor.get("/hello/")

    def asked(call: Callable[[], object], before: Callable[[], object] = lambda: None) -> Act:
        def act(calls: int) -> None:
            for _ in range(calls):
                before()
                call()

        return act

    def write() -> None:
        raise_revision([account.pk])

    return {
        "hello": hello,
        "kept answer": asked(doors["endpoint"]),
        "304": asked(news),
        "kept page": asked(doors["page"]),
        "answer after a write": asked(doors["endpoint"], write),
        "page after a write": asked(doors["page"], write),
    }


def rows(found: dict[str, Any], recorded: Mapping[str, float]) -> Iterator[tuple[str, str, str, float | None, str]]:
    """What the table of `make bench` shows: figure, value, floor, ratio, target."""
    counts = found["counts"]
    if not counts:
        yield "Instructions of an answer", "not counted here: neither perf's counters nor callgrind", "", None, ""
        return
    for name in list(CALLS)[1:]:
        share = counts[name] / counts["hello"]
        value = f"{counts[name] / 1e6:.2f} million ({found['by']}), {share:.1f} hello"
        if name in recorded:
            yield (
                f"Instructions, {name}",
                value,
                f"recorded {recorded[name]:.1f} hello",
                share / recorded[name],
                "<= 1.1",
            )
        else:
            yield f"Instructions, {name}", value, "", None, ""


def recorded() -> dict[str, float]:
    found: dict[str, float] = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return found


def record(found: dict[str, Any]) -> None:
    counts = found["counts"]
    shares = {name: round(counts[name] / counts["hello"], 2) for name in list(CALLS)[1:]}
    RECORD.write_text(json.dumps(shares, indent=4) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["answer"]:
        _answer()
    else:
        sys.stdout.write(json.dumps(measure()) + "\n")
