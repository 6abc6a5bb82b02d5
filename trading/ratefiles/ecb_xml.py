"""Rates from the ECB's XML: eurofxref-daily.xml, -hist.xml and -hist-90d.xml.

Expat is driven by hand: there is nothing in these files but nested elements named Cube, and a document type, which could
define entities that grow without bound, is refused outright.
"""

from datetime import date
from xml.parsers import expat

from trading.calc.exchange import PIVOT
from trading.ratefiles.findings import Findings, NotUnderstood, currency, rate

_DAMAGED = "This XML file is cut short or damaged. Download it again."


class _Stop(Exception):
    """There is no use in reading on."""


def read_ecb_xml(text: str, findings: Findings) -> str:
    """Always "ecb"."""
    parser = expat.ParserCreate()
    reader = _Reader(parser, findings)
    parser.StartElementHandler = reader.start
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.Parse(text, True)
    except expat.ExpatError:
        findings.rates.clear()
        findings.refusal = _DAMAGED
    except _Stop:
        pass
    if not findings.rates and not findings.refusal:
        findings.refusal = "This XML file holds no rates of the European Central Bank."
    return "ecb"


class _Reader:
    def __init__(self, parser: expat.XMLParserType, findings: Findings) -> None:
        self._parser, self._findings = parser, findings
        self._day: date | None = None

    def doctype(self, *_: object) -> None:
        self._findings.rates.clear()
        self._findings.refusal = (
            "This XML file defines a document type, which the European Central Bank's files do not."
        )
        raise _Stop

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] != "Cube":
            return
        line = self._parser.CurrentLineNumber
        try:
            if "time" in attributes:
                self._day = None
                self._day = self._findings.day(attributes["time"])
            elif "currency" in attributes and self._day:
                code, value = currency(attributes["currency"]), rate(attributes.get("rate", ""))
                self._findings.add(self._day, PIVOT, code, value)
        except NotUnderstood as error:
            self._findings.cannot(line, error, " ".join(attributes.values()))
        if self._findings.is_full:
            raise _Stop
