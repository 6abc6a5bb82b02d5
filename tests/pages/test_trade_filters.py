"""What the closed trades can be narrowed by, and what happens to nonsense."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client, RequestFactory

from accounts.models import Trader
from tests import make
from trading.filters import CashFlowFilter, TradeFilter
from trading.formatting import Formats
from trading.models import CashFlow
from trading.queries.trades import all_trades, closed_trades
from trading.views.trade_figures import set_filters
from trading.views.trade_listing import TradeListing

pytestmark = pytest.mark.django_db


def _found(trader: Trader, query: str) -> set[str]:
    narrowed = TradeFilter(QueryDict(query), closed_trades(trader), request=SimpleNamespace(user=trader))
    assert narrowed.is_valid(), narrowed.errors
    return set(narrowed.qs.values_list("ticket", flat=True))


def _errors(trader: Trader, query: str) -> Any:
    return TradeFilter(QueryDict(query), closed_trades(trader), request=SimpleNamespace(user=trader)).errors


@pytest.mark.parametrize(
    "query", ["", "account=own", "account=own&tag=", "tag=x&tag=", "account=stranger", "account=own&side=buy"]
)
def test_an_address_of_accounts_alone_shows_what_its_form_would(ann: Trader, bo: Trader, query: str) -> None:
    own, stranger = make.account(ann), make.account(bo)
    make.account(ann)
    make.trade(own)
    request = RequestFactory().get(
        f"/trades/?{query.replace('own', str(own.pk)).replace('stranger', str(stranger.pk))}"
    )
    request.user = ann
    short, whole = TradeListing.of(request), TradeListing.of(request)
    whole.plain_accounts = None
    assert [account.pk for account in short.chosen_accounts] == [account.pk for account in whole.chosen_accounts]
    assert [row["id"] for row in short.page.rows] == [row["id"] for row in whole.page.rows]
    assert short.totals == whole.totals
    assert short.is_valid == whole.is_valid == ("stranger" not in query)
    formats = Formats.of(ann)
    assert list(set_filters(short, formats)) == list(set_filters(whole, formats))


def test_narrows_to_one_or_several_accounts(ann: Trader) -> None:
    first, second, third = (make.account(ann) for _ in range(3))
    for account, ticket in ((first, "1"), (second, "2"), (third, "3")):
        make.trade(account, ticket=ticket)
    assert _found(ann, f"account={first.pk}") == {"1"}
    assert _found(ann, f"account={first.pk}&account={third.pk}") == {"1", "3"}
    assert _found(ann, "") == {"1", "2", "3"}


def test_refuses_another_traders_account(ann: Trader, bo: Trader) -> None:
    other = make.account(bo)
    assert "account" in _errors(ann, f"account={other.pk}")


def test_symbol_is_found_in_any_case_and_several_with_commas(ann: Trader) -> None:
    account = make.account(ann)
    make.trade(account, ticket="1", symbol="EURUSD.m")
    make.trade(account, ticket="2", symbol="XAUUSD")
    make.trade(account, ticket="3", symbol="GER40")
    assert _found(ann, "symbol=eurusd.M") == {"1"}
    assert _found(ann, "symbol=XAUUSD, GER40") == {"2", "3"}


def test_narrows_by_side_strategy_and_result(ann: Trader) -> None:
    account = make.account(ann)
    make.trade(account, ticket="won", side="sell", strategy_id="7")
    make.trade(account, ticket="lost", gross_profit=Decimal(-50))
    make.trade(account, ticket="zero", gross_profit=Decimal("8.50"))
    assert _found(ann, "side=sell") == {"won"}
    assert _found(ann, "strategy=7") == {"won"}
    assert [_found(ann, f"result={name}") for name in ("won", "lost", "zero")] == [{"won"}, {"lost"}, {"zero"}]


def test_net_bounds_belong_to_the_range(ann: Trader) -> None:
    account = make.account(ann)
    make.trade(account, ticket="100", gross_profit=Decimal("108.50"))
    make.trade(account, ticket="-8.50", gross_profit=Decimal(0))
    assert _found(ann, "min_profit=100") == {"100"}
    assert _found(ann, "max_profit=-8.50") == {"-8.50"}


def test_days_are_those_of_the_traders_zone_and_the_last_one_is_whole(ann: Trader) -> None:
    ann.time_zone = "Europe/Berlin"
    account = make.account(ann)
    # Berlin is UTC+1 in November: the 25th there is 24 Nov 23:00 to 25 Nov 23:00 UTC.
    edges = {
        "before": datetime(2026, 11, 24, 22, 59, 59, 999999, tzinfo=UTC),
        "first": datetime(2026, 11, 24, 23, tzinfo=UTC),
        "last": datetime(2026, 11, 25, 22, 59, 59, 999999, tzinfo=UTC),
        "after": datetime(2026, 11, 25, 23, tzinfo=UTC),
    }
    for ticket, closed_at in edges.items():
        make.trade(account, ticket=ticket, opened_at=closed_at - timedelta(hours=1), closed_at=closed_at)
    assert _found(ann, "from=2026-11-25&to=2026-11-25") == {"first", "last"}
    assert _found(ann, "from=2026-11-24T23:00:00Z&to=2026-11-25T23:00:00Z") == {"first", "last"}
    assert _found(ann, "from=2026-11-26") == {"after"}


def test_tag_and_notes_are_found(ann: Trader) -> None:
    account = make.account(ann)
    tagged, noted, plain = (make.trade(account, ticket=ticket) for ticket in ("tagged", "noted", "plain"))
    make.journal_entry(tagged, tags=("A+ setup",), notes="")
    make.journal_entry(noted, notes="Chased the breakout.")
    assert _found(ann, "tag=a%2B+SETUP") == {"tagged"}
    assert _found(ann, "q=breakout") == {"noted"}
    assert _found(ann, "q=setup") == {"tagged"}
    assert _found(ann, f"q={plain.ticket}") == {"plain"}


def test_search_takes_signs_of_patterns_literally(ann: Trader) -> None:
    account = make.account(ann)
    make.trade(account, ticket="1", comment="100%_done")
    make.trade(account, ticket="2", comment="100 done")
    assert _found(ann, "q=100%25_d") == {"1"}


def test_open_and_closed_are_told_apart(ann: Trader) -> None:
    account = make.account(ann)
    make.trade(account, ticket="closed")
    make.open_trade(account, ticket="open")
    for status in ("open", "closed"):
        narrowed = TradeFilter(QueryDict(f"status={status}"), all_trades(ann), request=SimpleNamespace(user=ann))
        assert set(narrowed.qs.values_list("ticket", flat=True)) == {status}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("account=nonsense", "account"),
        ("side=long", "side"),
        ("result=maybe", "result"),
        ("from=31.12.2026", "from"),
        ("to=2026-02-30", "to"),
        ("from=9999-12-31", "from"),
        ("from=2026-11-01T10:00:00", "from"),
        ("min_profit=abc", "min_profit"),
        ("max_profit=NaN", "max_profit"),
        ("symbol=%00", "symbol"),
        ("period=fortnight", "period"),
        ("weekday=8", "weekday"),
        ("hour=24", "hour"),
        ("session=sydney", "session"),
        ("holding=long", "holding"),
        ("min_r=abc", "min_r"),
        ("without=luck", "without"),
        ("tag=%00", "tag"),
    ],
)
def test_nonsense_is_an_error_at_its_field(ann: Trader, query: str, field: str) -> None:
    assert list(_errors(ann, query)) == [field]


def test_cash_flows_are_narrowed_by_kind_and_day(ann: Trader) -> None:
    account = make.account(ann)
    make.cash_flow(account, reference="in", booked_at=datetime(2026, 1, 5, 12, tzinfo=UTC))
    make.cash_flow(account, reference="out", kind="withdrawal", amount=Decimal(-5))
    found = CashFlowFilter(
        QueryDict("kind=deposit&kind=bonus&from=2026-01-05&to=2026-01-05"),
        CashFlow.objects.for_trader(ann),
        request=SimpleNamespace(user=ann),
    ).qs
    assert set(found.values_list("reference", flat=True)) == {"in"}


def test_weekday_and_hour_are_those_of_the_close_in_the_traders_zone(ann: Trader) -> None:
    ann.time_zone = "Europe/Berlin"
    account = make.account(ann)
    # 22:30 UTC on a Sunday in summer is 00:30 on Monday in Berlin.
    for ticket, closed_at in (
        ("monday", datetime(2026, 7, 5, 22, 30, tzinfo=UTC)),
        ("sunday", datetime(2026, 7, 5, 21, 30, tzinfo=UTC)),
    ):
        make.trade(account, ticket=ticket, opened_at=closed_at - timedelta(hours=1), closed_at=closed_at)
    assert _found(ann, "weekday=1") == {"monday"}
    assert _found(ann, "weekday=7") == {"sunday"}
    assert _found(ann, "hour=0") == {"monday"}
    assert _found(ann, "hour=23&weekday=7") == {"sunday"}


def test_currency_chooses_accounts(ann: Trader) -> None:
    make.trade(make.account(ann), ticket="usd")
    make.trade(make.account(ann, currency="EUR"), ticket="eur")
    assert _found(ann, "currency=eur") == {"eur"}


def test_several_tags_are_all_wanted(ann: Trader) -> None:
    account = make.account(ann)
    make.journal_entry(make.trade(account, ticket="both"), tags=("A", "B"))
    make.journal_entry(make.trade(account, ticket="one"), tags=("A",))
    make.journal_entry(make.trade(account, ticket="noted"), notes="No tag.")
    make.trade(account, ticket="none", strategy_id="7")
    assert _found(ann, "tag=A") == {"both", "one"}
    assert _found(ann, "tag=A&tag=B") == {"both"}
    assert _found(ann, "without=tag") == {"noted", "none"}
    assert _found(ann, "without=tag&without=strategy") == {"noted"}


def test_r_is_half_open_and_the_traders_own_stop_goes_first(ann: Trader) -> None:
    account = make.account(ann)
    whole: dict[str, Any] = {"commission": Decimal(0), "swap": Decimal(0), "open_price": Decimal(100)}
    for ticket, close, gross in (("two", 120, 200), ("minus_one", 90, -100), ("flat", 100, 0)):
        make.trade(
            account,
            ticket=ticket,
            close_price=Decimal(close),
            gross_profit=Decimal(gross),
            open_stop_loss=Decimal(90),
            **whole,
        )
    own = make.trade(account, ticket="own", close_price=Decimal(110), gross_profit=Decimal(100), **whole)
    make.journal_entry(own, initial_stop_loss=Decimal(80))
    assert _found(ann, "min_r=-1&below_r=2") == {"minus_one", "own"}
    assert _found(ann, "min_r=2") == {"two"}
    assert _found(ann, "below_r=-1") == set()
    assert _found(ann, "min_r=0.5&below_r=0.75") == {"own"}
    assert _found(ann, "without=r") == {"flat"}


def test_a_bound_of_zero_narrows_figures_too(ann: Trader) -> None:
    account = make.account(ann)
    for query in ("min_profit=0", "min_r=0", "hour=0"):
        narrowed = TradeFilter(QueryDict(query), closed_trades(ann), request=SimpleNamespace(user=ann))
        assert narrowed.wanted([account]).is_narrowed, query


def test_the_menu_offers_what_is_not_set_and_a_chip_takes_it_away(ann: Trader, ann_client: Client) -> None:
    make.trade(make.account(ann), ticket="one")
    page = ann_client.get("/trades/", {"hour": "11", "min_r": "-1", "without": "tag"})
    listing = page.context["listing"]
    assert {field.name for field in listing.more_fields} == {"weekday", "session", "holding", "below_r"}
    chips = {chip.label: chip for chip in page.context["chips"]}
    assert [chips[name].value for name in ("Hour", "R", "Without")] == ["11:00 – 11:59", "−1 – …", "Tag"]
    assert chips["R"].remove_url == "/trades/?hour=11&without=tag"


@pytest.mark.parametrize("name", ["min_r", "below_r", "min_profit", "max_profit"])
@pytest.mark.parametrize("value", ["-1e999999", "1e-999999", "-1e40", "1e-16384"])
def test_a_number_that_no_amount_has_is_named_and_asked_of_nothing(ann: Trader, name: str, value: str) -> None:
    make.trade(make.account(ann))
    assert name in _errors(ann, f"{name}={value}")


@pytest.mark.parametrize("value", ["2025-01-08T00:00:00+23:59", "2025-01-08T00:00:00-23:59"])
def test_a_moment_with_any_offset_is_understood(ann: Trader, value: str) -> None:
    """PostgreSQL knows offsets of less than 16 hours."""
    account = make.account(ann)
    make.trade(
        account, ticket="1", closed_at=datetime(2025, 1, 6, 23, tzinfo=UTC), opened_at=datetime(2025, 1, 6, tzinfo=UTC)
    )
    make.trade(
        account, ticket="2", closed_at=datetime(2025, 1, 9, tzinfo=UTC), opened_at=datetime(2025, 1, 9, tzinfo=UTC)
    )
    assert _found(ann, f"from={value.replace('+', '%2B')}") == {"2"}


def test_more_tags_than_any_trade_has_find_nothing_and_ask_nothing(ann: Trader, django_assert_num_queries: Any) -> None:
    make.trade(make.account(ann))
    with django_assert_num_queries(0):
        assert _found(ann, "&".join(f"tag=t{number}" for number in range(300))) == set()
