"""A figure is the same on every screen that shows it: dashboard, account, figures, trades, positions, API and command."""

import html
import re
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests.samples import sample
from tests.services import act
from trading.calc.rounding import to_places
from trading.queries.account_results import read_results
from trading.queries.booked import booked
from trading.queries.trades import closed_trades, trade_totals

pytestmark = pytest.mark.django_db

#: Accounts with something booked on trades that are still open, one in a currency without decimals.
FILES = [
    "mt4/detailed-jpy-partial-closes.htm",
    "mt5-html/history-eur-85-open.html",
    "mt5-xlsx/history-usd-credit-named-csv.csv",
    "mt5-xlsx/history-usd-open-positions.xlsx",
]


@pytest.fixture(params=FILES)
def account(request: pytest.FixtureRequest, ann: Trader) -> BrokerAccount:
    path = sample(request.param)
    return act.account_of(act.imported(ann, path.read_bytes(), path.name, time_zone="Europe/Athens"))


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def after(page: str, label: str, *, signed: bool = False) -> str:
    """The first figure after a label, or the first one with a sign."""
    between, sign = (r".*?", "[+−]") if signed else (r"[^\d+−]*?", "[+−]?")
    found = re.search(re.escape(label) + between + rf"({sign}[\d,]+(?:\.\d+)?)", page)
    assert found, label
    return found[1]


def number(shown: str) -> Decimal:
    return Decimal(shown.replace(",", "").replace("−", "-"))


def printed(account: BrokerAccount) -> dict[str, str]:
    """What the command prints for people."""
    out = StringIO()
    call_command("figures", str(account.pk), stdout=out)
    return dict(line.strip().split(": ", 1) for line in out.getvalue().splitlines()[1:])


def summary(api: APIClient, account: BrokerAccount) -> dict[str, Any]:
    answer: dict[str, Any] = api.get(f"/api/v1/accounts/{account.pk}/summary/").json()
    return answer


def test_the_net_of_closed_trades_is_one_figure(account: BrokerAccount, ann_client: Client, ann_api: APIClient) -> None:
    shown = {
        "dashboard": after(text(ann_client, "/"), "All time"),
        "list of accounts": after(text(ann_client, "/accounts/"), account.number, signed=True),
        "account": after(text(ann_client, f"/accounts/{account.pk}/"), "All time"),
        "trades": after(text(ann_client, f"/trades/?account={account.pk}"), "Net profit"),
        "portal's definition": after(
            text(ann_client, f"/accounts/{account.pk}/figures/?definition=portal"), "Total net profit"
        ),
    }
    assert len(set(shown.values())) == 1, shown
    net = Decimal(summary(ann_api, account)["periods"]["all"]["net"])
    assert abs(net - number(shown["dashboard"])) <= Decimal("0.5" if account.currency == "JPY" else 0)


def test_the_net_as_metatrader_counts_is_one_figure(
    account: BrokerAccount, ann_client: Client, ann_api: APIClient
) -> None:
    shown = {
        "account": after(text(ann_client, f"/accounts/{account.pk}/"), "Total net profit"),
        "figures": after(text(ann_client, f"/accounts/{account.pk}/figures/"), "Total net profit"),
    }
    trades = text(ann_client, f"/trades/?account={account.pk}")
    if "Net as MetaTrader counts it" in trades:
        shown["trades"] = after(trades, "Net as MetaTrader counts it:")
    assert len(set(shown.values())) == 1, shown
    net = number(shown["figures"])
    assert number(printed(account)["net_profit"]) == net
    answer = summary(ann_api, account)
    exact, closed = Decimal(answer["figures"]["net_profit"]), Decimal(answer["periods"]["all"]["net"])
    assert abs(exact - net) <= Decimal("0.5" if account.currency == "JPY" else 0)
    assert closed + Decimal(answer["booked_on_open"]) == exact


def test_trades_and_exits_are_each_counted_once(account: BrokerAccount, ann_client: Client, ann_api: APIClient) -> None:
    home, detail = text(ann_client, "/"), text(ann_client, f"/accounts/{account.pk}/")
    period = summary(ann_api, account)["periods"]["all"]
    share = to_places(Decimal(period["wins"] * 100) / period["count"], 0)
    words = f"{period['count']:,} trades, {share}\N{NO-BREAK SPACE}% won".replace("\N{NO-BREAK SPACE}", " ")
    assert words in home and words in detail
    assert period["count"] == account.trades.closed().count()
    assert period["wins"] == account.trades.closed().filter(net_profit__gt=0).count()
    figures = text(ann_client, f"/accounts/{account.pk}/figures/")
    exits, won = after(figures, "Total trades"), after(figures, "Profit trades")
    assert f"of {exits} exits" in detail
    assert [printed(account)[key] for key in ("trades_total", "trades_won")] == [
        exits.replace(",", ""),
        won.replace(",", ""),
    ]


def test_what_open_trades_booked_is_said_beside_the_results(account: BrokerAccount, ann_client: Client) -> None:
    home, detail = text(ann_client, "/"), text(ann_client, f"/accounts/{account.pk}/")
    on_open = read_results([account.pk])[account.pk].on_open
    said = "Booked on open trades: "
    assert (said in home) == (said in detail) == bool(on_open)
    if on_open:
        assert (
            after(home, said)
            == after(detail, said)
            == after(text(ann_client, "/trades/"), "Booked on trades still open:")
        )


def test_balance_equity_and_floating_are_one_figure_each(
    account: BrokerAccount, ann_client: Client, ann_api: APIClient
) -> None:
    home, figures = text(ann_client, "/"), text(ann_client, f"/accounts/{account.pk}/figures/")
    command, answer = printed(account), summary(ann_api, account)["figures"]
    for label, key in (("Balance", "balance"), ("Equity", "equity"), ("Floating", "floating_net")):
        shown = after(home, label)
        assert after(figures, "Floating profit" if label == "Floating" else label) == shown, label
        assert number(command[key]) == number(shown)
        assert abs(Decimal(answer[key]) - number(shown)) <= Decimal("0.5" if account.currency == "JPY" else 0)
    if "Floating profit" in (open_page := text(ann_client, "/positions/")):
        assert after(open_page, "Floating profit") == after(home, "Floating")


def test_closed_trades_lead_to_the_net_of_metatrader(account: BrokerAccount, ann: Trader) -> None:
    closed = trade_totals(closed_trades(ann).filter(account=account))
    (line,) = booked([account], closed)
    assert closed[0].net_profit + line.on_open + line.elsewhere == line.net
    assert line.elsewhere == 0


def test_a_filter_that_leaves_trades_out_says_nothing_of_the_account(ann: Trader, ann_client: Client) -> None:
    path = sample("mt5-xlsx/history-usd-open-positions.xlsx")
    act.imported(ann, path.read_bytes(), path.name, time_zone="Europe/Athens")
    assert "Booked on trades still open" in text(ann_client, "/trades/")
    for query in ("?side=buy", "?q=a", "?period=year", "?from=2024-01-01", "?account=nobody"):
        assert "as MetaTrader counts it" not in text(ann_client, f"/trades/{query}"), query
