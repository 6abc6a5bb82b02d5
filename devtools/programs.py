"""Finds the programs that tests drive beside our own, Chromium and nginx, or installs Debian's packages where that is possible."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass

from tradeportal.console import StepFailed, run_step, say


class Missing(Exception):
    """No program where one is required."""


@dataclass(frozen=True)
class Program:
    """A program that the environment variable names, else the first of these names that is found."""

    package: str
    variable: str
    names: tuple[str, ...]

    @property
    def hint(self) -> str:
        return (
            f"{self.package} was not found: install it (Debian: apt-get install {self.package}), "
            f"or set {self.variable} to its path"
        )

    def find(self) -> str | None:
        named = os.environ.get(self.variable)
        if named:
            return shutil.which(named)
        return next((path for name in self.names if (path := shutil.which(name))), None)

    def ensure(self) -> str | None:
        """The path, after an installation when root and apt are there.

        Errors: Missing under CI=true; elsewhere it says what to install, returns None, and the tests of it are skipped.
        """
        found = self.find() or self._install()
        if found:
            return found
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            raise Missing(f"{self.hint}.")
        say(f"{self.hint}. Its tests are skipped.")
        return None

    def _install(self) -> str | None:
        if os.geteuid() or not shutil.which("apt-get"):
            return None
        # Packages of servers start none in this run level.
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        try:
            run_step("Updating the package list", ["apt-get", "update", "-q"], environment)
            run_step(f"Installing {self.package}", ["apt-get", "install", "-y", "-q", self.package], environment)
        except StepFailed as error:
            say(error.sentence())
        return self.find()


CHROMIUM = Program(
    "chromium", "CHROMIUM", ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
)
NGINX = Program("nginx", "NGINX", ("nginx", "/usr/sbin/nginx"))
