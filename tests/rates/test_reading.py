"""Files of exchange rates: what is read of them, and what is refused."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rates.files import DAILY_CSV, DAILY_XML, HISTORY_CSV, OWN_CSV, zipped
from trading.calc.exchange import Rate
from trading.ratefiles import reader
from trading.ratefiles.reader import RateFile, RatesRefused, read_rates

TODAY = date(2026, 11, 24)
FRIDAY = date(2026, 11, 20)
DOLLAR = Rate("EUR", "USD", FRIDAY, Decimal("1.0834"))


def read(text: str | bytes) -> RateFile:
    return read_rates(text.encode() if isinstance(text, str) else text, today=TODAY)


@pytest.mark.parametrize(
    ("text", "count", "source"),
    [(HISTORY_CSV, 6, "ecb"), (DAILY_CSV, 3, "ecb"), (DAILY_XML, 3, "ecb"), (OWN_CSV, 2, "table")],
)
def test_reads_every_kind_of_file(text: str, count: int, source: str) -> None:
    found = read(text)
    assert (len(found.rates), found.source, found.problem_count) == (count, source, 0)
    assert DOLLAR in found.rates


@pytest.mark.parametrize("text", [HISTORY_CSV, DAILY_XML])
def test_reads_the_same_from_an_archive(text: str) -> None:
    assert read(zipped(("eurofxref-hist.csv", text))).rates == read(text).rates


def test_a_currency_without_a_rate_on_a_day_is_no_mistake() -> None:
    assert {rate.quote for rate in read(HISTORY_CSV).rates} == {"USD", "JPY", "BGN"}


def test_a_table_may_have_its_columns_in_any_order_and_decimal_commas_between_semicolons() -> None:
    assert read("Rate;Day;Quote;Base\n1,0834;2026-11-20;usd;eur\n").rates == [DOLLAR]


def test_reads_utf_16_and_a_byte_order_mark() -> None:
    assert read(OWN_CSV.encode("utf-16")).rates == read(OWN_CSV.encode("utf-8-sig")).rates == read(OWN_CSV).rates


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2026-11-20,EUR,USD,1.08.34", "a number above zero"),
        ("2026-11-20,EUR,USD,0", "above zero"),
        ("2026-11-20,EUR,USD,-1.08", "a number above zero"),
        ("2026-11-20,EUR,USD,1e5", "a number above zero"),
        ("2026-11-20,EUR,USD,1.0834000000000000000001", "a number above zero"),
        ("20.11.2026,EUR,USD,1.08", "Write a day as"),
        ("2027-11-20,EUR,USD,1.08", "future"),
        ("1066-10-14,EUR,USD,1.08", "long before"),
        ("2026-11-20,EUR,dollars!,1.08", "as its code"),
        ("2026-11-20,EUR,EUR,1", "between two currencies"),
        ("2026-11-20,EUR,GBP,0.9", "Another rate"),
        ("2026-11-20,EUR", "four cells"),
        ('2026-11-20,"EUR,USD,1.08', "quotation marks"),
    ],
)
def test_a_line_that_makes_no_sense_is_named_and_costs_no_other(line: str, reason: str) -> None:
    found = read(f"day,base,quote,rate\n2026-11-20,EUR,GBP,0.8\n{line}\n2026-11-20,EUR,CHF,0.93\n")
    assert {rate.quote for rate in found.rates} == {"GBP", "CHF"}
    assert found.problem_count == 1
    assert found.problems[0].line == 3 and reason in found.problems[0].reason


def test_a_cell_of_the_central_bank_costs_its_currency_alone() -> None:
    found = read("Date,USD,JPY,\n2026-11-20,1.0834,many,\n")
    assert found.rates == [DOLLAR]
    assert (found.problems[0].line, found.problems[0].text) == (2, "JPY many")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "neither a file"),
        (b"hello", "neither a file"),
        (b"Date,USD\n", "no exchange rates"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"\x80\x81", "UTF-8"),
        (DAILY_XML[:-40].encode(), "cut short"),
        (b"<html><body></body></html>", "no rates of the European Central Bank"),
        (b'<!DOCTYPE a [<!ENTITY b "ccc">]><a>&b;</a>', "document type"),
        (b"PK\x03\x04 and no more", "cut short"),
        (zipped(("a.csv", HISTORY_CSV), ("b.csv", HISTORY_CSV)), "one file"),
        (zipped(("zeros.csv", "0" * (reader.MAX_BYTES + 1))), "unpacks"),
        (b"x" * (reader.MAX_BYTES + 1), "larger"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_refuses_what_holds_no_rates(content: bytes, words: str) -> None:
    with pytest.raises(RatesRefused) as refused:
        read(content)
    assert words in refused.value.message


def test_refuses_more_rates_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_RATES", 3)
    with pytest.raises(RatesRefused, match="more than 3"):
        read(HISTORY_CSV)


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for head in (b"", b"day,base,quote,rate\n", b"Date,USD\n", b"<Cube>", b"PK\x03\x04"):
        try:
            found = read(head + content)
        except RatesRefused:
            continue
        assert all(rate.rate > 0 and rate.base != rate.quote for rate in found.rates)


def test_a_line_that_ends_before_a_named_column_is_a_problem_of_its_own() -> None:
    """Blank headings before the named ones move these to the right."""
    content = b",,,,day,base,quote,rate\n2025-01-01,EUR,USD,1.1\n,,,,2025-01-02,EUR,USD,1.2\n"
    found = read_rates(content, today=date(2025, 6, 1))
    assert [str(rate.rate) for rate in found.rates] == ["1.2"]
    assert [problem.line for problem in found.problems] == [2]


def test_a_problem_shows_its_line_without_nuls_which_the_database_can_t_keep() -> None:
    found = read_rates(b"day,base,quote,rate\n2025-01-01,EUR,USD,1.1\n2025-01-02,E\0R,USD,1\n", today=date(2025, 6, 1))
    assert [problem.text for problem in found.problems] == ["2025-01-02,ER,USD,1"]


def test_an_archive_packed_by_lzma_and_damaged_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", b"day,base,quote,rate\n2025-01-01,EUR,USD,1.1\n" * 20)
    content = bytearray(packed.getvalue())
    content[31 + 4] = 0xFF  # the first byte of the properties of LZMA, which no archive has
    with pytest.raises(RatesRefused):
        read_rates(bytes(content), today=date(2025, 6, 1))
