"""Every row of the analysis leads to exactly the trades that it counts, whatever the filter above it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.cast import api_client
from trading.calc.results import streak_figures
from trading.filters import TradeFilter
from trading.formatting import Formats
from trading.queries.distributions import MOST_POINTS, points, spreads
from trading.queries.trades import TradeTotals, closed_trades, trade_totals

pytestmark = pytest.mark.django_db

DEPTH = "/analysis/depth/"
_STOPS = (None, Decimal("1.095"), Decimal("1.1"), Decimal("1.102"))


def _trade(account: BrokerAccount, number: int, chance: Random) -> Any:
    opened_at = datetime(2026, 3, 20, 3, tzinfo=UTC) + timedelta(minutes=number * 437)
    way = chance.choice((-12, -5, -2, 0, 3, 5, 10, 31))
    trade = make.trade(
        account,
        opened_at=opened_at,
        closed_at=opened_at + timedelta(seconds=chance.choice((60, 300, 1_799, 1_800, 9_000, 40_000, 90_000, 900_000))),
        symbol=chance.choice(("EURUSD", "eurusd", "XAUUSD", "GER40")),
        side=chance.choice(("buy", "sell")),
        strategy_id=chance.choice(("", "7", "9")),
        close_price=Decimal("1.1") + Decimal(way) / 1_000,
        gross_profit=Decimal(way * 100),
        commission=Decimal(chance.choice((0, 0, -7))),
        swap=Decimal(chance.choice((0, 0, -2))),
        open_stop_loss=chance.choice(_STOPS),
    )
    if number % 4 == 0:
        tags = chance.choice((("A",), ("B",), ("A", "B"), ()))
        make.journal_entry(trade, tags=tags, initial_stop_loss=chance.choice((None, Decimal("1.09"))))
    return trade


@pytest.fixture
def trades(ann: Trader) -> list[Any]:
    ann.time_zone = "Europe/Berlin"
    ann.save()
    accounts = [make.account(ann), make.account(ann, currency="JPY"), make.account(ann)]
    chance = Random(7)
    return [_trade(accounts[number % 3], number, chance) for number in range(90)]


Told = tuple[str, int, str, str]


def _rows(client: Client, query: str) -> Iterator[Told]:
    """Where a row leads, how many trades it counts, their net as it is written, and what it is about."""
    sets = client.get(f"/analysis/?{query}").context["sets"]
    for one in sets:
        for card in one["cards"]:
            yield from ((row["url"], int(row["trades"]), row["net"], card["name"]) for row in card["rows"])
        for year in one["months"]:
            yield from ((cell["url"], _count(cell), cell["net"], "month") for cell in filter(None, year["cells"]))
    for one in [client.get(each["depth_url"]).context["set"] for each in sets]:
        yield from _hours(one["heat"])
        yield from ((row["url"], row["trades"], row["net"], row["label"]) for row in one["r"]["rows"] if row["trades"])
        yield from ((row["url"], int(row["trades"]), row["net"], row["label"]) for row in one["runs"])


def _totals(trader: Trader, url: str) -> tuple[TradeTotals, ...]:
    """What the list at this address comes to."""
    path, _, query = url.partition("?")
    assert path == "/trades/"
    listed = TradeFilter(QueryDict(query), closed_trades(trader), request=SimpleNamespace(user=trader))
    assert listed.is_valid(), (url, listed.errors)
    return trade_totals(listed.qs)


def _hours(heat: Any) -> Iterator[Told]:
    for head in (*heat["rows"], *heat["days"]):
        yield head["url"], head["total"]["trades"], head["total"]["net"], "weekday or hour"
    for row in heat["rows"]:
        yield from ((cell["url"], _count(cell), cell["net"], row["hour"]) for cell in filter(None, row["cells"]))


def _count(cell: Any) -> int:
    return int(cell["trades"].split()[0])


@pytest.mark.parametrize(
    "query",
    [
        "",
        "symbol=EURUSD",
        "tag=A",
        "currency=JPY&side=buy",
        "weekday=2",
        "from=2026-03-25&to=2026-04-10",
        "min_r=-1&below_r=1",
        "without=tag",
        "session=asia",
    ],
)
def test_a_row_leads_to_as_many_trades_with_the_same_net(
    ann: Trader, ann_client: Client, trades: list[Any], query: str
) -> None:
    formats, seen = Formats.of(ann), 0
    for url, count, net, what in _rows(ann_client, query):
        seen += 1
        totals = _totals(ann, url)
        assert len(totals) == 1, (what, url)
        assert totals[0].count == count, (what, url)
        shown = {formats.amount(totals[0].net_profit, totals[0].currency)}
        shown.add(formats.signed(totals[0].net_profit, totals[0].currency))  # type: ignore[arg-type]
        assert net in shown, (what, url)
    assert seen > 10


def test_sums_of_the_histogram_are_all_trades(ann: Trader, trades: list[Any]) -> None:
    for currency, found in spreads(closed_trades(ann)).items():
        own = [trade for trade in trades if trade.account.currency == currency]
        assert found.unknown.trades + sum(band.trades for band in found.bands.values()) == len(own)
        nets = sum((band.net for band in found.bands.values()), found.unknown.net)
        assert nets == sum(trade.net_profit for trade in own)


def test_runs_are_those_of_the_figures(ann: Trader, trades: list[Any]) -> None:
    for currency, found in spreads(closed_trades(ann)).items():
        own = [trade for trade in trades if trade.account.currency == currency]
        own.sort(key=lambda trade: (trade.closed_at, trade.opened_at, trade.pk))
        figures = {key: of.value for key, of in streak_figures([trade.net_profit for trade in own]).items()}
        for run, count, money in (
            (found.wins.longest, "max_consecutive_wins", "max_consecutive_wins_money"),
            (found.wins.richest, "max_consecutive_profit_count", "max_consecutive_profit"),
            (found.losses.longest, "max_consecutive_losses", "max_consecutive_losses_money"),
            (found.losses.richest, "max_consecutive_loss_count", "max_consecutive_loss"),
        ):
            assert run is not None
            assert run.trades == figures[count]
            assert run.money == figures[money]


def test_the_costs_are_those_of_the_figures(ann: Trader, ann_client: Client, trades: list[Any]) -> None:
    one = ann_client.get(DEPTH, {"currency": "USD"}).context["set"]
    (shown,) = ann_client.get("/figures/", {"definition": "portal", "currency": "USD"}).context["sets"]
    figures = {row.key: str(row.value) for group in shown["groups"] for row in group.rows}
    lines = {label: str(value) for label, value in one["costs"]["lines"]}
    assert lines["Before costs"] == figures["gross_result"]
    assert lines["Commission"] == figures["commission_total"]
    assert lines["Net profit"] == figures["net_profit"]
    assert one["costs"]["share"].startswith((figures["cost_share_percent"], "Before costs there was nothing"))


def test_every_point_is_a_trade_of_hers_and_opens(ann: Trader, ann_client: Client, trades: list[Any]) -> None:
    sets = ann_client.get("/analysis/points/", {"currency": "USD"}).json()["sets"]
    (found,) = sets
    own = {str(trade.pk): trade for trade in trades if trade.account.currency == "USD"}
    assert {point[2] for point in found["points"]} == set(own)
    for held_s, net, pk, symbol, side in found["points"]:
        trade = own[pk]
        assert (net, symbol, side) == (float(trade.net_profit), trade.symbol, trade.side)
        assert held_s == (trade.closed_at - trade.opened_at).total_seconds()
    first = found["points"][0]
    assert ann_client.get(f"{found['trade']}{first[2]}/{found['query']}").status_code == 200


def test_many_trades_are_drawn_in_part_and_the_largest_are_among_them(
    ann: Trader, trades: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trading.queries.distributions.MOST_POINTS", 20)
    monkeypatch.setattr("trading.queries.distributions._LARGEST", 5)
    assert MOST_POINTS == 1_000
    for found in points(closed_trades(ann)):
        own = [trade for trade in trades if trade.account.currency == found.currency]
        assert found.count == len(own)
        assert 15 <= len(found.points) <= 20
        largest = sorted((abs(trade.net_profit) for trade in own), reverse=True)[:5]
        assert sorted((abs(point.net) for point in found.points), reverse=True)[:5] == largest


def test_the_part_and_the_page_show_the_same(ann_client: Client, trades: list[Any]) -> None:
    page = ann_client.get(DEPTH)
    part = ann_client.get(DEPTH, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert part.context["set"] == page.context["set"]
    assert [currency for currency, _address, is_chosen in page.context["parts"] if is_chosen] == ["JPY"]
    assert "HX-Request" in page["Vary"]
    for one in ann_client.get("/analysis/").context["sets"]:
        shown = ann_client.get(one["depth_url"]).context["set"]
        assert shown["currency"] == one["currency"]
        (drawn,) = ann_client.get(shown["points_url"]).json()["sets"]
        assert drawn["currency"] == one["currency"]


def test_account_and_period_are_chosen_in_place(ann_client: Client, trades: list[Any]) -> None:
    page = ann_client.get(DEPTH, {"period": "all", "account": str(trades[0].account.pk)})
    frame = page.context["frame"]
    assert frame.has_period
    assert frame.account_path == DEPTH
    assert page.context["parts"] == []


def test_a_part_is_made_of_what_is_kept_of_the_whole(ann_client: Client, trades: list[Any]) -> None:
    first, second = (one["depth_url"] for one in ann_client.get("/analysis/").context["sets"])
    ann_client.get(first)
    with CaptureQueriesContext(connection) as caught:
        ann_client.get(second)
    assert [query["sql"] for query in caught if "trading_trade" in query["sql"]] == []


def test_two_currencies_stay_within_the_budget_of_a_page(ann_client: Client, trades: list[Any]) -> None:
    page, depth = ann_client.get("/analysis/"), ann_client.get(DEPTH, {"part": "USD"})
    assert len(page.context["sets"]) == 2
    assert len(page.content) < 60_000
    assert len(depth.content) < 60_000


def test_many_symbols_show_those_that_moved_most_and_lead_to_all(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    for number in range(15):
        make.trade(account, symbol=f"S{number:02}", gross_profit=Decimal(number * 10 - 70))
    card = ann_client.get("/analysis/").context["sets"][0]["cards"][0]
    assert (len(card["rows"]), card["left_out"]) == (12, 3)
    assert {"S00", "S14"} <= {row["label"] for row in card["rows"]}
    assert len(ann_client.get(card["all_url"]).context["sets"][0]["cards"][0]["rows"]) == 15


def test_rows_stand_side_by_side_in_a_comparison(ann_client: Client, trades: list[Any]) -> None:
    cards = ann_client.get("/analysis/", {"symbol": "EURUSD"}).context["sets"][0]["cards"]
    sides = next(card for card in cards if card["name"] == "side")
    columns = ann_client.get(sides["compare_url"]).context["columns"]
    assert [column["trades"] for column in columns] == [row["trades"] for row in sides["rows"]]


def test_strangers_and_others_see_none_of_it(
    stranger: Client, bo_client: Client, trades: list[Any], ann: Trader
) -> None:
    for address in (DEPTH, "/analysis/points/"):
        assert stranger.get(address).status_code == 302
    assert bo_client.get("/analysis/points/").json() == {"sets": []}
    assert "No closed trade to analyse" in bo_client.get(DEPTH).content.decode()


def test_the_api_finds_the_same_trades(ann: Trader, trades: list[Any]) -> None:
    client = api_client(ann)
    for query in ("session=london", "holding=30m_2h", "weekday=3&hour=14", "min_r=0&below_r=2", "without=r"):
        found = client.get(f"/api/v1/trades/?{query}&limit=200")
        assert found.status_code == 200, query
        ids = {row["id"] for row in found.json()["results"]}
        assert 0 < len(ids) < len(trades) or query.startswith("weekday"), query
    refused = client.get("/api/v1/trades/?weekday=9")
    assert refused.status_code == 400
    assert "weekday" in refused.json()["error"]["fields"]


def test_twenty_more_trades_cost_no_further_statement(ann_client: Client, trades: list[Any]) -> None:
    def statements(address: str) -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as caught:
            assert ann_client.get(address).status_code == 200
        return len(caught)

    addresses = ("/analysis/", DEPTH, "/analysis/points/")
    before = [statements(address) for address in addresses]
    chance = Random(3)
    for number in range(20):
        _trade(trades[0].account, 200 + number, chance)
    assert [statements(address) for address in addresses] == before
