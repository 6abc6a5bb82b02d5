"""What happens in the demo: every few minutes a break that appears and heals, a trade that the book learns of late, and a
loss that makes a guard warn and then recovers."""

from __future__ import annotations

from decimal import Decimal

from bridge.market import Market

#: The story begins anew after this many seconds.
LENGTH_S = 300
_LATE_S, _WRONG_FROM_S, _WRONG_UNTIL_S = 40, 20, 80
_MANUAL_AT_S, _DIP_AT_S, _DIP_S = 110, 180, 30
_POINTS_A_SECOND = 50
_DIP, _MANUAL = "Demo: a loss that recovers", "Demo: by hand"
_LEAST = Decimal(20_000)


def tell(market: Market) -> None:
    """Does what the story has for this second."""
    second = market.now_s % LENGTH_S
    if second == 0 and market.equity() < _LEAST:
        market.book_cash(_LEAST, "Deposit")
    if second == _WRONG_FROM_S:
        position = market.open("GBPUSD", "buy", Decimal("0.10"), comment="Demo: a wrong fill")
        market.misprice(position.ticket, 120)
    elif second == _WRONG_UNTIL_S:
        _put_right(market)
    elif second == _MANUAL_AT_S:
        position = market.open("XAUUSD", "sell", Decimal("0.02"), comment=_MANUAL)
        market.hide_deals_of(position.ticket, _LATE_S)
    elif second == _DIP_AT_S:
        market.open("EURUSD", "buy", Decimal("1.00"), comment=_DIP)
    elif _DIP_AT_S < second <= _DIP_AT_S + _DIP_S:
        market.move("EURUSD", -_POINTS_A_SECOND)
    elif _DIP_AT_S + 2 * _DIP_S < second <= _DIP_AT_S + 3 * _DIP_S:
        market.move("EURUSD", _POINTS_A_SECOND)
    elif second == LENGTH_S - 10:
        _end(market)


def _put_right(market: Market) -> None:
    for position in market.positions.values():
        if position.shown:
            market.misprice(position.ticket, 0)


def _end(market: Market) -> None:
    for position in list(market.positions.values()):
        if position.comment.startswith("Demo:"):
            market.close(position.ticket, comment=position.comment)
