"""Looks in every tracked file for what must never be in a repository: keys and passwords of real services.

What is made up for a test carries a word that says so (`ALLOWED`), on the same line.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = "secret-scan: made up"
_LARGEST_BYTES = 2_000_000
_KINDS = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "GitHub token": re.compile(r"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_\w{60,})\b"),
    "GitLab token": re.compile(r"\bglpat-[\w-]{20}\b"),
    "Slack token": re.compile(r"\bxox[abprs]-[0-9A-Za-z-]{20,}\b"),
    "Stripe key": re.compile(r"\b[rs]k_live_[0-9A-Za-z]{20,}\b"),
    "Google API key": re.compile(r"\bAIza[\w-]{35}\b"),
    "API key of the portal": re.compile(r"\btpk_[0-9a-f]{12}\.[\w-]{43}"),
    "JSON web token": re.compile(r"\beyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{20,}"),
    "password in an address": re.compile(
        r"\b(?:postgres(?:ql)?|rediss?|https?|smtp)://[^\s:/@]+:[^\s@/$<{*]{8,}@(?!127\.)[\w.-]+\.\w+"
    ),
    "setting with a value": re.compile(
        r"""^\s*(?:export\s+)?(?:SECRET_KEY|AT_REST_KEYS|EMAIL_HOST_PASSWORD)\s*[=:]\s*["']?[\w+/=-]{32,}""",
        re.MULTILINE,
    ),
}


def findings(text: str) -> Iterator[tuple[int, str]]:
    """The line and the kind of each secret in a text."""
    lines = text.splitlines()
    for kind, pattern in _KINDS.items():
        for match in pattern.finditer(text):
            number = text.count("\n", 0, match.start()) + len(match[0]) - len(match[0].lstrip("\n"))
            if ALLOWED not in lines[number]:
                yield number + 1, kind


def tracked() -> Iterator[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return (ROOT / name for name in listed.stdout.split("\0") if name)


def scan(paths: Iterable[Path]) -> list[str]:
    """One line per secret. Bytes that are no text are read as text all the same: keys are ASCII."""
    found = []
    for path in paths:
        if path.is_file() and path.stat().st_size <= _LARGEST_BYTES:
            text = path.read_bytes().decode("latin-1")
            found += [f"{path}:{line}: {kind}" for line, kind in findings(text)]
    return found


def main() -> int:
    try:
        paths = list(tracked())
    except (OSError, subprocess.CalledProcessError):
        print("Nothing was scanned: this is no checkout of git, or git is missing.")
        return 0
    found = scan(paths)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
