"""What a list can be narrowed by. One class per noun serves the page and the API.

A window is half-open in time and names whole days, on pages of the trader's zone and in the API of UTC:
from=2026-11-01&to=2026-11-25 holds all of the 25th. Both also take an RFC 3339 moment, which then counts to the
microsecond: [from, to).
"""

import zoneinfo
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _

from accounts.models import BrokerAccount, Phase
from trading.calc.periods import windows
from trading.models import CashFlow, FlowKind, JournalEntry, Position, Side, Trade
from trading.queries import trade_groups
from trading.queries.figure_sets import Wanted

_YEARS = range(1970, 2200)
#: More than anybody gives a trade; each costs a walk of its own, and hundreds of them minutes.
_MOST_TAGS = 50
PERIODS = [
    ("today", _("Today")),
    ("week", _("Week")),
    ("month", _("Month")),
    ("quarter", _("Quarter")),
    ("year", _("Year")),
    ("all", _("All")),
]


#: What chooses accounts and time; everything else takes trades out of them.
_OF_SETS = frozenset({"account", "phase", "currency", "from", "to", "period"})
WEEKDAYS = [
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
]
SESSION_NAMES = [
    ("asia", _("Asia")),
    ("london", _("London")),
    ("new_york", _("New York")),
    ("none", _("Outside the sessions")),
]
HOLDING_NAMES = [
    ("under_5m", _("Under 5 min")),
    ("5m_30m", _("5 to 30 min")),
    ("30m_2h", _("30 min to 2 h")),
    ("2h_8h", _("2 to 8 h")),
    ("8h_1d", _("8 h to 1 day")),
    ("1d_5d", _("1 to 5 days")),
    ("over_5d", _("5 days and more")),
]
WITHOUT = [("strategy", _("Strategy")), ("tag", _("Tag")), ("r", _("R multiple"))]


class MomentField(forms.CharField):
    """A date, or a moment with its offset."""

    def clean(self, value: Any) -> date | datetime | None:
        raw = super().clean(value)
        if not raw:
            return None
        try:
            found = parse_date(raw) or parse_datetime(raw.replace(" ", "+"))
        except ValueError:
            found = None
        if found is None or found.year not in _YEARS or (isinstance(found, datetime) and found.tzinfo is None):
            raise ValidationError(
                _("“%(value)s” is not a date. Write it as 2026-11-25."), code="date", params={"value": raw[:40]}
            )
        # PostgreSQL refuses offsets of 16 hours and more.
        return found.astimezone(UTC) if isinstance(found, datetime) else found


class MomentFilter(django_filters.Filter):
    field_class = MomentField


class AmountFilter(django_filters.NumberFilter):
    """A number such as a stored amount may be: PostgreSQL can't compare with every exponent that Python reads."""

    def __init__(self, **given: Any) -> None:
        super().__init__(max_digits=38, decimal_places=18, **given)


class TextsField(forms.MultipleChoiceField):
    """Any number of texts, whatever they are."""

    def clean(self, value: Any) -> list[str]:
        texts = [forms.CharField(required=False).clean(text) for text in value or ()]
        return [text for text in texts if text]


class TextsFilter(django_filters.Filter):
    field_class = TextsField


def zone_of(trader: Any) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(getattr(trader, "time_zone", "UTC"))


def start_of(value: date | datetime, zone: zoneinfo.ZoneInfo) -> datetime:
    """The moment a window begins at: the first of that day in the trader's zone."""
    return value if isinstance(value, datetime) else datetime.combine(value, time.min, zone)


def end_of(value: date | datetime, zone: zoneinfo.ZoneInfo) -> datetime:
    """The moment a window ends before: the first of the next day in the trader's zone."""
    return value if isinstance(value, datetime) else datetime.combine(value + timedelta(days=1), time.min, zone)


def _own_accounts(request: Any) -> QuerySet[BrokerAccount]:
    return BrokerAccount.objects.for_trader(request.user) if request else BrokerAccount.objects.none()


