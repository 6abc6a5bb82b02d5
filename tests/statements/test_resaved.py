"""Files that another program saved again: spreadsheets, browsers, mail."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from email.message import EmailMessage

import pytest

from tests.samples import sample, sample_names
from tests.statements.builders import html_page, mt4_balance, mt4_daily, mt4_page, mt4_trade, mt5_rows
from tests.statements.test_mt5 import deal, position
from trading.errors import StatementRefused
from trading.statements import read_statement
from trading.statements.rows import ParsedStatement

D = Decimal
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>")


def _upper(page: str) -> str:
    """As an old browser saves: names of tags and of some attributes in other letters."""

    def attributes(text: str) -> str:
        return re.sub(r"\b(?:class|title|align|style)=", lambda m: m[0].upper(), text.replace("colspan=", "colSpan="))

    return _TAG.sub(lambda m: f"<{m[1]}{m[2].upper()}{attributes(m[3])}>", page)


def _browser(page: str) -> str:
    """As a browser of today saves: every attribute in quotes, a body to each table, a comment in front."""
    quoted = _TAG.sub(lambda m: f"<{m[1]}{m[2].lower()}" + re.sub(r"=([^\s\"'>]+)", r'="\1"', m[3]) + ">", page)
    quoted = re.sub(r"(<table[^>]*>)", r"\1<tbody>", quoted).replace("</table>", "</tbody></table>")
    declared = '<head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8">'
    return "<!-- saved from url=(0030)file:///C:/statement.htm -->\n" + quoted.replace("<head>", declared)


def _one_line(page: str) -> str:
    return re.sub(r"\s*[\r\n]+\s*", " ", page)


def _mail_program(page: str) -> str:
    start = "<p class=MsoNormal><span lang=EN-US style='font-family:\"Tahoma\",sans-serif'>"
    cell = re.compile(r"(<td[^>]*>)(.*?)(</td>)", re.DOTALL | re.IGNORECASE)
    return cell.sub(rf"\1{start}\2<o:p></o:p></span></p>\3", page)


def _spreadsheet(page: str) -> str:
    cells = re.sub("<td", "<td class=xl65 style='mso-number-format:\"Short Date\"'", page)
    wide = re.sub("</tr>", "\n  <td></td>\n  <td class=xl66></td>\n </tr>", cells)
    end = " <![if supportMisalignedColumns]>\n <tr height=0 style='display:none'>\n  <td width=64></td>\n </tr>\n <![endif]>\n"
    return wide.replace("</table>", end + "</table>")


def _no_break_spaces(page: str) -> str:
    return re.sub(r"(?<=\d) (?=\d{3}\b)", "&nbsp;", page)


def _more_text(page: str) -> str:
    return page + "\n<!-- 0ms -->\nTerms apply to accounts over 12.50\n"


PROGRAMS = [_upper, _browser, _one_line, _mail_program, _spreadsheet, _no_break_spaces, _more_text]


def decoded(content: bytes) -> str:
    if content.startswith(b"\xff\xfe"):
        return content.decode("utf-16", errors="replace")
    for encoding in ("utf-8", "gbk"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("cp1251")


def without_lines(statement: ParsedStatement) -> tuple[object, ...]:
    return (
        [replace(row, line=0) for row in statement.trades],
        [replace(row, line=0) for row in statement.executions],
        [replace(row, line=0) for row in statement.cash_flows],
        [replace(row, line=0) for row in statement.positions],
        [(figure.key, figure.value, bool(figure.untrusted)) for figure in statement.stated],
        (statement.opening_balance, statement.counts, statement.notes, len(statement.problems)),
        replace(statement.header, title="", broker=""),
    )


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    "name",
    [name for name in sample_names("mt4", "mt5-html") if "named-xls" not in name and "partial-closes" not in name],
)
def test_a_page_reads_the_same_whatever_program_saved_it(name: str, program: Callable[[str], str]) -> None:
    content = sample(name).read_bytes()
    again = read_statement(program(decoded(content)).encode("utf-8", errors="replace"))
    assert without_lines(again) == without_lines(read_statement(content))


REPORT = mt5_rows(
    positions=[position(900, "1 234.50", swap="-0.25")],
    deals=[
        deal(1, "in", order=900, balance="10 000.00", comment="1,5"),
        deal(2, "out", side="sell", price="1.2", at="2024.01.02 11:00:00", profit="1 234.50", balance="11 234.50"),
    ],
    tail=[["Balance:", "", "", "11 234.50", "Free Margin:", "", "", "11 234.50"]],
)


def in_manner(change: Callable[[str], str]) -> ParsedStatement:
    number = re.compile(r"-?\d+(?: \d{3})*\.\d+")
    rows = [[change(text) if number.fullmatch(text) else text for text in row] for row in REPORT]
    return read_statement(html_page(rows).encode())


@pytest.mark.parametrize(
    ("decimal", "group"), [(".", " "), (".", ","), (".", "'"), (".", "\u2019"), (",", "."), (",", " "), (",", "\u00a0")]
)
def test_numbers_of_another_country_are_read(decimal: str, group: str) -> None:
    statement = in_manner(lambda text: text.replace(".", "\0").replace(" ", group).replace("\0", decimal))
    (trade,) = statement.trades
    assert (trade.gross_profit, trade.swap, trade.close_price) == (D("1234.50"), D("-0.25"), D("1.2"))
    assert statement.executions[1].balance_after == D("11234.50") and not statement.problems
    assert {figure.value for figure in statement.stated} == {D("11234.50")}


def test_whole_thousands_follow_the_manner_of_the_file() -> None:
    pages = [
        mt4_page([mt4_trade(1, "1.234", prices=("150,123", "151,5"), commission="0,00")]).replace("0.10", "0,10"),
        mt4_page([mt4_trade(1, "1,234"), mt4_balance(2, "1,234,567.00")]),
    ]
    pages[0] = re.sub(r"0\.0+", "0,00", pages[0])
    assert [read_statement(page.encode()).trades[0].gross_profit for page in pages] == [1_234, 1_234]


def test_one_stray_comma_stays_a_problem() -> None:
    statement = read_statement(mt4_page([mt4_trade(1, "5.00"), mt4_trade(2, "1,50")]).encode())
    assert len(statement.trades) == 1 and statement.problems[0].amount is None


@pytest.mark.parametrize(
    ("opened", "closed", "hour"),
    [
        ("02.01.2024 10:00:00", "13.01.2024 13:05", 13),
        ("2/1/2024 10:00", "13/1/2024 13:05:00", 13),
        ("1/2/2024 10:00:00 AM", "1/13/2024 1:05:00 PM", 13),
        ("01-02-2024 10:00", "01-13-2024 12:05 AM", 0),
    ],
)
def test_dates_of_another_country_are_read_where_the_file_tells_day_from_month(
    opened: str, closed: str, hour: int
) -> None:
    (trade,) = read_statement(mt4_page([mt4_trade(1, "1.00", opened=opened, closed=closed)]).encode()).trades
    assert (trade.opened_at, trade.closed_at) == (datetime(2024, 1, 2, 10), datetime(2024, 1, 13, hour, 5))


def test_a_date_that_may_be_either_is_a_problem_with_its_amount() -> None:
    row = mt4_trade(1, "1.00", opened="1/2/2024 10:00:00", closed="1/3/2024 11:05:00")
    statement = read_statement(mt4_page([row]).encode())
    assert not statement.trades and statement.problems[0].amount == 1


def test_the_noise_of_a_spreadsheet_is_no_part_of_a_stated_figure() -> None:
    rows = mt5_rows(deals=[deal(1, "in")], tail=[["Balance:", "", "", "894.5599999999999", "Margin:", "", "", "1.00"]])
    assert read_statement(html_page(rows).encode()).figures.balance == D("894.56")


def _mail(page: str, *, encoding: str = "quoted-printable") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["Subject"] = "broker@example.com", "Daily Confirmation"
    message.set_content("Your statement is below.")
    message.add_alternative(page, subtype="html", cte=encoding)
    return message


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit"])
def test_a_statement_in_a_saved_mail_is_read(encoding: str) -> None:
    statement = read_statement(_mail(mt4_daily().replace("Ann Example", "Zoë"), encoding=encoding).as_bytes())
    assert len(statement.trades) == 2 and statement.header.name == "Zoë" and not statement.problems


def test_a_statement_attached_to_a_saved_mail_is_read() -> None:
    message = _mail("<html><body><p>Hello</p></body></html>")
    page = mt4_page([mt4_trade(1, "5.00")]).replace("Ann Example", "Анна Иванова").encode("cp1251")
    message.add_attachment(page, maintype="application", subtype="octet-stream", filename="Statement.HTM")
    assert read_statement(message.as_bytes()).header.name == "Анна Иванова"


@pytest.mark.parametrize(
    ("page", "says"),
    [("<html><body><p>Hello</p></body></html>", "no table"), ("<table><tr><td>Hi</td></tr></table>", "not")],
)
def test_a_mail_without_a_statement_is_refused(page: str, says: str) -> None:
    with pytest.raises(StatementRefused, match=says):
        read_statement(_mail(page).as_bytes())
