"""The scan finds each kind of secret, tells where, and leaves the repository alone."""

from pathlib import Path

import pytest

from devtools.secret_scan import ALLOWED, findings, scan

#: In halves, so that this file has none.
SECRETS = {
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "AWS access key": "AKIA" + "IOSFODNN7EXAMPLE",
    "GitHub token": "ghp_" + "a1B2" * 9,
    "API key of the portal": "tpk_" + "0123456789ab." + "x" * 43,
    "JSON web token": "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0." + "c" * 43,
    "password in an address": "postgresql://portal:" + "hunter2hunter2@db.example.com/x",
    "setting with a value": "SECRET_KEY=" + "a1" * 20,
}


@pytest.mark.parametrize("kind", SECRETS)
def test_each_kind_is_found_on_its_line(kind: str) -> None:
    assert list(findings(f"first\n\n{SECRETS[kind]}\nlast")) == [(3, kind)]


def test_what_is_said_to_be_made_up_is_let_through() -> None:
    assert list(findings(f"{SECRETS['AWS access key']}  # {ALLOWED}")) == []
    assert list(findings("SECRET_KEY=\nDATABASE_URL=postgresql://user:password@host:5432/name")) == []


def test_a_file_is_named_with_its_line(tmp_path: Path) -> None:
    leak = tmp_path / "leak.env"
    leak.write_bytes(b"\xff\n" + SECRETS["GitHub token"].encode())
    assert scan([leak, tmp_path]) == [f"{leak}:2: GitHub token"]
