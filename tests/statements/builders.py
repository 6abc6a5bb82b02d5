"""Builds small statements of the brokers' shapes, in any language, so that tests need no real file."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from xml.sax.saxutils import escape as xml_escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

POSITION_LABELS = [
    "Time",
    "Position",
    "Symbol",
    "Type",
    "Volume",
    "Price",
    "SL",
    "TP",
    "Time",
    "Price",
    "Commission",
    "Swap",
    "Profit",
]
ORDER_LABELS = ["Time", "Order", "Symbol", "Type", "Volume", "Price", "SL", "TP", "Time", "State", "Comment"]
DEAL_LABELS = [
    "Time",
    "Deal",
    "Symbol",
    "Type",
    "Direction",
    "Volume",
    "Price",
    "Order",
    "Commission",
    "Fee",
    "Swap",
    "Profit",
    "Balance",
    "Comment",
]
OPEN_LABELS = [
    "Time",
    "Position",
    "Symbol",
    "Type",
    "Volume",
    "Price",
    "SL",
    "TP",
    "Market",
    "Swap",
    "Profit",
    "Comment",
]
MT4_LABELS = [
    "Ticket",
    "Open",
    "Type",
    "Size",
    "Item",
    "Price",
    "SL",
    "TP",
    "Close",
    "Price",
    "Commission",
    "Taxes",
    "Swap",
    "Profit",
]

#: As the terminal prints them, where MT4_LABELS are any words.
MT4_TERMINAL_LABELS = [
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
MT4_DAILY_LABELS = [
    "Ticket",
    "Open Time",
    "Type",
    "Lots",
    "Item",
    "Price",
    "S / L",
    "T / P",
    "Close Time",
    "Price",
    "Commission",
    "R/O Swap",
    "Trade P/L",
]

Cells = Sequence[str]


def mt4_trade(
    ticket: int,
    profit: str,
    *,
    opened: str = "2024.01.02 10:00:00",
    closed: str = "2024.01.02 11:00:00",
    side: str = "buy",
    size: str = "0.10",
    commission: str = "0.00",
    taxes: str = "0.00",
    swap: str = "0.00",
    title: str = "",
    prices: tuple[str, str] = ("1.10000", "1.10100"),
) -> str:
    cells = [opened, side, size, "eurusd", prices[0], "0.00000", "0.00000", closed or "&nbsp;", prices[1]]
    cells += [commission, taxes, swap, profit]
    named = f' title="{escape(title)}"' if title else ""
    return f"<tr align=right><td{named}>{ticket}</td>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n"


def mt4_balance(
    ticket: int, amount: str, comment: str = "Deposit", *, at: str = "2024.01.01 00:00:00", kind: str = "balance"
) -> str:
    return (
        f"<tr align=right><td title='{escape(comment)}'>{ticket}</td><td>{at}</td><td>{kind}</td>"
        f"<td colspan=10 align=left>{escape(comment)}</td><td class=mspt>{amount}</td></tr>\n"
    )


def mt4_order(ticket: int, *, closed: str = "2024.01.02 12:00:00") -> str:
    head = f"<tr><td title='cancelled'>{ticket}</td><td>2024.01.02 09:00:00</td><td>buy limit</td><td>0.10</td>"
    if closed:
        tail = f"<td>{closed}</td><td>1.10000</td><td colspan=4>cancelled</td></tr>\n"
    else:
        tail = "<td>1.20000</td><td>&nbsp;</td><td colspan=4>&nbsp;</td></tr>\n"
    return head + "<td>eurusd</td><td>1.09000</td><td>0.00000</td><td>0.00000</td>" + tail


def mt4_page(
    closed: Iterable[str],
    open_rows: Iterable[str] = (),
    working: Iterable[str] = (),
    *,
    labels: Sequence[str] = MT4_LABELS,
    words: Mapping[str, str] | None = None,
    stated: Mapping[str, str] | None = None,
) -> str:
    """A MetaTrader 4 statement. `words` translates its labels, `stated` sets figures of its summary."""
    say = words or {}
    figures = {"flows": "1 000.00", "credit": "0.00", "closed": "0.00", "balance": "1 000.00", **(stated or {})}
    heading = "<tr>" + "".join(f"<td>{label}</td>" for label in labels) + "</tr>\n"
    none = "<tr align=right><td colspan=13 align=center>No transactions</td></tr>\n"

    def section(name: str, rows: Iterable[str], total: str) -> str:
        body = "".join(rows) or none
        return f"<tr><td colspan=14><b>{say.get(name, name)}:</b></td></tr>\n{heading}{body}{total}"

    def figure(name: str, value: str, span: int = 2) -> str:
        return f"<td colspan={span}><b>{say.get(name, name)}:</b></td><td colspan=2><b>{value}</b></td>"

    return (
        "<html><head><title>Statement: 700 - Ann Example</title></head><body>"
        "<div style='font: 20pt'><b>Example Markets Ltd</b></div><table>\n"
        f"<tr align=left><td colspan=2><b>{say.get('Account', 'Account')}: 700</b></td>"
        f"<td colspan=5><b>{say.get('Name', 'Name')}: Ann Example</b></td>"
        f"<td colspan=2><b>{say.get('Currency', 'Currency')}: USD</b></td>"
        f"<td colspan=2><b>{say.get('Leverage', 'Leverage')}: 1:100</b></td>"
        "<td colspan=3><b>2024 February 1, 12:30</b></td></tr>\n"
        + section("Closed Transactions", closed, "")
        + section("Open Trades", open_rows, "")
        + section("Working Orders", working, "")
        + f"<tr><td colspan=14><b>{say.get('Summary', 'Summary')}:</b></td></tr>\n"
        + f"<tr>{figure('Deposit/Withdrawal', figures['flows'])}{figure('Credit Facility', figures['credit'], 4)}</tr>\n"
        + f"<tr>{figure('Closed Trade P/L', figures['closed'])}{figure('Floating P/L', '0.00', 4)}"
        + f"{figure('Margin', '0.00', 3)}</tr>\n"
        + f"<tr>{figure('Balance', figures['balance'])}{figure('Equity', figures['balance'], 4)}"
        + f"{figure('Free Margin', figures['balance'], 3)}</tr>\n"
        + "</table></body></html>\n"
    )


def mt4_daily(
    closed: str = "",
    *,
    account: str = "A/C No: <b>700</b>",
    title: str = "Daily Confirmation",
    previous: str = "1 000.00",
) -> str:
    """What a broker mails each day: thirteen columns, subtotals under each table, and a summary of its own."""
    heading = "".join(f"<td nowrap=''>{label}</td>" for label in MT4_DAILY_LABELS)
    trade = "<tr><td>{}</td><td>&nbsp;2024.01.05 10:00:00</td><td>sell</td><td>0.01</td><td>eurusd</td><td>1.1</td>"
    trade += "<td>0.0</td><td>0.0</td><td>&nbsp;{}</td><td>1.09</td><td>-0.07</td><td>-0.01</td><td>5.00</td></tr>\n"
    totals = "<tr><td colspan=10>&nbsp;</td><td>-0.07</td><td>-0.01</td><td>5.00</td></tr>\n"

    def pair(label: str, value: str, other: str = "", figure: str = "") -> str:
        right = f"<td colspan=3>{other}:</td><td colspan=3>{figure}</td>" if other else ""
        left = f"<td colspan=3>{label}:</td><td colspan=2>{value}</td><td colspan=2></td>" if label else ""
        return f"<tr>{left}{right}</tr>\n"

    return (
        f"<title>700: {title}</title><div><b>Example GmbH</b></div><table><tbody>\n"
        f"<tr><td colspan=2>{account}</td><td colspan=6>Name: <b>Ann Example</b></td><td colspan=3>&nbsp;</td>"
        "<td colspan=2>2024 January 5, 23:59</td></tr>\n"
        f"<tr><td colspan=13><b>Closed Transactions:</b></td></tr><tr>{heading}</tr>\n{closed}"
        + trade.format(100, "2024.01.05 11:00:00")
        + totals
        + "<tr><td colspan=4><b>Deposit/Withdrawal: 0.00</b></td><td colspan=5><b>Credit Facility: 0.00</b></td>"
        "<td colspan=2><b>Closed Trade P/L: </b></td><td colspan=2><b>4.92</b></td></tr>\n"
        f"<tr><td colspan=13><b>Open Trades:</b></td></tr><tr>{heading.replace('Close Time', '&nbsp;')}</tr>\n"
        + trade.format(101, "&nbsp;")
        + totals
        + "<tr><td colspan=9>&nbsp;</td><td colspan=2>Floating P/L:</td><td colspan=2>4.92</td></tr>\n"
        "<tr><td colspan=13><b>Working Orders:</b></td></tr><tr><td colspan=13>No transactions</td></tr>\n"
        "<tr><td colspan=13><b>A/C Summary:</b></td></tr>\n"
        + pair("Previous Ledger Balance" if previous else "", previous, "Floating P/L", "4.92")
        + pair("Closed Trade P/L", "4.92", "Total Credit Facility", "0.00")
        + pair("Deposit/Withdrawal", "0.00", "Equity", "1 009.84")
        + pair("Balance", "1 004.92", "Margin Requirement", "10.00")
        + pair("", "", "Available Margin", "999.84")
        + "</tbody></table></div>"
    )


def mt5_rows(
    *,
    positions: Iterable[Cells] = (),
    orders: Iterable[Cells] = (),
    deals: Iterable[Cells] = (),
    open_positions: Iterable[Cells] = (),
    account: str = "700 (USD, Example-Server, demo, Hedge)",
    labels: Mapping[str, Sequence[str]] | None = None,
    tail: Iterable[Cells] = (),
) -> list[list[str]]:
    """The rows of a MetaTrader 5 trade history report, as plain cells."""
    named = labels or {}
    rows: list[list[str]] = [["Trade History Report"]]
    for label, value in (("Name:", "Ann Example"), ("Account:", account), ("Company:", "Example Ltd")):
        rows.append([label, "", "", value])
    rows.append(["Date:", "", "", "2024.02.01 12:30"])
    for title, heading, body in (
        ("Positions", POSITION_LABELS, positions),
        ("Orders", ORDER_LABELS, orders),
        ("Deals", DEAL_LABELS, deals),
        ("Open Positions", OPEN_LABELS, open_positions),
    ):
        lines = [list(cells) for cells in body]
        if lines or title == "Positions":
            rows.append([title])
            rows.append(list(named.get(title, heading)))
            rows.extend(lines)
    rows.extend(list(cells) for cells in tail)
    return rows


def html_page(rows: Iterable[Cells], *, title: str = "Report") -> str:
    """Rows as a page of MetaTrader 5: a row of one cell becomes a heading."""
    body = []
    for cells in rows:
        if len(cells) == 1:
            body.append(f'<tr align="center"><th colspan="14"><div><b>{escape(cells[0])}</b></div></th></tr>\r\n')
        else:
            body.append("<tr>" + "".join(f"<td nowrap>{escape(cell)}</td>" for cell in cells) + "</tr>\r\n")
    return f"<html><head><title>{title}</title></head><body><table>\r\n{''.join(body)}</table></body></html>\r\n"


def workbook(
    sheets: Mapping[str, Iterable[Cells]],
    *,
    encoding: str = "utf-16",
    numeric: bool = True,
    extra: Mapping[str, bytes] | None = None,
    before_sheet: str = "",
    is_strict: bool = False,
) -> bytes:
    """Rows as a workbook. "=formula|result" is a formula, "@45000.5" a date cell of style 1."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", _workbook_part(list(sheets)).encode(encoding))
        archive.writestr("xl/_rels/workbook.xml.rels", _relations_part(len(sheets)).encode(encoding))
        for number, rows in enumerate(sheets.values(), start=1):
            part = before_sheet + _sheet_part(rows, numeric=numeric)
            if is_strict:
                part = part.replace(_MAIN, _STRICT)
            archive.writestr(f"xl/worksheets/sheet{number}.xml", part.encode(encoding))
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


