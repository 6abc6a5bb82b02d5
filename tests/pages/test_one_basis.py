"""A month's net, trades and wins are the same wherever they are shown, though a trade closed in parts over the month's end
and another, still open, has booked money."""

import csv
import html
import re
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from trading.models import Trade
from trading.services.rollups import roll_up

pytestmark = pytest.mark.django_db

NET, COUNTS = "+41.50", "3 trades, 33 % won"
BESIDES = "Booked on open trades: +5.00 USD, not yet in these results."


@pytest.fixture
def month() -> datetime:
    """The first moment of the present month."""
    return timezone.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture(params=[False, True], ids=["added up", "rolled up"])
def account(request: pytest.FixtureRequest, ann: Trader, month: datetime) -> BrokerAccount:
    ann.time_zone = "UTC"
    ann.save()
    account = make.account(ann, currency="USD")
    make.committed_statement(account=account, opening_balance=Decimal(0), period_start=make.START)
    make.cash_flow(account)
    over_the_end = closed(account, month - timedelta(days=2), month, gross="70", commission="-3")
    make.execution(trade=over_the_end, commission=Decimal(-1))
    partly(over_the_end, month - timedelta(days=1), "30", "-1")
    partly(over_the_end, month, "40", "-1")
    for net in ("-25.50", "0"):
        make.exit_of(closed(account, month - timedelta(hours=1), month, gross=net))
    make.exit_of(closed(account, month - timedelta(hours=2), month - timedelta(minutes=1), gross="500"))
    still_open = make.open_trade(account, opened_at=month - timedelta(hours=1), commission=Decimal(-7))
    make.execution(trade=still_open, executed_at=month, commission=Decimal(-7))
    partly(still_open, month, "12", "0")
    if request.param:
        roll_up(account.pk)
    account.refresh_from_db()
    return account


def closed(account: BrokerAccount, opened_at: datetime, at: datetime, *, gross: str, commission: str = "0") -> Trade:
    money = {"gross_profit": Decimal(gross), "commission": Decimal(commission), "swap": Decimal(0)}
    return make.trade(account, opened_at=opened_at, closed_at=at, **money)


def partly(trade: Trade, at: datetime, gross: str, commission: str) -> None:
    money: dict[str, Any] = {"gross_profit": Decimal(gross), "commission": Decimal(commission)}
    make.execution(trade=trade, direction="out", executed_at=at, **money)


def text(client: Client, address: str, **query: str) -> str:
    response = client.get(address, query)
    assert response.status_code == 200
    page = re.sub(r"<svg.*?</svg>", "", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def exported(client: Client, **query: str) -> list[dict[str, str]]:
    answer: Any = client.get("/api/v1/exports/trades.csv", query)
    return list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_this_month_is_the_same_on_every_page(account: BrokerAccount, ann_client: Client, month: datetime) -> None:
    name, last = f"{month:%Y-%m}", (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    days = {"from": f"{month:%Y-%m-%d}", "to": f"{last:%Y-%m-%d}"}
    home, detail = text(ann_client, "/"), text(ann_client, f"/accounts/{account.pk}/")
    for page in (home, detail):
        assert re.search(rf"This month {re.escape(NET)} .{{0,12}}{COUNTS}", page)
        assert BESIDES in page
    card = ann_client.get("/").context["month"].amounts[0]
    calendar = ann_client.get("/calendar/", {"month": name}).context["month"].amounts[0]
    assert card == calendar and NET in str(card.net) and f"{card.trades}, {card.won}".replace("\xa0", " ") == COUNTS
    trades = text(ann_client, "/trades/", **days)
    assert f"Net profit {NET} USD" in trades and "Win rate 33.33 %" in trades and "3 trades" in trades
    assert "Booked on trades still open" not in trades
    years = {row["year"]: row for row in ann_client.get("/analysis/").context["sets"][0]["months"]}
    cell = years[f"{month:%Y}"]["cells"][month.month - 1]
    assert NET in cell["net"] and cell["trades"] == "3 trades"
    report = text(ann_client, "/reports/monthly/", month=name)
    assert f"Closed trades 3 Net result {NET}" in report and "Won 33.33 %" in report


def test_all_time_is_the_same_on_every_page_and_leads_to_the_balance(
    account: BrokerAccount, ann_client: Client
) -> None:
    home, accounts = text(ann_client, "/"), text(ann_client, "/accounts/")
    assert re.search(r"All time \+541\.50 4 trades, 50 % won", home)
    assert re.search(r"All time \+541\.50 4 trades, 50 % won", text(ann_client, f"/accounts/{account.pk}/"))
    assert re.search(rf"{account.number} 4 0 \+541\.50 10,546\.50", accounts)
    assert "Balance 10,546.50" in home
    trades = text(ann_client, "/trades/")
    assert "Net profit +541.50 USD" in trades and "Booked on trades still open: +5.00 USD" in trades
    assert "Net as MetaTrader counts it: +546.50 USD" in trades


def test_staff_read_the_same(account: BrokerAccount, cy_client: Client) -> None:
    page = text(cy_client, reverse("admin:accounts_brokeraccount_changelist"))
    assert re.search(r" 4 \+541\.50 ", page)


def test_the_api_and_exports_say_the_same(account: BrokerAccount, ann_api: APIClient, month: datetime) -> None:
    answer = ann_api.get(f"/api/v1/accounts/{account.pk}/summary/").json()
    period, ever = answer["periods"]["month"], answer["periods"]["all"]
    assert (Decimal(period["net"]), period["count"], period["wins"]) == (Decimal("41.5"), 3, 1)
    assert (Decimal(ever["net"]), ever["count"], ever["wins"]) == (Decimal("541.5"), 4, 2)
    assert Decimal(answer["booked_on_open"]) == 5
    groups = ann_api.get(f"/api/v1/accounts/{account.pk}/breakdown/", {"by": "month"}).json()
    rows = {row["label"]: row for row in groups["rows"]}
    found = rows[f"{month:%Y-%m}"]
    assert (Decimal(found["net"]), found["trades"], found["wins"]) == (Decimal("41.5"), 3, 1)
    lines = exported(ann_api, **{"from": f"{month:%Y-%m-%d}"})
    nets = [Decimal(line["net_profit"]) for line in lines]
    assert (sum(nets), len(nets), sum(net > 0 for net in nets)) == (Decimal("41.5"), 3, 1)


def test_the_days_of_the_api_are_those_of_the_zone_that_it_is_asked_for(
    account: BrokerAccount, ann_api: APIClient
) -> None:
    path = f"/api/v1/accounts/{account.pk}/summary/"
    west = ann_api.get(path, {"time_zone": "Pacific/Honolulu"}).json()["periods"]
    assert west["month"]["count"] in {0, 4} and west["all"]["count"] == 4
    assert ann_api.get(path, {"time_zone": "Mars/Olympus"}).status_code == 400
