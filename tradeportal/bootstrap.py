"""Makes `.venv` with the pinned and hashed requirements, then becomes a program inside it.

Usage: python3 -m tradeportal.bootstrap [--dev] MODULE [ARGUMENT...]

It runs before anything is installed: standard library only. It installs again only when the requirements or the Python
changed, and mends an environment whose installation was interrupted or whose Python has gone.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tradeportal.console import StepFailed, run_step, say

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = (3, 11)
NEEDED_BYTES = 500_000_000


class BootstrapError(Exception):
    """What is missing, as one sentence for the person at the keyboard."""


def main(arguments: Sequence[str]) -> int:
    """Only returns when something is wrong; otherwise this process becomes the module."""
    dev = bool(arguments) and arguments[0] == "--dev"
    module, *rest = arguments[1:] if dev else arguments
    try:
        install(dev=dev)
    except BootstrapError as error:
        say(str(error))
    except StepFailed as error:
        say(error.sentence())
    except OSError as error:
        say(f"The environment could not be made: {error.strerror or error} ({error.filename or VENV}).")
    except KeyboardInterrupt:
        say("Stopped. The next start continues the installation.")
    else:
        os.chdir(ROOT)
        os.execv(PYTHON, [str(PYTHON), "-m", module, *rest])
    return 1


def install(*, dev: bool) -> None:
    """The environment holds the requirements (with those of tests and checks when dev is true)."""
    if sys.version_info < OLDEST_PYTHON:
        raise BootstrapError(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    names = ["requirements.txt", "requirements-dev.txt"] if dev else ["requirements.txt"]
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _python_works():
            _make_environment()
        missing = [
            name for name in names if not _stamp(name).exists() or _stamp(name).read_text() != _fingerprint(name)
        ]
        if missing:
            _check_space()
            _install_requirements(names)
            for name in names:
                _stamp(name).write_text(_fingerprint(name))


def _stamp(name: str) -> Path:
    return VENV / f".installed-{name}"


def _fingerprint(name: str) -> str:
    return hashlib.sha256(str(PYTHON.resolve()).encode() + (ROOT / name).read_bytes()).hexdigest()


def _python_works() -> bool:
    try:
        code = f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON} or sys.prefix == sys.base_prefix)"
        return subprocess.run([PYTHON, "-c", code], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make_environment() -> None:
    uv = shutil.which("uv")
    if uv:
        run_step("Making .venv", [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)])
        return
    if importlib.util.find_spec("ensurepip") is None:
        _add_debian_venv()
    run_step("Making .venv", [sys.executable, "-m", "venv", "--clear", str(VENV)])


def _add_debian_venv() -> None:
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if os.geteuid() or not shutil.which("apt-get"):
        raise BootstrapError(f"This Python cannot make environments: install {package} (Debian, Ubuntu) or uv.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run_step("Updating the package list", ["apt-get", "update", "-q"], environment)
    run_step(f"Installing {package}", ["apt-get", "install", "-y", "-q", package], environment)


def _install_requirements(names: Sequence[str]) -> None:
    files = [argument for name in names for argument in ("-r", str(ROOT / name))]
    label = f"Installing {' and '.join(names)}"
    uv = shutil.which("uv")
    if uv:
        run_step(label, [uv, "pip", "install", "--python", str(PYTHON), "--require-hashes", *files])
        return
    if subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        run_step("Adding pip to .venv", [str(PYTHON), "-m", "ensurepip", "--upgrade"])
    options = ["--require-hashes", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    run_step(label, [str(PYTHON), "-m", "pip", "install", *options, *files])


def _check_space() -> None:
    free = shutil.disk_usage(ROOT).free
    if free < NEEDED_BYTES:
        raise BootstrapError(
            f"The disk is too full: {free // 1_000_000} MB are free at {ROOT}, and the installation "
            f"takes about {NEEDED_BYTES // 1_000_000} MB."
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
