"""Figures of any choice of trades: who sees them, by whose definition, and that each is the same everywhere."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.pages.test_same_figure import after, number, text
from trading.calc.registry import ENTRIES, entries_in
from trading.calc.trade_plan import risk_of, worth_of
from trading.queries.closed_samples import closed, read_sample
from trading.queries.figure_sets import OF_ACCOUNTS, OF_ONE_BALANCE, figure_sets, whole_account
from trading.queries.figures import account_figures, definition_of

pytestmark = pytest.mark.django_db

DEFINITIONS = ("mt5", "myfxbook", "portal")
LIST = "/figures/"
UTC = ZoneInfo("UTC")


def traded(owner: Trader, *nets: str, **account: Any) -> BrokerAccount:
    """An account with a deposit and one trade for each net, bought and sold in turn, of two symbols."""
    made = make.account(owner, **account)
    make.committed_statement(account=made, opening_balance=Decimal(0), has_history=True)
    make.cash_flow(made, kind="deposit", amount=Decimal(10_000))
    for place, net in enumerate(nets):
        side, symbol = "sell" if place % 2 else "buy", "XAUUSD" if place % 3 == 2 else "EURUSD"
        add(made, net, side=side, symbol=symbol, opened_at=make.START + timedelta(days=place))
    made.refresh_from_db()
    return made


def add(account: BrokerAccount, net: str, **fields: Any) -> Any:
    values = {"gross_profit": Decimal(net), "commission": Decimal(0), "swap": Decimal(0), **fields}
    trade = make.trade(account, **values)
    make.execution(trade=trade)
    make.exit_of(trade)
    return trade


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return traded(ann, "60", "-40", "-20", "0", "30", "75.50", "-12.25", "18", "9", "-3", "44", "-8")


def pages(account: BrokerAccount) -> list[str]:
    return [LIST, f"/accounts/{account.pk}/figures/", f"{LIST}?compare=1", f"{LIST}net_profit/", f"{LIST}monte-carlo/"]


def test_every_page_of_figures_opens_for_its_owner(ann_client: Client, account: BrokerAccount) -> None:
    for address in pages(account):
        for definition in DEFINITIONS:
            answer = ann_client.get(address, {"definition": definition, "compare": "1" if "compare" in address else ""})
            assert answer.status_code == 200, address


def test_a_stranger_is_sent_to_sign_in(stranger: Client, account: BrokerAccount) -> None:
    assert {stranger.get(address).status_code for address in pages(account)} == {302}


def test_another_trader_finds_neither_the_account_nor_its_trades(bo_client: Client, account: BrokerAccount) -> None:
    assert bo_client.get(f"/accounts/{account.pk}/figures/").status_code == 404
    for address in (LIST, f"{LIST}net_profit/"):
        answer = bo_client.get(address, {"account": str(account.pk)})
        assert account.label not in answer.content.decode()


def test_a_figure_that_nobody_has_is_not_found(ann_client: Client) -> None:
    assert ann_client.get(f"{LIST}luck/").status_code == 404


@pytest.mark.parametrize("address", [LIST, f"{LIST}?compare=1", f"{LIST}gross_profit/", f"{LIST}monte-carlo/"])
def test_more_trades_cost_no_more_queries(ann_client: Client, account: BrokerAccount, address: str) -> None:
    def queries() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as seen:
            assert ann_client.get(address).status_code == 200
        return len(seen)

    queries()
    before = queries()
    for place in range(20):
        add(account, str(place))
    assert queries() <= before


def test_the_whole_account_has_metatraders_own_figures(ann: Trader) -> None:
    for platform in ("mt4", "mt5"):
        account = traded(ann, "60", "-40", "-20", "0", "30", platform=platform)
        (found,) = figure_sets(whole_account(account, UTC), "mt5")
        printed = account_figures(account, definition_of(account))
        named = {"maximal_drawdown": "balance_drawdown_maximal"}
        for key, value in printed.items():
            if (of := found.figures.get(named.get(key, key))) is not None:
                assert of.value == value, key
        assert found.platform == platform
        assert printed["net_profit"] == found.value("net_profit") == Decimal(30)


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_every_figure_of_a_definition_has_a_value_or_a_reason(account: BrokerAccount, definition: Any) -> None:
    (found,) = figure_sets(whole_account(account, UTC), definition)
    assert found.figures
    for key, figure in found.figures.items():
        assert (figure.value is None) == bool(figure.reason), key
    assert definition == "mt5" or {entry.key for entry in entries_in(definition)} <= found.figures.keys()


def test_a_filter_leaves_only_its_trades_in_the_figures(ann_client: Client, account: BrokerAccount) -> None:
    for definition in DEFINITIONS:
        page = text(ann_client, f"{LIST}?symbol=XAUUSD&definition={definition}")
        assert number(after(page, "Total net profit")) == Decimal(-20) + Decimal("75.50") + Decimal(9) + Decimal(-8)
        assert "8 trades of these accounts outside the filter." in page


def test_metatrader_says_why_a_choice_of_trades_has_no_balance(ann_api: APIClient, account: BrokerAccount) -> None:
    answer = ann_api.get("/api/v1/figures/?definition=mt5&symbol=XAUUSD").json()["results"][0]["figures"]
    assert answer["balance_drawdown_maximal"]["reason"] == OF_ONE_BALANCE
    assert answer["equity"]["reason"] == OF_ACCOUNTS
    assert answer["net_profit"]["value"] == "56.50"


def test_a_phase_chooses_accounts_and_takes_no_trade_out_of_them(ann: Trader, ann_client: Client) -> None:
    traded(ann, "60", phase="funded", label="Funded one")
    traded(ann, "-40", phase="challenge", label="Challenge one")
    page = text(ann_client, f"{LIST}?phase=funded")
    assert number(after(page, "Total net profit")) == 60
    assert "outside the filter" not in page


def test_currencies_stand_side_by_side_and_are_never_added(ann: Trader, ann_client: Client) -> None:
    traded(ann, "60", currency="USD")
    traded(ann, "-40", currency="EUR")
    page = text(ann_client, LIST)
    assert page.count("Total net profit") == 2
    assert "+20.00" not in page


def test_several_accounts_have_no_single_balance_to_draw(ann: Trader, ann_client: Client, ann_api: APIClient) -> None:
    traded(ann, "60", "-10")
    traded(ann, "-40", "5")
    answer = ann_api.get("/api/v1/figures/").json()["results"][0]["figures"]
    assert answer["net_profit"]["value"] == "15"
    assert Decimal(answer["balance"]["value"]) == 20_015
    assert answer["balance_drawdown_maximal"]["reason"] == OF_ONE_BALANCE


def test_open_trades_and_missing_stops_are_named_as_left_out(ann_client: Client, account: BrokerAccount) -> None:
    make.open_trade(account)
    page = text(ann_client, f"{LIST}?definition=portal")
    assert "1 trade still open: not in them until it closes." in page
    assert "12 trades without an initial stop: no R multiple." in page


def test_too_few_trades_are_said_instead_of_a_proud_percentage(ann: Trader, ann_client: Client) -> None:
    traded(ann, "60", "40")
    portal = text(ann_client, f"{LIST}?definition=portal")
    assert "Too few trades to say: 2 of 5" in portal and "100.00 %" not in portal
    assert "Too few trades to say: 2 of 10" in text(ann_client, f"{LIST}?definition=mt5")


def test_a_share_of_few_trades_shows_its_interval(ann_client: Client, account: BrokerAccount) -> None:
    assert re.search(
        r"Profit trades 6 \( ?50.00 % ?\) 95 %: 25.38 % to 74.62 %", text(ann_client, f"{LIST}?definition=portal")
    )


def test_a_figure_opens_its_formula_its_numbers_and_its_trades(ann_client: Client, account: BrokerAccount) -> None:
    page = text(ann_client, f"{LIST}profit_factor/?account={account.pk}&definition=portal")
    assert "gross profit / |gross loss|" in page and "version 1" in page
    assert number(after(page, "Gross profit")) == Decimal("236.50")
    assert number(after(page, "Gross loss")) == Decimal("-83.25")
    assert account.label in page and "USD" in page and "UTC" in page


@pytest.mark.parametrize(
    ("key", "definition", "sign"), [("gross_loss", "portal", "lost"), ("gross_profit", "portal", "won")]
)
def test_the_trades_behind_a_figure_are_those_that_it_sums(
    ann_client: Client, account: BrokerAccount, key: str, definition: str, sign: str
) -> None:
    page = ann_client.get(f"{LIST}{key}/", {"definition": definition, "account": str(account.pk)})
    nets = [number(re.sub(r"<[^>]+>", "", row["net"])) for row in page.context["trades"]]
    total = page.context["sets"][0]["exact"]
    assert sum(nets) == Decimal(total)
    assert f"result={sign}" in page.context["trades_url"]
    behind = text(ann_client, page.context["trades_url"])
    assert f"{len(nets)} trades" in behind


def test_every_figure_of_the_registry_can_be_opened(ann_client: Client, account: BrokerAccount) -> None:
    for entry in ENTRIES:
        for definition in DEFINITIONS:
            answer = ann_client.get(f"{LIST}{entry.key}/", {"definition": definition})
            assert answer.status_code == 200, entry.key
            assert entry.label in answer.content.decode().replace("&#x27;", "'")


def test_the_chosen_definition_survives_in_the_links_of_the_menu(ann_client: Client, account: BrokerAccount) -> None:
    page = ann_client.get("/", {"definition": "portal"}).content.decode()
    assert f'href="{reverse("figure_list")}?definition=portal"' in page


def test_the_trader_chooses_a_definition_in_the_settings(
    ann: Trader, ann_client: Client, account: BrokerAccount
) -> None:
    ann.definition = "myfxbook"
    ann.save(update_fields=["definition"])
    page = text(ann_client, LIST)
    assert "As Myfxbook defines them." in page and "Absolute gain" in page
    assert "As MetaTrader 5 defines them." in text(ann_client, f"{LIST}?definition=mt5")


def test_risk_is_what_the_stop_puts_at_stake_in_the_brokers_money() -> None:
    entry, exit_, gross = Decimal("1.10000"), Decimal("1.10100"), Decimal(100)
    assert risk_of(entry, Decimal("1.09500"), worth_of(entry, exit_, gross)) == 500
    assert risk_of(entry, Decimal("1.09500"), worth_of(entry, entry, gross)) is None
    assert risk_of(entry, Decimal("1.09500"), worth_of(entry, exit_, Decimal(0))) is None


def test_a_stop_that_the_trader_stated_goes_before_the_brokers(account: BrokerAccount) -> None:
    trade = account.trades.filter(net_profit=60).get()
    account.trades.filter(pk=trade.pk).update(open_stop_loss=Decimal("1.09500"))
    chosen = account.trades.filter(pk=trade.pk)
    assert [found.risk for found in closed([account.pk], chosen)] == [300]
    make.journal_entry(trade, initial_stop_loss=Decimal("1.09900"))
    (found,) = closed([account.pk], chosen)
    assert found.risk == 60
    assert found.r_multiple == 1


def test_partial_closes_come_with_their_moments_and_volumes(account: BrokerAccount) -> None:
    trade = account.trades.filter(net_profit=60).get()
    trade.executions.exclude(direction="in").delete()
    for volume in ("0.40", "0.60"):
        make.exit_of(trade, volume_lots=Decimal(volume))
    (found,) = closed([account.pk], account.trades.filter(pk=trade.pk))
    assert found.closes == ((trade.closed_at, Decimal("0.40")), (trade.closed_at, Decimal("0.60")))


def test_each_trade_knows_what_its_account_held_when_it_opened(ann: Trader) -> None:
    account = traded(ann, "60", "-40", "25")
    trades = account.trades.order_by("opened_at")
    sample = read_sample([account.pk], account.trades.all(), UTC, wants_balances=True)
    held = {trade.id: trade.balance_at_open for trade in sample.trades}
    assert [held[trade.pk] for trade in trades] == [10_000, 10_060, 10_020]
    assert sample.opening_balance == 0


def test_a_window_begins_with_what_the_account_held_then(ann: Trader) -> None:
    account = traded(ann, "60", "-40", "25")
    last = account.trades.order_by("opened_at").last()
    assert last is not None
    sample = read_sample([account.pk], account.trades.filter(pk=last.pk), UTC, (last.opened_at, None))
    assert sample.opening_balance == 10_020
    assert not sample.flows
    assert len(sample.trades) == 1


WALKED = ("net_profit", "profit_factor", "trades_won_percent", "expected_payoff", "gross_profit", "gross_loss")


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_a_figure_is_one_on_every_screen(
    ann_client: Client, ann_api: APIClient, account: BrokerAccount, definition: str
) -> None:
    """Account page, its figures, figures of all accounts, side by side, one by one, and both endpoints."""
    query = {"definition": definition}
    summary = ann_api.get(f"/api/v1/accounts/{account.pk}/summary/", query).json()["figures"]
    answer = ann_api.get("/api/v1/figures/", query).json()["results"][0]["figures"]
    for key in WALKED:
        exact = answer[key]["value"]
        assert summary[key] == exact, key
        alone = ann_client.get(f"{LIST}{key}/", query).context["sets"][0]
        assert alone["exact"] == exact, key
        shown = alone["value"]
        rows = [
            row
            for address in (LIST, f"/accounts/{account.pk}/figures/")
            for found in ann_client.get(address, query).context["sets"]
            for group in found["groups"]
            for row in group.rows
        ]
        assert {row.value for row in rows if row.key == key} <= {shown}, key
        assert {row.beside for row in rows if key == "trades_won_percent" and row.key == "trades_won"} <= {shown}
        strip = ann_client.get(f"/accounts/{account.pk}/", query).context["strip"]
        assert {of["row"].value for of in strip if of["key"] == key} <= {shown}, key
        compared = ann_client.get(LIST, {"compare": "1"}).context["sets"][0]["rows"]
        column = DEFINITIONS.index(definition)
        label = next(entry.label for entry in ENTRIES if entry.key == key)
        assert [row.values[column] for _, table in compared for row in table if row.label == label] == [shown]
    assert number(after(text(ann_client, f"{LIST}?definition={definition}"), "Total net profit")) == round(
        Decimal(answer["net_profit"]["value"]), 2
    )


def test_what_may_come_needs_thirty_trades(ann_client: Client, account: BrokerAccount) -> None:
    assert "Too few trades to say: 12 of 30." in text(ann_client, f"{LIST}monte-carlo/")


def test_what_may_come_begins_with_the_money_paid_in_and_states_its_seed(ann: Trader, ann_client: Client) -> None:
    traded(ann, *(["60", "-40", "-20", "25"] * 10))
    page = text(ann_client, f"{LIST}monte-carlo/?method=shuffle&paths=200&ruin=50")
    assert "200 paths of 40 trades, seed 1" in page
    assert number(after(page, "Start")) == 10_000
    assert number(after(page, "End, middle path")) == 10_250
    assert number(after(page, "Risk of ruin")) == 0


def test_a_setting_that_makes_no_sense_is_named(ann_client: Client, account: BrokerAccount) -> None:
    page = ann_client.get(f"{LIST}monte-carlo/", {"paths": "9999999"})
    assert page.status_code == 200 and "less than or equal to 2000" in page.content.decode()


def test_averages_show_their_interval_on_request_alone(ann_client: Client, account: BrokerAccount) -> None:
    plain = ann_client.get(LIST, {"definition": "portal"}).content.decode()
    asked = ann_client.get(LIST, {"definition": "portal", "bootstrap": "1"}).content.decode()
    assert asked.count("95 %:") > plain.count("95 %:")
    assert 'href="/figures/?definition=portal&amp;bootstrap=1"' in plain
    assert 'href="/figures/expected_payoff/?definition=portal&amp;bootstrap=1"' in asked
    assert "bootstrap=1" not in "".join(re.findall(r'href="(/trades/[^"]*)"', asked))
    detail = ann_client.get(f"{LIST}expected_payoff/", {"definition": "portal", "bootstrap": "1"})
    assert "95 %:" in detail.content.decode()


def test_the_definition_of_metatrader_offers_no_interval_of_averages(
    ann_client: Client, account: BrokerAccount
) -> None:
    page = ann_client.get(LIST, {"definition": "mt5", "bootstrap": "1"}).content.decode()
    assert "intervals of averages" not in page
    (found,) = figure_sets(whole_account(account, UTC), "mt5", wants_intervals=True)
    assert found.figures["expected_payoff"].low is None
