"""Every figure of any set of closed trades, by any of the definitions, with what it rests on."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from accounts.models import BrokerAccount
from trading import cache
from trading.calc.confidence import with_intervals
from trading.calc.equity_figures import NO_FEED, Coverage, coverage_of, in_order_of_time
from trading.calc.figure_types import DefinitionSet, FigureValue, FigureValues, Sample
from trading.calc.history import Fill, History
from trading.calc.ledger import Ledger
from trading.calc.metatrader import Definition
from trading.calc.metatrader_values import metatrader_values, values_of
from trading.calc.myfxbook import myfxbook_figures
from trading.calc.portal import portal_figures
from trading.calc.registry import ENTRIES, entries_in
from trading.calc.return_figures import ESTIMATED, ON_BALANCE, ON_EQUITY_ESTIMATED
from trading.calc.undefined import NO_OPENING_BALANCE
from trading.calc.words import Sentence, ngettext
from trading.calc.words import marked as _
from trading.models import Execution, Trade
from trading.queries.closed_samples import read_sample, read_stretch
from trading.queries.data_quality import book_facts
from trading.queries.figures import account_figures, definition_of
from trading.queries.ledgers import read_ledger
from trading.queries.overview import overviews
from trading.queries.trades import kept_parts

#: Rises with every version of every formula, so that no kept answer outlives a formula.
FORMULAS = sum(entry.version for entry in ENTRIES)
OF_ACCOUNTS = _("It is about whole accounts, not about a choice of their trades.")
OF_EACH_ACCOUNT = _("It is each broker’s own, of one account alone.")
NOT_GIVEN = _("This set of trades does not give what it is computed from.")
OF_ONE_BALANCE = _(
    "MetaTrader draws it from the balance of one whole account. The other definitions tell it for any choice of trades."
)
#: What MetaTrader draws from the balance.
_OF_BALANCE = frozenset(
    {"recovery_factor", "sharpe_ratio", "ahpr", "ghpr", "lr_correlation", "lr_standard_error"}
    | {entry.key for entry in ENTRIES if entry.key.startswith("balance_drawdown_")}
)
_OF_ACCOUNT = frozenset(entry.key for entry in ENTRIES if entry.group == "Account")
SOME_WITHOUT_STOP = _("Trades without an initial stop are left out")
BEGINS_MIDWAY = _("The history begins with a balance, and how it came about is not in them: %(accounts)s.")
BEGINS_UNKNOWN = _("The history begins with an unknown opening balance: %(accounts)s.")
UNTIED = _("The balance differs from the broker’s, so that something may be missing: %(accounts)s.")
_OF_STOPS = frozenset(entry.key for entry in ENTRIES if entry.group == "Risk multiples")
_SUMMED = ("balance", "equity", "credit")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The closed trades that figures are wanted of.

    `accounts` are those that the choice covers, `trades` their closed trades as filtered. `window` (half-open) is the time
    of closing that was asked for; `is_narrowed` says that something besides accounts and window leaves trades out. `key`
    tells this choice from others of the same accounts.
    """

    accounts: Sequence[BrokerAccount]
    trades: QuerySet[Trade]
    zone: ZoneInfo
    window: tuple[datetime | None, datetime | None] = (None, None)
    is_narrowed: bool = False
    key: str = ""

    @property
    def has_window(self) -> bool:
        return self.window != (None, None)

    @property
    def is_whole(self) -> bool:
        return not self.is_narrowed and not self.has_window

    def of(self, accounts: Sequence[BrokerAccount]) -> "Wanted":
        """The part of it that lies in these accounts."""
        trades = self.trades.filter(account__in=[account.pk for account in accounts])
        return Wanted(accounts, trades, self.zone, self.window, self.is_narrowed, self.key)


@dataclass(frozen=True, slots=True)
class FigureSet:
    """The figures of the chosen trades in one currency. `exclusions` says in words what is not in them, and why.

    `coverage` is that of the equity which the broker reported, where figures rest on it.
    """

    currency: str
    definition: DefinitionSet
    platform: Definition
    accounts: Sequence[tuple[UUID, str]]
    trades: int
    zone: str
    window: tuple[datetime | None, datetime | None]
    exclusions: Sequence[Sentence]
    figures: FigureValues = field(default_factory=dict)
    coverage: Coverage | None = None

    def value(self, key: str) -> Decimal | None:
        found = self.figures.get(key)
        return found.value if found else None


