"""Opens a saved e-mail or web archive (.eml, .mht): brokers mail daily statements, and browsers save pages like this."""

import re
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import BinaryIO

from trading.errors import StatementRefused
from trading.statements.limits import MEBIBYTE

#: A mail is taken apart in memory; no broker mails a page this long.
_MOST_BYTES = 48 * MEBIBYTE
_HEADERS = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:From [^\r\n]*\r?\n)?(?:[A-Za-z][A-Za-z0-9-]*:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)+"
)
_HOLDS_A_PAGE = re.compile(rb"^content-type:\s*(?:multipart/|text/html)", re.IGNORECASE | re.MULTILINE)
_PAGE_NAMES = (".htm", ".html")


def is_mail(head: bytes) -> bool:
    """Whether a file begins with the headers of a message that can hold a page."""
    headers = _HEADERS.match(head)
    return headers is not None and bool(_HOLDS_A_PAGE.search(headers[0]))


def pages(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Yields the pages in a message, in UTF-8 where it says what they are written in.

    Errors: StatementRefused for a message that is too long or can't be taken apart.
    """
    if size > _MOST_BYTES:
        raise StatementRefused(
            "This saved e-mail is too large. Save the statement in it as a page and upload that.", code="too_large"
        )
    try:
        for part in BytesParser(policy=compat32).parse(stream).walk():
            if _is_page(part):
                yield _content(part)
    except (ValueError, LookupError, RecursionError, AttributeError, TypeError) as error:
        raise StatementRefused("This saved e-mail is damaged, so it was not opened.", code="damaged") from error


def _is_page(part: Message) -> bool:
    if part.is_multipart():
        return False
    return part.get_content_type() == "text/html" or (part.get_filename() or "").lower().endswith(_PAGE_NAMES)


def _content(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset() if part.get_content_type() == "text/html" else None
    if charset is None or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content
    try:
        return content.decode(charset, errors="replace").encode()
    except LookupError:
        return content
