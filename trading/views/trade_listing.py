"""The closed trades that an address asks for: its filter, order and place, read once for list, file and detail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import BrokerAccount, Trader
from trading.context import own_accounts
from trading.filters import TradeFilter
from trading.formatting import Formats
from trading.models import Trade
from trading.queries import keyset
from trading.queries.keyset import Page, Sort
from trading.queries.plain_lists import has_plain_page, plain_page
from trading.queries.trades import (
    DEFAULT_SORT,
    ROW_FIELDS,
    SORTS,
    TradeChoices,
    TradeTotals,
    closed_trades,
    kept_totals,
    trade_choices,
    trade_page,
)
from trading.tabular import FORMATS

#: A page of more rows weighs more than it should, and few look beyond the first; who does gets more at once.
PAGE_ROWS, MORE_ROWS = 20, 50


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a sortable column: where a click leads, and how it is sorted now ("" when it is not)."""

    url: str
    direction: str


@dataclass(frozen=True, slots=True)
class MoreField:
    """A field of the filter; without options it takes a number."""

    name: str
    label: Any
    options: SafeString


_MORE_FIELDS = (
    ("weekday", gettext_lazy("Weekday of the close")),
    ("hour", gettext_lazy("Hour of the close")),
    ("session", gettext_lazy("Session of the entry")),
    ("holding", gettext_lazy("Held")),
    ("min_r", gettext_lazy("R from")),
    ("below_r", gettext_lazy("R below")),
    ("without", gettext_lazy("Without")),
)


@lru_cache
def _options(name: str, language: str) -> SafeString:
    """The options of a field of the filter, in that language; "" for a number. Nodes of a template take a tenth of the page."""
    choices = TradeFilter.base_filters[name].extra.get("choices", ())
    return format_html_join("", '<option value="{}">{}</option>', choices)


