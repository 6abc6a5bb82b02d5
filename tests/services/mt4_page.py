"""Writes small MetaTrader 4 statements, so that a test can say what stands in each of two exports."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)
_COLUMNS = [
    "Ticket",
    "Open Time",
    "Type",
    "Size",
    "Item",
    "Price",
    "S / L",
    "T / P",
    "Close Time",
    "Price",
    "Commission",
    "Taxes",
    "Swap",
    "Profit",
]


@dataclass(frozen=True, slots=True)
class Line:
    """A trade; open where `closed` is blank. Times as the terminal writes them: 2025.03.03 10:00:00."""

    ticket: int
    profit: str = "10.00"
    closed: str = "2025.03.03 12:00:00"
    opened: str = "2025.03.03 10:00:00"
    kind: str = "buy"
    size: str = "1.00"
    symbol: str = "eurusd"
    stop: str = "0.00000"
    commission: str = "0.00"
    title: str = ""


@dataclass(frozen=True, slots=True)
class Cash:
    ticket: int
    amount: str = "1000.00"
    booked: str = "2025.03.01 00:00:00"
    comment: str = "Deposit"


def page(
    *lines: Line,
    cash: Sequence[Cash] = (Cash(1),),
    reported: str = "2025 March 7, 20:00",
    number: int = 12345,
    currency: str = "USD",
    opening: Decimal = ZERO,
) -> bytes:
    """A statement whose totals are right."""
    closed, still_open = [line for line in lines if line.closed], [line for line in lines if not line.closed]
    closed_net = sum((Decimal(line.profit) + Decimal(line.commission) for line in closed), ZERO)
    floating = sum((Decimal(line.profit) + Decimal(line.commission) for line in still_open), ZERO)
    flows = sum((Decimal(flow.amount) for flow in cash), ZERO)
    balance = opening + flows + closed_net
    parts = [
        f"<html><head><title>Statement: {number}</title></head><body><div><b>Example Markets</b></div><table>",
        _row(f"Account: {number}", "Name: Ann", f"Currency: {currency}", "Leverage: 1:100", reported),
        _row("Closed Transactions:"),
        _row(*_COLUMNS),
        *(_cash(flow) for flow in cash),
        *(_trade(line) for line in closed),
        _totals(closed),
        _row("Open Trades:"),
        _row(*_COLUMNS),
        *(_trade(line) for line in still_open),
        _totals(still_open),
        _row("Summary:"),
        _row("Deposit/Withdrawal:", f"{flows}", "Credit Facility:", "0.00"),
        _row("Closed Trade P/L:", f"{closed_net}", "Floating P/L:", f"{floating}", "Margin:", "0.00"),
        _row("Balance:", f"{balance}", "Equity:", f"{balance + floating}", "Free Margin:", f"{balance + floating}"),
        "</table></body></html>",
    ]
    return "\n".join(parts).encode()


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _trade(line: Line) -> str:
    cells = [line.opened, line.kind, line.size, line.symbol, "1.10000", line.stop, "0.00000", line.closed or "&nbsp;"]
    cells += ["1.10100", line.commission, "0.00", "0.00", line.profit]
    title = f' title="{line.title}"' if line.title else ""
    return f"<tr><td{title}>{line.ticket}</td>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _cash(flow: Cash) -> str:
    return (
        f'<tr><td title="{flow.comment}">{flow.ticket}</td><td>{flow.booked}</td><td>balance</td>'
        f"<td colspan=10>{flow.comment}</td><td>{flow.amount}</td></tr>"
    )


def _totals(lines: Sequence[Line]) -> str:
    commission = sum((Decimal(line.commission) for line in lines), ZERO)
    gross = sum((Decimal(line.profit) for line in lines), ZERO)
    cells = "".join(f"<td>{amount}</td>" for amount in (f"{commission:.2f}", "0.00", "0.00", f"{gross:.2f}"))
    return f"<tr><td colspan=10>&nbsp;</td>{cells}</tr>"
