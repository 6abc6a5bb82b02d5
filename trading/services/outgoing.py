"""Calls an address that a stranger chose, without becoming a way into the network that the portal runs in.

The name is resolved here, every address it has must be public, and the call goes to the very address that was checked,
so that a second answer of the name server changes nothing. Redirects are not followed. Nothing is read but the status.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

CONNECT_TIMEOUT_S = 5.0
#: However slowly the other side drips its answer.
WHOLE_CALL_S = 15.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(Exception):
    """The address is none that may be called; the words say why."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    duration_ms: int


def check_address(url: str) -> None:
    """Errors: AddressRefused, also where the name does not resolve now."""
    parts = _parts(url)
    _resolve(parts)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """The status that the other side answered. Errors: AddressRefused, OSError, http.client.HTTPException."""
    parts = _parts(url)
    family, address = _resolve(parts)
    started = time.monotonic()
    connection = _connection(parts, family, address)
    stop = threading.Timer(WHOLE_CALL_S, lambda: _cut(connection))
    stop.daemon = True
    stop.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {**headers, "Host": parts.netloc})
        answer = connection.getresponse()
        return Answer(answer.status, int((time.monotonic() - started) * 1000))
    finally:
        stop.cancel()
        connection.close()


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError as error:  # brackets without an address between them
        raise AddressRefused("This is not an address. Use one that starts with https:// and names a host.") from error
    try:
        port = parts.port
    except ValueError as error:
        raise AddressRefused("The port of this address is not a number.") from error
    schemes = ("https", "http") if settings.WEBHOOK_ALLOW_PRIVATE else ("https",)
    if parts.scheme not in schemes or not parts.hostname:
        raise AddressRefused("Use an address that starts with https:// and names a host.")
    if parts.username or parts.password:
        raise AddressRefused("Leave user and password out of the address; the signature proves who calls.")
    if port == 0:
        raise AddressRefused("The port of this address can't be called.")
    return parts


def _resolve(parts: SplitResult) -> tuple[socket.AddressFamily, str]:
    """The address to call. One private address among several refuses the name: which one is used would be luck."""
    assert parts.hostname is not None
    try:
        found = socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused(f"The name {parts.hostname} can't be resolved.") from error
    if not settings.WEBHOOK_ALLOW_PRIVATE and not all(is_public(str(one[4][0])) for one in found):
        raise AddressRefused("This address leads into a private network. Use one that is reachable from the internet.")
    return found[0][0], str(found[0][4][0])


def is_public(text: str) -> bool:
    """Whether an address is one of the open internet, also inside the wrappings of IPv6."""
    address = ipaddress.ip_address(text.split("%", 1)[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _connection(parts: SplitResult, family: socket.AddressFamily, address: str) -> http.client.HTTPConnection:
    """A connection to the checked address; the certificate must be of the name."""
    assert parts.hostname is not None
    plain = socket.socket(family, socket.SOCK_STREAM)
    plain.settimeout(CONNECT_TIMEOUT_S)
    try:
        plain.connect((address, _port(parts)))
        connection = http.client.HTTPConnection(parts.hostname, _port(parts), timeout=CONNECT_TIMEOUT_S)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(plain, server_hostname=parts.hostname)
        else:
            connection.sock = plain
    except BaseException:
        plain.close()
        raise
    # A lost connection must not be opened anew by name.
    connection.auto_open = 0
    return connection


def _cut(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
