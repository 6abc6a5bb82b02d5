"""Words for breaks: what differs, why that may be, and what to do."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from trading.formatting import Formats
from trading.models import Break, BreakType, Side

_Type = BreakType
#: The kind of badge of each state of a break.
STATE_BADGES = {"open": "warning", "acknowledged": "info", "resolved": "healthy", "ignored": "idle"}
#: What accepting does, as its button says it.
ACCEPT_WORDS = {
    _Type.UNKNOWN_AT_BOOK: gettext_lazy("Take into book"),
    _Type.STOP_LOSS_MISMATCH: gettext_lazy("Use broker’s stop"),
    _Type.TAKE_PROFIT_MISMATCH: gettext_lazy("Use broker’s target"),
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
        return _moved(row, kind, formats)
    if kind in (_Type.VOLUME_MISMATCH, _Type.PARTIAL_FILL):
        return _volume(row, kind, formats)
    if kind == _Type.ENTRY_SLIPPAGE:
        pips = Decimal(row.broker["pips"])
        words = (
            _("Filled %(pips)s pips above the book’s price.")
            if pips > 0
            else _("Filled %(pips)s pips below the book’s price.")
        )
        return words % {"pips": formats.number(abs(pips))}
    if kind == _Type.BALANCE_MISMATCH:
        amount = row.amount or Decimal(0)
        higher = _("The broker’s balance is %(amount)s higher than what the balance proof explains.")
        lower = _("The broker’s balance is %(amount)s lower than what the balance proof explains.")
        return (higher if amount > 0 else lower) % {"amount": f"{formats.money(abs(amount), currency)} {currency}"}
    if kind in (_Type.UNKNOWN_AT_BOOK, _Type.CLOSED_AT_BROKER):
        return _alone(row, formats)
    return {
        _Type.SIDE_MISMATCH: _("The broker has it the other way round: it was reversed, or read wrongly."),
        _Type.STALE: _("Nothing was heard since then: the bridge or the terminal is not running."),
    }[kind]


def _alone(row: Break, formats: Formats) -> str:
    if row.type == _Type.UNKNOWN_AT_BOOK:
        price = formats.price(Decimal(row.broker["open_price"]))
        words = _("Open at the broker only, from %(price)s: opened by hand, or its deals have not arrived.")
        return words % {"price": price}
    return _("Open in the book only: closed at the broker, and its deals have not arrived.")


def _moved(row: Break, kind: BreakType, formats: Formats) -> str:
    """How a stop or a target of the two sides differs."""
    is_stop = kind == _Type.STOP_LOSS_MISMATCH
    book, broker = row.book.get(_FIELDS[kind]), row.broker.get(_FIELDS[kind])
    if broker is None:
        if is_stop:
            return _("The broker has no stop: it was taken away in the terminal, or never set.")
        return _("The broker has no target: it was taken away in the terminal, or never set.")
    if book is None:
        if is_stop:
            return _("The book has no stop: it was set in the terminal.")
        return _("The book has no target: it was set in the terminal.")
    distance = Decimal(broker) - Decimal(book)
    return _moved_words(is_stop, distance > 0) % {"distance": formats.price(abs(distance))}


def _moved_words(is_stop: bool, is_up: bool) -> str:
    if is_stop and is_up:
        return _("The stop was moved up by %(distance)s in the terminal.")
    if is_stop:
        return _("The stop was moved down by %(distance)s in the terminal.")
    if is_up:
        return _("The target was moved up by %(distance)s in the terminal.")
    return _("The target was moved down by %(distance)s in the terminal.")


def _volume(row: Break, kind: BreakType, formats: Formats) -> str:
    book, broker = Decimal(row.book["volume"]), Decimal(row.broker["volume"])
    if kind == _Type.PARTIAL_FILL:
        share = formats.percent(broker / book)
        words = _("The broker has %(share)s of it: filled in part, or partly closed and its deals have not arrived.")
        return words % {"share": share}
    words = _("%(lots)s lots more at the broker.") if broker > book else _("%(lots)s lots less at the broker.")
    return words % {"lots": formats.lots(abs(broker - book))}


def compared(row: Break, side: dict[str, str | None], currency: str, formats: Formats) -> str:
    """The compared value of one side, as it is shown; "" where that side has none to show."""
    kind = _Type(row.type)
    if kind in (_Type.UNKNOWN_AT_BOOK, _Type.CLOSED_AT_BROKER):
        if not side:
            return ""
        return f"{side_words(side['side'])} {formats.lots(Decimal(side['volume'] or 0))}"
    value = side.get(_FIELDS.get(kind, ""))
    if value is None:
        return ""
    if kind == _Type.SIDE_MISMATCH:
        return side_words(value)
    if kind in (_Type.VOLUME_MISMATCH, _Type.PARTIAL_FILL):
        return formats.lots(Decimal(value))
    if kind == _Type.BALANCE_MISMATCH:
        return formats.money(Decimal(value), currency)
    return formats.price(Decimal(value))


def side_words(side: str | None) -> str:
    """ "Buy" or "Sell"; "" for neither."""
    return str(Side(side).label) if side in Side.values else ""


def matched_words(matched: int, breaks: int, runs: int) -> str:
    """What a run of the comparison found, and how many runs found the same."""
    numbers = {"matched": matched, "number": breaks, "runs": f"{runs:,}"}
    found = (
        ngettext("%(matched)s matched, %(number)s break", "%(matched)s matched, %(number)s breaks", breaks) % numbers
    )
    return found if runs == 1 else _("%(found)s; %(runs)s runs since the last line") % {**numbers, "found": found}


def absence(row: Break) -> str:
    """Why a side shows a dash."""
    return {
        _Type.UNKNOWN_AT_BOOK: _("The book does not have it."),
        _Type.CLOSED_AT_BROKER: _("The broker no longer reports it."),
        _Type.STOP_LOSS_MISMATCH: _("There is no stop."),
        _Type.TAKE_PROFIT_MISMATCH: _("There is no target."),
    }.get(_Type(row.type), _("There is nothing to compare."))
