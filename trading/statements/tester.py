"""Recognises reports of the strategy testers: back-tests, whose trades never touched an account."""

import re
from collections.abc import Sequence

from trading.errors import StatementRefused
from trading.statements.tables import Row

_BUILD = re.compile(r".*\((?:\S+ )?\d{3,5}\)")
_MT4_TITLE = re.compile(r"<title[^>]*>\s*Strategy Tester\b", re.IGNORECASE)
_FIRST_ROWS = 4


def refuse_back_test(rows: Sequence[Row], before: str) -> None:
    """Errors: StatementRefused for a back-test report of MetaTrader 4 or 5."""
    # MetaTrader 5 prints the server and the build alone in the second row, where an account report names the trader.
    alone = [row.words()[0] for row in rows[:_FIRST_ROWS] if len(row.words()) == 1]
    if _MT4_TITLE.search(before) or any(_BUILD.fullmatch(text) for text in alone):
        raise StatementRefused(
            "This is a strategy tester's report: a back-test, not an account. Upload the account's history instead.",
            code="back_test",
        )