def whole_account(account: BrokerAccount, zone: ZoneInfo) -> Wanted:
    """Every closed trade of one account."""
    return Wanted([account], Trade.objects.filter(account=account, closed_at__isnull=False), zone)


def figure_sets(wanted: Wanted, definition: DefinitionSet, *, wants_intervals: bool = False) -> tuple[FigureSet, ...]:
    """One for each currency, which are never added; kept until one of the accounts changes.

    `wants_intervals` gives averages of round trips the ends of their 95 % interval; MetaTrader's set has none.
    """
    by_currency: dict[str, list[BrokerAccount]] = {}
    for account in sorted(wanted.accounts, key=lambda account: account.pk):
        by_currency.setdefault(account.currency, []).append(account)
    return tuple(
        _kept_set(wanted.of(accounts), definition, wants_intervals and definition != "mt5")
        for __, accounts in sorted(by_currency.items())
    )


def figure_trades(key: str, definition: DefinitionSet) -> Mapping[str, str]:
    """Which of the chosen trades a figure rests on, as the parameters of the list of trades that show them.

    Errors: none; a figure that rests on all of them has none.
    """
    won = {"min_profit": "0"} if definition == "mt5" else {"result": "won"}
    narrowing = {"won": won, "lost": {"result": "lost"}, "zero": {"result": "zero"}}
    return {**narrowing.get(_RESULTS.get(key, ""), {}), **_OTHERS.get(key, {})}


_RESULTS = {
    "gross_profit": "won",
    "trades_won": "won",
    "average_profit_trade": "won",
    "largest_profit_trade": "won",
    "holding_wins_median": "won",
    "gross_loss": "lost",
    "trades_lost": "lost",
    "average_loss_trade": "lost",
    "largest_loss_trade": "lost",
    "holding_losses_median": "lost",
    "trades_even": "zero",
}
_OTHERS: Mapping[str, Mapping[str, str]] = {
    "trades_long": {"side": "buy"},
    "trades_long_won_percent": {"side": "buy"},
    "trades_short": {"side": "sell"},
    "trades_short_won_percent": {"side": "sell"},
    "largest_profit_trade": {"sort": "-net"},
    "largest_loss_trade": {"sort": "net"},
    "gross_profit": {"sort": "-net"},
    "gross_loss": {"sort": "net"},
    "holding_median": {"sort": "-held"},
    "holding_average": {"sort": "-held"},
}


def sample_of(wanted: Wanted, *, wants_balances: bool = False, wants_equity: bool = False) -> Sample:
    """The chosen trades of accounts of one currency, as the arithmetic takes them."""
    return read_sample(
        [account.pk for account in wanted.accounts],
        wanted.trades,
        wanted.zone,
        wanted.window,
        is_whole=not wanted.is_narrowed,
        wants_balances=wants_balances,
        wants_equity=wants_equity,
    )


def kept_under(wanted: Wanted) -> tuple[str, str]:
    """What tells a choice and the state of its accounts from any other."""
    moments = [at.isoformat() if at else "" for at in wanted.window]
    named = f"{wanted.key} {wanted.zone.key} {wanted.is_narrowed} {moments}"
    return kept_parts(wanted.accounts, named)


def _kept_set(wanted: Wanted, definition: DefinitionSet, wants_intervals: bool) -> FigureSet:
    parts = (definition, FORMULAS, wants_intervals, *_live_state(wanted, definition), *kept_under(wanted))

    def compute() -> FigureSet:
        with _without_collections():
            return _figure_set(wanted, definition, wants_intervals)

    return cache.remembered("figure_set", parts, cache.FIGURE_SETS_S, compute)


def _live_state(wanted: Wanted, definition: DefinitionSet) -> Sequence[int]:
    """The state of what is live, where figures rest on it: what whole accounts hold now, and the equity of one account."""
    reads_account = definition == "mt5" and wanted.is_whole
    reads_equity = definition == "portal" and len(wanted.accounts) == 1 and not wanted.is_narrowed
    return [account.revision for account in wanted.accounts] if reads_account or reads_equity else ()


