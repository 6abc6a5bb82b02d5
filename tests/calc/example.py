"""The worked example of docs/formulas.md: six small trades, one of them still open."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from trading.calc.history import Fill, Flow, History, OpenPosition

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def fill(
    number: int,
    gross_profit: str = "0",
    *,
    is_exit: bool = True,
    side: str = "buy",
    commission: str = "0",
    swap: str = "0",
    at: datetime | None = None,
) -> Fill:
    """A fill at its own hour unless told otherwise."""
    return Fill(
        at=at or START + timedelta(hours=number),
        sequence=number,
        is_exit=is_exit,
        side=side,
        gross_profit=Decimal(gross_profit),
        commission=Decimal(commission),
        swap=Decimal(swap),
        fee=Decimal(0),
    )


def flow(number: int, amount: str, kind: str = "deposit", at: datetime | None = None) -> Flow:
    return Flow(at=at or START + timedelta(hours=number), sequence=number, kind=kind, amount=Decimal(amount))


def entry(number: int, side: str) -> Fill:
    return fill(number, is_exit=False, side=side, commission="-1.00")


def example_history() -> History:
    """Deposit 1 000; results +60, -40, -20, 0 and +30; every entry costs 1.00, that of the open trade too."""
    return History(
        fills=[
            entry(1, "buy"),
            fill(2, "61.00", side="buy", commission="-1.00"),
            entry(3, "sell"),
            fill(4, "-38.00", side="sell", commission="-1.00", swap="-1.00"),
            entry(5, "buy"),
            fill(6, "-19.00", side="buy", commission="-1.00"),
            entry(7, "sell"),
            fill(8, "1.00", side="sell", commission="-1.00"),
            entry(9, "buy"),
            fill(10, "31.00", side="buy", commission="-1.00"),
            entry(11, "buy"),
        ],
        flows=[flow(0, "1000.00")],
        positions=[OpenPosition(swap=Decimal("-0.50"), commission=Decimal(0), floating_profit=Decimal("12.00"))],
        opening_balance=Decimal(0),
        margin=Decimal("207.10"),
    )
