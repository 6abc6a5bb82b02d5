"""What is kept of an account's history outlives its live syncs, and never a write that changes it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache as django_cache

from accounts.models import BrokerAccount, Trader
from accounts.services import accounts as owned
from tests import make
from tests.services import act
from tests.services.mt4_page import Cash, Line, page
from tests.sync.bridge import deal, entry, exit_deal, figures, flow, payload, position, quote, text
from trading import cache
from trading.calc.guard_types import Kind
from trading.models import Break, GuardRule, Trade
from trading.queries import breakdowns, curves, distributions, figure_sets, recent, shared_records, trades
from trading.queries.account_results import account_results
from trading.queries.data_quality import book_facts
from trading.queries.figures import account_figures, balance_proof
from trading.services.breaks import accept
from trading.services.journal import save_journal
from trading.services.sync import record_sync

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("Asia/Kathmandu")  # its days begin on a quarter of an hour
START = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
#: Of each kept name what a page reads.
HISTORY: dict[str, Callable[[BrokerAccount], Any]] = {
    "proof": lambda of: balance_proof(of, ZONE),
    "quality": lambda of: book_facts([of], ZONE),
    "span": lambda of: curves.currency_curve([of], ZONE),
    "curve": lambda of: curves.account_curve(of, 50),
    "totals": lambda of: trades.kept_totals(_closed(of), [of], "all"),
    "choices": lambda of: trades.trade_choices(of.trader, [of]),
    "spreads": lambda of: distributions.kept_spreads(_closed(of), [of], "all"),
    "points": lambda of: distributions.kept_points(_closed(of), [of], "all"),
    "breakdowns": lambda of: breakdowns.kept_breakdowns(_closed(of), [of], "all", ZONE),
    "periods": lambda of: recent.period_sums([of], START, ZONE),
    "sparks": lambda of: recent.recent_nets([of], START, ZONE),
    "results": lambda of: account_results([of]),
    "record": shared_records.record_of,
    "record-symbols": shared_records.symbol_numbers,
    "figure_set": lambda of: figure_sets.figure_sets(figure_sets.whole_account(of, ZONE), "myfxbook"),
}
#: Those that rest on what is live as well.
LIVE: dict[str, Callable[[BrokerAccount], Any]] = {
    "mt4": lambda of: account_figures(of, "mt4"),
    "mt5": lambda of: account_figures(of, "mt5"),
    "mt5 set": lambda of: figure_sets.figure_sets(figure_sets.whole_account(of, ZONE), "mt5"),
    "portal set": lambda of: figure_sets.figure_sets(figure_sets.whole_account(of, ZONE), "portal"),
}


def _closed(account: BrokerAccount) -> Any:
    return Trade.objects.filter(account=account, closed_at__isnull=False)


def answers(account: BrokerAccount) -> dict[str, Any]:
    fresh = BrokerAccount.objects.select_related("trader").get(pk=account.pk)
    return {name: read(fresh) for name, read in {**HISTORY, **LIVE}.items()}


@dataclass
class Life:
    """An account and the time in it. A sync tells of what is open in `open_now`."""

    account: BrokerAccount
    now: datetime = START
    open_now: list[dict[str, Any]] = field(default_factory=lambda: [position("502")])
    statement: Any = None

    def sync(self, after_s: int = 10, balance: str = "10196.00", **parts: Any) -> None:
        self.now += timedelta(seconds=after_s)
        told = {"figures": figures(balance, equity=f"10{self.now.second:03}.00"), "positions": self.open_now, **parts}
        answer = record_sync(
            self.account.trader, payload(entry(self.account, sent_at=text(self.now), **told)), now=self.now
        ).answer
        assert answer["failed"] == 0, answer

    def trade(self, ticket: str = "501") -> Trade:
        return Trade.objects.get(account=self.account, ticket=ticket)


def begin(ann: Trader) -> Life:
    life = Life(make.account(ann, platform="mt4", number="12345"))
    life.sync(deals=[deal(), exit_deal(), deal("903", "502")], cash_flows=[flow()])
    return life


def live_prices(life: Life) -> None:
    life.open_now = [position("502", current_price="1.10900", floating_profit="900.00", stop_loss="1.10000")]
    life.sync(quotes=[quote()])


def let_the_last_position_go(life: Life) -> None:
    life.open_now = []
    life.sync()


def rename(life: Life) -> None:
    owned.edit_account(life.account, label="Other")


def import_of(life: Life) -> None:
    content = page(Line(11, profit="25.00", closed="2025.03.03 12:00:00"), cash=[Cash(1)])
    life.statement = act.imported(life.account.trader, content)
    assert act.account_of(life.statement) == life.account


def _import_nothing(life: Life) -> None:
    """Its opening balance takes the place of the one that the first sync told."""
    content = page(cash=(), opening=Decimal("7000.00"))
    assert act.account_of(act.imported(life.account.trader, content)) == life.account


def undo(life: Life) -> None:
    import_of(life)
    answers(life.account)
    act.undone(life.statement)


def take_broker_word(life: Life) -> None:
    life.open_now = [*life.open_now, position("777")]
    life.sync()
    answers(life.account)
    accept(Break.objects.get(account=life.account, ticket="777"), life.account.trader, now=life.now)


def fall_below_the_figures(life: Life) -> None:
    """A deal later than the broker's figures, by a clock that is ahead; the next figures come after it."""
    later = text(life.now + timedelta(seconds=15))
    life.sync(deals=[exit_deal("904", "502", executed_at=later)], balance="10196.00")
    answers(life.account)
    life.sync()