@contextmanager
def _without_collections() -> Iterator[None]:
    """A long history is hundreds of thousands of objects that all stay until the end: to look for garbage among them again
    and again takes a third of the time. Of two threads the first one that is done switches it on again, which harms nobody.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _figure_set(wanted: Wanted, definition: DefinitionSet, wants_intervals: bool) -> FigureSet:
    platform = _platform(wanted.accounts)
    counts = _counts(wanted)
    coverage = None
    if definition == "mt5":
        figures, notes = _metatrader(wanted, platform)
    else:
        sample = sample_of(wanted, wants_balances=definition == "myfxbook", wants_equity=definition == "portal")
        figures, notes = _of_round_trips(sample, wanted, definition, wants_intervals)
        if definition == "portal":
            coverage = coverage_of(in_order_of_time(sample.equity), sample.zone)
    return FigureSet(
        currency=wanted.accounts[0].currency,
        definition=definition,
        platform=platform,
        accounts=tuple((account.pk, account.label) for account in wanted.accounts),
        trades=counts["chosen"],
        zone=wanted.zone.key,
        window=wanted.window,
        exclusions=(*_left_out(counts, wanted, definition), *notes, *_doubts(wanted)),
        figures=figures,
        coverage=coverage,
    )


def _platform(accounts: Iterable[BrokerAccount]) -> Definition:
    """MetaTrader 4 where every account is one of it."""
    return "mt4" if {definition_of(account) for account in accounts} == {"mt4"} else "mt5"


# ---- Round trips: Myfxbook and the portal ---------------------------------------------------------------------------


def _of_round_trips(
    sample: Sample, wanted: Wanted, definition: DefinitionSet, wants_intervals: bool
) -> tuple[FigureValues, list[Sentence]]:
    figures = myfxbook_figures(sample) if definition == "myfxbook" else portal_figures(sample)
    if wants_intervals:
        figures = with_intervals(figures, sample.trades)
    notes: list[Sentence] = []
    if wanted.is_narrowed and sample.opening_balance is not None:
        notes.append(Sentence(_("Figures of the balance are those of accounts that had made these trades alone.")))
    if sample.opening_balance is None:
        notes.append(
            Sentence(_("%(why)s Figures in percent of a balance have no value."), {"why": Sentence(NO_OPENING_BALANCE)})
        )
    if definition == "portal":
        notes += _about_returns(sample, figures)
    without_stop = sum(trade.risk is None for trade in sample.trades)
    if definition == "portal" and without_stop:
        notes.append(
            ngettext(
                "%(count)s trade without an initial stop: no R multiple.",
                "%(count)s trades without an initial stop: no R multiple.",
                without_stop,
            )
        )
        figures |= _without_some(figures)
    return _complete(figures, definition, NOT_GIVEN), notes


def _without_some(figures: FigureValues) -> FigureValues:
    """The figures of R multiples, each with a note that it has to leave out trades."""
    return {
        key: replace(figure, note=SOME_WITHOUT_STOP)
        for key, figure in figures.items()
        if key in _OF_STOPS and figure.value is not None
    }


def _about_returns(sample: Sample, figures: FigureValues) -> list[Sentence]:
    """What returns by day stand on where it is not reported equity alone, and why."""
    stands_on = figures["time_weighted_return_percent"].note
    if stands_on == ON_EQUITY_ESTIMATED:
        return [Sentence(ESTIMATED)]
    if stands_on != ON_BALANCE:
        return []
    why = _("Equity was reported for a part of this record only.") if sample.equity else sample.no_equity or NO_FEED
    return [Sentence(_("Returns by day are those of the balance. %(why)s"), {"why": Sentence(why)})]


# ---- MetaTrader: fills --------------------------------------------------------------------------------------------------


def _metatrader(wanted: Wanted, platform: Definition) -> tuple[FigureValues, list[Sentence]]:
    if len(wanted.accounts) == 1 and wanted.is_whole:
        figures = values_of(account_figures(wanted.accounts[0], platform))
        known = figures["balance"].value is not None
        return (figures if known else _complete(figures, "mt5", NO_OPENING_BALANCE)), []
    figures = metatrader_values(*_history(wanted, platform))
    figures = {key: of for key, of in figures.items() if key not in _OF_ACCOUNT}
    if wanted.is_whole:
        figures |= _account_sums(wanted.accounts)
    if not _keeps_balance(wanted):
        figures = {key: of for key, of in figures.items() if key not in _OF_BALANCE}
        figures |= {key: FigureValue(key, None, OF_ONE_BALANCE) for key in _OF_BALANCE}
    return _complete(figures, "mt5", OF_EACH_ACCOUNT if wanted.is_whole else OF_ACCOUNTS), []


def _keeps_balance(wanted: Wanted) -> bool:
    """Whether the chosen trades are all that moved a balance in a stretch of time."""
    return len(wanted.accounts) == 1 and not wanted.is_narrowed


def _history(wanted: Wanted, platform: Definition) -> tuple[History, Definition, Ledger | None]:
    """The fills of the chosen trades; of all fills where nothing is left out, those of open trades included."""
    keys = [account.pk for account in wanted.accounts]
    fills = Execution.objects.filter(account__in=keys)
    if not wanted.is_whole:
        fills = fills.filter(trade__in=wanted.trades.order_by().values("pk"))
    opening, flows = read_stretch(keys, wanted.window) if _keeps_balance(wanted) else (None, ())
    ledger = read_ledger(fills, flows)
    history = History(fills=() if ledger else _fills(fills), flows=flows, opening_balance=opening)
    return history, platform, ledger


def _fills(found: Any) -> list[Fill]:
    rows = found.exclude(is_derived=True, direction="in").order_by("executed_at", "sequence")
    columns = ("executed_at", "sequence", "direction", "side", "gross_profit", "commission", "swap", "fee")
    return [
        Fill(at, sequence, direction != "in", _side(direction, side), *money)
        for at, sequence, direction, side, *money in rows.values_list(*columns)
    ]


def _side(direction: str, side: str) -> str:
    """The side of the trade that a fill belongs to."""
    return side if direction == "in" else {"buy": "sell", "sell": "buy"}[side]


def _account_sums(accounts: Sequence[BrokerAccount]) -> FigureValues:
    """What several accounts hold together."""
    shown = overviews(accounts)
    sums: FigureValues = {}
    for key in _SUMMED:
        known = [getattr(overview, key) for overview in shown]
        unknown = any(amount is None for amount in known)
        total = None if unknown else sum(known, Decimal(0))
        sums[key] = FigureValue(key, total, NO_OPENING_BALANCE if unknown else "")
    floating = sum((overview.floating for overview in shown), Decimal(0))
    return sums | {"floating_net": FigureValue("floating_net", floating)}


def _complete(figures: FigureValues, definition: DefinitionSet, reason: str) -> FigureValues:
    """The figures with a reason in place of each that the definition has and that is missing."""
    missing = {entry.key for entry in entries_in(definition)} - figures.keys()
    return figures | {key: FigureValue(key, None, reason) for key in missing}


# ---- What is not in them ------------------------------------------------------------------------------------------------


def _counts(wanted: Wanted) -> dict[str, int]:
    of_accounts = Trade.objects.filter(account__in=[account.pk for account in wanted.accounts]).order_by()
    counts = of_accounts.aggregate(
        open=Count("pk", filter=Q(closed_at__isnull=True)), closed=Count("pk", filter=Q(closed_at__isnull=False))
    )
    return counts | {"chosen": counts["closed"] if wanted.is_whole else wanted.trades.order_by().count()}


def _left_out(counts: Mapping[str, int], wanted: Wanted, definition: DefinitionSet) -> list[Sentence]:
    words = []
    if counts["open"]:
        words.append(
            ngettext(
                "%(count)s trade still open: not in them until it closes.",
                "%(count)s trades still open: not in them until they close.",
                counts["open"],
            )
        )
        if _counts_open(wanted, definition):
            words.append(Sentence(_("Entry costs and partial closes of open trades are counted.")))
    if outside := counts["closed"] - counts["chosen"]:
        words.append(
            ngettext(
                "%(count)s trade of these accounts outside the filter.",
                "%(count)s trades of these accounts outside the filter.",
                outside,
            )
        )
    return words


def _counts_open(wanted: Wanted, definition: DefinitionSet) -> bool:
    return definition == "mt5" and wanted.is_whole


def _doubts(wanted: Wanted) -> list[Sentence]:
    """What is amiss with the balances of the accounts: unknown at first, not explained, or other than the broker's."""
    facts = book_facts(wanted.accounts, wanted.zone)
    proven = [(of.label, facts[of.pk].proof) for of in wanted.accounts if facts[of.pk].has_history]
    found = {UNTIED: [label for label, proof in proven if proof.opening is not None and proof.untied_days]}
    if wanted.window[0] is None:
        found[BEGINS_MIDWAY] = [label for label, proof in proven if proof.opening]
        found[BEGINS_UNKNOWN] = [label for label, proof in proven if proof.opening is None]
    return [Sentence(words, {"accounts": ", ".join(labels)}) for words, labels in found.items() if labels]
