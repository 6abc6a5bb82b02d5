"""Numbers, times, encodings, cash flow kinds and clocks."""

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest

from trading.statements.clock import DEFAULT_TIME_ZONE, guess_time_zone, to_utc
from trading.statements.encodings import guess_encoding
from trading.statements.flows import flow_kind
from trading.statements.rows import FlowKind
from trading.statements.values import parse_number, parse_time, parse_volume, shortest_decimal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10 000.00", "10000.00"),
        ("1\u00a0234\u202f567", "1234567"),
        ("- 11.22", "-11.22"),
        (" 489.21", "489.21"),
        ("\u22125", "-5"),
        ("+0.10", "0.10"),
        (".5", "0.5"),
    ],
)
def test_reads_numbers_as_brokers_print_them(text: str, value: str) -> None:
    assert str(parse_number(text)) == value


@pytest.mark.parametrize("text", ["", "NaN", "inf", "-Infinity", "1e400", "1E5", "1,50", "1.2.3", "9" * 19, "٣", "0x1"])
def test_anything_else_is_no_number(text: str) -> None:
    assert parse_number(text) is None


def test_volumes_may_be_in_thousands_and_are_never_negative() -> None:
    assert parse_volume("1.5K") == 1500 and parse_volume("2M") == 2_000_000 and parse_volume("0.01") == Decimal("0.01")
    assert parse_volume("-1") is None and parse_volume("K") is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("0.88683999999999996", "0.88684"),
        ("-0.070000000000000007", "-0.07"),
        ("5.0000000000000001E-2", "0.05"),
        ("1E-3", "0.001"),
        ("-999.88000000000102", "-999.880000000001"),
        ("12345678901234567890", "12345678901234567890"),
        ("-30.120000", "-30.120000"),
        ("1e400", "1e400"),
        ("abc", "abc"),
    ],
)
def test_a_saved_binary_fraction_is_read_as_it_was_meant(text: str, meant: str) -> None:
    assert shortest_decimal(text) == meant


def test_reads_times_with_and_without_seconds_and_only_those_that_exist() -> None:
    assert parse_time("2024.02.29 23:59:58") == datetime(2024, 2, 29, 23, 59, 58)
    assert parse_time("2024-02-29T23:59") == datetime(2024, 2, 29, 23, 59)
    assert parse_time("2023.02.29 10:00:00") is None
    assert parse_time("9999.01.01 10:00:00") is None and parse_time("0001.01.01 10:00:00") is None
    assert parse_time("10:00:00") is None


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("Тестовый Трейдер", "cp1251"),
        ("示例交易员", "gbk"),
        ("口座番号: 山田さん カナ", "cp932"),
        ("Cuenta de demostración, señor", "cp1252"),
        ("João Ação, Müller Größe, François Hélène", "cp1252"),
        ("Łukasz Żółć Wiśniewski", "cp1250"),
        ("Çağrı Şahin Yıldız", "cp1254"),
    ],
)
def test_guesses_the_code_page_of_a_page_that_declares_none(name: str, encoding: str) -> None:
    page = f"<html><table><tr><td>Account: 1</td><td>Name: {name}</td></tr></table></html>".encode(encoding)
    assert guess_encoding(BytesIO(page)) == (encoding, 0)


def test_knows_utf_8_and_utf_16_with_and_without_a_mark() -> None:
    page = "<html><table><tr><td>Счёт</td></tr></table></html>"
    assert guess_encoding(BytesIO(page.encode())) == ("utf-8", 0)
    assert guess_encoding(BytesIO(page.encode("utf-8-sig"))) == ("utf-8", 3)
    assert guess_encoding(BytesIO(page.encode("utf-16"))) == ("utf-16-le", 2)
    assert guess_encoding(BytesIO(page.encode("utf-16-le"))) == ("utf-16-le", 0)
    assert guess_encoding(BytesIO(page.encode("utf-16-be"))) == ("utf-16-be", 0)


@pytest.mark.parametrize(
    ("row_type", "comment", "amount", "kind"),
    [
        ("balance", "Deposit via card", "10", FlowKind.DEPOSIT),
        ("balance", "", "-10", FlowKind.WITHDRAWAL),
        ("balance", "Withdrawal fee included", "-10", FlowKind.WITHDRAWAL),
        ("balance", "Financing", "-0.08", FlowKind.INTEREST),
        ("balance", "Inactivity fee", "-5", FlowKind.FEE),
        ("balance", "Adjustment", "-5", FlowKind.CORRECTION),
        ("balance", "Welcome bonus", "50", FlowKind.BONUS),
        ("balance", "Coffee money", "50", FlowKind.DEPOSIT),
        ("balance", "Withholding tax", "-1", FlowKind.TAX),
        ("credit", "Credit-In", "50", FlowKind.CREDIT),
        ("dividend franked", "", "1", FlowKind.DIVIDEND),
        ("commission daily", "", "-1", FlowKind.FEE),
        ("correction", "", "-1", FlowKind.CORRECTION),
    ],
)
def test_tells_cash_flows_apart(row_type: str, comment: str, amount: str, kind: FlowKind) -> None:
    assert flow_kind(row_type, comment, Decimal(amount), opens_account=False) is kind


def test_offers_a_time_zone_for_every_server() -> None:
    assert guess_time_zone("FTMO-Demo", "FTMO Global Markets Ltd") == DEFAULT_TIME_ZONE
    assert guess_time_zone("Exness-MT5Trial", "") == "UTC"
    assert guess_time_zone("XPMT5-PRD", "") == "America/Sao_Paulo"
    for server in ("", "Exness-MT5Trial", "XPMT5-PRD", "Alfa-Forex", "ActivTradesCorp-Server", "XTB-Demo"):
        assert ZoneInfo(guess_time_zone(server, ""))


def test_server_times_become_utc() -> None:
    assert to_utc(datetime(2024, 1, 15, 12), "Europe/Athens") == datetime(2024, 1, 15, 10, tzinfo=UTC)
    assert to_utc(datetime(2024, 7, 15, 12), "Europe/Athens") == datetime(2024, 7, 15, 9, tzinfo=UTC)


def test_an_hour_shown_twice_is_read_as_its_first_pass_and_a_skipped_one_as_the_hour_after() -> None:
    assert to_utc(datetime(2024, 10, 27, 3, 30), "Europe/Athens") == datetime(2024, 10, 27, 0, 30, tzinfo=UTC)
    assert to_utc(datetime(2024, 10, 27, 3, 30, fold=1), "Europe/Athens") == datetime(2024, 10, 27, 0, 30, tzinfo=UTC)
    assert to_utc(datetime(2024, 3, 31, 3, 30), "Europe/Athens") == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)


def test_a_time_that_has_an_offset_is_not_shifted_again() -> None:
    with pytest.raises(ValueError, match="offset already"):
        to_utc(datetime(2024, 1, 1, tzinfo=UTC), "Europe/Athens")
