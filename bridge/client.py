"""Talks to the portal's JSON API, with nothing but the standard library. Certificates are always checked."""

from __future__ import annotations

import http.client
import ipaddress
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

JSON = dict[str, Any]
TIMEOUT_S = 20.0
MAX_ANSWER_BYTES = 16 * 1024 * 1024
USER_AGENT = "TradePortal-Bridge/1"


class PortalError(Exception):
    """The portal could not be asked, as one sentence. `retry_after_s`: how long it wants to be left alone."""

    retry_after_s: float = 0.0


class Unreachable(PortalError):
    """No answer, or one of a server in trouble: the same call may be right a little later."""


class Refused(PortalError):
    """The portal understood, and said no. `status` is HTTP's, `code` the portal's own."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{message} ({status} {code})")
        self.status, self.code = status, code


@dataclass(slots=True)
class Client:
    """Calls of one API key. The connection is kept between calls and opened anew when it broke."""

    url: str
    api_key: str
    ca_file: str = ""
    timeout_s: float = TIMEOUT_S
    _connection: http.client.HTTPConnection | None = None

    def sync(self, body: JSON, key: str) -> JSON:
        """Sends a sync. The key makes it safe to send the same body again. Errors: PortalError."""
        return self._call("POST", "sync/", body, {"Idempotency-Key": key})

    def close_requests(self, account: str) -> list[JSON]:
        """What has to be closed now in the account. Errors: PortalError."""
        rows = self._call("GET", f"close-requests/?state=pending&account={account}")["results"]
        return [row for row in rows if row["account"] == account]

    def acknowledge(self, request: str, outcome: JSON) -> None:
        """Says what became of a close request. Errors: PortalError; Refused with 409 where the portal knows better."""
        self._call("POST", f"close-requests/{request}/ack/", outcome)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _call(self, verb: str, path: str, body: JSON | None = None, headers: Mapping[str, str] | None = None) -> JSON:
        content = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        sent = {
            "Authorization": f"Api-Key {self.api_key}",
            "Accept": "application/json",
            "User-Agent": USER_AGENT,
            **({"Content-Type": "application/json"} if content is not None else {}),
            **(headers or {}),
        }
        was_kept = self._connection is not None
        try:
            return self._exchange(verb, path, content, sent)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if not was_kept:
                raise Unreachable(f"The portal does not answer: {error or type(error).__name__}.") from error
        # A connection that was kept may have been closed by the server meanwhile. Every call here is safe to repeat.
        try:
            return self._exchange(verb, path, content, sent)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unreachable(f"The portal does not answer: {error or type(error).__name__}.") from error

    def _exchange(self, verb: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> JSON:
        target = urlsplit(self.url)
        if self._connection is None:
            self._connection = self._connect(target)
        self._connection.request(verb, f"{target.path.rstrip('/')}/api/v1/{path}", content, dict(headers))
        response = self._connection.getresponse()
        text = response.read(MAX_ANSWER_BYTES + 1)
        if response.will_close:
            self.close()
        if len(text) > MAX_ANSWER_BYTES:
            self.close()
            raise Unreachable("The portal's answer has no end.")
        return _understood(response.status, text, response.headers.get("Retry-After", ""))

    def _connect(self, target: SplitResult) -> http.client.HTTPConnection:
        host, port = target.hostname or "", target.port
        if target.scheme == "https":
            context = ssl.create_default_context(cafile=self.ca_file or None)
            return http.client.HTTPSConnection(host, port, timeout=self.timeout_s, context=context)
        return http.client.HTTPConnection(host, port, timeout=self.timeout_s)


def is_acceptable(url: str) -> bool:
    """Whether a key may be sent there: over TLS, or without leaving this machine."""
    target = urlsplit(url)
    return bool(target.hostname) and (
        target.scheme == "https" or (target.scheme == "http" and _is_loopback(target.hostname or ""))
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _understood(status: int, text: bytes, retry_after: str) -> JSON:
    try:
        answer = json.loads(text) if text else {}
    except ValueError:
        answer = None
    if 200 <= status < 300 and isinstance(answer, dict):
        return answer
    if 300 <= status < 400:
        # Following it could hand the key to somebody else.
        raise Refused(status, "redirect", "The portal is at another address: correct portal.url.")
    said = answer.get("error") if isinstance(answer, dict) else None
    code, message = (said.get("code", ""), said.get("message", "")) if isinstance(said, dict) else ("", "")
    error: PortalError
    if 400 <= status < 500 and status not in (408, 429):
        error = Refused(status, code, message or "The portal refused the call.")
    else:
        error = Unreachable(f"{message or 'The portal is in trouble.'} ({status})")
    error.retry_after_s = min(float(retry_after), 600.0) if retry_after.isdigit() else 0.0
    raise error
