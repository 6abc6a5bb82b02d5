"""Reads who a MetaTrader 5 report is about: name, account, company and date, in the rows above its first table."""

import re
from collections.abc import Sequence

from trading.statements.rows import AccountHeader
from trading.statements.tables import Row
from trading.statements.values import parse_time

_ACCOUNT = re.compile(r"(\d{1,20})[^(\uff08]*[(\uff08](.*)[)\uff09]")
_BARE = re.compile(r"\d{3,20}")
_TABLE_CELLS = 12
_ALL_PARTS = 4  # currency, server, kind, margin mode
_CURRENCY = re.compile(r"[A-Za-z]{2,6}")
_KINDS = {"demo": "demo", "real": "real", "contest": "demo"}
_MODES = {"hedge": "hedging", "hedging": "hedging", "netting": "netting", "exchange": "netting"}


def names_account(rows: Sequence[Row]) -> bool:
    """Whether these first rows of a file hold `N (CUR, Server, ...)`, as every account's report does.

    A converted report may have lost the brackets: then a number among the labels above a wide table will do.
    """
    place = _account_row(rows)
    if place is None:
        return False
    is_bracketed = bool(_ACCOUNT.fullmatch(rows[place].words()[1]))
    return is_bracketed or any(len(row.words()) >= _TABLE_CELLS for row in rows)


def _account_row(rows: Sequence[Row]) -> int | None:
    labelled = [(place, cells) for place, row in enumerate(rows) if len(cells := row.words()) == 2]
    for pattern in (_ACCOUNT, _BARE):
        for place, (label, value) in labelled:
            if pattern.fullmatch(value) and label[-1] in ":\uff1a":
                return place
    return None


def read_header(rows: Sequence[Row]) -> AccountHeader | None:
    place = _account_row(rows)
    if place is None:
        return None
    value = rows[place].words()[1]
    match = _ACCOUNT.fullmatch(value)
    number, inside = match.groups() if match else (value, "")
    currency, server, kind, mode = _account_parts(inside)
    reported_text = next(
        (cells[1] for row in rows[place:] if len(cells := row.words()) == 2 and parse_time(cells[1])), ""
    )
    company = _value(rows, place + 1)
    return AccountHeader(
        number=number.strip(),
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
    parts = [text.strip() for text in re.split("[,\uff0c]", inside)]
    rest = []
    for place, part in enumerate(parts):
        lowered = part.lower()
        if place == 0 and _CURRENCY.fullmatch(part):
            currency = part.upper()
        elif lowered in _KINDS:
            kind = _KINDS[lowered]
        elif lowered in _MODES:
            mode = _MODES[lowered]
        elif part:
            rest.append(part)
    server = rest[0] if rest and len(parts) == _ALL_PARTS else ", ".join(rest)
    return currency, server, kind, mode
