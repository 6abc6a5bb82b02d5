"""Pages whose statement is kept are the pages that Django makes, row by row."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from trading.models import Alert
from trading.queries import keyset
from trading.queries.plain_lists import has_plain_page, plain_page
from trading.queries.trades import ROW_FIELDS, SORTS, closed_trades

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def accounts(ann: Trader, bo: Trader) -> list[BrokerAccount]:
    """Three of Ann's with trades of every kind, many of them closed in the same moment; and one of Bo's."""
    own = [make.account(ann) for _ in range(3)]
    for number in range(24):
        closed_at = FIRST + timedelta(hours=number // 5, microseconds=number % 2)
        account = own[number % 3]
        make.trade(account, closed_at=closed_at, opened_at=FIRST, gross_profit=Decimal("1.10") * (number - 12))
    make.open_trade(own[0])
    make.trade(make.account(bo))
    return own


def _pages(make_page: Any) -> Iterator[keyset.Page]:
    cursor = ""
    while True:
        page = make_page(cursor)
        yield page
        cursor = page.next_cursor
        if not cursor:
            return


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    chosen=some.sets(some.integers(0, 2), min_size=1),
    size=some.integers(1, 30),
    order=some.sampled_from(["-closed", "closed", "-opened", "opened"]),
)
def test_every_page_is_the_one_that_django_makes(
    ann: Trader, accounts: list[BrokerAccount], chosen: set[int], size: int, order: str
) -> None:
    ids, sort = [accounts[number].pk for number in chosen], keyset.parse_sort(order, SORTS, "-closed")
    rows = closed_trades(ann).filter(account__in=ids)

    ours = list(_pages(lambda at: plain_page(closed_trades, ann, ids, sort, ROW_FIELDS, at, size)))
    django = list(_pages(lambda at: keyset.keyset_page(rows, sort, ROW_FIELDS, at, size)))
    assert ours == django
    assert [[*map(type, row.values())] for page in ours for row in page.rows] == [
        [*map(type, row.values())] for page in django for row in page.rows
    ]


def test_somebody_elses_account_has_no_row_in_it(bo: Trader, accounts: list[BrokerAccount]) -> None:
    sort = keyset.parse_sort("-closed", SORTS, "-closed")
    assert plain_page(closed_trades, bo, [accounts[0].pk], sort, ROW_FIELDS).rows == []


def test_a_list_of_amounts_is_not_paged_so() -> None:
    assert not has_plain_page(keyset.parse_sort("net", SORTS, "-closed"), 1)
    assert not has_plain_page(keyset.parse_sort("-closed", SORTS, "-closed"), keyset.MERGED_ACCOUNTS + 1)


def test_columns_that_django_makes_something_of_are_refused(ann: Trader) -> None:
    sort = keyset.Sort("raised", keyset.moment("raised_at"), descending=True)
    with pytest.raises(TypeError, match="figures"):
        plain_page(Alert.objects.for_trader, ann, [make.account(ann).pk], sort, ("id", "figures"))


def test_a_plain_address_and_one_with_a_filter_that_holds_everything_answer_alike(
    ann_api: APIClient, accounts: list[BrokerAccount]
) -> None:
    plain = ann_api.get("/api/v1/trades/?limit=7").json()
    filtered = ann_api.get("/api/v1/trades/?limit=7&from=2020-01-01").json()
    assert plain == filtered and len(plain["results"]) == 7


def test_the_statement_is_compiled_once(ann: Trader, accounts: list[BrokerAccount]) -> None:
    sort, ids = keyset.parse_sort("-closed", SORTS, "-closed"), [accounts[0].pk]
    plain_page(closed_trades, ann, ids, sort, ROW_FIELDS)
    with CaptureQueriesContext(connection) as seen:
        plain_page(closed_trades, ann, ids, sort, ROW_FIELDS)
    assert len(seen) == 1 and "LIMIT 51" in seen.captured_queries[0]["sql"]
