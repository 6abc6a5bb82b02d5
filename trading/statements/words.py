"""The few words of a statement that carry meaning. They are English in every language seen; brokers' templates vary."""

from trading.statements.rows import Direction, Side

_BUY = (
    "buy \u8cb7\u3044 \u8cb7 \u8cb7\u5165 \u4e70\u5165 \u4e70 kauf kaufen compra comprar achat "
    "acheter \u043f\u043e\u043a\u0443\u043f\u043a\u0430 \u043a\u0443\u043f\u0438\u0442\u044c "
    "\u043a\u0443\u043f\u0456\u0432\u043b\u044f acquisto kupno al\u0131\u015f alim n\u00e1kup koop "
    "beli mua \ub9e4\uc218 \u0e0b\u0e37\u0e49\u0e2d \u0634\u0631\u0627\u0621 "
    "\u062e\u0631\u06cc\u062f \u05e7\u05e0\u05d9\u05d9\u05d4"
)
_SELL = (
    "sell \u58f2\u308a \u58f2 \u8ce3\u51fa \u5356\u51fa \u5356 verkauf verkaufen venta vender venda "
    "vente vendre \u043f\u0440\u043e\u0434\u0430\u0436\u0430 "
    "\u043f\u0440\u043e\u0434\u0430\u0442\u044c \u043f\u0440\u043e\u0434\u0430\u0436 vendita "
    "sprzeda\u017c sat\u0131\u015f satim prodej verkoop jual b\u00e1n \ub9e4\ub3c4 "
    "\u0e02\u0e32\u0e22 \u0628\u064a\u0639 \u0641\u0631\u0648\u0634 \u05de\u05db\u05d9\u05e8\u05d4"
)
SIDES = dict.fromkeys(_BUY.split(), Side.BUY) | dict.fromkeys(_SELL.split(), Side.SELL)
DIRECTIONS = {
    "in": Direction.IN,
    "out": Direction.OUT,
    "in/out": Direction.IN_OUT,
    "in / out": Direction.IN_OUT,
    "out by": Direction.OUT_BY,
}
#: How the words of a pending order begin and end: "buy limit", "sell stop limit".
PENDING_ENDS = ("limit", "stop")


def side(text: str) -> Side | None:
    return SIDES.get(text.lower())


def is_pending(text: str) -> bool:
    words = text.lower().split()
    return len(words) > 1 and words[0] in SIDES and words[-1] in PENDING_ENDS
