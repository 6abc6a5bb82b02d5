"""Times that a spreadsheet program turned into numbers: days since 1900 with a date format on the cell."""

import re
from datetime import datetime, timedelta
from typing import Any

_BUILT_IN = {str(number) for number in (*range(14, 23), *range(45, 48))}
_DATE_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_FIRST_DAY, _LAST_DAY = 30_000, 75_000  # 1982 to 2105


def date_styles(styles: Any) -> frozenset[str]:
    """The numbers of the cell styles that show a date, from the workbook's styles."""
    formats = {
        found.get("numFmtId"): found.get("formatCode", "")
        for found in styles.iter("{*}numFmt")
        if found.get("numFmtId")
    }
    custom = {number for number, code in formats.items() if _DATE_LETTERS.search(_QUOTED.sub("", code))}
    cells = next(styles.iter("{*}cellXfs"), ())
    wanted = _BUILT_IN | custom
    return frozenset(str(place) for place, style in enumerate(cells) if style.get("numFmtId") in wanted)


def as_time(serial: str, *, is_1904: bool) -> str:
    """`45000.5` -> `2023.03.15 12:00:00`, as the terminal prints it; anything else comes back unchanged."""
    try:
        days = float(serial)
    except ValueError:
        return serial
    if not _FIRST_DAY <= days <= _LAST_DAY:
        return serial
    moment = (_EPOCH_1904 if is_1904 else _EPOCH) + timedelta(seconds=round(days * 86_400))
    return moment.strftime("%Y.%m.%d %H:%M:%S")
