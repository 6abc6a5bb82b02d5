"""The few words of a statement that carry meaning. They are English in every language seen; brokers' templates vary."""

from trading.statements.rows import Direction, Side

SIDES = {
    "buy": Side.BUY,
    "sell": Side.SELL,
    "\u8cb7\u3044": Side.BUY,
    "\u8cb7": Side.BUY,
    "\u58f2\u308a": Side.SELL,
    "\u58f2": Side.SELL,
    "\u4e70\u5165": Side.BUY,
    "\u5356\u51fa": Side.SELL,
    "kauf": Side.BUY,
    "verkauf": Side.SELL,
    "compra": Side.BUY,
    "venta": Side.SELL,
    "venda": Side.SELL,
    "achat": Side.BUY,
    "vente": Side.SELL,
    "\u043f\u043e\u043a\u0443\u043f\u043a\u0430": Side.BUY,
    "\u043f\u0440\u043e\u0434\u0430\u0436\u0430": Side.SELL,
}
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
