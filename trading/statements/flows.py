"""What kind of cash flow a balance row is: by its type, then by the words of its comment, then by its sign."""

import re
from decimal import Decimal

from trading.statements.rows import FlowKind

#: MetaTrader's own row types, which stay English in every language. "balance" says nothing: the comment decides.
_BY_TYPE = (
    ("credit", FlowKind.CREDIT),
    ("bonus", FlowKind.BONUS),
    ("dividend", FlowKind.DIVIDEND),
    ("interest", FlowKind.INTEREST),
    ("tax", FlowKind.TAX),
    ("commission", FlowKind.FEE),
    ("agent", FlowKind.FEE),
    ("charge", FlowKind.FEE),
    ("correction", FlowKind.CORRECTION),
    ("buy canceled", FlowKind.CORRECTION),
    ("sell canceled", FlowKind.CORRECTION),
    ("so compensation", FlowKind.CORRECTION),
)
_BY_WORD = (
    (re.compile(r"\bdividends?\b|\bdvd\b", re.IGNORECASE), FlowKind.DIVIDEND),
    (re.compile(r"\b(?:financing|interest|swaps?|rollovers?|overnight)\b", re.IGNORECASE), FlowKind.INTEREST),
    (re.compile(r"\b(?:tax|taxes|withholding)\b", re.IGNORECASE), FlowKind.TAX),
    (re.compile(r"\b(?:commissions?|fees?|charges?)\b", re.IGNORECASE), FlowKind.FEE),
    (re.compile(r"\b(?:bonus|promo|promotion|cashback|rebates?)\b", re.IGNORECASE), FlowKind.BONUS),
    (re.compile(r"\b(?:adjustments?|corrections?|reversals?|compensation)\b", re.IGNORECASE), FlowKind.CORRECTION),
)
#: Money moved by the trader, whatever else the comment says ("Withdrawal fee refund" is none of these).
_MOVED = re.compile(r"^\W*(?:deposit|withdraw)", re.IGNORECASE)


def is_known_type(row_type: str) -> bool:
    """Whether a row of this type moves money without trading."""
    plain = _plain(row_type)
    return plain == "balance" or any(plain.startswith(prefix) for prefix, _ in _BY_TYPE)


def _plain(row_type: str) -> str:
    return row_type.strip().lower().replace("_", " ")


def flow_kind(row_type: str, comment: str, amount: Decimal, *, opens_account: bool) -> FlowKind:
    """The kind of one balance row. An adjustment that puts the first money in is the account's deposit."""
    plain = _plain(row_type)
    for prefix, kind in _BY_TYPE:
        if plain.startswith(prefix):
            return kind
    moved = FlowKind.DEPOSIT if amount >= 0 else FlowKind.WITHDRAWAL
    if _MOVED.match(comment):
        return moved
    kind = next((kind for words, kind in _BY_WORD if words.search(comment)), moved)
    if kind is FlowKind.CORRECTION and opens_account and amount > 0:
        return FlowKind.DEPOSIT
    return kind
