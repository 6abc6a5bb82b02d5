"""Files that are no MetaTrader statement: says what each one is, so that the trader knows what to upload instead."""

import csv
import io
import re
from collections.abc import Callable, Mapping
from typing import NoReturn

from trading.errors import StatementRefused

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: (what the file begins with, what it is, code of the refusal)
_BINARY: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG", "a picture (PNG)", "picture"),
    (b"\xff\xd8\xff", "a photo (JPEG)", "picture"),
    (b"GIF8", "a picture (GIF)", "picture"),
    (b"BM", "a picture (BMP)", "picture"),
    (b"II*\x00", "a picture (TIFF)", "picture"),
    (b"MM\x00*", "a picture (TIFF)", "picture"),
    (b"%PDF", "a PDF", "pdf"),
    (b"\x1f\x8b", "a compressed file (gzip)", "compressed"),
    (b"Rar!", "a compressed file (RAR)", "compressed"),
    (b"7z\xbc\xaf", "a compressed file (7z)", "compressed"),
)
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MARKUP = re.compile(r"<\s*(?:!doctype\s+html|html|table|tr|td|th|body|head)\b", re.IGNORECASE)
_SUPPORTED = "TradePortal reads MetaTrader 4 and 5 statements"
_SAMPLE_LINES = 40


def refuse_other_files(head: bytes, tail: bytes) -> None:
    """Errors: StatementRefused for an empty file, a picture, a PDF, an old or encrypted workbook, or binary junk."""
    if not head.strip(b"\0 \r\n\t\xff\xfe\xef\xbb\xbf"):
        raise StatementRefused("This file is empty. Save the statement again and upload it.", code="empty")
    if head.startswith(_OLE):
        raise _ole_refusal(head + tail)
    for magic, what, code in _BINARY:
        if head.startswith(magic) and not (magic == b"BM" and head[:200].isascii()):
            raise _refusal(what, code)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        raise _refusal("a picture (WebP)", "picture")
    if head[4:8] == b"ftyp":
        raise _refusal("a photo or video (HEIC or MP4)", "picture")
    if not head.startswith(b"PK") and _is_junk(head):
        raise StatementRefused(
            "This file is not text and no known kind of document, so it can't be read as a statement.", code="binary"
        )


def refuse_other_platforms(text: str) -> None:
    """Errors: StatementRefused, naming the platform where its shape is known, for text that is no page."""
    if not _MARKUP.search(text):
        raise _platform_refusal(_PLATFORMS, text) or StatementRefused(
            f"This file is not a broker statement that TradePortal knows. {_SUPPORTED}.", code="not_a_statement"
        )


def refuse_page(text: str) -> NoReturn:
    """Errors: StatementRefused, always: for a page that no reader knows."""
    raise _platform_refusal(_PAGES, text) or StatementRefused(
        "This page is not a MetaTrader statement. Save the account history as a report and upload that file.",
        code="not_a_statement",
    )


def _platform_refusal(platforms: Mapping[str, Callable[[str], bool]], text: str) -> StatementRefused | None:
    name = next((name for name, fits in platforms.items() if fits(text)), None)
    if name is None:
        return None
    return StatementRefused(
        f"This looks like {name}, which TradePortal does not support yet. {_SUPPORTED}.", code="unsupported_platform"
    )


def _refusal(what: str, code: str) -> StatementRefused:
    return StatementRefused(
        f"This is {what}, not a statement. Save the statement as HTML or XLSX in the terminal and upload that.",
        code=code,
    )


def _ole_refusal(ends: bytes) -> StatementRefused:
    if _ENCRYPTED in ends:
        return StatementRefused(
            "This workbook is protected by a password. Save it without one and upload it again.", code="encrypted"
        )
    return StatementRefused(
        "This is a workbook in the old binary format (.xls), or an encrypted one. Save it as XLSX and upload that.",
        code="old_xls",
    )


def _is_junk(head: bytes) -> bool:
    """Whether the bytes are no text in any encoding that a statement comes in."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return False
    zeros = head.count(0)
    if zeros and (head[0::2].count(0) > len(head) * 0.3 or head[1::2].count(0) > len(head) * 0.3):
        return False  # UTF-16 without a mark
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\v" for byte in head[:8192])
    return zeros > 0 or controls > len(head[:8192]) // 50


# Other platforms, each by what its own files say in their first lines


def _columns(text: str) -> list[set[str]]:
    """The cells of each of the first lines, in lower case, however they are separated."""
    lines = text.lstrip("\ufeff").splitlines()[:_SAMPLE_LINES]
    found = []
    for line in lines:
        separator = max(",;\t", key=line.count)
        try:
            cells = next(csv.reader(io.StringIO(line), delimiter=separator), [])
        except csv.Error:
            continue
        found.append({cell.strip().lower() for cell in cells})
    return found


def _has_columns(*wanted: str) -> Callable[[str], bool]:
    return lambda text: any(set(wanted) <= cells for cells in _columns(text))


def _has_column_starts(*starts: str) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        return any(all(any(cell.startswith(start) for cell in cells) for start in starts) for cells in _columns(text))

    return fits


def _says(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return lambda text: bool(compiled.search(text))


_PLATFORMS: dict[str, Callable[[str], bool]] = {
    "an Interactive Brokers Flex query (XML)": _says(r"<FlexQueryResponse\b|<FlexStatements?\b"),
    "an Interactive Brokers activity statement (CSV)": _has_columns("trades", "header", "datadiscriminator"),
    "an Interactive Brokers statement (CSV)": _says(r"\A\W{0,3}Statement,(?:Header|Data),"),
    "an Interactive Brokers Flex query (CSV)": _has_column_starts("currencyprimary", "isin"),
    "a cTrader statement": _has_column_starts("opening direction", "closing direction"),
    "a cTrader export": _has_column_starts("deal id", "closing quantity"),
    "a TradingView list of trades": _has_column_starts("trade #", "type", "signal"),
    "a TradingView performance summary": _has_column_starts("all", "long", "short"),
    "a TradingView history": _has_columns("symbol", "side", "type", "qty", "placing time"),
    "a Tradovate performance report": _has_columns("buyfillid", "sellfillid", "pnl"),
    "a TopstepX export": _has_columns("positionsize", "profitandloss", "tradeday"),
    "a NinjaTrader export": _has_column_starts("trade number", "instrument", "market pos"),
    "a Bybit closed P&L export": _has_column_starts("contracts", "closed p&l"),
    "a Kraken export": _has_columns("txid", "refid", "asset"),
    "a Kraken trades export": _has_columns("txid", "ordertxid", "pair"),
    "a Coinbase export": _has_column_starts("transaction type", "quantity transacted"),
    "a Binance export": _has_column_starts("date(utc)", "pair"),
    "a Crypto.com export": _has_columns("transaction description", "native currency"),
    "a Bitvavo export": _has_columns("quote currency", "received / paid currency"),
}

#: Pages of other platforms. Asked only where no reader knows the page: an order comment may name any platform.
_PAGES: dict[str, Callable[[str], bool]] = {
    "a cTrader statement": _says(r"\bcTrader\b|Spotware"),
    "an Interactive Brokers statement": _says(r"Interactive Brokers"),
}
