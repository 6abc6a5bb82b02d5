"""Finds Chromium for the browser tests, or installs Debian's package where that is possible."""

from __future__ import annotations

import os
import shutil

from tradeportal.console import StepFailed, run_step, say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
HINT = "Chromium was not found: install it (Debian: apt-get install chromium), or set CHROMIUM to its path"


class Missing(Exception):
    """No browser where one is required."""


def find() -> str | None:
    """The path of a Chromium: what CHROMIUM names, else the first on the PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def ensure() -> str | None:
    """The path of a Chromium, installed when root and apt are there.

    Errors: Missing under CI=true; elsewhere it says what to install, returns None, and the browser tests are skipped.
    """
    found = find() or _install()
    if found:
        return found
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        raise Missing(f"{HINT}.")
    say(f"{HINT}. The browser tests are skipped.")
    return None


def _install() -> str | None:
    if os.geteuid() or not shutil.which("apt-get"):
        return None
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        run_step("Updating the package list", ["apt-get", "update", "-q"], environment)
        run_step("Installing Chromium", ["apt-get", "install", "-y", "-q", "chromium"], environment)
    except StepFailed as error:
        say(error.sentence())
    return find()
