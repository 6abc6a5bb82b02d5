"""What happens in the demo: every few minutes a break that appears and heals, a trade that the book learns of late, and a
loss that makes a guard warn and then recovers."""

from __future__ import annotations

from decimal import Decimal

from bridge.market import Market

#: The story begins anew after this many seconds; the loss comes the first time and then every half hour.
LENGTH_S, DIP_EVERY = 300, 6
_LATE_S, _WRONG_FROM_S, _WRONG_UNTIL_S = 40, 20, 80
_MANUAL_AT_S, _DIP_AT_S, _DIP_S = 110, 170, 30
#: The way up is a little longer than the way down, which pays for the costs.
_DOWN, _UP = -100, 102
_LEAST = Decimal(20_000)


def live(market: Market, now_s: int) -> None:
    """Lives on until that second, with what the story has for each; a long absence is skipped."""
    market.now_s = max(market.now_s, now_s - LENGTH_S)
    while market.now_s < now_s:
        market.advance(market.now_s + 1)
        told, second = divmod(market.steps, LENGTH_S)
        _tell(market, second)
        if told % DIP_EVERY == 0:
            _dip(market, second - _DIP_AT_S)


def _tell(market: Market, second: int) -> None:
    if second == _WRONG_FROM_S:
        position = market.open("GBPUSD", "buy", Decimal("0.10"), comment="Demo: a wrong fill")
        market.misprice(position.ticket, 120)
    elif second == _WRONG_UNTIL_S:
        _put_right(market)
    elif second == _MANUAL_AT_S:
        position = market.open("XAUUSD", "sell", Decimal("0.02"), comment="Demo: by hand")
        market.hide_deals_of(position.ticket, _LATE_S)
    elif second == LENGTH_S - 10:
        _end(market)


def _dip(market: Market, second: int) -> None:
    """A position, and the price against it: down, a while below, and up again."""
    if second == 0:
        market.open("EURUSD", "buy", Decimal("0.50"), comment="Demo: a loss that recovers")
    elif 0 < second <= _DIP_S:
        market.move("EURUSD", _DOWN)
    elif 2 * _DIP_S < second <= 3 * _DIP_S:
        market.move("EURUSD", _UP)


def _put_right(market: Market) -> None:
    for position in market.positions.values():
        if position.shown:
            market.misprice(position.ticket, 0)


def _end(market: Market) -> None:
    """Closes what the story opened; whoever has lost too much is given new money."""
    for position in list(market.positions.values()):
        if position.comment.startswith("Demo:"):
            market.close(position.ticket, comment=position.comment)
    if market.equity() < _LEAST:
        market.book_cash(_LEAST, "Deposit")
