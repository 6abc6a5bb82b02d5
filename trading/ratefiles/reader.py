"""What a file of exchange rates says.

Read are the files of the European Central Bank (eurofxref as CSV or XML, of one day or of all, also zipped) and a table of
one's own: a CSV with the columns day, base, quote, rate. The content decides which it is, not the name.
"""

import io
import lzma
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from trading.calc.exchange import Rate
from trading.errors import TradingError
from trading.ratefiles.ecb_xml import read_ecb_xml
from trading.ratefiles.findings import Findings, Problem
from trading.ratefiles.tables import read_table

#: The ECB's whole history has about 1 MB as CSV, 7 MB as XML, and 0.6 MB zipped.
MAX_BYTES = 20 * 1024 * 1024
MAX_RATES = 500_000
_CHUNK = 64 * 1024
#: What zipfile raises for a damaged archive, by the way in which it is packed.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, OSError)


class RatesRefused(TradingError):
    """The file holds no exchange rates that can be read."""

    code = "rates_refused"
    message = "This file holds no exchange rates that TradePortal can read."


@dataclass(frozen=True, slots=True)
class RateFile:
    """`source` is "ecb" or "table". Each pair stands once for a day."""

    source: str
    rates: Sequence[Rate]
    problems: Sequence[Problem] = field(default_factory=tuple)
    problem_count: int = 0


def read_rates(content: bytes, *, today: date) -> RateFile:
    """Every rate of the file. Errors: RatesRefused for one that holds none, or more than MAX_BYTES or MAX_RATES."""
    if len(content) > MAX_BYTES:
        raise RatesRefused(f"This file is larger than {MAX_BYTES // 1024 // 1024} MB.", code="too_large")
    text = _text(_unpacked(content) if content.startswith(b"PK\x03\x04") else content)
    findings = Findings(today, MAX_RATES)
    source = read_ecb_xml(text, findings) if text.lstrip().startswith("<") else read_table(text, findings)
    if findings.is_full:
        raise RatesRefused(f"This file holds more than {MAX_RATES:,} rates.", code="too_large")
    if not findings.rates:
        raise RatesRefused(findings.refusal or None)
    return RateFile(source, findings.listed(), tuple(findings.problems), findings.problem_count)


def _unpacked(content: bytes) -> bytes:
    """The one file of the archive. What the archive says about its own sizes is not believed."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [info for info in archive.infolist() if not info.is_dir()]
            if len(names) != 1 or names[0].flag_bits & 1:
                raise RatesRefused("An archive of rates holds one file, without a password.", code="archive")
            return _inflated(archive, names[0])
    except _DAMAGED as error:
        raise RatesRefused("This archive is cut short or damaged. Download it again.", code="truncated") from error


def _inflated(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    unpacked = bytearray()
    with archive.open(info) as member:
        while chunk := member.read(_CHUNK):
            unpacked += chunk
            if len(unpacked) > MAX_BYTES:
                raise RatesRefused("This archive unpacks to far more than rates can take.", code="too_large")
    return bytes(unpacked)


def _text(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise RatesRefused("This file is not a text in UTF-8. Save it as CSV in UTF-8.", code="encoding") from error
