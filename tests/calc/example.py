"""The worked example of docs/formulas.md: six small trades, one of them still open."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from trading.calc.closed_trades import ClosedTrade
from trading.calc.figure_types import EquityPoint, Sample
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


def trip(
    number: int,
    net: str = "0",
    *,
    side: str = "buy",
    hours: float = 1,
    at: datetime | None = None,
    swap: str = "0",
    risk: str | None = None,
    balance: str | None = None,
    closes: Sequence[tuple[float, str]] = (),
) -> ClosedTrade:
    """A round trip that opens at nine on its own day, 2.00 of commission included in its net; closes are (hours, lots)."""
    opened = at or START + timedelta(days=number - 1)
    return ClosedTrade(
        id=UUID(int=number),
        account_id=UUID(int=1),
        symbol="EURUSD",
        side=side,
        opened_at=opened,
        closed_at=opened + timedelta(hours=hours),
        volume_lots=Decimal(1),
        gross_profit=Decimal(net) + 2 - Decimal(swap),
        commission=Decimal(-2),
        swap=Decimal(swap),
        fee=Decimal(0),
        risk=None if risk is None else Decimal(risk),
        balance_at_open=None if balance is None else Decimal(balance),
        closes=tuple((opened + timedelta(hours=after), Decimal(lots)) for after, lots in closes),
    )


def example_sample() -> Sample:
    """The closed trades of the same account as round trips, one a day, each with the costs of its entry."""
    trades = [
        trip(1, "59", hours=2, risk="29.50", balance="1000"),
        trip(2, "-41", side="sell", hours=1, swap="-1", risk="41", balance="1059"),
        trip(3, "-21", hours=4, risk="21", balance="1018", closes=[(2, "0.5"), (4, "0.5")]),
        trip(4, "-1", side="sell", hours=0.5, balance="997"),
        trip(5, "29", hours=4, risk="29", balance="996"),
    ]
    reports = [(0, "1000", "100"), (1, "1030", "206"), (2, "1059", "0"), (100, "1025", "0")]
    return Sample(
        trades,
        flows=[flow(0, "1000.00", at=START - timedelta(hours=1))],
        opening_balance=Decimal(0),
        equity=[
            EquityPoint(START + timedelta(hours=after), Decimal(equity), Decimal(margin))
            for after, equity, margin in reports
        ],
    )


def returns_sample() -> Sample:
    """The example of returns by day: 1 000 at work, a deposit between two trades of a day, and thirty days."""
    moments = [(8, "50"), (26, "-21"), (34, "15"), (30 * 24, "30.30")]
    trades = [
        trip(number, net, at=START + timedelta(hours=after), hours=0) for number, (after, net) in enumerate(moments, 1)
    ]
    return Sample(trades, [flow(1, "471.00", at=START + timedelta(hours=29))], Decimal(1000), starts_at=START)
