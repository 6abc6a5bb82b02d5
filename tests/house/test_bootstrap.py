"""The environment behind make: made once, mended when broken, and explained when it cannot be made."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tradeportal.console import StepFailed
from tradeportal.local import ROOT

PARTS = ("__init__.py", "bootstrap.py", "console.py")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that make an environment, and requirements that need no download."""
    (tmp_path / "tradeportal").mkdir()
    for part in PARTS:
        shutil.copy(ROOT / "tradeportal" / part, tmp_path / "tradeportal" / part)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text("# nothing\n")
    (tmp_path / "hello.py").write_text("import sys\nprint('hello from', sys.prefix, *sys.argv[1:])\n")
    return tmp_path


def bootstrap(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tradeportal.bootstrap", *arguments]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.slow
def test_makes_the_environment_once_and_mends_it(checkout: Path) -> None:
    first = bootstrap(checkout, "hello", "one", "two")
    assert f"hello from {checkout / '.venv'} one two" in first.stdout
    assert "Making .venv" in first.stdout
    assert "Installing requirements.txt: done" in first.stdout

    assert bootstrap(checkout, "hello").stdout == f"hello from {checkout / '.venv'}\n"

    (checkout / "requirements.txt").write_text("# changed\n")
    changed = bootstrap(checkout, "hello").stdout
    assert "Installing requirements.txt: done" in changed
    assert "Making .venv" not in changed

    (checkout / ".venv" / "bin" / "python").unlink()
    assert "Making .venv: done" in bootstrap(checkout, "hello").stdout


@pytest.mark.slow
def test_a_failed_installation_is_shown_and_tried_again(checkout: Path) -> None:
    (checkout / "requirements.txt").write_text("./no-such-package --hash=sha256:00\n")
    failed = bootstrap(checkout, "hello")
    assert failed.returncode == 1
    assert "Installing requirements.txt failed:" in failed.stdout
    assert "hello from" not in failed.stdout
    (checkout / "requirements.txt").write_text("# mended\n")
    assert "hello from" in bootstrap(checkout, "hello").stdout


@pytest.mark.parametrize(
    "words",
    [
        "OSError: [Errno 28] No space left on device: 'x'",
        "FATAL:  could not extend file: wrote only 4096 of 8192 bytes at block 10",
        "error: write failed: disk quota exceeded",
    ],
)
def test_a_full_disk_is_one_sentence(words: str) -> None:
    assert StepFailed("Installing requirements.txt", words).sentence() == (
        "Installing requirements.txt: the disk is full."
    )


def test_the_python_finder_says_what_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "devtools" / "python"), "-c", "pass"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 or newer is needed and was not found")


def test_the_python_finder_passes_over_one_that_does_not_work(tmp_path: Path) -> None:
    broken = tmp_path / "python3.13"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    (tmp_path / "python3").symlink_to(sys.executable)
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "devtools" / "python"), "-c", "print('works')"],
        env={"PATH": f"{tmp_path}:{os.defpath}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "works\n"
