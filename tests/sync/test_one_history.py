"""Deals from syncs and the same deals from a statement are one history, whichever comes first."""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import BrokerAccount, Trader
from tests.services.act import imported, undone
from tests.services.book import rows_of
from tests.sync import lives
from tests.sync.bridge import payload
from trading.models import Break, CashFlow, Execution, Position, Statement, SyncState, Trade
from trading.queries.figures import account_figures, balance_proof, opening_balance
from trading.samplefiles.account import AccountLife
from trading.services.sync import record_sync

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LIFE = lives.life()
#: What a statement knows and a deal does not say, or says in other words.
TOLD_BY_ONE = {"source", "balance_after", "position_ticket", "strategy_id", "open_stop_loss", "open_take_profit"}
#: Of a trade that a trader moved the stop of, each side has the last one that it saw.
STOPS = {"stop_loss", "take_profit"}


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    return lives.account_of(LIFE, ann)


def synced(account: BrokerAccount, life: AccountLife = LIFE, until: Any = None, **parts: Any) -> dict[str, Any]:
    answer = record_sync(account.trader, payload(lives.sync(life, account, until, **parts)), now=NOW).answer
    (found,) = answer["accounts"]
    assert found["error"] is None, found
    assert isinstance(found, dict)
    return found


def brought(account: BrokerAccount, until: Any = None) -> Statement:
    return imported(account.trader, lives.statement(LIFE, until), "ReportHistory.xlsx", now=NOW)


def history(account: BrokerAccount, without: set[str]) -> dict[str, list[dict[str, Any]]]:
    found = rows_of(account)
    kinds = ("trades", "executions", "cash_flows")
    return {kind: [{k: v for k, v in row.items() if k not in without} for row in found[kind]] for kind in kinds}


def counts() -> tuple[int, int, int]:
    return Trade.objects.count(), Execution.objects.count(), CashFlow.objects.count()


def figures(account: BrokerAccount) -> Any:
    account.refresh_from_db()
    return account_figures(account, "mt5")


def test_syncs_in_many_steps_make_the_trades_that_the_statement_makes(ann: Trader, bo: Trader) -> None:
    fed, told = lives.account_of(LIFE, ann), lives.account_of(LIFE, bo)
    for moment in lives.moments(LIFE, 12):
        synced(fed, until=moment)
    brought(told)
    assert history(fed, TOLD_BY_ONE | STOPS) == history(told, TOLD_BY_ONE | STOPS)
    assert figures(fed) == figures(told)
    assert opening_balance(fed) == opening_balance(told) == 0


def test_a_statement_after_syncs_adds_nothing(account: BrokerAccount) -> None:
    for moment in lives.moments(LIFE, 5):
        synced(account, until=moment)
    before, known = counts(), figures(account)
    statement = brought(account)
    assert counts() == before
    for kind in ("trades", "executions", "cash_flows"):
        assert statement.outcome[kind]["added"] == 0
        assert statement.outcome[kind]["removed"] == 0
    assert figures(account) == known


def test_syncs_after_a_statement_add_nothing_and_change_nothing(account: BrokerAccount) -> None:
    brought(account)
    before, known = history(account, set()), figures(account)
    found = synced(account)
    assert (found["deals"]["added"], found["deals"]["corrected"]) == (0, 0)
    assert found["trades"] == {"opened": 0, "changed": 0, "closed": 0}
    assert found["cash_flows"]["added"] == 0
    assert history(account, set()) == before
    assert figures(account) == known


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_syncs_go_on_where_a_statement_ended(ann: Trader, bo: Trader, cut: int) -> None:
    """Trades that the statement shows open are closed by the deals that come after it."""
    middle = list(lives.moments(LIFE, 5))[cut]
    account, told = lives.account_of(LIFE, ann), lives.account_of(LIFE, bo)
    brought(account, until=middle)
    found = synced(account)
    assert found["deals"]["added"] > 0
    brought(told)
    assert history(account, TOLD_BY_ONE | STOPS) == history(told, TOLD_BY_ONE | STOPS)
    assert figures(account) == figures(told)


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_an_older_statement_takes_no_deal_of_a_sync_back(account: BrokerAccount, cut: int) -> None:
    synced(account)
    before = history(account, TOLD_BY_ONE | STOPS)
    positions = list(Position.objects.order_by("ticket").values("ticket", "current_price", "reported_at"))
    brought(account, until=list(lives.moments(LIFE, 5))[cut])
    assert history(account, TOLD_BY_ONE | STOPS) == before
    assert list(Position.objects.order_by("ticket").values("ticket", "current_price", "reported_at")) == positions


def standing(account: BrokerAccount) -> set[tuple[str, str]]:
    found = Break.objects.filter(account=account).unresolved().exclude(type="stale")
    return set(found.values_list("type", "ticket"))


def test_a_statement_settles_its_breaks_at_once_and_their_undoing_opens_them_again(account: BrokerAccount) -> None:
    synced(account, deals=[], cash_flows=[])
    missing = standing(account)
    assert {kind for kind, _ in missing} == {"unknown_at_book"}
    revision = BrokerAccount.objects.get(pk=account.pk).revision
    statement = brought(account)
    assert standing(account) == set()
    assert not SyncState.objects.get(account=account).open_breaks
    assert BrokerAccount.objects.get(pk=account.pk).revision > revision
    undone(statement)
    assert standing(account) == missing
    assert SyncState.objects.get(account=account).open_breaks >= len(missing)


def test_the_balance_proof_ties_whether_syncs_or_a_statement_told(account: BrokerAccount) -> None:
    synced(account)
    account.refresh_from_db()
    assert balance_proof(account, lives.ZONE).first_break is None
    brought(account)
    account.refresh_from_db()
    assert balance_proof(account, lives.ZONE).first_break is None


def test_deals_that_come_in_the_wrong_order_make_the_same_trades(ann: Trader, bo: Trader) -> None:
    """Exits first, each in a call of its own part; their entries follow."""
    straight, turned = lives.account_of(LIFE, ann), lives.account_of(LIFE, bo)
    synced(straight)
    deals = lives.sync(LIFE, turned)["deals"][::-1]
    for start in range(0, len(deals), 17):
        synced(turned, deals=deals[start : start + 17])
    assert history(turned, {"strategy_id"} | STOPS | TOLD_BY_ONE) == history(
        straight, {"strategy_id"} | STOPS | TOLD_BY_ONE
    )
    assert not Execution.objects.filter(trade__isnull=True).exists()


def test_an_undone_statement_leaves_what_the_syncs_brought(account: BrokerAccount) -> None:
    synced(account)
    before = history(account, set())
    undone(brought(account))
    assert history(account, set()) == before


def test_undoing_a_statement_that_syncs_went_on_from_keeps_their_deals(account: BrokerAccount) -> None:
    statement = brought(account, until=list(lives.moments(LIFE, 5))[3])
    synced(account)
    brought_by_syncs = set(Execution.objects.filter(source="sync").values_list("deal_id", flat=True))
    undone(statement)
    assert set(Execution.objects.values_list("deal_id", flat=True)) == brought_by_syncs
    synced(account, sent_at="2026-11-24T11:00:00Z")
    assert Trade.objects.count() == len(LIFE.positions)
    assert not Execution.objects.filter(trade__isnull=True).exists()
