"""Which trades an address asks figures of, and by whose definition: read once for every page of figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import BrokerAccount, Phase
from trading.calc.equity_figures import Coverage
from trading.calc.figure_types import DefinitionSet
from trading.calc.registry import DEFINITION_SETS
from trading.context import Frame
from trading.formatting import Formats
from trading.models import Side
from trading.queries.figure_sets import FigureSet, Wanted, figure_sets
from trading.views.figure_words import told
from trading.views.trade_listing import TradeListing

PLATFORM_NAMES = {"mt4": "MetaTrader 4", "mt5": "MetaTrader 5"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A select of the filter: its parameter, its name, and (value, words, is chosen)."""

    name: str
    label: str
    options: Sequence[tuple[str, str, bool]]


@dataclass
class FigureChoice:
    """`account` is the one that the page is about, where its address names one. `asked` stands in for the parameters of
    the address, where it names several choices."""

    request: HttpRequest
    account: BrokerAccount | None = None
    asked: QueryDict | None = None

    @cached_property
    def frame(self) -> Frame:
        return Frame(self.request)

    @cached_property
    def formats(self) -> Formats:
        return self.frame.formats

    @cached_property
    def definition(self) -> DefinitionSet:
        return self.frame.definition

    @cached_property
    def listing(self) -> TradeListing:
        parameters = (self.request.GET if self.asked is None else self.asked).copy()
        if self.account:
            parameters.setlist("account", [str(self.account.pk)])
        return TradeListing.of(self.request, parameters)

    @cached_property
    def wanted(self) -> Wanted:
        return self.listing.filter.wanted(self.listing.accounts)

    def sets(self, definition: DefinitionSet | None = None) -> tuple[FigureSet, ...]:
        return figure_sets(self.wanted, definition or self.definition, wants_intervals=self.wants_intervals)

    @cached_property
    def wants_intervals(self) -> bool:
        """Whether averages shall have the ends of their interval, which takes drawing their trades many times over."""
        return self.request.GET.get("bootstrap") == "1"

    @cached_property
    def kept(self) -> list[tuple[str, str]]:
        """The filter as parameters, without empty ones, and the definition where the address names it."""
        names = list(self.listing.filter.filters)
        pairs = [(name, value) for name in names for value in self.listing.parameters.getlist(name) if value]
        asked = self.request.GET.get("definition", "")
        pairs += [("definition", asked)] if asked in DEFINITION_SETS else []
        return [*pairs, ("bootstrap", "1")] if self.wants_intervals else pairs

    @cached_property
    def query(self) -> str:
        """The same choice for another page, as "?..."; or ""."""
        return self.query_with()

    def query_with(self, without: Sequence[str] = (), **more: str) -> str:
        kept = [(name, value) for name, value in self.kept if name not in more and name not in without]
        parameters = [*kept, *more.items()]
        return f"?{urlencode(parameters)}" if parameters else ""

    def trades_url(self, **more: str) -> str:
        """The list of the trades behind the figures."""
        return reverse("trade_list") + self.query_with(without=("bootstrap",), **more)

    @property
    def intervals_link(self) -> str:
        """The same page with intervals of averages, or without them; "" for a definition that has none."""
        if self.definition == "mt5":
            return ""
        left_out = ("bootstrap", "account") if self.account else ("bootstrap",)
        more = {} if self.wants_intervals else {"bootstrap": "1"}
        return self.request.path + self.query_with(without=left_out, **more)

    @cached_property
    def definition_links(self) -> list[tuple[str, str, bool]]:
        """Name, address of the same page by that definition, and whether it is the chosen one."""
        path, own = self.request.path, ("account",) if self.account else ()
        return [
            (label, path + self.query_with(without=own, definition=name), name == self.definition)
            for name, label in DEFINITION_SETS.items()
        ]

    @cached_property
    def choices(self) -> list[Choice]:
        """What the filter of the page offers; only values that occur."""
        found = self.listing.choices
        offered = [
            ("symbol", _("Symbol"), [(symbol, symbol) for symbol in found.symbols]),
            ("side", _("Side"), [(value, str(label)) for value, label in Side.choices]),
            ("strategy", _("Strategy"), [(strategy, strategy) for strategy in found.strategies]),
            ("tag", _("Tag"), [(tag, tag) for tag in found.tags]),
            ("phase", _("Phase"), self._phases),
        ]
        asked = self.listing.parameters
        return [
            self._choice(name, label, options)
            for name, label, options in offered
            if len(options) > 1 and len(asked.getlist(name)) < 2
        ]

    @property
    def _phases(self) -> list[tuple[str, str]]:
        if self.account:
            return []
        known = {account.phase for account in self.listing.accounts}
        return [(value, str(label)) for value, label in Phase.choices if value in known]

    def _choice(self, name: str, label: str, options: list[tuple[str, str]]) -> Choice:
        chosen = self.listing.parameters.get(name, "")
        return Choice(name, label, [(value, words, value == chosen) for value, words in options])

    @cached_property
    def hidden(self) -> list[tuple[str, str]]:
        """What the form of the filter carries along."""
        offered = {choice.name for choice in self.choices}
        of_path = {"account"} if self.account else set()
        return [(name, value) for name, value in self.kept if name not in offered | of_path]


def definition_words(sets: Sequence[FigureSet], definition: DefinitionSet) -> str:
    """Whose definition the figures follow; MetaTrader's with the version."""
    if definition != "mt5":
        return DEFINITION_SETS[definition]
    platforms = sorted({PLATFORM_NAMES[found.platform] for found in sets}) or ["MetaTrader 5"]
    return _(" and ").join(platforms)


def set_facts(found: FigureSet, formats: Formats) -> dict[str, Any]:
    """What a set rests on, in words."""
    first, last = found.window
    between = {"from": formats.day(first) if first else "", "before": formats.day(last) if last else ""}
    return {
        "trades": formats.number(found.trades),
        "accounts": ", ".join(label for _, label in found.accounts),
        "zone": found.zone.replace("_", " "),
        "window": between if first or last else None,
        "exclusions": [told(sentence, formats) for sentence in found.exclusions],
        "coverage": _coverage(found.coverage, formats) if found.coverage else "",
    }


def _coverage(covered: Coverage, formats: Formats) -> str:
    """Since when the broker has reported equity, and what its reports leave out."""
    between = {"first": formats.day(covered.first_at), "last": formats.day(covered.last_at)}
    words = _("Equity reported from %(first)s to %(last)s") % between
    if not covered.missing:
        return words
    counts = {"missing": formats.number(covered.missing), "weekdays": formats.number(covered.weekdays)}
    return words + _(", but on %(missing)s of %(weekdays)s weekdays") % counts
