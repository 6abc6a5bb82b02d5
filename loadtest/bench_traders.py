"""Measures the same reads in two databases, one with twice the traders, turn and turn about.

`python -m loadtest.bench_traders` is one of the two readers: it fills its database, then reads once for each line it gets.
"""

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TRADERS, RUNS = 100, 8


def measure(environments: list[dict[str, str]]) -> dict[str, Any]:
    """The best time of each read, in ms: before, with so many traders, and after, with twice as many."""
    readers = [_reader(environment, TRADERS * times) for environment, times in zip(environments, (1, 2), strict=True)]
    try:
        for reader in readers:
            _said(reader)  # filled, and warm
        rounds = [[_asked(reader) for reader in readers] for _ in range(RUNS)]
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()
    return {
        name: {"before": min(one[name] for one, _ in rounds), "after": min(two[name] for _, two in rounds)}
        for name in rounds[0][0]
    }


def _reader(environment: Mapping[str, str], traders: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "loadtest.bench_traders", str(traders)]
    return subprocess.Popen(
        command, cwd=ROOT, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _asked(reader: "subprocess.Popen[str]") -> dict[str, float]:
    assert reader.stdin is not None, "stdin is a pipe"
    reader.stdin.write("\n")
    reader.stdin.flush()
    return _said(reader)


def _said(reader: "subprocess.Popen[str]") -> dict[str, float]:
    assert reader.stdout is not None, "stdout is a pipe"
    line = reader.stdout.readline()
    if not line:
        raise SystemExit("A reader of the benchmark ended early; its words are above.")
    found: dict[str, float] = json.loads(line)
    return found


def rows(found: dict[str, Any]) -> Iterator[tuple[str, str, str, float | None, str]]:
    """What the table of `make bench` shows: figure, value, floor, ratio, target."""
    return compared("traders", found)


def compared(what: str, found: dict[str, Any]) -> Iterator[tuple[str, str, str, float | None, str]]:
    for name, one in found.items():
        value, floor = f"{one['after']:.2f} ms", f"{one['before']:.2f} ms"
        yield f"Twice the {what}: {name}", value, floor, one["after"] / one["before"], "<= 1.1"


def _read_at_each_line(traders: int) -> None:
    from loadtest.bench_growth import TRADES, reads_of
    from loadtest.seed import analyze, seed

    seed(traders)
    reads = reads_of(TRADES)
    analyze()
    for turn in itertools.chain([None], sys.stdin):
        found = {name: read() for name, read in reads.items()}
        sys.stdout.write(json.dumps(found if turn else {}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _read_at_each_line(int(sys.argv[1]))