WRITES: dict[str, Callable[[Life], None]] = {
    "prices": live_prices,
    "nothing new": lambda life: life.sync(),
    "a balance that the book does not explain": lambda life: life.sync(balance="9000.00"),
    "a quarter of an hour": lambda life: life.sync(after_s=900),
    "a day": lambda life: life.sync(after_s=86_400),
    "a close": lambda life: life.sync(deals=[exit_deal("904", "502", executed_at=text(life.now))]),
    "a correction": lambda life: life.sync(deals=[exit_deal(gross_profit="210.00")]),
    "a deposit": lambda life: life.sync(cash_flows=[flow("802", amount="50.00", booked_at=text(life.now))]),
    "the last position goes": let_the_last_position_go,
    "a late deal": fall_below_the_figures,
    "a stop of the trader": lambda life: _journal(life, initial_stop_loss=Decimal("1.09000")),
    "a tag": lambda life: _journal(life, tags=["news"]),
    "a name": rename,
    "an import": import_of,
    "an import without a row": _import_nothing,
    "an undo": undo,
    "a position that is taken into the book": take_broker_word,
}


def _journal(life: Life, **values: Any) -> None:
    save_journal(life.trade(), **{"notes": "", "tags": [], "initial_stop_loss": None, **values})


@pytest.fixture
def life(ann: Trader) -> Life:
    return begin(ann)


@pytest.mark.parametrize("write", WRITES)
def test_what_is_kept_is_what_would_be_computed(life: Life, write: str) -> None:
    answers(life.account)
    WRITES[write](life)
    kept = answers(life.account)
    django_cache.clear()
    fresh = answers(life.account)
    assert [name for name in fresh if kept[name] != fresh[name]] == []


@pytest.mark.parametrize("write", ["a close", "a correction", "a deposit", "a late deal"])
def test_every_kept_name_of_the_history_forgets_what_a_deal_or_flow_changes(life: Life, write: str) -> None:
    answers(life.account)
    WRITES[write](life)
    before = cache.counts()
    answers(life.account)
    assert _missed(before) >= HISTORY.keys()


def test_a_live_sync_leaves_the_history_kept_and_changes_what_is_live(life: Life) -> None:
    before, counts = answers(life.account), cache.counts()
    live_prices(life)
    kept = answers(life.account)
    assert _missed(counts) - {"figure_set"} == {"figures"}  # of the sets, those on reported equity and of the account
    assert "closed-figures" not in _missed(counts)
    assert kept["mt5"]["floating"] == Decimal("900.00") != before["mt5"]["floating"]
    misses = cache.counts()
    live_prices(life)
    for read in HISTORY.values():
        read(BrokerAccount.objects.select_related("trader").get(pk=life.account.pk))
    assert _missed(misses) == set()


def test_guards_breaks_and_refused_syncs_leave_the_history_kept(life: Life) -> None:
    GuardRule.objects.filter(account=life.account, kind=Kind.DRAWDOWN).update(critical=Decimal("0.0001"), warning=None)
    life.sync()
    answers(life.account)
    before, revisions = cache.counts(), _revisions(life.account)
    life.open_now = [position("502", volume="2.00")]  # a break
    life.sync()
    refused = payload(entry(life.account, sent_at=text(life.now), figures={"balance": "x"}))
    assert record_sync(life.account.trader, refused, now=life.now).answer["failed"] == 1
    for read in HISTORY.values():
        read(BrokerAccount.objects.select_related("trader").get(pk=life.account.pk))
    assert _missed(before) == set()
    assert (_revisions(life.account)[0] > revisions[0], _revisions(life.account)[1]) == (True, revisions[1])


def _revisions(account: BrokerAccount) -> tuple[int, int]:
    return BrokerAccount.objects.values_list("revision", "history_revision").get(pk=account.pk)


def _missed(before: dict[str, int]) -> set[str]:
    """The names of which something was computed since."""
    return {
        name.removesuffix(".miss")
        for name, count in cache.counts().items()
        if name.endswith(".miss") and count > before.get(name, 0)
    }


@pytest.fixture(autouse=True)
def _nothing_is_kept_before() -> Iterator[None]:
    django_cache.clear()
    yield
