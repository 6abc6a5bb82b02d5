"""Reads who a MetaTrader 5 report is about: name, account, company and date, in the rows above its first table."""

import re
from collections.abc import Sequence

from trading.statements.rows import AccountHeader
from trading.statements.tables import Row
from trading.statements.values import parse_time

_ACCOUNT = re.compile(r"(\d{1,20})\s*\((.*)\)")
_CURRENCY = re.compile(r"[A-Za-z]{2,6}")
_KINDS = {"demo": "demo", "real": "real", "contest": "demo"}
_MODES = {"hedge": "hedging", "hedging": "hedging", "netting": "netting", "exchange": "netting"}


def account_row(rows: Sequence[Row]) -> int | None:
    """The place of the row that holds `N (CUR, Server, ...)`, which only an account's report has."""
    for place, row in enumerate(rows):
        cells = row.words()
        if len(cells) == 2 and _ACCOUNT.fullmatch(cells[1]) and not cells[0].isdecimal():
            return place
    return None


def read_header(rows: Sequence[Row]) -> AccountHeader | None:
    place = account_row(rows)
    if place is None:
        return None
    match = _ACCOUNT.fullmatch(rows[place].words()[1])
    assert match is not None  # account_row looked
    currency, server, kind, mode = _account_parts(match[2])
    reported_text = next(
        (cells[1] for row in rows[place:] if len(cells := row.words()) == 2 and parse_time(cells[1])), ""
    )
    company = _value(rows, place + 1)
    return AccountHeader(
        number=match[1],
        platform="mt5",
        currency=currency,
        name=_value(rows, place - 1),
        broker="" if company == reported_text else company,
        server=server,
        margin_mode=mode,
        kind=kind,
        title=next((cells[0] for row in rows[:place] if len(cells := row.words()) == 1), ""),
        reported_at=parse_time(reported_text),
        reported_text=reported_text,
    )


def _value(rows: Sequence[Row], place: int) -> str:
    cells = rows[place].words() if 0 <= place < len(rows) else []
    return cells[1] if len(cells) == 2 else ""


def _account_parts(inside: str) -> tuple[str, str, str, str]:
    """`USD, Server, demo, Hedge` -> its four parts; any of them may be missing, and a server's name may hold commas."""
    currency, kind, mode = "", "", ""
    rest = []
    for place, part in enumerate(text.strip() for text in inside.split(",")):
        lowered = part.lower()
        if place == 0 and _CURRENCY.fullmatch(part):
            currency = part.upper()
        elif lowered in _KINDS:
            kind = _KINDS[lowered]
        elif lowered in _MODES:
            mode = _MODES[lowered]
        elif part:
            rest.append(part)
    return currency, ", ".join(rest), kind, mode
