"""Words for breaks: what differs, why that may be, and what to do."""

from decimal import Decimal

from trading.formatting import Formats
from trading.models import Break, BreakType

_Type = BreakType
#: The kind of badge of each state of a break.
STATE_BADGES = {"open": "warning", "acknowledged": "info", "resolved": "healthy", "ignored": "idle"}
#: What accepting does, as its button says it.
ACCEPT_WORDS = {
    _Type.UNKNOWN_AT_BOOK: "Take into book",
    _Type.STOP_LOSS_MISMATCH: "Use broker’s stop",
    _Type.TAKE_PROFIT_MISMATCH: "Use broker’s target",
}
#: What a statement mends: it has the deals that the book lacks.
MENDED_BY_STATEMENT = frozenset(
    {_Type.CLOSED_AT_BROKER, _Type.VOLUME_MISMATCH, _Type.PARTIAL_FILL, _Type.ENTRY_SLIPPAGE, _Type.SIDE_MISMATCH}
)
_FIELDS = {
    _Type.ENTRY_SLIPPAGE: "open_price",
    _Type.VOLUME_MISMATCH: "volume",
    _Type.PARTIAL_FILL: "volume",
    _Type.STOP_LOSS_MISMATCH: "stop_loss",
    _Type.TAKE_PROFIT_MISMATCH: "take_profit",
    _Type.SIDE_MISMATCH: "side",
    _Type.BALANCE_MISMATCH: "balance",
}


def cause(row: Break, currency: str, formats: Formats) -> str:
    """One sentence: what differs, and what may be behind it."""
    kind = _Type(row.type)
    if kind in (_Type.STOP_LOSS_MISMATCH, _Type.TAKE_PROFIT_MISMATCH):
        return _moved(row, "stop" if kind == _Type.STOP_LOSS_MISMATCH else "target", formats)
    if kind in (_Type.VOLUME_MISMATCH, _Type.PARTIAL_FILL):
        return _volume(row, kind, formats)
    if kind == _Type.ENTRY_SLIPPAGE:
        pips = Decimal(row.broker["pips"])
        where = "above" if pips > 0 else "below"
        return f"Filled {formats.number(abs(pips))} pips {where} the book’s price."
    if kind == _Type.BALANCE_MISMATCH:
        amount = row.amount or Decimal(0)
        apart = f"{formats.money(abs(amount), currency)} {currency} {'higher' if amount > 0 else 'lower'}"
        return f"The broker’s balance is {apart} than what the balance proof explains."
    if kind in (_Type.UNKNOWN_AT_BOOK, _Type.CLOSED_AT_BROKER):
        return _alone(row, formats)
    return {
        _Type.SIDE_MISMATCH: "The broker has it the other way round: it was reversed, or read wrongly.",
        _Type.STALE: "Nothing was heard since then: the bridge or the terminal is not running.",
    }[kind]


def _alone(row: Break, formats: Formats) -> str:
    if row.type == _Type.UNKNOWN_AT_BOOK:
        price = formats.price(Decimal(row.broker["open_price"]))
        return f"Open at the broker only, from {price}: opened by hand, or its deals have not arrived."
    return "Open in the book only: closed at the broker, and its deals have not arrived."


def _moved(row: Break, word: str, formats: Formats) -> str:
    name = _FIELDS[_Type(row.type)]
    book, broker = row.book.get(name), row.broker.get(name)
    if broker is None:
        return f"The broker has no {word}: it was taken away in the terminal, or never set."
    if book is None:
        return f"The book has no {word}: it was set in the terminal."
    distance = Decimal(broker) - Decimal(book)
    return f"The {word} was moved {'up' if distance > 0 else 'down'} by {formats.price(abs(distance))} in the terminal."


def _volume(row: Break, kind: BreakType, formats: Formats) -> str:
    book, broker = Decimal(row.book["volume"]), Decimal(row.broker["volume"])
    if kind == _Type.PARTIAL_FILL:
        share = formats.percent(broker / book)
        return f"The broker has {share} of it: filled in part, or partly closed and its deals have not arrived."
    return f"{formats.lots(abs(broker - book))} lots {'more' if broker > book else 'less'} at the broker."


def compared(row: Break, side: dict[str, str | None], currency: str, formats: Formats) -> str:
    """The compared value of one side, as it is shown; "" where that side has none to show."""
    kind = _Type(row.type)
    if kind in (_Type.UNKNOWN_AT_BOOK, _Type.CLOSED_AT_BROKER):
        if not side:
            return ""
        return f"{(side['side'] or '').capitalize()} {formats.lots(Decimal(side['volume'] or 0))}"
    value = side.get(_FIELDS.get(kind, ""))
    if value is None:
        return ""
    if kind == _Type.SIDE_MISMATCH:
        return value.capitalize()
    if kind in (_Type.VOLUME_MISMATCH, _Type.PARTIAL_FILL):
        return formats.lots(Decimal(value))
    if kind == _Type.BALANCE_MISMATCH:
        return formats.money(Decimal(value), currency)
    return formats.price(Decimal(value))


def absence(row: Break) -> str:
    """Why a side shows a dash."""
    return {
        _Type.UNKNOWN_AT_BOOK: "The book does not have it.",
        _Type.CLOSED_AT_BROKER: "The broker no longer reports it.",
        _Type.STOP_LOSS_MISMATCH: "There is no stop.",
        _Type.TAKE_PROFIT_MISMATCH: "There is no target.",
    }.get(_Type(row.type), "There is nothing to compare.")
