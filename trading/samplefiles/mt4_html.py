"""A MetaTrader 4 statement as the terminal writes it: one HTML table, English labels, no charset declared."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from html import escape
from typing import BinaryIO

from trading.calc.history import Fill, History, OpenPosition
from trading.calc.metatrader import Figures, metatrader_figures
from trading.calc.rounding import to_places
from trading.samplefiles.account import AccountLife, CashMove, Order, Position, Profile
from trading.samplefiles.instruments import CURRENCY_DIGITS, INSTRUMENTS, Instrument, money
from trading.samplefiles.snapshot import Holding, Snapshot, flows, snapshot

ZERO = Decimal(0)
SPACE = "&nbsp;"
BY_SYMBOL = {item.symbol: item for item in INSTRUMENTS}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A row of MetaTrader 4: a partial close ends one ticket and opens another for what is left."""

    number: int
    position: Position
    lots: Decimal
    closed_at: datetime | None
    price: Decimal
    commission: Decimal
    swap: Decimal
    gross_profit: Decimal
    title: str


def write_mt4_html(
    life: AccountLife,
    out: BinaryIO,
    *,
    until: datetime | None = None,
    detailed: bool = True,
    newest_first: bool = False,
    encoding: str = "utf-8",
) -> None:
    """Writes the statement of the account at `until`; without the Details block if not `detailed`."""
    shown = snapshot(life, until)
    tickets = [ticket for holding in shown.holdings for ticket in _tickets(holding, shown.profile.currency)]
    statement = _Statement(shown, tickets, detailed=detailed, newest_first=newest_first)
    out.writelines(block.encode(encoding, "xmlcharrefreplace") for block in statement.blocks())


def mt4_history(shown: Snapshot, tickets: Iterable[Ticket]) -> History:
    """What trading.calc computes the totals of a MetaTrader 4 statement from: one fill per closed ticket."""
    fills: list[Fill] = []
    positions: list[OpenPosition] = []
    for ticket in tickets:
        if ticket.closed_at is None:
            positions.append(OpenPosition(ticket.swap, ticket.commission, ticket.gross_profit))
            continue
        at, side = ticket.closed_at.replace(tzinfo=UTC), ticket.position.side
        fills.append(Fill(at, ticket.number, True, side, ticket.gross_profit, ticket.commission, ticket.swap, ZERO))
    return History(fills, flows(shown), positions, ZERO, shown.margin)


def _tickets(holding: Holding, currency: str) -> Iterator[Ticket]:
    """The tickets of a position, each with its share of the entry's commission; the last takes what rounding left."""
    position, entry = holding.position, holding.position.entry
    number, commission_left, parent = position.ticket, entry.commission, 0
    for exit_leg in holding.exits:
        is_last = exit_leg is position.exits[-1]
        share = commission_left if is_last else money(entry.commission * exit_leg.lots / entry.lots, currency)
        commission_left -= share
        title = _title(position, parent, exit_leg.comment) if is_last else f"to #{exit_leg.order.number}"
        yield Ticket(
            number=number,
            position=position,
            lots=exit_leg.lots,
            closed_at=exit_leg.at,
            price=exit_leg.price,
            commission=share + exit_leg.commission,
            swap=exit_leg.swap,
            gross_profit=exit_leg.gross_profit,
            title=title,
        )
        number, parent = exit_leg.order.number, number
    if holding.is_open:
        yield Ticket(
            number=number,
            position=position,
            lots=holding.lots_left,
            closed_at=None,
            price=holding.current_price,
            commission=commission_left,
            swap=holding.swap,
            gross_profit=holding.floating_profit,
            title=_title(position, parent, ""),
        )


def _title(position: Position, parent: int, reason: str) -> str:
    """The comment of a ticket: where it came from or its strategy, and what closed it: `#8002 Pullback[sl]`."""
    origin = f"#{position.magic} {position.strategy}" if position.magic else position.strategy
    closed_by = f"{reason[:3]}]" if reason.startswith("[") else ""
    return (f"from #{parent}" if parent else origin) + closed_by


