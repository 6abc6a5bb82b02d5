"""Files of a filtered list: exact, safe in a spreadsheet, and of the trader alone."""

import csv
import io
import json
import tracemalloc
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook
from rest_framework.test import APIClient

from accounts.models import Trader
from tests import make
from trading.queries.exports import TRADES
from trading.tabular import FORMATS

pytestmark = pytest.mark.django_db

ENDINGS = list(FORMATS)


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def table(content: bytes, ending: str) -> list[dict[str, Any]]:
    """The rows of the file, as a program reads them."""
    if ending == "json":
        return list(json.loads(content))
    if ending == "csv":
        return list(csv.DictReader(io.StringIO(content.decode())))
    head, *rows = load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)  # type: ignore[union-attr]
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_holds_every_trade_of_the_filter_with_what_its_trader_added(
    ann: Trader, ann_client: Client, ending: str
) -> None:
    account = make.account(ann)
    trade = make.trade(account, symbol="EURUSD")
    make.journal_entry(trade, tags=("A+ setup", "London"), notes="Waited for it.")
    make.trade(account, symbol="XAUUSD")
    answer = ann_client.get(f"/trades/export.{ending}", {"symbol": "EURUSD"})
    assert answer["Content-Disposition"].startswith('attachment; filename="tradeportal-trades-20')
    assert answer["Content-Disposition"].endswith(f'.{ending}"')
    (row,) = table(body(answer), ending)
    assert (row["ticket"], row["tags"], row["notes"]) == (trade.ticket, "A+ setup, London", "Waited for it.")
    assert Decimal(str(row["net_profit"])) == Decimal("100.00")
    assert row["opened_at"] == trade.opened_at.isoformat().replace("+00:00", "Z")
    assert row["opened_text"] == trade.opened_text


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_text_never_becomes_a_formula(ann: Trader, ann_client: Client, ending: str, start: str) -> None:
    make.trade(make.account(ann), comment=f"{start}HYPERLINK(1)")
    content = body(ann_client.get(f"/trades/export.{ending}"))
    (row,) = table(content, ending)
    assert row["comment"] == ("'" if ending == "csv" else "") + f"{start}HYPERLINK(1)"
    if ending == "xlsx":
        sheet: Any = load_workbook(io.BytesIO(content)).active
        assert {cell.data_type for cell in sheet[2] if cell.value == row["comment"]} <= {"s", "inlineStr"}


def test_an_amount_that_a_spreadsheet_would_round_stays_a_text(ann: Trader, ann_client: Client) -> None:
    make.trade(make.account(ann), gross_profit=Decimal("123456789012.123456"))
    (row,) = table(body(ann_client.get("/trades/export.xlsx")), "xlsx")
    assert row["gross_profit"] == "123456789012.123456"


def test_the_old_address_still_gives_csv_and_an_unknown_format_is_not_there(ann: Trader, ann_client: Client) -> None:
    make.trade(make.account(ann))
    assert len(table(body(ann_client.get("/trades/csv/")), "csv")) == 1
    assert ann_client.get("/trades/export.exe").status_code == 404


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("noun", ["trades", "executions", "cash-flows", "positions"])
def test_the_api_gives_the_same_files_to_their_owner_alone(
    ann: Trader, ann_api: APIClient, bo_api: APIClient, stranger_api: APIClient, noun: str, ending: str
) -> None:
    account = make.account(ann)
    trade = make.trade(account)
    make.exit_of(trade)
    make.cash_flow(account)
    make.position(account)
    path = f"/api/v1/exports/{noun}.{ending}"
    assert len(table(body(ann_api.get(path)), ending)) == 1
    assert table(body(bo_api.get(path)), ending) == []
    assert stranger_api.get(path).status_code == 401
    assert ann_api.get(path, {"colour": "red"}).status_code == 400


@pytest.mark.parametrize("ending", ENDINGS)
def test_memory_does_not_grow_with_the_rows(ending: str) -> None:
    def peak(count: int) -> int:
        row = ("EURUSD", Decimal("1.10000"), "x" * 200)
        tracemalloc.start()
        size = sum(map(len, FORMATS[ending][0](["a", "b", "c"], (row for _ in range(count)))))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert size > count
        return most

    assert peak(30_000) < peak(3_000) + 1_000_000


def test_rows_are_read_a_chunk_at_a_time(ann: Trader, django_assert_num_queries: Any) -> None:
    account = make.account(ann)
    for _ in range(3):
        make.trade(account)
    with django_assert_num_queries(1):
        assert len(list(TRADES.rows(account.trades.all()))) == 3


@pytest.mark.parametrize("address", ["/accounts/{}/export.jsonl", "/api/v1/accounts/{}/export/"])
def test_an_account_is_a_file_of_its_trader_alone(ann: Trader, bo: Trader, address: str) -> None:
    account = make.account(ann, number="77001")
    for _ in range(3):
        make.journal_entry(make.trade(account), notes="Kept.")
    make.trade(make.account(bo), ticket="999999")
    client = Client()
    client.force_login(ann)
    answer = client.get(address.format(account.pk))
    assert answer["Content-Disposition"].startswith('attachment; filename="tradeportal-account-77001-20')
    lines = [json.loads(line) for line in body(answer).splitlines()]
    assert [line.get("row") for line in lines[1:]] == ["trade"] * 3 + ["journal"] * 3 + ["end"]
    assert lines[0]["account_number"] == "77001" and lines[-1] == {"row": "end", "rows": 6, "unchanged": True}
    assert client.get(address.format(make.account(bo).pk)).status_code == 404


def test_an_account_is_read_by_a_fixed_number_of_queries(
    ann: Trader, ann_client: Client, django_assert_max_num_queries: Any
) -> None:
    account = make.account(ann)
    for _ in range(20):
        make.journal_entry(make.trade(account), tags=("London",))
    with django_assert_max_num_queries(22):
        body(ann_client.get(f"/accounts/{account.pk}/export.jsonl"))
