"""Progress of long steps: one moving line on a terminal, plain lines elsewhere. Standard library only."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

_FRAMES = "|/-\\"
_REMINDER_S = 20.0


_FULL_DISK = re.compile("No space left on device|Disk quota exceeded|Check free disk space|: wrote only", re.IGNORECASE)


def tells_of_full_disk(output: str) -> bool:
    """Whether a program's words mean that the disk is full."""
    return bool(_FULL_DISK.search(output))


class StepFailed(Exception):
    """A step that ended with an error, and what it printed."""

    def __init__(self, label: str, output: str) -> None:
        super().__init__(label)
        self.label = label
        self.output = output

    def sentence(self) -> str:
        if tells_of_full_disk(self.output):
            return f"{self.label}: the disk is full."
        return f"{self.label} failed:\n{self.output.rstrip()}"


def about_database(error: Exception) -> str:
    """One sentence for a database that can't be reached, is not there, or is full."""
    reason = str(error).strip().splitlines()[0]
    return f"The database could not be used: {reason}. See DATABASE_URL."


def say(text: str) -> None:
    print(text, flush=True)


def run_step(label: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Runs the command while its latest line shows beside the label; returns all that it printed."""
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    line = _MovingLine(label) if sys.stdout.isatty() else _PlainLines(label)
    try:
        output = _follow(process, line)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
        line.end(process.returncode == 0)
    if process.returncode:
        raise StepFailed(label, output)
    return output


def _follow(process: subprocess.Popen[bytes], line: _Line) -> str:
    assert process.stdout is not None, "stdout is a pipe"
    chunks: list[bytes] = []
    while True:
        readable, _, _ = select.select([process.stdout], [], [], 0.15)
        if readable:
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                process.wait()
                return b"".join(chunks).decode(errors="replace")
            chunks.append(chunk)
        line.show(chunks[-1].decode(errors="replace") if chunks else "")


class _Line:
    def __init__(self, label: str) -> None:
        self.label = label
        self.started_at = time.monotonic()

    def elapsed_s(self) -> float:
        return time.monotonic() - self.started_at

    def show(self, latest: str) -> None:
        raise NotImplementedError

    def end(self, succeeded: bool) -> None:
        raise NotImplementedError


class _MovingLine(_Line):
    def show(self, latest: str) -> None:
        words = [part.strip() for part in latest.splitlines() if part.strip()]
        frame = _FRAMES[int(self.elapsed_s() * 6) % len(_FRAMES)]
        text = f"{frame} {self.label} ({self.elapsed_s():.0f} s) {words[-1] if words else ''}"
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\033[K{text[:width]}", end="", flush=True)

    def end(self, succeeded: bool) -> None:
        word = "done" if succeeded else "failed"
        print(f"\r\033[K{self.label}: {word} in {self.elapsed_s():.1f} s", flush=True)


class _PlainLines(_Line):
    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.reminded_at = self.started_at
        say(f"{label} ...")

    def show(self, latest: str) -> None:
        if time.monotonic() - self.reminded_at > _REMINDER_S:
            self.reminded_at = time.monotonic()
            say(f"{self.label}: still at work after {self.elapsed_s():.0f} s")

    def end(self, succeeded: bool) -> None:
        say(f"{self.label}: {'done' if succeeded else 'failed'} in {self.elapsed_s():.1f} s")