class _Statement:
    """Writes one statement block by block."""

    def __init__(self, shown: Snapshot, tickets: Sequence[Ticket], *, detailed: bool, newest_first: bool) -> None:
        self.shown = shown
        self.profile: Profile = shown.profile
        self.digits = CURRENCY_DIGITS.get(self.profile.currency, 2)
        self.tickets = tickets
        self.detailed = detailed
        self.newest_first = newest_first
        self.figures: Figures = metatrader_figures(mt4_history(shown, tickets), "mt4")

    def blocks(self) -> Iterator[str]:
        yield self._head()
        yield from self._closed()
        yield from self._open()
        yield from self._working()
        yield self._summary()
        if self.detailed:
            yield self._details()
        yield "</table>\n</div></body></html>\n"

    def amount(self, key: str) -> str:
        return self.money(self.figures.get(key))

    def money(self, value: Decimal | None) -> str:
        """With a space between thousands and the decimals of the currency; nothing for what is undefined."""
        return "" if value is None else f"{to_places(value, self.digits):,f}".replace(",", " ")

    def ratio(self, key: str) -> str:
        value = self.figures.get(key)
        return "" if value is None else f"{to_places(value, 2):f}"

    def count(self, key: str) -> str:
        return f"{to_places(self.figures.get(key) or ZERO, 0):f}"

    def _head(self) -> str:
        profile, title = self.profile, f"Statement: {self.profile.number} - {escape(self.profile.name)}"
        printed = f"{self.shown.until:%Y %B} {self.shown.until.day}, {self.shown.until:%H:%M}"
        return (
            '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n'
            f"<html>\n  <head>\n    <title>{title}</title>\n"
            '    <meta name="generator" content="MetaQuotes Software Corp.">\n'
            '    <style type="text/css">\n    <!--\n    td { font: 8pt Tahoma,Arial; }\n'
            '    .msdate { mso-number-format:"General Date"; }\n    //-->\n    </style>\n  </head>\n'
            "<body topmargin=1 marginheight=1>\n<div align=center>\n"
            f'<div style="font: 20pt Times New Roman"><b>{escape(profile.company)}</b></div><br>\n\n'
            "<table cellspacing=1 cellpadding=3 border=0>\n<tr align=left>\n"
            f"    <td colspan=2><b>Account: {profile.number}</b></td>\n"
            f"    <td colspan=5><b>Name: {escape(profile.name)}</b></td>\n"
            f"    <td colspan=2><b>Currency: {profile.currency}</b></td>\n"
            f"    <td colspan=2><b>Leverage: 1:{profile.leverage}</b></td>\n"
            f"    <td colspan=3 align=right><b>{printed}</b></td></tr>\n\n"
        )

    def _closed(self) -> Iterator[str]:
        yield _section(
            "Closed Transactions:", ("Close Time", "Price", "Commission", "Taxes", "Swap", "Profit"), span=13
        )
        rows = [(ticket.closed_at, ticket.number, ticket) for ticket in self.tickets if ticket.closed_at]
        others: list[tuple[datetime, int, Order | CashMove]] = [
            (order.done_at, order.number, order) for order in self.shown.done_orders if not order.filled
        ]
        others += [(move.at, move.number, move) for move in self.shown.cash]
        ordered = sorted([*rows, *others], key=lambda row: row[:2], reverse=self.newest_first)
        for index, (_, _, row) in enumerate(ordered):
            yield _row(index, self._closed_cells(row))
        if not ordered:
            yield NO_TRANSACTIONS
        yield self._totals("closed")
        yield (
            "<tr align=right>\n    <td colspan=12 align=right><b>Closed P/L:</b></td>\n"
            '    <td colspan=2 align=right title="Commission + Swap + Profit + Taxes" class=mspt>'
            f"<b>{self.amount('closed_profit')}</b></td>\n</tr>\n\n"
        )

    def _closed_cells(self, row: Ticket | Order | CashMove) -> str:
        if isinstance(row, Ticket):
            return self._ticket_cells(row)
        if isinstance(row, Order):
            item = BY_SYMBOL[row.symbol]
            market = self.shown.market.get(row.symbol, row.price)
            return _order_cells(row, item, "cancelled", f"{row.done_at:%Y.%m.%d %H:%M:%S}", market) + (
                "<td colspan=4>cancelled</td>"
            )
        return (
            f"{_ticket_cell(row.number, row.comment)}{_date(row.at)}<td>{row.kind}</td>"
            f"<td colspan=10 align=left>{row.comment}</td><td class=mspt>{self.money(row.amount)}</td>"
        )

    def _ticket_cells(self, ticket: Ticket) -> str:
        position, item = ticket.position, ticket.position.instrument
        closed = f"{ticket.closed_at:%Y.%m.%d %H:%M:%S}" if ticket.closed_at else SPACE
        costs = (ticket.commission, ZERO, ticket.swap, ticket.gross_profit)
        return (
            f"{_ticket_cell(ticket.number, ticket.title)}{_date(position.entry.at)}<td>{position.side}</td>"
            f"<td class=mspt>{ticket.lots:.2f}</td><td>{item.symbol.lower()}</td>"
            + _price(item, position.entry.price)
            + _price(item, position.stop_loss)
            + _price(item, position.take_profit)
            + f"<td class=msdate nowrap>{closed}</td>"
            + _price(item, ticket.price)
            + "".join(f"<td class=mspt>{self.money(cost)}</td>" for cost in costs)
        )

    def _open(self) -> Iterator[str]:
        yield _section("Open Trades:", (SPACE, "Price", "Commission", "Taxes", "Swap", "Profit"))
        open_tickets = [ticket for ticket in self.tickets if ticket.closed_at is None]
        open_tickets.sort(key=lambda ticket: (ticket.position.instrument.symbol, ticket.number))
        for index, ticket in enumerate(open_tickets):
            yield _row(index, self._ticket_cells(ticket))
        if not open_tickets:
            yield NO_TRANSACTIONS
        yield self._totals("open")
        yield (
            "<tr><td colspan=10>&nbsp;</td><td colspan=2 align=right><b>Floating P/L:</b></td>\n"
            '    <td colspan=2 align=right title="Commission + Swap + Profit" class=mspt>'
            f"<b>{self.amount('floating')}</b></td></tr>\n\n"
        )

    def _totals(self, part: str) -> str:
        keys = ("commission", "taxes", "swap", "gross")
        cells = "".join(f"    <td class=mspt>{self.amount(f'{part}_{key}')}</td>\n" for key in keys)
        return f"\n<tr align=right>\n    <td colspan=10>&nbsp;</td>\n{cells}</tr>\n"

    def _working(self) -> Iterator[str]:
        yield (
            "<tr align=left><td colspan=14><b>Working Orders:</b></td></tr>\n"
            '<tr align=center bgcolor="#C0C0C0">\n'
            "    <td>Ticket</td><td nowrap>Open Time</td><td>Type</td><td>Size</td><td>Item</td>\n"
            "    <td>Price</td><td>S / L</td><td>T / P</td><td colspan=2 nowrap>Market Price</td>"
            "<td colspan=4>&nbsp;</td></tr>\n"
        )
        for index, order in enumerate(self.shown.working_orders):
            market = self.shown.market.get(order.symbol, order.price)
            yield _row(index, _order_cells(order, BY_SYMBOL[order.symbol], "", SPACE, market) + "<td colspan=4></td>")
        if not self.shown.working_orders:
            yield NO_TRANSACTIONS
        yield "\n\n" + GAP

    def _summary(self) -> str:
        return (
            "<tr align=left><td colspan=14><b>Summary:</b></td></tr>\n"
            + _figures(
                ("Deposit/Withdrawal:", self.amount("deposit_withdrawal")),
                ("Credit Facility:", self.amount("credit")),
            )
            + _figures(
                ("Closed Trade P/L:", self.amount("closed_profit")),
                ("Floating P/L:", self.amount("floating")),
                ("Margin:", self.amount("margin")),
            )
            + _figures(
                ("Balance:", self.amount("balance")),
                ("Equity:", self.amount("equity")),
                ("Free Margin:", self.amount("margin_free")),
            )
        )

    def _details(self) -> str:
        with_share, text = self._with_share, self.amount
        return (
            f"{GAP}<tr align=left><td colspan=14><b>Details:</b></td></tr>\n"
            '<tr align=center><td colspan=14><img src="DetailedStatement.gif" width=820 height=200 border=0 '
            'alt="Graph"></td></tr>\n'
            + _figures(
                ("Gross Profit:", text("gross_profit")),
                ("Gross Loss:", text("gross_loss")),
                ("Total Net Profit:", text("net_profit")),
            )
            + _figures(
                ("Profit Factor:", self.ratio("profit_factor")), ("Expected Payoff:", self.ratio("expected_payoff"))
            )
            + _figures(
                ("Absolute Drawdown:", text("absolute_drawdown")),
                ("Maximal Drawdown:", f"{text('maximal_drawdown')} ({self.ratio('maximal_drawdown_percent')}%)"),
                ("Relative Drawdown:", f"{self.ratio('relative_drawdown_percent')}% ({text('relative_drawdown')})"),
            )
            + GAP
            + _figures(
                ("Total Trades:", self.count("trades_total")),
                ("Short Positions (won %):", with_share("trades_short", "trades_short_won_percent")),
                ("Long Positions (won %):", with_share("trades_long", "trades_long_won_percent")),
            )
            + _pair(
                ("Profit Trades (% of total):", with_share("trades_won", "trades_won_percent")),
                ("Loss trades (% of total):", with_share("trades_lost", "trades_lost_percent")),
            )
            + self._extremes()
        )

    def _extremes(self) -> str:
        text, count = self.amount, self.count
        wins, losses = "max_consecutive_wins", "max_consecutive_losses"
        gain, loss = "max_consecutive_profit", "max_consecutive_loss"
        return (
            _pair(
                ("profit trade:", text("largest_profit_trade")), ("loss trade:", text("largest_loss_trade")), "Largest"
            )
            + _pair(
                ("profit trade:", text("average_profit_trade")), ("loss trade:", text("average_loss_trade")), "Average"
            )
            + _pair(
                ("consecutive wins ($):", f"{count(wins)} ({text(wins + '_money')})"),
                ("consecutive losses ($):", f"{count(losses)} ({text(losses + '_money')})"),
                "Maximum",
            )
            + _pair(
                ("consecutive profit (count):", f"{text(gain)} ({count(gain + '_count')})"),
                ("consecutive loss (count):", f"{text(loss)} ({count(loss + '_count')})"),
                "Maximal",
            )
            + _pair(
                ("consecutive wins:", count("average_consecutive_wins")),
                ("consecutive losses:", count("average_consecutive_losses")),
                "Average",
            )
        )

    def _with_share(self, count: str, percent: str) -> str:
        return f"{self.count(count)} ({self.ratio(percent)}%)"


