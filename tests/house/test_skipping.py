"""Under CI=true a missing part fails; elsewhere it is skipped with its reason."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tradeportal.local import ROOT

SKIPPING = """
import pytest

def test_needs_a_browser():
    pytest.skip("no Chromium")

@pytest.mark.skipif(True, reason="only root may do this")
def test_needs_root():
    raise AssertionError
"""


@pytest.mark.parametrize(
    ("ci", "status", "summary"), [("true", 1, "1 failed, 1 skipped"), ("", 0, "2 skipped")], ids=["ci", "laptop"]
)
def test_a_skipped_test_fails_under_ci(tmp_path: Path, ci: str, status: int, summary: str) -> None:
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert summary in done.stdout
    assert done.returncode == status
