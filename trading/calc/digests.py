"""The chain of daily digests: how a day is written down, sealed, and checked again.

docs/sharing.md says the same for readers, and static/verify_chain.py does it a second time, without any of this.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

FORMAT = "tradeportal-chain/1"
#: What the first link follows.
GENESIS = "0" * 64
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a chain. `rows` and `balance` are commitments, `prev` and `digest` SHA-256, all in hex.

    `trades` is the number of closed trades of the day.
    """

    position: int
    day: date
    sealed_at: datetime
    trades: int
    rows: str
    balance: str
    prev: str
    digest: str


@dataclass(frozen=True, slots=True)
class Break:
    """The first link that is not what it should be, and why: "order", "prev", "digest" or "time"."""

    position: int
    reason: str


def rows_text(day: date, lines: Iterable[str]) -> str:
    """The canonical text of a day's rows, which queries.day_contents writes and sorts: whoever has the rows gets the same."""
    return "\n".join(["tradeportal-rows/1", day.isoformat(), *lines])


def balance_text(day: date, balance: Decimal | None) -> str:
    return "\n".join(["tradeportal-balance/1", day.isoformat(), _UNKNOWN if balance is None else number_text(balance)])


def commitment(salt: str, text: str) -> str:
    """HMAC-SHA256 under the day's salt (32 bytes in hex): it tells nothing of the text, and fits no other one."""
    return hmac.new(bytes.fromhex(salt), text.encode(), hashlib.sha256).hexdigest()


def link_digest(
    *, prev: str, position: int, day: date, sealed_at: datetime, trades: int, rows: str, balance: str
) -> str:
    parts = ["tradeportal-link/1", prev, str(position), day.isoformat(), second_text(sealed_at), str(trades), rows]
    return hashlib.sha256("\n".join([*parts, balance]).encode()).hexdigest()


def first_break(links: Sequence[Link]) -> Break | None:
    """None for a chain in which every link follows from the one before. Shape: links in order of position."""
    prev, before = GENESIS, None
    for number, link in enumerate(links, start=1):
        if link.position != number:
            return Break(number, "order")
        if link.prev != prev:
            return Break(number, "prev")
        if link.digest != link_digest(
            prev=prev,
            position=number,
            day=link.day,
            sealed_at=link.sealed_at,
            trades=link.trades,
            rows=link.rows,
            balance=link.balance,
        ):
            return Break(number, "digest")
        if before is not None and link.sealed_at < before:
            return Break(number, "time")
        prev, before = link.digest, link.sealed_at
    return None


def number_text(value: Decimal) -> str:
    """Plain digits without zeros at the end: 1.1, -7, 0. A correction of printed digits alone changes nothing."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def second_text(moment: datetime) -> str:
    """ "2026-11-24T07:00:00Z"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
