"""Where accounts stand by their rules: one fixed number of queries, however many accounts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Max

from accounts.models import BrokerAccount
from trading.calc.guard_types import CLOSING_KINDS, GOALS, MARKET_KINDS, Kind
from trading.models import AutoClose, GuardRule, GuardState, KillSwitch, Level

ZERO = Decimal(0)
NO_DATA = "no_data"
_RANK = {NO_DATA: 0, "normal": 1, "warning": 2, "critical": 3}


@dataclass(frozen=True, slots=True)
class RuleStanding:
    """One rule, for the account (symbol "") or one symbol, with the figures of its last evaluation.

    Shape: `used`, `warning` and `critical` are in the unit of the rule; for minimum equity they are the way down from
    the highest equity. Money is in account currency.
    """

    rule: GuardRule
    symbol: str
    level: str
    used: Decimal | None
    warning: Decimal | None
    critical: Decimal
    headroom: Decimal | None
    headroom_if_stopped: Decimal | None
    used_if_stopped: Decimal | None
    line: Decimal | None
    floor: Decimal | None
    is_unbounded: bool
    is_reached: bool

    @property
    def share(self) -> Decimal | None:
        """How much of the limit is used: 1 is all of it."""
        return self._of_limit(self.used)

    @property
    def share_if_stopped(self) -> Decimal | None:
        return self._of_limit(self.used_if_stopped)

    @property
    def warning_share(self) -> Decimal | None:
        return self._of_limit(self.warning)

    @property
    def should_close(self) -> bool:
        return self.level == "critical" and self.rule.kind in CLOSING_KINDS

    def _of_limit(self, value: Decimal | None) -> Decimal | None:
        return None if value is None or self.critical <= 0 else value / self.critical


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """`equity` and `balance` are those of the last evaluation. `rules` are of the account, `markets` of symbols."""

    account: BrokerAccount
    level: str
    equity: Decimal | None
    balance: Decimal | None
    rules: Sequence[RuleStanding]
    markets: Sequence[RuleStanding]
    silent: Sequence[GuardRule]
    evaluated_at: datetime | None
    has_auto_close: bool

    @property
    def drawdown(self) -> RuleStanding | None:
        """The drawdown rule that is nearest to breaking."""
        found = [one for one in self.rules if one.rule.kind == Kind.DRAWDOWN and one.share is not None]
        return max(found, key=lambda one: one.share or ZERO, default=None)

    @property
    def market_alerts(self) -> list[RuleStanding]:
        return [one for one in self.markets if one.level != "normal"]

    @property
    def should_close(self) -> bool:
        return any(one.should_close for one in (*self.rules, *self.markets))


def account_standings(accounts: Sequence[BrokerAccount]) -> list[AccountStanding]:
    """One for each account, in the same order."""
    keys = [account.pk for account in accounts]
    rules: dict[UUID, list[GuardRule]] = defaultdict(list)
    for row in GuardRule.objects.filter(account__in=keys, enabled=True).select_related("state").order_by("kind", "id"):
        rules[row.account_id].append(row)
    consenting = set(AutoClose.objects.filter(account__in=keys).values_list("account_id", flat=True))
    return [_standing(account, rules[account.pk], account.pk in consenting) for account in accounts]


def is_auto_closing_stopped() -> bool:
    """Whether staff have stopped all auto-closing."""
    newest = KillSwitch.objects.order_by("-set_at", "-id").values_list("is_on", flat=True).first()
    return bool(newest)


def worst(levels: Iterable[str]) -> str:
    """The most pressing of them; "no_data" for none."""
    return max(levels, key=_RANK.__getitem__, default=NO_DATA)


def last_evaluated(account_ids: Sequence[UUID]) -> datetime | None:
    """When any of these accounts was last judged."""
    states = GuardState.objects.filter(rule__account__in=account_ids)
    newest: datetime | None = states.aggregate(newest=Max("evaluated_at"))["newest"]
    return newest


def _standing(account: BrokerAccount, rows: Sequence[GuardRule], has_auto_close: bool) -> AccountStanding:
    found, silent, tracks, moments = [], [], [], []
    for row in rows:
        state: GuardState | None = getattr(row, "state", None)
        if state is None or state.evaluated_at is None:
            silent.append(row)
            continue
        moments.append(state.evaluated_at)
        if state.carried.get("track"):
            tracks.append(state.carried["track"])
        found += [_rule_standing(row, symbol, stored) for symbol, stored in sorted(state.figures.items())]
    newest = max(tracks, key=lambda track: track["at"], default=None)
    return AccountStanding(
        account=account,
        level=worst(one.level for one in found) if moments else NO_DATA,
        equity=Decimal(newest["equity"]) if newest else None,
        balance=Decimal(newest["balance"]) if newest else None,
        rules=sorted((one for one in found if one.rule.kind not in MARKET_KINDS), key=_order),
        markets=sorted((one for one in found if one.rule.kind in MARKET_KINDS), key=lambda one: one.symbol),
        silent=silent,
        evaluated_at=max(moments, default=None),
        has_auto_close=has_auto_close,
    )


_KINDS = {str(kind): number for number, kind in enumerate(Kind)}


def _order(one: RuleStanding) -> tuple[bool, int, str]:
    return one.rule.kind in GOALS, _KINDS[one.rule.kind], one.rule.name


def _rule_standing(row: GuardRule, symbol: str, stored: Mapping[str, Any]) -> RuleStanding:
    def number(name: str) -> Decimal | None:
        return None if stored.get(name) is None else Decimal(stored[name])

    return RuleStanding(
        rule=row,
        symbol=symbol,
        level=str(stored.get("level", Level.NORMAL)),
        used=number("used"),
        warning=number("warning"),
        critical=number("critical") or ZERO,
        headroom=number("headroom"),
        headroom_if_stopped=number("headroom_if_stopped"),
        used_if_stopped=number("used_if_stopped"),
        line=number("line"),
        floor=number("floor"),
        is_unbounded=bool(stored.get("is_unbounded")),
        is_reached=bool(stored.get("is_reached")),
    )
