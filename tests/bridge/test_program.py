"""`python -m bridge` as a person meets it, and whom it trusts."""

import signal
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bridge.client import Client, Unreachable
from tests.bridge.portal import ACCOUNT, KEY, Portal
from tradeportal.local import ROOT


def configured(home: Path, url: str, more: str = "") -> Path:
    path = home / "bridge.toml"
    path.write_text(
        f"""
        [portal]
        url = "{url}"
        account = "{ACCOUNT}"
        api_key = "{KEY}"
        [bridge]
        state_dir = "{home}"
        interval_s = 0.2
        [terminal]
        kind = "simulated"
        {more}
        """
    )
    return path


def run(path: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bridge", "--config", str(path), *options]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_one_round_sends_one_sync_and_ends(stub: Portal, tmp_path: Path) -> None:
    process = run(configured(tmp_path, stub.url), "--once")
    _, words = process.communicate(timeout=30)
    assert (process.returncode, len(stub.syncs)) == (0, 1), words
    assert "synced: healthy, 0 open, 0 breaks" in words


def test_one_round_that_fails_says_so_by_its_exit_status(stub: Portal, tmp_path: Path) -> None:
    stub.status = 503
    process = run(configured(tmp_path, stub.url), "--once")
    _, words = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "In trouble. (503)" in words
    assert KEY not in words


def test_stops_in_order_when_it_is_asked_to(stub: Portal, tmp_path: Path) -> None:
    process = run(configured(tmp_path, stub.url))
    assert process.stderr is not None
    for line in process.stderr:
        if "synced" in line:
            break
    process.send_signal(signal.SIGTERM)
    _, words = process.communicate(timeout=30)
    assert process.returncode == 0
    assert words.endswith("stopped\n")


@pytest.mark.parametrize(
    ("url", "more", "words"),
    [
        ("http://portal.example.com", "", "portal.url must be an https address"),
        ("https://portal.example.com", "speed = 3", "terminal.speed: no such setting"),
    ],
)
def test_a_wrong_setting_is_one_sentence(tmp_path: Path, url: str, more: str, words: str) -> None:
    process = run(configured(tmp_path, url, more))
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert words in said
    assert said.count("\n") == 1


def test_a_portal_whose_certificate_nobody_vouches_for_never_sees_the_key(tmp_path: Path) -> None:
    seen: list[str] = []
    certificate = _certificate(tmp_path)
    server = _server(seen, certificate)
    url = f"https://127.0.0.1:{server.server_port}"
    try:
        with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
            Client(url, KEY, timeout_s=5).sync({}, "1")
        assert seen == []
        assert Client(url, KEY, ca_file=str(certificate), timeout_s=5).sync({}, "2") == {}
        assert seen == [f"Api-Key {KEY}"]
    finally:
        server.shutdown()
        server.server_close()


def _certificate(home: Path) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = home / "portal.pem"
    path.write_bytes(
        built.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, *form)
    )
    return path


def _server(seen: list[str], certificate: Path) -> HTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.headers["Authorization"])
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            return

    class Quiet(HTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            return

    server = Quiet(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server
