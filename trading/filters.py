"""What a list can be narrowed by. One class per noun serves the page and the API.

A window is half-open in time and names whole days, on pages of the trader's zone and in the API of UTC:
from=2026-11-01&to=2026-11-25 holds all of the 25th. Both also take an RFC 3339 moment, which then counts to the
microsecond: [from, to).
"""

import zoneinfo
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
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
from trading.queries.figure_sets import Wanted

_YEARS = range(1970, 2200)
PERIODS = [
    ("today", _("Today")),
    ("week", _("Week")),
    ("month", _("Month")),
    ("quarter", _("Quarter")),
    ("year", _("Year")),
    ("all", _("All")),
]


#: What chooses accounts and time; everything else takes trades out of them.
_OF_SETS = frozenset({"account", "phase", "from", "to", "period"})


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
        return found


class MomentFilter(django_filters.Filter):
    field_class = MomentField


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
    tag = django_filters.CharFilter(method="filter_tag", label=_("Tag"))
    result = django_filters.ChoiceFilter(
        choices=[("won", _("Won")), ("lost", _("Lost")), ("zero", _("Zero"))], method="filter_result", label=_("Result")
    )
    status = django_filters.ChoiceFilter(
        choices=[("open", _("Open")), ("closed", _("Closed"))], method="filter_status", label=_("Status")
    )
    min_profit = django_filters.NumberFilter(field_name="net_profit", lookup_expr="gte", label=_("Net from"))
    max_profit = django_filters.NumberFilter(field_name="net_profit", lookup_expr="lte", label=_("Net to"))
    q = django_filters.CharFilter(method="filter_search", label=_("Search"))

    class Meta:
        model = Trade
        fields: tuple[str, ...] = ()

    def wanted(self, accounts: Sequence[BrokerAccount]) -> Wanted:
        """The closed trades that figures are wanted of. `accounts` are all that there are to choose from.

        A phase chooses among accounts, so that it takes no trade out of any of them.
        """
        cleaned = self.form.cleaned_data if self.form.is_valid() else {}
        phase = cleaned.get("phase")
        covered = [account for account in self.accounts or accounts if not phase or account.phase == phase]
        narrowing = sorted((name, str(value)) for name, value in cleaned.items() if value and name not in _OF_SETS)
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

    def filter_tag(self, queryset: QuerySet[Trade], name: str, value: str) -> QuerySet[Trade]:
        return queryset.filter(Exists(_journal().filter(tags__name__iexact=value)))

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
