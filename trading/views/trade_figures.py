"""What stands above the list of trades: the figures of its filter and the chips of what is on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import BrokerAccount
from trading.calc.interval import wilson_interval
from trading.filters import HOLDING_NAMES, SESSION_NAMES, WEEKDAYS, WITHOUT
from trading.formatting import Formats, unknown
from trading.queries.booked import Booked, booked
from trading.queries.trades import TradeTotals
from trading.views.trade_listing import TradeListing


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: SafeString | str
    hint: SafeString | str


@dataclass(frozen=True, slots=True)
class Strip:
    """The totals of a filter in one currency, ready to be shown: in figures above, and in a row of the table."""

    currency: str
    count: str
    figures: Sequence[Figure]
    lots: str
    gross: str
    commission: str
    swap: str
    fee: str
    net: SafeString


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    value: str
    remove_url: str
    icon: str = ""
    name: str = ""


def strips(totals: Sequence[TradeTotals], formats: Formats) -> list[Strip]:
    return [_strip(line, formats) for line in totals]


def _strip(line: TradeTotals, formats: Formats) -> Strip:
    currency = line.currency
    return Strip(
        currency=currency,
        count=formats.count(line.count, "trade"),
        figures=_figures(line, formats),
        lots=formats.lots(line.volume_lots),
        gross=formats.money(line.gross_profit, currency),
        commission=formats.money(line.commission, currency),
        swap=formats.money(line.swap, currency),
        fee=formats.money(line.fee, currency),
        net=formats.amount(line.net_profit, currency),
    )


def _figures(line: TradeTotals, formats: Formats) -> list[Figure]:
    currency = line.currency

    def money(value: Any, reason: str) -> SafeString:
        return formats.amount(value, currency, reason=reason)

    factor = line.profit_factor
    payoff = -line.average_win / line.average_loss if line.average_win and line.average_loss else None
    return [
        Figure(
            _("Net profit"),
            formats.amount(line.net_profit, currency, unit=True),
            _("gross %(amount)s") % {"amount": formats.signed(line.gross_profit, currency)},
        ),
        Figure(_("Win rate"), _percent(line, formats), _interval(line, formats)),
        Figure(
            _("Profit factor"),
            formats.number(factor, 2) if factor is not None else unknown(_("Nothing was lost in this filter.")),
            f"{formats.money(line.won, currency)} / {formats.money(-line.lost, currency)}",
        ),
        Figure(
            _("Expected payoff"),
            money(line.expected_payoff, _("There is no trade.")),
            _("per trade, n = %(count)s") % {"count": formats.number(line.count)},
        ),
        Figure(
            _("Average win"),
            money(line.average_win, _("No trade was won.")),
            _("best %(amount)s") % {"amount": formats.signed(line.best, currency)},
        ),
        Figure(
            _("Average loss"),
            money(line.average_loss, _("No trade was lost.")),
            _("win / loss %(ratio)s") % {"ratio": formats.number(payoff, 2)}
            if payoff
            else _("worst %(amount)s") % {"amount": formats.signed(line.worst, currency)},
        ),
        Figure(
            _("Costs"),
            formats.plain(line.costs, currency),
            _("of it swap %(amount)s") % {"amount": formats.money(line.swap, currency)},
        ),
    ]


def _percent(line: TradeTotals, formats: Formats) -> SafeString | str:
    ratio = line.win_ratio
    return formats.percent(ratio) if ratio is not None else unknown(_("There is no trade."))


def _interval(line: TradeTotals, formats: Formats) -> str:
    """How sure the rate is, and the trades that it rests on."""
    interval = wilson_interval(line.wins, line.count)
    if interval is None:
        return ""
    low, high = (formats.number(edge * 100, 1) for edge in interval)
    return _("95 %%: %(low)s to %(high)s %%") % {"low": low, "high": high}


def booked_lines(listing: TradeListing, formats: Formats) -> list[str]:
    """What leads from these totals to the net that MetaTrader counts, a sentence for each currency where they differ.

    Empty where the filter leaves trades out: MetaTrader's net is about whole accounts.
    """
    if listing.leaves_trades_out:
        return []
    found = booked(listing.chosen_accounts, listing.totals)
    return [_booked_line(line, formats) for line in found if line.differs]


def _booked_line(line: Booked, formats: Formats) -> str:
    def money(amount: Decimal) -> str:
        return f"{formats.signed(amount, line.currency)} {line.currency}"

    parts = []
    if line.on_open:
        parts.append(
            _("Booked on trades still open: %(amount)s (entry commission, partial closes).")
            % {"amount": money(line.on_open)}
        )
    if line.elsewhere:
        parts.append(_("Booked on no closed or open trade: %(amount)s.") % {"amount": money(line.elsewhere)})
    parts.append(
        ngettext(
            "Net as MetaTrader counts it: %(amount)s in %(number)s exit, which its own profit factor and payoff rest on.",
            "Net as MetaTrader counts it: %(amount)s in %(number)s exits, which its own profit factor and payoff rest on.",
            line.exits,
        )
        % {"amount": money(line.net), "number": formats.number(line.exits)}
    )
    return " ".join(parts)


def filter_chips(request: HttpRequest, listing: TradeListing) -> list[Chip]:
    """What the filter is set to, each with the address without it. Fields with an error have no chip."""
    return [
        Chip(label, value, _without(request, names, only), icon, names[0])
        for label, value, names, only, icon in set_filters(listing, Formats.of(listing.trader))
    ]


#: Parameter, label, and the words of its values.
_GROUPS: Sequence[tuple[str, Any, Mapping[Any, Any]]] = (
    ("weekday", gettext_lazy("Weekday"), dict(WEEKDAYS)),
    ("session", gettext_lazy("Session"), dict(SESSION_NAMES)),
    ("holding", gettext_lazy("Held"), dict(HOLDING_NAMES)),
)
Setting = tuple[str, str, tuple[str, ...], str, str]


def set_filters(listing: TradeListing, formats: Formats) -> Iterator[Setting]:
    """Label, value, parameters, the one value of them to take away ("" for all), icon."""
    if listing.plain_accounts is None:
        return _set_by_form(listing, formats)
    asks = any(listing.parameters.getlist("account"))
    return iter([_account_setting(account) for account in listing.plain_accounts] if asks else ())


def _set_by_form(listing: TradeListing, formats: Formats) -> Iterator[Setting]:
    form = listing.filter.form
    cleaned: dict[str, Any] = form.cleaned_data if form.is_bound and form.is_valid() else {}
    if cleaned.get("from") or cleaned.get("to"):
        edges = [formats.day(cleaned[name]) if cleaned.get(name) else "…" for name in ("from", "to")]
        yield _("Closed"), " – ".join(edges), ("from", "to", "period"), "", "calendar-event"
    elif period := cleaned.get("period", ""):
        yield _("Closed"), _period_words(period), ("period",), "", "calendar-event"
    for account in cleaned.get("account") or ():
        yield _account_setting(account)
    if currency := cleaned.get("currency"):
        yield _("Currency"), currency.upper(), ("currency",), "", ""
    for name in ("symbol", "side", "result", "strategy", "phase"):
        if value := cleaned.get(name):
            yield str(form.fields[name].label), _choice_words(form.fields[name], value), (name,), "", ""
    yield from _groups(cleaned, formats)
    for name in ("min_profit", "max_profit"):
        if cleaned.get(name) is not None:
            yield str(form.fields[name].label), formats.number(cleaned[name]), (name,), "", ""
    if text := cleaned.get("q"):
        yield _("Text"), _("“%(text)s”") % {"text": text}, ("q",), "", "search"


def _choice_words(field: Any, value: str) -> str:
    """The words of a choice; a free text is its own."""
    return str(dict(getattr(field, "choices", ())).get(value, value))


def _account_setting(account: BrokerAccount) -> Setting:
    return _("Account"), account.label, ("account",), str(account.pk), "building-bank"


def _groups(cleaned: Mapping[str, Any], formats: Formats) -> Iterator[Setting]:
    """What rows of the analysis lead here with."""
    for tag in cleaned.get("tag") or ():
        yield _("Tag"), tag, ("tag",), tag, ""
    for name, label, choices in _GROUPS:
        if value := cleaned.get(name):
            yield label, str(choices[value]), (name,), "", ""
    if (hour := cleaned.get("hour")) not in (None, ""):
        yield _("Hour"), f"{hour:02}:00 – {hour:02}:59", ("hour",), "", "clock"
    low, high = (cleaned.get(name) for name in ("min_r", "below_r"))
    if low is not None or high is not None:
        edges = ["…" if edge is None else formats.number(edge) for edge in (low, high)]
        yield _("R"), " – ".join(edges), ("min_r", "below_r"), "", ""
    for name in cleaned.get("without") or ():
        yield _("Without"), str(dict(WITHOUT)[name]), ("without",), name, ""


def _period_words(period: str) -> str:
    return {"today": "today", "all": "any time"}.get(period, f"this {period}")


def _without(request: HttpRequest, names: tuple[str, ...], only: str) -> str:
    kept = request.GET.copy()
    kept.pop("cursor", None)
    for name in names:
        values = [value for value in kept.pop(name, []) if only and value != only]
        if values:
            kept.setlist(name, values)
    for name in [name for name in kept if not any(kept.getlist(name))]:
        del kept[name]
    return f"{request.path}?{kept.urlencode()}" if kept else request.path
