"""The steps of `make test` and of its parts, run one after the other; each says what it is and how it ended.

Usage: python -m devtools.suite test|check|lint|types|bench|load|docs
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devtools import links, load
from devtools.programs import CHROMIUM, NGINX, Missing
from tradeportal.console import say
from tradeportal.embedded import EmbeddedError
from tradeportal.local import ROOT, LocalServers, var_directory


@dataclass(frozen=True)
class Step:
    """One program of the virtual environment. `needs_servers` gives it a database and a cache of its own."""

    name: str
    arguments: tuple[str, ...]
    needs_servers: bool = False


LINT = (
    Step("Lint", ("-m", "ruff", "check", ".")),
    Step("Format", ("-m", "ruff", "format", "--check", "--quiet", ".")),
    Step("Templates", ("-m", "djlint", "templates", "--lint", "--quiet")),
)
TYPES = (
    Step("Types", ("-m", "mypy", "accounts", "bridge", "devtools", "loadtest", "tests", "tradeportal", "trading")),
)
CONTRACTS = Step(
    "Import contracts", ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-logo'])")
)
MIGRATIONS = Step("Migrations match the models", ("manage.py", "makemigrations", "--check", "--dry-run"), True)
SYSTEM = Step("System check", ("manage.py", "check", "--fail-level", "WARNING"), True)
SCHEMA = ("spectacular", "--file", "docs/openapi.yaml", "--validate", "--fail-on-warn")
SECRETS = Step("Secrets in the repository", ("-m", "devtools.secret_scan"))
CHECKS = (*LINT, *TYPES, CONTRACTS, SECRETS, MIGRATIONS, SYSTEM)
BENCH = (Step("Benchmarks", ("-m", "loadtest.bench"), True),)
#: Each takes about 600 MB, its servers and its browser included.
_MOST_PROCESSES = 4
DOCS = (
    Step("API schema", ("manage.py", *SCHEMA), True),
    Step("Links", ("-m", links.__name__)),
)


def main(arguments: Sequence[str]) -> int:
    """The exit status of the wish: 0 when every step passed."""
    wish = arguments[0] if arguments else "test"
    wishes = {
        "test": test,
        "check": lambda: _status(run_steps(CHECKS)),
        "lint": lambda: _status(run_steps(LINT)),
        "types": lambda: _status(run_steps(TYPES)),
        "docs": lambda: _status(run_steps(DOCS)),
        "bench": lambda: _status(run_steps(BENCH, throwaway=False)),
        "load": load.main,
    }
    if wish not in wishes:
        say(f"Unknown wish {wish!r}: choose one of {', '.join(wishes)}.")
        return 2
    try:
        return wishes[wish]()
    except (EmbeddedError, Missing) as error:
        say(str(error))
    except KeyboardInterrupt:
        say("Stopped.")
    return 1


def test() -> int:
    """Every check, then every test; pytest's own summary ends the output."""
    browser, nginx = CHROMIUM.ensure(), NGINX.ensure()
    failed = run_steps(CHECKS)
    if failed:
        say(f"\nFailed before the tests: {', '.join(failed)} (their words are above).")
    environment = {**os.environ, "CHROMIUM": browser or "", "NGINX": nginx or ""}
    say("\nTests ...")
    tests = subprocess.run([sys.executable, "-m", "pytest", *_pytest_options()], cwd=ROOT, env=environment, check=False)
    return 1 if failed else tests.returncode


def run_steps(steps: Sequence[Step], *, throwaway: bool = True) -> list[str]:
    """The names of the steps that failed; all of them run. Servers that are no throw-away write to disk as real ones do."""
    environment: dict[str, str] = {**os.environ, "PYTHONUNBUFFERED": "1"}
    servers = LocalServers(var_directory() / "test" / f"steps-{os.getpid()}", environment, throwaway=throwaway)
    try:
        if servers.wanted and any(step.needs_servers for step in steps):
            environment.update(servers.start())
        environment.setdefault("SECRET_KEY", "for-checks-alone-0123456789-0123456789-0123456789")
        return [step.name for step in steps if not _passes(step, environment)]
    finally:
        servers.remove()


def _passes(step: Step, environment: Mapping[str, str]) -> bool:
    say(f"{step.name} ...")
    started_at = time.monotonic()
    done = subprocess.run([sys.executable, *step.arguments], cwd=ROOT, env=environment, check=False)
    word = "passed" if done.returncode == 0 else "FAILED"
    say(f"{step.name}: {word} in {time.monotonic() - started_at:.1f} s")
    return done.returncode == 0


def _pytest_options() -> list[str]:
    """Each process of the tests starts servers of its own; where servers are given, which it would share, there is one."""
    is_alone = bool({"DATABASE_URL", "REDIS_URL"} & set(os.environ))
    processes = 1 if is_alone else min(os.cpu_count() or 1, _MOST_PROCESSES)
    side_by_side = [] if processes == 1 else ["--numprocesses", str(processes), "--dist", "worksteal"]
    return [*side_by_side, *([] if sys.stdout.isatty() else ["--color=no"])]


def _status(failed: Sequence[str]) -> int:
    if failed:
        say(f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