GAP = '<tr><td colspan=14 style="font: 1pt arial">&nbsp;</td></tr>\n'
NO_TRANSACTIONS = "<tr align=right><td colspan=13 align=center>No transactions</td></tr>\n"


def _section(title: str, last: Sequence[str], span: int = 14) -> str:
    first = ("Ticket", "Open Time", "Type", "Size", "Item", "Price", "S / L", "T / P")
    cells = "".join(f"<td nowrap>{label}</td>" for label in (*first, *last))
    return (
        f"<tr align=left><td colspan={span}><b>{title}</b></td></tr>\n"
        f'<tr align=center bgcolor="#C0C0C0">\n   {cells}</tr>\n'
    )


def _row(index: int, cells: str) -> str:
    return f"<tr{' bgcolor=#E0E0E0' if index % 2 else ''} align=right>{cells}</tr>\n"


def _ticket_cell(number: int, title: str) -> str:
    return f'<td title="{escape(title)}">{number}</td>' if title else f"<td>{number}</td>"


def _date(at: datetime) -> str:
    return f"<td class=msdate nowrap>{at:%Y.%m.%d %H:%M:%S}</td>"


def _price(item: Instrument, price: Decimal | None) -> str:
    shape = "0" * item.digits
    return f'<td style="mso-number-format:0\\.{shape};">{price or ZERO:.{item.digits}f}</td>'


