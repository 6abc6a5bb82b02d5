"""Rows of the guards' pages, written the trader's way before a template sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import BrokerAccount
from trading.calc.guard_types import CLOSING_KINDS, Kind
from trading.formatting import Formats, ago, count, unknown
from trading.models import GuardRule
from trading.queries.guards import AccountStanding, RuleStanding

#: How many rules of an account the dashboard shows.
_TIGHTEST = 2
_BADGES = {"normal": "healthy", "warning": "warning", "critical": "critical", "no_data": "idle"}
_WORDS = {
    "normal": gettext_lazy("Normal"),
    "warning": gettext_lazy("Warning"),
    "critical": gettext_lazy("Critical"),
    "no_data": gettext_lazy("No data"),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """Lengths in percent of the limit, as attributes of an SVG.

    `is_beyond`: the stops would take it past the limit. `share` is how much of the limit is used then.
    """

    now: str
    stopped_from: str
    stopped: str
    is_beyond: bool
    warning: str
    share: Decimal


@dataclass(frozen=True, slots=True)
class RuleRow:
    name: str
    hint: str
    badge: str
    word: str
    used: str
    limits: str
    left: SafeString | str
    if_stopped: SafeString | str
    bar: Bar | None
    summary: str
    is_loss: bool


@dataclass(frozen=True, slots=True)
class MarketRow:
    symbol: str
    spread: SafeString | str
    gap: SafeString | str
    age: SafeString | str
    badge: str
    word: str


@dataclass(frozen=True, slots=True)
class GuardCard:
    """One account on the page."""

    account_id: UUID
    label: str
    detail: str
    currency: str
    badge: str
    word: str
    age: str
    rules: Sequence[RuleRow]
    markets: Sequence[MarketRow]
    has_auto_close: bool
    has_data: bool
    silent: int

    @property
    def tightest(self) -> Sequence[RuleRow]:
        """The rules with an amount that may be lost, nearest to breaking first."""
        found = [row for row in self.rules if row.bar and row.is_loss]
        return sorted(found, key=lambda row: row.bar.share if row.bar else 0, reverse=True)[:_TIGHTEST]


def card(standing: AccountStanding, formats: Formats, now: datetime) -> GuardCard:
    account, at = standing.account, standing.evaluated_at
    return GuardCard(
        account_id=account.pk,
        label=account.label,
        detail=" ".join(filter(None, (account.broker, account.number))),
        currency=account.currency,
        badge=badge(standing.level),
        word=word(standing.level),
        age=ago(now - at) if at else "",
        rules=[rule_row(one, account, formats) for one in standing.rules],
        markets=market_rows(standing, formats),
        has_auto_close=standing.has_auto_close,
        has_data=at is not None,
        silent=len(standing.silent),
    )


def badge(level: str) -> str:
    return _BADGES[level]


def word(level: str) -> str:
    return str(_WORDS[level])


def rule_row(one: RuleStanding, account: BrokerAccount, formats: Formats) -> RuleRow:
    name, currency = rule_name(one.rule), account.currency
    left = _left(one, currency, formats)
    used = _used(one, currency, formats)
    return RuleRow(
        name=name,
        hint=rule_hint(one.rule, formats, currency),
        badge="healthy" if one.is_reached else badge(one.level),
        word=_("Reached") if one.is_reached else word(one.level),
        used=used,
        limits=_limits(one, currency, formats),
        left=left,
        if_stopped=_if_stopped(one, currency, formats),
        bar=_bar(one),
        summary=f"{name}: {used}",
        is_loss=one.rule.kind in CLOSING_KINDS and one.rule.kind != Kind.MARGIN_USE,
    )


def rule_name(rule: GuardRule) -> str:
    return rule.name or rule.get_kind_display()


def rule_hint(rule: GuardRule, formats: Formats, currency: str) -> str:
    """Where the rule measures from, in a few words."""
    if rule.kind in (Kind.DRAWDOWN, Kind.DAILY_LOSS):
        return ", ".join(filter(None, (_line_words(rule), _lock_words(rule, formats), _reset_words(rule))))
    words: dict[str, str] = {
        Kind.MINIMUM_EQUITY: _("Equity must stay above it"),
        Kind.OPEN_RISK: _("Every stop hit at once"),
        Kind.MARGIN_USE: _("Margin against equity"),
        Kind.PROFIT_TARGET: _("Balance and equity, without cash flows"),
        Kind.MINIMUM_DAYS: _("Days with an opened trade"),
    }
    return words.get(rule.kind, "")


_FROM = {
    GuardRule.Reference.INITIAL_BALANCE: gettext_lazy("From the initial balance"),
    GuardRule.Reference.DAY_BALANCE: gettext_lazy("From the balance at the daily reset"),
    GuardRule.Reference.DAY_EQUITY: gettext_lazy("From the equity at the daily reset"),
    GuardRule.Reference.DAY_HIGHER: gettext_lazy("From the higher of balance and equity at the daily reset"),
}


def _line_words(rule: GuardRule) -> str:
    if rule.reference != GuardRule.Reference.PEAK_EQUITY:
        return str(_FROM[GuardRule.Reference(rule.reference)])
    follows = {"fixed": _("Fixed at the first equity"), "balance": _("Trails the highest balance")}
    return follows.get(rule.trailing, rule.get_trailing_display())


def _lock_words(rule: GuardRule, formats: Formats) -> str:
    if rule.lock_ratio is None:
        return ""
    if rule.lock_ratio == 1:
        return _("locks at the initial balance")
    return _("locks at %(share)s of the initial balance") % {"share": formats.percent(rule.lock_ratio)}


def _reset_words(rule: GuardRule) -> str:
    needs_reset = rule.reference.startswith("day_") or rule.trailing == GuardRule.Trailing.DAY_CLOSE
    place = rule.reset_zone.rsplit("/", 1)[-1].replace("_", " ")
    return _("resets %(time)s %(place)s") % {"time": f"{rule.reset_time:%H:%M}", "place": place} if needs_reset else ""


def amount_words(value: Decimal | None, rule: GuardRule, currency: str, formats: Formats) -> str:
    """A quantity in the unit of the rule."""
    if value is None:
        return _("not measurable")
    if rule.unit == "days":
        return count(int(value), "day")
    if rule.unit == "seconds":
        return f"{formats.number(value, 0)} s"
    return f"{formats.money(value, currency)} {currency}" if rule.unit == "money" else formats.percent(value)


def _used(one: RuleStanding, currency: str, formats: Formats) -> str:
    if one.rule.kind == Kind.MINIMUM_EQUITY:
        if one.share is None:
            return ""
        return _("%(share)s of the way down") % {"share": formats.percent(max(one.share, Decimal(0)))}
    if one.rule.kind == Kind.OPEN_RISK and one.is_unbounded:
        return _("No bound: a stop is missing")
    if one.rule.kind == Kind.MINIMUM_DAYS:
        return count(int(one.used or 0), "day")
    used = None if one.used is None else max(one.used, Decimal(0))
    words = _("%(amount)s won") if one.rule.kind == Kind.PROFIT_TARGET else _("%(amount)s used")
    return words % {"amount": amount_words(used, one.rule, currency, formats)}


def _limits(one: RuleStanding, currency: str, formats: Formats) -> str:
    """The thresholds as they were set."""
    is_target = one.rule.kind in (Kind.PROFIT_TARGET, Kind.MINIMUM_DAYS)
    limit = _("target %(value)s") if is_target else _("limit %(value)s")
    words = [limit % {"value": amount_words(one.rule.critical, one.rule, currency, formats)}]
    if one.rule.warning is not None:
        warning = amount_words(one.rule.warning, one.rule, currency, formats)
        words.insert(0, _("warning %(value)s") % {"value": warning})
    return ", ".join(words)


def _left(one: RuleStanding, currency: str, formats: Formats) -> SafeString | str:
    if one.headroom is not None:
        return formats.money(one.headroom, currency)
    if one.is_unbounded:
        return _("unbounded")
    if one.rule.kind == Kind.MINIMUM_DAYS:
        return count(int(max(one.critical - (one.used or 0), Decimal(0))), "day")
    return unknown(_("This rule has no amount that may be lost."))


def _if_stopped(one: RuleStanding, currency: str, formats: Formats) -> SafeString | str:
    if one.rule.kind not in CLOSING_KINDS or one.rule.kind == Kind.MARGIN_USE:
        return unknown(_("The stops do not change this rule."))
    if one.is_unbounded:
        return _("unbounded")
    if one.headroom_if_stopped is None:
        return unknown(_("It is not known."))
    return formats.money(one.headroom_if_stopped, currency)


def _bar(one: RuleStanding) -> Bar | None:
    if one.share is None:
        return None
    stopped_share = one.share if one.share_if_stopped is None else max(one.share, one.share_if_stopped)
    now, stopped = _inside(one.share), _inside(stopped_share)
    return Bar(
        now=f"{100 * now:.2f}",
        stopped_from=f"{100 * now:.2f}",
        stopped=f"{100 * (stopped - now):.2f}",
        is_beyond=one.share_if_stopped is not None and one.share_if_stopped >= 1,
        warning="" if one.warning_share is None else f"{100 * _inside(one.warning_share):.2f}",
        share=stopped_share,
    )


def _inside(share: Decimal) -> Decimal:
    return min(max(share, Decimal(0)), Decimal(1))


def market_rows(standing: AccountStanding, formats: Formats) -> list[MarketRow]:
    """One row per symbol with an open position: the worst of its levels."""
    by_symbol: dict[str, dict[str, RuleStanding]] = {}
    for one in standing.markets:
        by_symbol.setdefault(one.symbol, {})[one.rule.kind] = one
    return [_market_row(symbol, found, formats) for symbol, found in by_symbol.items()]


def _market_row(symbol: str, found: Mapping[str, RuleStanding], formats: Formats) -> MarketRow:
    def share(kind: str) -> SafeString | str:
        one = found.get(kind)
        return formats.percent(one.used) if one and one.used is not None else unknown(_("The feed does not say."))

    stale = found.get(Kind.STALE_QUOTE)
    age = (
        f"{formats.number(stale.used, 0)} s"
        if stale and stale.used is not None
        else unknown(_("Quotes have no guard."))
    )
    level = max((one.level for one in found.values()), key=["normal", "warning", "critical"].index)
    return MarketRow(symbol, share(Kind.SPREAD), share(Kind.MARKET_GAP), age, badge(level), word(level))
