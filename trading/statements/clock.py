"""From a broker server's clock to UTC.

A statement prints times without an offset. Nearly all MetaTrader servers run on Eastern European time, so that the
trading day ends at midnight when New York closes; the exceptions that say so themselves are listed here. The guess is
an offer: the account's own setting decides, and the trader is asked to confirm it.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

#: Two hours ahead of UTC in winter, three in summer. Servers that switch on the American dates instead differ from it
#: for about three weeks in March and one at the end of October.
DEFAULT_TIME_ZONE = "Europe/Athens"

#: (words in the server's or broker's name, the zone that its servers run on)
_ZONES: tuple[tuple[str, str], ...] = (
    (r"exness|\bderiv|binary\.com", "UTC"),
    (r"activtrades", "Europe/Luxembourg"),
    (r"\bxtb\b", "Europe/Warsaw"),
    (r"alfa.?forex|finam|\bbcs\b|\bvtb\b|otkritie|\bopen.?broker", "Europe/Moscow"),
    (r"\bxpmt5|\bxp investimentos|\bclear.?corretora|\brico\b|\bgenial|\bmodal(?:mais)?\b|\bbtg", "America/Sao_Paulo"),
)


def guess_time_zone(server: str, broker: str) -> str:
    """The IANA name of the zone that the server most likely runs on."""
    names = f"{server} {broker}"
    return next((zone for words, zone in _ZONES if re.search(words, names, re.IGNORECASE)), DEFAULT_TIME_ZONE)


def to_utc(naive: datetime, zone: str) -> datetime:
    """The aware UTC moment of a server time.

    An hour that the autumn change shows twice is read as its first pass (fold=0). An hour that the spring change skips
    is read by the offset before the change, which puts it into the hour after. Errors: ValueError for an aware time,
    ZoneInfoNotFoundError for a zone that does not exist.
    """
    if naive.tzinfo is not None:
        raise ValueError("This time has an offset already.")
    return naive.replace(tzinfo=_zone(zone), fold=0).astimezone(UTC)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