def _workbook_part(names: Sequence[str]) -> str:
    sheets = "".join(
        f'<sheet name="{xml_escape(name)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, start=1)
    )
    return f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets></workbook>'


def _relations_part(count: int) -> str:
    relations = "".join(
        f'<Relationship Id="rId{number}" Target="worksheets/sheet{number}.xml"/>' for number in range(1, count + 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>'


def _sheet_part(rows: Iterable[Cells], *, numeric: bool) -> str:
    body = []
    for number, cells in enumerate(rows, start=1):
        parts = [_cell(f"{chr(65 + place)}{number}", text, numeric) for place, text in enumerate(cells)]
        body.append(f'<row r="{number}">{"".join(parts)}</row>')
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(body)}</sheetData></worksheet>'


def _cell(reference: str, text: str, numeric: bool) -> str:
    if not text:
        return f'<c r="{reference}"/>'
    if text.startswith("="):
        formula, _, stored = text[1:].partition("|")
        return f'<c r="{reference}"><f>{xml_escape(formula)}</f><v>{stored}</v></c>'
    if text.startswith("@"):
        return f'<c r="{reference}" s="1"><v>{text[1:]}</v></c>'
    if numeric and _is_plain_number(text):
        return f'<c r="{reference}"><v>{text}</v></c>'
    return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{xml_escape(text)}</t></is></c>'


def _is_plain_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal()
