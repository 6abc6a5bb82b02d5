"""What was written in English, because a worker, a reader or a refusal wrote it, in the language of the page."""

import re
from collections.abc import Sequence
from functools import cache

from django.utils.translation import get_language, gettext, gettext_noop

#: What the work on a statement says of itself.
STAGES = (
    gettext_noop("Checking the stated figures"),
    gettext_noop("Comparing with the book"),
    gettext_noop("Reading the file"),
    gettext_noop("Restoring what was there before"),
    gettext_noop("Waiting for a worker"),
    gettext_noop("Waiting to be committed"),
    gettext_noop("Waiting to be undone"),
)
#: Sentences with a value inside. A kept one is known again by the words around its values.
PATTERNS: Sequence[str] = (
    gettext_noop("This file is larger than %(size)s MB. Export a shorter period."),
    gettext_noop("This file has more than %(number)s rows. Export a shorter period."),
    gettext_noop(
        "This file is not a broker statement that TradePortal knows. TradePortal reads MetaTrader 4 and 5 statements."
    ),
    gettext_noop(
        "This looks like %(name)s, which TradePortal does not support yet. TradePortal reads MetaTrader 4 and 5 statements."
    ),
    gettext_noop(
        "This is %(what)s, not a statement. Save the statement as HTML or XLSX in the terminal and upload that."
    ),
    gettext_noop(
        "More than %(number)s rows of this file make no sense, the first in line %(line)s. The file is damaged, or is not a statement."
    ),
    gettext_noop("The %(kind)s %(number)s stands in this file twice; the first one was taken."),
    gettext_noop("The type %(type)s of this deal is not known."),
    gettext_noop("The type %(type)s is not known."),
    gettext_noop("The type %(type)s is neither buy nor sell."),
    gettext_noop("The direction %(direction)s of this deal is not known."),
    gettext_noop("The balance of this row, %(text)s, is not a number."),
    gettext_noop("The %(what)s of this row, %(text)s, is longer than any."),
    gettext_noop("The %(what)s of this row, %(text)s, is not a number."),
    gettext_noop("The volume %(text)s is not a number above zero."),
    gettext_noop("%(text)s is not a date and time that exist."),
    gettext_noop("A link expires within a year. Choose 1 to %(days)s days."),
    gettext_noop("This account has %(most)s links, which is the most. End one first."),
    gettext_noop("Deal %(number)s closes a position that this file does not show."),
    gettext_noop("%(number)s exits could be given to their positions by volume and time only, oldest first."),
    gettext_noop(
        "The Balance column jumps by %(amount)s in line %(line)s (and in %(number)s more places): rows are missing there, or were changed."
    ),
    gettext_noop("The Balance column jumps by %(amount)s in line %(line)s: rows are missing there, or were changed."),
    gettext_noop(
        "These executions belong to trades of which %(number)s are not in the account yet. Import the export of its trades first, open ones included, and then this file."
    ),
)


def told(text: str) -> str:
    """The sentence in the language of the page; as it is where the catalogue does not know it."""
    if not text or get_language() in (None, "en"):
        return text
    translated = gettext(text)
    return translated if translated != text else _of_pattern(text)


def _of_pattern(text: str) -> str:
    for message, pattern in _expressions():
        if found := pattern.fullmatch(text):
            return gettext(message) % found.groupdict()
    return text


@cache
def _expressions() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((message, re.compile(expression(message), re.DOTALL)) for message in PATTERNS)


def expression(message: str) -> str:
    """The regular expression of every text that a message with %(names)s can become."""
    pieces = re.split(r"%\((\w+)\)s", message)
    return "".join(f"(?P<{piece}>.*)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces))