def _order_cells(order: Order, item: Instrument, title: str, time: str, market: Decimal | None) -> str:
    return (
        f"{_ticket_cell(order.number, title)}{_date(order.placed_at)}<td>{order.kind}</td>"
        f"<td class=mspt>{order.lots:.2f}</td><td>{item.symbol.lower()}</td>"
        + _price(item, order.price)
        + _price(item, order.stop_loss)
        + _price(item, order.take_profit)
        + f"<td class=msdate nowrap>{time}</td>"
        + _price(item, market)
    )


def _figures(*pairs: tuple[str, str]) -> str:
    """A row of up to three labelled figures, in the odd column spans of the terminal."""
    spans = ((2, " colspan=2"), (4, ""), (3, " colspan=2"))
    cells = [
        f"    <td colspan={label_span}><b>{label}</b></td>\n    <td{span} class=mspt><b>{value}</b></td>\n"
        for (label, value), (label_span, span) in zip(pairs, spans, strict=False)
    ]
    rest = "    <td colspan=5>&nbsp;</td>\n" if len(pairs) < len(spans) else ""
    return f"<tr align=right>\n{''.join(cells)}{rest}</tr>\n"


def _pair(left: tuple[str, str], right: tuple[str, str], heading: str = "") -> str:
    """A row of two labelled figures, with a word before both of them where the terminal prints one."""
    first = f"    <td colspan=2><b>{heading}</b></td>\n    <td colspan=6>" if heading else "    <td colspan=8>"
    return (
        f"<tr align=right>\n{first}<b>{left[0]}</b></td>\n    <td class=mspt><b>{left[1]}</b></td>\n"
        f"    <td colspan=3><b>{right[0]}</b></td>\n    <td colspan=2 class=mspt><b>{right[1]}</b></td></tr>\n"
    )