@dataclass
class TradeListing:
    """Everything is read on first use, so that a fragment costs only what it shows."""

    trader: Trader
    parameters: QueryDict
    filter: TradeFilter
    sort: Sort
    page_size: int = PAGE_ROWS

    @classmethod
    def of(cls, request: HttpRequest, parameters: QueryDict | None = None) -> "TradeListing":
        """`parameters` stand in for those of the address."""
        trader = request.user
        assert isinstance(trader, Trader)
        asked = request.GET if parameters is None else parameters
        sort = keyset.parse_sort(asked.get("sort", ""), SORTS, DEFAULT_SORT)
        return cls(trader, asked, TradeFilter(asked, closed_trades(trader), request=request), sort)

    @cached_property
    def formats(self) -> Formats:
        return Formats.of(self.trader)

    @cached_property
    def accounts(self) -> Sequence[BrokerAccount]:
        """Every account of the trader, archived ones included: their trades stay part of the history."""
        return own_accounts(self.filter.request)

    @cached_property
    def plain_accounts(self) -> Sequence[BrokerAccount] | None:
        """The accounts of an address that narrows by nothing else, which is what most ask for; None for any other.

        The form of the filter would be a third of the page's time to find out the same.
        """
        others = self.filter.filters.keys() - {"account"}
        if any(value for name in others for value in self.parameters.getlist(name)):
            return None
        asked = set(filter(None, self.parameters.getlist("account")))
        found = [account for account in self.accounts if str(account.pk) in asked or not asked]
        return found if not asked or len(found) == len(asked) else None

    @property
    def is_valid(self) -> bool:
        return self.plain_accounts is not None or self.filter.is_valid()

    @property
    def errors(self) -> Mapping[str, Any]:
        return {} if self.plain_accounts is not None else self.filter.errors

    @cached_property
    def chosen_accounts(self) -> Sequence[BrokerAccount]:
        """The accounts that the filter covers."""
        return self.filter.covered(self.accounts) if self.plain_accounts is None else self.plain_accounts

    @cached_property
    def trades(self) -> QuerySet[Trade]:
        """The filtered trades; none where the filter is not understood, so that no total can mislead."""
        trades = closed_trades(self.trader)
        if self.plain_accounts is None:
            return self.filter.qs if self.filter.is_valid() else trades.none()
        is_all = len(self.plain_accounts) == len(self.accounts)
        return trades if is_all else trades.filter(account__in=[account.pk for account in self.plain_accounts])

    @cached_property
    def kept_key(self) -> str:
        """Named windows move with the day, so the day is part of what totals are kept under."""
        return f"{self.query} {self.filter.zone.key} {timezone.localdate(timezone=self.filter.zone)}"

    @cached_property
    def totals(self) -> tuple[TradeTotals, ...]:
        return kept_totals(self.trades, self.chosen_accounts, self.kept_key) if self.is_valid else ()

    @cached_property
    def has_fees(self) -> bool:
        """Whether any trade of the filter has a fee: most brokers have none, and its column is then left out."""
        return any(line.fee for line in self.totals)

    @cached_property
    def choices(self) -> TradeChoices:
        return trade_choices(self.trader, self.accounts)

    @cached_property
    def cursor_is_bad(self) -> bool:
        try:
            if cursor := self.parameters.get("cursor", ""):
                keyset.load_cursor(self.sort, cursor)
        except keyset.BadCursorError:
            return True
        return False

    @cached_property
    def page(self) -> Page:
        """The asked page; the first one when the cursor is not one of ours."""
        cursor = "" if self.cursor_is_bad else self.parameters.get("cursor", "")
        account_ids = [account.pk for account in self.chosen_accounts]
        if not self.leaves_trades_out and has_plain_page(self.sort, len(account_ids)):
            return plain_page(closed_trades, self.trader, account_ids, self.sort, ROW_FIELDS, cursor, self.page_size)
        return trade_page(self.trades, self.chosen_accounts, self.sort, cursor, self.page_size)

    @cached_property
    def count(self) -> int:
        return sum(totals.count for totals in self.totals)

    @cached_property
    def query(self) -> str:
        """The filter and the order as "?...", without empty fields and without the place in the list; or ""."""
        known = [*self.filter.filters, "sort"]
        kept = [(name, value) for name in known for value in self.parameters.getlist(name) if value]
        return f"?{urlencode(kept)}" if kept else ""

    @cached_property
    def settings(self) -> list[tuple[str, str]]:
        """What is set and understood, as the hidden fields of a form that sets one thing more."""
        known = [name for name in (*self.filter.filters, "sort") if name not in self.errors]
        return [(name, value) for name in known for value in self.parameters.getlist(name) if value]

    @cached_property
    def free_fields(self) -> frozenset[str]:
        """The fields that are not set yet, and so are offered."""
        taken = {name for name, _value in self.settings}
        return frozenset(self.filter.filters) - taken

    @cached_property
    def more_fields(self) -> list[MoreField]:
        """What narrows a list more seldom, as far as it is not set: one menu holds it all."""
        language = get_language() or ""
        return [
            MoreField(name, label, _options(name, language)) for name, label in _MORE_FIELDS if name in self.free_fields
        ]

    @cached_property
    def is_narrowed(self) -> bool:
        return any(self.parameters.get(name) for name in self.filter.filters)

    @cached_property
    def leaves_trades_out(self) -> bool:
        """Whether anything but the choice of accounts narrows the list, or the filter is not understood."""
        narrowing = [name for name in self.filter.filters if name != "account" and self.parameters.get(name)]
        return not self.is_valid or any(self.parameters[name] != "all" for name in narrowing)

    @cached_property
    def heads(self) -> dict[str, Head]:
        """The sortable heads; the second click turns the order round. Texts start at A, figures at the largest."""
        return {name: self._head(name) for name in SORTS}

    def _head(self, name: str) -> Head:
        direction = ""
        order = name if name == "symbol" else f"-{name}"
        if self.sort.name == name:
            direction = "descending" if self.sort.descending else "ascending"
            order = name if self.sort.descending else f"-{name}"
        kept = [(key, value) for key, value in self.settings if key != "sort"]
        return Head(f"{reverse('trade_list')}?{urlencode([*kept, ('sort', order)])}", direction)

    @property
    def url(self) -> str:
        return reverse("trade_list") + self.query

    @property
    def exports(self) -> list[tuple[str, str]]:
        """Label and address of the whole filter as a file, per format."""
        return [(ending.upper(), reverse(f"trade_export_{ending}") + self.query) for ending in FORMATS]

    @cached_property
    def shown_before(self) -> int:
        """How many trades stand above this page, as the link that led here says."""
        before = self.parameters.get("shown", "")
        return min(int(before), self.count) if before.isascii() and before.isdigit() and len(before) < 10 else 0

    @property
    def first_shown(self) -> str:
        return self.formats.number(self.shown_before + 1)

    @property
    def shown_of_all(self) -> str:
        return _("%(shown)s of %(all)s") % {
            "shown": self.formats.number(self.shown),
            "all": self.formats.number(self.count),
        }

    @property
    def shown(self) -> int:
        return self.shown_before + len(self.page.rows)

    @property
    def next_url(self) -> str:
        if not self.page.next_cursor:
            return ""
        joint = "&" if self.query else "?"
        return f"{self.url}{joint}cursor={self.page.next_cursor}&shown={self.shown}"
