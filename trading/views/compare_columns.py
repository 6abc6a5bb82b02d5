"""The columns of a comparison as its address names them: "a.symbol=EURUSD&b.symbol=XAUUSD" has two."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from trading.calc.registry import DEFINITION_SETS
from trading.filters import HOLDING_NAMES, SESSION_NAMES, WEEKDAYS, TradeFilter
from trading.models import Side
from trading.periods import NAMES
from trading.queries.figure_sets import FigureSet, figure_sets
from trading.views.figure_choice import FigureChoice
from trading.views.trade_figures import set_filters

LETTERS = ("a", "b", "c", "d")
FEWEST = 2
_NAMES = tuple(TradeFilter.base_filters)
_OF_TIME = frozenset({"period", "from", "to"})
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a column's form. `options` are (value, words, is chosen) of a select; `listed` names the values that
    occur."""

    name: str
    label: str
    kind: str
    value: str
    options: Sequence[tuple[str, str, bool]] = ()
    listed: str = ""


@dataclass
class Column:
    """One choice of trades; `place` is its place from the left."""

    request: HttpRequest
    place: int

    @property
    def letter(self) -> str:
        return LETTERS[self.place]

    @property
    def title(self) -> str:
        return self.letter.upper()

    @cached_property
    def pairs(self) -> Pairs:
        """Its own parameters, without the letter."""
        return column_pairs(self.request.GET, self.letter)

    @cached_property
    def choice(self) -> FigureChoice:
        return FigureChoice(self.request, asked=QueryDict(urlencode(self.pairs)))

    @cached_property
    def words(self) -> str:
        """What it is narrowed to."""
        found = [value for _label, value, *_rest in set_filters(self.choice.listing, self.choice.formats)]
        return ", ".join(found) or _("All closed trades")

    @cached_property
    def errors(self) -> dict[str, Any]:
        return dict(self.choice.listing.filter.errors)

    @cached_property
    def sets(self) -> tuple[FigureSet, ...]:
        """Its figures, one set for each currency; none where a part of it is not understood."""
        return () if self.errors else figure_sets(self.choice.wanted, self.choice.definition)

    @property
    def figures_url(self) -> str:
        return reverse("figure_list") + self.choice.query

    @property
    def analysis_url(self) -> str:
        return reverse("analysis") + self.choice.query

    @cached_property
    def fields(self) -> list[Field]:
        """What its form offers: selects of what is few, and fields with suggestions of what may be many."""
        found = self.choice.listing.choices
        accounts = [(str(account.pk), account.label) for account in self.choice.listing.accounts]
        offered = [
            self._select("account", _("Account"), accounts),
            self._select("period", _("Closed"), [(name, label) for name, label in NAMES.items() if name != "all"]),
            Field(f"{self.letter}.from", pgettext("first day", "From"), "date", self._value("from")),
            Field(f"{self.letter}.to", pgettext("last day", "To"), "date", self._value("to")),
            self._text("symbol", _("Symbol"), "symbols"),
            self._select("side", _("Side"), [(value, str(label)) for value, label in Side.choices]),
            self._text("strategy", _("Strategy"), "strategies") if found.strategies else None,
            self._text("tag", _("Tag"), "tags") if found.tags else None,
            self._select("session", _("Session"), SESSION_NAMES),
            self._select("weekday", _("Weekday"), WEEKDAYS),
            self._select("holding", _("Held"), HOLDING_NAMES),
        ]
        return [field for field in offered if field is not None and not self._has_several(field)]

    def _has_several(self, field: Field) -> bool:
        """Whether it says several of what one field can't say, such as some accounts of many."""
        return len([name for name, _value in self.pairs if f"{self.letter}.{name}" == field.name]) > 1

    @cached_property
    def hidden(self) -> Pairs:
        """What its form carries along."""
        offered = {field.name for field in self.fields}
        own = [(f"{self.letter}.{name}", value) for name, value in self.pairs]
        return [(name, value) for name, value in own if name not in offered]

    def _value(self, name: str) -> str:
        return next((value for of, value in self.pairs if of == name), "")

    def _select(self, name: str, label: str, options: Sequence[tuple[Any, Any]]) -> Field | None:
        chosen = self._value(name)
        if len(options) < 2:
            return None
        marked = [(str(value), str(words), str(value) == chosen) for value, words in options]
        return Field(f"{self.letter}.{name}", label, "select", chosen, marked)

    def _text(self, name: str, label: str, listed: str) -> Field:
        return Field(f"{self.letter}.{name}", label, "text", self._value(name), listed=listed)


def column_pairs(parameters: QueryDict, letter: str) -> Pairs:
    return [(name, value) for name in _NAMES for value in parameters.getlist(f"{letter}.{name}") if value]


def read_columns(request: HttpRequest) -> list[Column]:
    """Two to four: as many as the address names or asks for."""
    asked = request.GET.get("columns", "")
    named = [place for place, letter in enumerate(LETTERS) if column_pairs(request.GET, letter)]
    count = max(FEWEST, int(asked) if asked in {"3", "4"} else 0, *(place + 1 for place in named))
    return [Column(request, place) for place in range(count)]


def comparison(request: HttpRequest, columns: Sequence[Pairs], **more: str) -> str:
    """The address of a comparison of these choices, with what this one shows of it."""
    own = [
        (f"{letter}.{name}", value) for letter, pairs in zip(LETTERS, columns, strict=False) for name, value in pairs
    ]
    asked = request.GET.get("definition", "")
    kept = [("definition", asked)] if asked in DEFINITION_SETS else []
    kept += [("show", "all")] if request.GET.get("show") == "all" else []
    count = [("columns", str(len(columns)))] if len(columns) > FEWEST else []
    query = urlencode([*own, *count, *(pair for pair in kept if pair[0] not in more), *more.items()])
    return reverse("analysis_compare") + (f"?{query}" if query else "")


def suggestions(request: HttpRequest, first: Column) -> list[tuple[str, str]]:
    """Comparisons of one click, of what the first column chooses: their names and addresses."""
    choice = first.choice
    found = choice.listing.choices
    years = _years(choice)
    offered: list[tuple[str, str, Sequence[Pairs]]] = [
        (_("Long and short"), "side", [[("side", value)] for value, _label in Side.choices]),
        (_("Accounts"), "account", [[("account", str(of.pk))] for of in choice.frame.accounts]),
        (_("This year and the last"), "period", years),
        (_("Strategies"), "strategy", [[("strategy", name)] for name in found.strategies]),
        (_("Sessions"), "session", [[("session", name)] for name, _words in SESSION_NAMES]),
        (_("Tags"), "tag", [[("tag", name)] for name in found.tags]),
    ]
    return [
        (label, comparison(request, [[*_without(first.pairs, name), *own] for own in each[: len(LETTERS)]]))
        for label, name, each in offered
        if len(each) >= FEWEST
    ]


def _without(pairs: Pairs, name: str) -> Pairs:
    names = _OF_TIME if name == "period" else {name}
    return [pair for pair in pairs if pair[0] not in names]


def _years(choice: FigureChoice) -> Sequence[Pairs]:
    year = timezone.localdate(timezone=choice.formats.zone).year
    return [[("from", str(date(of, 1, 1))), ("to", str(date(of, 12, 31)))] for of in (year, year - 1)]
