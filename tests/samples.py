"""Real statements, kept outside the repository: SAMPLES_DIR says where, by default beside the checkout."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

DIRECTORY = Path(os.environ.get("SAMPLES_DIR") or Path(__file__).resolve().parents[2] / "shared" / "samples")


def sample(name: str) -> Path:
    """The path of a sample. Without the samples the test is skipped, or fails where CI is true."""
    path = DIRECTORY / name
    if not path.is_file():
        reason = f"There is no sample {path}. Set SAMPLES_DIR to where the samples are."
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@cache
def expected() -> dict[str, Any]:
    """What each sample file states of itself, by its name: see the README of the samples."""
    files: dict[str, Any] = json.loads(sample("expected.json").read_text(encoding="utf-8"))["files"]
    return files


def sample_names(*folders: str) -> list[str]:
    """The names of the samples in these folders, for parametrize; where there are none, one name that skips or fails."""
    index = DIRECTORY / "expected.json"
    if not index.is_file():
        return [f"{folder}/(no samples)" for folder in folders]
    files = json.loads(index.read_text(encoding="utf-8"))["files"]
    return sorted(name for name in files if name.split("/")[0] in folders)
