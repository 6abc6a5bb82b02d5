"""What is not a statement is refused with a sentence that says what it is."""

import gzip
import io
import subprocess
import sys
import zipfile
from collections.abc import Mapping

import pytest

from tests.samples import sample, sample_names
from tests.statements.builders import html_page, mt4_page, mt4_trade, mt5_rows, workbook
from trading.errors import StatementRefused
from trading.statements import Limits, read_statement
from trading.statements.limits import DEFAULT_LIMITS

POSITION = ["2024.01.02 10:00:00", "900", "EURUSD", "buy", "0.1", "1.1", "", "", "2024.01.02 11:00:00", "1.2", "0", "0"]
REPORT = mt5_rows(positions=[[*POSITION, "10.00"]])
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500


def refusal(content: bytes, limits: Limits = DEFAULT_LIMITS) -> StatementRefused:
    with pytest.raises(StatementRefused) as caught:
        read_statement(content, limits=limits)
    assert caught.value.message.endswith(".")
    return caught.value


def archive(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", "empty", "empty"),
        (b" \r\n\0", "empty", "empty"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20, "picture", "JPEG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "picture", "PNG"),
        (b"%PDF-1.7\n" + bytes(300), "pdf", "PDF"),
        (b"RIFF\0\0\0\0WEBPVP8 " + bytes(100), "picture", "WebP"),
        (b"\0\0\0\x18ftypheic" + bytes(100), "picture", "HEIC"),
        (gzip.compress(b"x" * 100, mtime=0), "compressed", "gzip"),
        (bytes(range(256)) * 40, "binary", "not text"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted", "password"),
        (OLE + bytes(200_000) + "EncryptedPackage".encode("utf-16-le"), "encrypted", "password"),
        (OLE + "Workbook".encode("utf-16-le"), "old_xls", "XLSX"),
        (b"hello, this is a letter", "not_a_statement", "not a broker statement"),
        (b"<html><body><p>Hello</p></body></html>", "not_a_statement", "no table"),
        (b"<html><table><tr><td>Hello</td></tr></table></html>", "not_a_statement", "not a MetaTrader"),
    ],
)
def test_names_what_the_file_is(content: bytes, code: str, says: str) -> None:
    found = refusal(content)
    assert found.code == code and says in found.message


@pytest.mark.parametrize(
    ("header", "platform"),
    [
        ("Statement,Header,Field Name,Field Value\n", "Interactive Brokers"),
        ('<FlexQueryResponse queryName="x" type="AF">', "Interactive Brokers"),
        ("Deal ID,Symbol,Opening Direction,Closing Direction,Closing Time (UTC+3)\n", "cTrader"),
        ("Trade #,Type,Signal,Date/Time,Price USD\n", "TradingView"),
        ("symbol,_tickSize,buyFillId,sellFillId,qty,pnl\n", "Tradovate"),
        ("Trade number;Instrument;Account;Market pos.;Qty\n", "NinjaTrader"),
    ],
)
def test_names_another_platform_and_says_that_it_is_not_supported_yet(header: str, platform: str) -> None:
    found = refusal(header.encode())
    assert found.code == "unsupported_platform" and platform in found.message and "not support yet" in found.message


def test_names_the_platform_of_a_page_but_never_of_a_statement_whose_comments_name_it() -> None:
    page = b"<html><body><h1>cTrader</h1><table><tr><td>Deals</td></tr></table></body></html>"
    assert "cTrader" in refusal(page).message
    statement = mt4_page([mt4_trade(1, "1.00", title="copied from cTrader by Spotware, Interactive Brokers LLC")])
    assert read_statement(statement.encode()).trades


@pytest.mark.parametrize(
    "name",
    sample_names(
        "bybit", "crypto", "ctrader", "ibkr-activity-csv", "ibkr-flex-csv", "ibkr-flex-xml", "topstepx", "tradingview"
    )
    + sample_names("tradovate"),
)
def test_refuses_every_sample_of_another_platform_by_name(name: str) -> None:
    with pytest.raises(StatementRefused) as caught:
        read_statement(sample(name))
    assert caught.value.code == "unsupported_platform"


@pytest.mark.parametrize("name", sample_names("mt5-tester"))
def test_refuses_a_back_test(name: str) -> None:
    with pytest.raises(StatementRefused) as caught:
        read_statement(sample(name))
    assert caught.value.code == "back_test" and "back-test" in caught.value.message


def test_refuses_a_cut_page() -> None:
    page = html_page(REPORT).encode("utf-16")
    for end in range(len(page) // 3, len(page) - 40, 97):
        assert refusal(page[:end]).code in {"truncated", "not_a_statement"}


def test_refuses_an_mt4_page_without_its_summary() -> None:
    page = mt4_page([mt4_trade(1, "5.00")])
    cut = page[: page.index("<tr><td colspan=14><b>Summary")] + "</table></body></html>"
    assert refusal(cut.encode()).code == "truncated"


def test_refuses_a_cut_workbook() -> None:
    content = workbook({"Sheet1": REPORT})
    for end in (len(content) - 1, len(content) // 2, 100, 30, 4):
        assert refusal(content[:end]).code == "truncated"


def test_refuses_a_workbook_with_a_damaged_member() -> None:
    content = bytearray(workbook({"Sheet1": REPORT}))
    middle = content.index(b"xl/worksheets/sheet1.xml") + 60
    content[middle : middle + 40] = b"\xff" * 40
    assert refusal(bytes(content)).code in {"truncated", "damaged"}


def test_refuses_an_ordinary_workbook_and_an_ordinary_archive() -> None:
    assert "not a MetaTrader 5 report" in refusal(workbook({"Sheet1": [["Name", "Amount"], ["Rent", "700"]]})).message
    assert "ZIP archive" in refusal(archive({"letter.txt": b"hello"})).message


def test_refuses_an_archive_that_unpacks_without_end() -> None:
    bomb = workbook({"Sheet1": REPORT}, extra={"xl/sharedStrings.xml": b"<sst>" + b"<si><t>a</t></si>" * 200_000})
    assert refusal(bomb, Limits(ratio_free_bytes=1 << 20)).code == "too_large"
    many = workbook({"Sheet1": REPORT}, extra={f"xl/media/{number}": b"" for number in range(30)})
    assert refusal(many, Limits(archive_members=20)).code == "too_large"
    assert refusal(workbook({"Sheet1": REPORT}), Limits(inflated_bytes=1_000)).code == "too_large"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("filler", [b" ", b"<c/>", b"<x>"])
def test_keeps_nothing_of_a_workbook_that_fills_memory_before_its_first_row(filler: bytes) -> None:
    sheet = b"<worksheet><sheetData><row>" + filler * (40_000_000 // len(filler))
    bomb = workbook({"Sheet1": REPORT}, extra={"xl/worksheets/sheet1.xml": sheet})
    assert _peak_bytes(bomb, Limits(inflation_ratio=10_000)) < 64 << 20
    assert refusal(bomb, Limits(inflation_ratio=10_000)).code == "damaged"


def _peak_bytes(content: bytes, limits: Limits) -> int:
    """By how much the memory of a process of its own grows at most while it reads."""
    script = (
        "import resource, sys; from trading.statements import Limits, read_statement; content = sys.stdin.buffer.read()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: read_statement(content, limits=Limits(inflation_ratio=int(sys.argv[1])))\n"
        "except Exception: pass\n"
        "print(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))"
    )
    command = [sys.executable, "-c", script, str(limits.inflation_ratio)]
    return int(subprocess.run(command, input=content, capture_output=True, check=True).stdout)


def test_refuses_texts_that_are_too_long_together_and_a_part_that_is_too_large_to_read_whole() -> None:
    texts = {"xl/sharedStrings.xml": b"<sst>" + b"<si><t>abcdefghij</t></si>" * 50 + b"</sst>"}
    assert refusal(workbook({"Sheet1": REPORT}, extra=texts), Limits(shared_chars=400)).code == "too_large"
    styles = {"xl/styles.xml": b"<styleSheet>" + b"<x/>" * 1_000 + b"</styleSheet>"}
    assert refusal(workbook({"Sheet1": REPORT}, extra=styles), Limits(part_bytes=2_000)).code == "damaged"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_reads_a_workbook_whose_rows_are_followed_by_much_else() -> None:
    merged = b"<mergeCells>" + b'<mergeCell ref="A1:B1"/>' * 1_000 + b"</mergeCells></worksheet>"
    plain = workbook({"Sheet1": REPORT}, encoding="utf-8")
    with zipfile.ZipFile(io.BytesIO(plain)) as source:
        sheet = source.read("xl/worksheets/sheet1.xml").replace(b"</worksheet>", merged)
    with_merged = workbook({"Sheet1": REPORT}, encoding="utf-8", extra={"xl/worksheets/sheet1.xml": sheet})
    found = read_statement(with_merged, limits=Limits(element_bytes=10_000))
    assert found.trades == read_statement(plain).trades


def test_refuses_more_rows_and_more_texts_than_a_statement_has() -> None:
    assert refusal(html_page(REPORT).encode(), Limits(rows=5)).code == "too_large"
    texts = {"xl/sharedStrings.xml": b"<sst>" + b"<si><t>a</t></si>" * 50 + b"</sst>"}
    assert refusal(workbook({"Sheet1": REPORT}, extra=texts), Limits(shared_strings=20)).code == "too_large"


def test_refuses_a_file_over_the_limit_before_reading_it() -> None:
    assert refusal(b"<html>" + b" " * 5_000_000, Limits(file_bytes=1 << 20)).code == "too_large"


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!doctype x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_refuses_a_workbook_that_declares_entities(declaration: str, encoding: str) -> None:
    found = refusal(workbook({"Sheet1": REPORT}, before_sheet=declaration, encoding=encoding))
    assert found.code in {"unsafe", "damaged"}


def test_reads_an_xlsx_whatever_its_name_and_an_upload_as_well_as_a_path() -> None:
    content = workbook({"Sheet1": REPORT})
    assert read_statement(io.BytesIO(content)).trades == read_statement(content).trades


def test_an_unreadable_file_among_a_thousand_problems_is_refused() -> None:
    rows = [[*POSITION[:1], str(number), *POSITION[2:], "no number"] for number in range(1_500)]
    assert refusal(html_page(mt5_rows(positions=rows)).encode()).code == "damaged"