class WindowFilter(django_filters.FilterSet):
    """Account and time, which every list shares. `moment_field` names the column that the time is about."""

    moment_field = ""

    account = django_filters.ModelMultipleChoiceFilter(
        queryset=_own_accounts,
        label=_("Account"),
        error_messages={"invalid_choice": _("“%(value)s” is not one of your accounts.")},
        distinct=False,  # a row has one account; DISTINCT would compare every row of a long history
    )
    window_from = MomentFilter(method="filter_from", label=_("From"))
    window_to = MomentFilter(method="filter_to", label=_("To"))
    period = django_filters.ChoiceFilter(choices=PERIODS, method="filter_period", label=_("Period"))

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """The filters by the names of the address; "from" can't be a name in a class body."""
        filters = super().get_filters()
        return {name.removeprefix("window_"): found for name, found in filters.items()}

    @cached_property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zone_of(getattr(self.request, "user", None))

    @property
    def accounts(self) -> list[BrokerAccount]:
        """The accounts that were asked for; empty for all."""
        return list(self.form.cleaned_data.get("account") or ()) if self.form.is_valid() else []

    @property
    def window(self) -> tuple[datetime | None, datetime | None]:
        """The half-open window that was asked for; None is without end on that side."""
        cleaned = self.form.cleaned_data if self.form.is_valid() else {}
        first, last = cleaned.get("from"), cleaned.get("to")
        if first or last:
            return first and start_of(first, self.zone), last and end_of(last, self.zone)
        for window in windows(timezone.now(), self.zone):
            if window.name == cleaned.get("period"):
                return window.starts_at, window.ends_at
        return None, None

    def filter_from(self, queryset: QuerySet[Any], name: str, value: date | datetime) -> QuerySet[Any]:
        return queryset.filter(**{f"{self.moment_field}__gte": start_of(value, self.zone)})

    def filter_to(self, queryset: QuerySet[Any], name: str, value: date | datetime) -> QuerySet[Any]:
        return queryset.filter(**{f"{self.moment_field}__lt": end_of(value, self.zone)})

    def filter_period(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """The window of that name; two days in the address say it more exactly and win."""
        if self.form.cleaned_data.get("from") or self.form.cleaned_data.get("to"):
            return queryset
        for window in windows(timezone.now(), self.zone):
            if window.name == value:
                bounds = {"gte": window.starts_at, "lt": window.ends_at}
                return queryset.filter(**{f"{self.moment_field}__{name}": at for name, at in bounds.items()})
        return queryset


class TradeFilter(WindowFilter):
    """Trades; the window is about the closing time, so an open trade is in no window."""

    moment_field = "closed_at"

    symbol = django_filters.CharFilter(method="filter_symbol", label=_("Symbol"))
    side = django_filters.ChoiceFilter(choices=Side.choices, label=_("Side"))
    phase = django_filters.ChoiceFilter(field_name="account__phase", choices=Phase.choices, label=_("Phase"))
    strategy = django_filters.CharFilter(field_name="strategy_id", label=_("Strategy"))
    tag = TextsFilter(method="filter_tag", label=_("Tag; again for trades with each of several"))
    currency = django_filters.CharFilter(field_name="account__currency", lookup_expr="iexact", label=_("Currency"))
    weekday = django_filters.TypedChoiceFilter(
        choices=WEEKDAYS, coerce=int, method="filter_weekday", label=_("Day of the week of the close")
    )
    hour = django_filters.TypedChoiceFilter(
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        coerce=int,
        method="filter_hour",
        label=_("Hour of the close"),
    )
    session = django_filters.ChoiceFilter(
        choices=SESSION_NAMES, method="filter_session", label=_("Session of the entry")
    )
    holding = django_filters.ChoiceFilter(choices=HOLDING_NAMES, method="filter_holding", label=_("Holding time"))
    min_r = AmountFilter(method="filter_min_r", label=_("R multiple from"))
    below_r = AmountFilter(method="filter_below_r", label=_("R multiple below"))
    without = django_filters.MultipleChoiceFilter(
        choices=WITHOUT, method="filter_without", label=_("Without"), distinct=False
    )
    result = django_filters.ChoiceFilter(
        choices=[("won", _("Won")), ("lost", _("Lost")), ("zero", _("Zero"))], method="filter_result", label=_("Result")
    )
    status = django_filters.ChoiceFilter(
        choices=[("open", _("Open")), ("closed", _("Closed"))], method="filter_status", label=_("Status")
    )
    min_profit = AmountFilter(field_name="net_profit", lookup_expr="gte", label=_("Net from"))
    max_profit = AmountFilter(field_name="net_profit", lookup_expr="lte", label=_("Net to"))
    q = django_filters.CharFilter(method="filter_search", label=_("Search"))

    class Meta:
        model = Trade
        fields: tuple[str, ...] = ()

    def covered(self, accounts: Sequence[BrokerAccount]) -> Sequence[BrokerAccount]:
        """Those of these accounts that it may find a trade in."""
        cleaned = self.form.cleaned_data if self.form.is_valid() else {}
        phase, currency = cleaned.get("phase"), cleaned.get("currency", "").upper()
        return [
            account
            for account in self.accounts or accounts
            if (not phase or account.phase == phase) and (not currency or account.currency == currency)
        ]

    def wanted(self, accounts: Sequence[BrokerAccount]) -> Wanted:
        """The closed trades that figures are wanted of. `accounts` are all that there are to choose from.

        A phase or a currency chooses among accounts, so that it takes no trade out of any of them.
        """
        cleaned = self.form.cleaned_data if self.form.is_valid() else {}
        covered = self.covered(accounts)
        narrowing = sorted(
            (name, str(value)) for name, value in cleaned.items() if _is_set(value) and name not in _OF_SETS
        )
        # A filter that makes no sense chooses nothing, so that no figure can mislead.
        trades = self.qs if self.form.is_valid() else self.queryset.none()
        is_narrowed = bool(narrowing) or not self.form.is_valid()
        return Wanted(covered, trades, self.zone, self.window, is_narrowed, repr(narrowing))

    def filter_symbol(self, queryset: QuerySet[Trade], name: str, value: str) -> QuerySet[Trade]:
        """Trades in this symbol, or in any of several with commas between."""
        wanted = Q()
        for symbol in filter(None, (part.strip() for part in value.split(",", 50))):
            wanted |= Q(symbol__iexact=symbol)
        return queryset.filter(wanted)

    def filter_tag(self, queryset: QuerySet[Trade], name: str, value: Sequence[str]) -> QuerySet[Trade]:
        wanted = {tag.lower() for tag in value}
        if len(wanted) > _MOST_TAGS:
            return queryset.none()
        for tag in wanted:
            queryset = queryset.filter(Exists(_journal().filter(tags__name__iexact=tag)))
        return queryset

    def filter_weekday(self, queryset: QuerySet[Trade], name: str, value: int) -> QuerySet[Trade]:
        return trade_groups.on_weekday(queryset, value, self.zone)

    def filter_hour(self, queryset: QuerySet[Trade], name: str, value: int) -> QuerySet[Trade]:
        return trade_groups.at_hour(queryset, value, self.zone)

    def filter_session(self, queryset: QuerySet[Trade], name: str, value: str) -> QuerySet[Trade]:
        return trade_groups.of_session(queryset, value)

    def filter_holding(self, queryset: QuerySet[Trade], name: str, value: str) -> QuerySet[Trade]:
        return trade_groups.of_holding(queryset, value)

    def filter_min_r(self, queryset: QuerySet[Trade], name: str, value: Decimal) -> QuerySet[Trade]:
        return trade_groups.r_at_least(queryset, value)

    def filter_below_r(self, queryset: QuerySet[Trade], name: str, value: Decimal) -> QuerySet[Trade]:
        return trade_groups.r_below(queryset, value)

    def filter_without(self, queryset: QuerySet[Trade], name: str, value: Sequence[str]) -> QuerySet[Trade]:
        if "strategy" in value:
            queryset = queryset.filter(strategy_id="")
        if "tag" in value:
            queryset = queryset.exclude(Exists(_journal().filter(tags__isnull=False)))
        return trade_groups.without_r(queryset) if "r" in value else queryset

    def filter_result(self, queryset: QuerySet[Trade], name: str, value: str) -> QuerySet[Trade]:
        lookup = {"won": "net_profit__gt", "lost": "net_profit__lt", "zero": "net_profit"}[value]
        return queryset.filter(**{lookup: 0})

    def filter_status(self, queryset: QuerySet[Trade], name: str, value: str) -> QuerySet[Trade]:
        return queryset.filter(closed_at__isnull=value == "open")

    def filter_search(self, queryset: QuerySet[Trade], name: str, value: str) -> QuerySet[Trade]:
        """Trades with this text in their ticket, symbol, comment, notes or tags."""
        return queryset.filter(
            Q(ticket__icontains=value)
            | Q(symbol__icontains=value)
            | Q(comment__icontains=value)
            | Exists(_journal().filter(notes__icontains=value))
            | Exists(_journal().filter(tags__name__icontains=value))
        )


def _is_set(value: Any) -> bool:
    """Whether a filter is on: one at zero is, an empty one is not."""
    return value not in (None, "", [], ())


def _journal() -> QuerySet[JournalEntry]:
    """The trader's own entry on the trade of the outer query, whose access rule it shares by the account."""
    return JournalEntry.objects.filter(account=OuterRef("account_id"), ticket=OuterRef("ticket"))


class PositionFilter(WindowFilter):
    """Open positions; the window is about the opening time."""

    moment_field = "opened_at"

    symbol = django_filters.CharFilter(lookup_expr="iexact", label=_("Symbol"))
    side = django_filters.ChoiceFilter(choices=Side.choices, label=_("Side"))

    class Meta:
        model = Position
        fields: tuple[str, ...] = ()


class CashFlowFilter(WindowFilter):
    """Cash flows; the window is about the booking time."""

    moment_field = "booked_at"

    kind = django_filters.MultipleChoiceFilter(choices=FlowKind.choices, label=_("Kind"), distinct=False)
    q = django_filters.CharFilter(field_name="comment", lookup_expr="icontains", label=_("Search"))

    class Meta:
        model = CashFlow
        fields: tuple[str, ...] = ()
