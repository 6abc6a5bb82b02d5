"""What a trader sets: the rules of an account, and the consent that a critical guard may close its positions."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import BrokerAccount, Trader
from accounts.revisions import raise_live_revision
from trading.calc.guard_presets import DEFAULT, presets
from trading.calc.guard_texts import from_texts, to_texts
from trading.calc.guard_track import follow
from trading.calc.guard_types import MARKET_KINDS, Carried, Rule, Track
from trading.errors import TradingError
from trading.models import AutoClose, CloseRequest, GuardRule, GuardState
from trading.queries.guard_replay import recorded
from trading.services import audit

#: What a trader may set of a rule.
EDITABLE = (
    "kind",
    "name",
    "preset",
    "enabled",
    "unit",
    "warning",
    "critical",
    "reference",
    "trailing",
    "share_of",
    "initial_balance",
    "lock_ratio",
    "reset_time",
    "reset_zone",
    "rearm_ratio",
)
#: A change of one of these makes what the rule remembers meaningless.
_OF_THE_LINE = ("kind", "reference", "trailing", "share_of", "unit", "initial_balance", "reset_time", "reset_zone")
#: Of these no more than all can be lost, so that a share above 1 would be a guard that never speaks.
_WITHIN_THE_WHOLE = frozenset({"drawdown", "daily_loss", "minimum_equity"})
MOST_RULES = 40
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class RulesRefused(TradingError):
    code = "guard_rules_invalid"
    message = "These rules make no sense together. Each rule of a kind needs a name of its own."


def give_defaults(account_ids: Sequence[UUID]) -> bool:
    """Puts the default rules on those accounts that never had a rule. Returns whether there were any."""
    # The history of rules tells an account whose trader took every rule away from one that is new.
    history: Any = apps.get_model("trading", "GuardRuleEvent")
    had_rules = set(history.objects.filter(account_id__in=account_ids).values_list("account_id", flat=True))
    new = [key for key in account_ids if key not in had_rules]
    fields = presets()[DEFAULT].rules
    GuardRule.objects.bulk_create([GuardRule(account_id=key, preset=DEFAULT, **rule) for key in new for rule in fields])
    return bool(new)


@transaction.atomic
def save_rules(account: BrokerAccount, rules: Sequence[Mapping[str, Any]], *, actor: Trader, now: datetime) -> None:
    """Makes these the rules of the account. One of the same kind and name is changed in place and keeps its episodes.

    Errors: ValidationError naming the rule and field; RulesRefused for two of the same kind and name.
    """
    names = [(rule["kind"], rule.get("name", "")) for rule in rules]
    if len(set(names)) != len(names) or len(names) > MOST_RULES:
        raise RulesRefused
    BrokerAccount.objects.select_for_update().get(pk=account.pk)
    known = {(rule.kind, rule.name): rule for rule in GuardRule.objects.filter(account=account)}
    kept = [_put(account, known.get(name), values) for name, values in zip(names, rules, strict=True)]
    gone = [rule for name, rule in known.items() if name not in names]
    for rule in gone:
        rule.delete()
    audit.record(
        account.pk,
        "rules_changed",
        account.pk,
        at=now,
        actor=actor.email,
        rules=[str(rule) for rule in kept],
        removed=[str(rule) for rule in gone],
    )
    raise_live_revision([account.pk])


def apply_preset(account: BrokerAccount, key: str, *, initial_balance: Any, actor: Trader, now: datetime) -> None:
    """Replaces the rules about the account by those of the preset; rules about markets stay unless it has its own.

    Errors: TradingError for an unknown preset, or one that needs an initial balance and has none.
    """
    preset = presets().get(key)
    if preset is None:
        raise TradingError("There is no such preset. Choose one of the list.", code="preset_unknown")
    if preset.needs_initial_balance and not initial_balance:
        raise TradingError(
            "This preset counts from the initial balance: say what it was.", code="initial_balance_needed"
        )
    own = {rule["kind"] for rule in preset.rules}
    stay = [rule for rule in GuardRule.objects.filter(account=account) if rule.kind in MARKET_KINDS - own]
    fresh = [{**rule, "preset": key, "initial_balance": initial_balance or None} for rule in preset.rules]
    save_rules(account, [*(as_values(rule) for rule in stay), *fresh], actor=actor, now=now)


def as_values(rule: GuardRule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in EDITABLE}


def as_rule(row: GuardRule) -> Rule:
    """The stored rule as the arithmetic takes it."""
    return Rule(
        id=str(row.pk),
        kind=row.kind,
        critical=row.critical,
        warning=row.warning,
        unit=row.unit,
        reference=row.reference,
        trailing=row.trailing,
        share_of=row.share_of,
        initial_balance=row.initial_balance,
        lock_ratio=row.lock_ratio,
        reset_time=row.reset_time,
        reset_zone=row.reset_zone,
        rearm_ratio=row.rearm_ratio,
        name=row.name,
    )


def _put(account: BrokerAccount, rule: GuardRule | None, values: Mapping[str, Any]) -> GuardRule:
    """The rule as stored. A new or re-aimed one looks back over the recorded history for its line."""
    before = as_values(rule) if rule else None
    rule = rule or GuardRule(account=account)
    for name in EDITABLE:
        if name in values:
            setattr(rule, name, values[name])
    rule.full_clean(exclude=["account"])
    check(rule)
    rule.save()
    # Texts became times and decimals on the way through the database.
    rule.refresh_from_db()
    if before is None or any(before[name] != getattr(rule, name) for name in _OF_THE_LINE):
        _aim(rule)
    return rule


def check(rule: GuardRule) -> None:
    """Errors: ValidationError for a rule that could never say anything sensible."""
    units = {"minimum_days": "days", "stale_quote": "seconds"}
    needed, told = units.get(rule.kind), {"rule": rule}
    if needed and rule.unit != needed:
        raise ValidationError(
            {"unit": _("%(rule)s counts days.") % told if needed == "days" else _("%(rule)s counts seconds.") % told}
        )
    if not needed and rule.unit not in ("ratio", "money"):
        raise ValidationError({"unit": _("%(rule)s is a share or an amount of money.") % told})
    if rule.unit == "ratio" and rule.kind in _WITHIN_THE_WHOLE and rule.critical > 1:
        raise ValidationError(
            {"critical": _("%(rule)s is a share of the whole: 0.20 is 20 %%, and more than 1 never comes.") % told}
        )
    if rule.unit == "ratio" and rule.kind in ("drawdown", "daily_loss") and rule.rearm_ratio >= rule.critical:
        raise ValidationError(
            {"rearm_ratio": _("%(rule)s would never re-arm: the recovery must be smaller than its level.") % told}
        )
    falls = rule.kind == "minimum_equity"
    if rule.warning is not None and (rule.warning <= rule.critical) is falls:
        above = _("The warning of %(rule)s must lie above its critical level.")
        below = _("The warning of %(rule)s must lie below its critical level.")
        raise ValidationError({"warning": (above if falls else below) % told})
    if rule.kind == "daily_loss" and not rule.reference.startswith("day_"):
        raise ValidationError(
            {"reference": _("A daily loss is measured from the balance or equity at the daily reset.")}
        )


def _aim(rule: GuardRule) -> None:
    """Finds where the line of the rule stands by what is recorded; its episodes go on counting."""
    if rule.kind in MARKET_KINDS:
        return
    plain = as_rule(rule)
    track: Track | None = None
    for seen in recorded(rule.account_id, _BEGINNING, datetime.max.replace(tzinfo=UTC), [plain]).observations:
        track = follow(plain, track, seen)
    state = GuardState.objects.filter(rule=rule).first()
    carried = from_texts(state.carried) if state else Carried()
    texts = to_texts(Carried(track, carried.episodes))
    GuardState.objects.update_or_create(rule=rule, defaults={"carried": texts})


@transaction.atomic
def switch_auto_close(account: BrokerAccount, on: bool, *, confirmation: str, actor: Trader, now: datetime) -> None:
    """Lets critical guards close this account's positions, or takes that back and cancels what has not been done.

    Errors: TradingError unless `confirmation` is the account's number or name, typed out.
    """
    if not on:
        if AutoClose.objects.filter(account=account).delete()[0]:
            audit.record(account.pk, "auto_close_disabled", account.pk, at=now, actor=actor.email)
            cancel_open(account.pk, "Auto-close was switched off.", at=now, actor=actor.email)
            raise_live_revision([account.pk])
        return
    typed = confirmation.strip()
    if typed not in (account.number, account.label):
        raise TradingError(
            _("Type the number of the account, %(number)s, to switch auto-close on.") % {"number": account.number},
            code="confirmation_differs",
        )
    _consent, is_new = AutoClose.objects.get_or_create(
        account=account, defaults={"enabled_at": now, "enabled_by": actor, "confirmation": typed}
    )
    if is_new:
        audit.record(account.pk, "auto_close_enabled", account.pk, at=now, actor=actor.email, confirmation=typed)
        raise_live_revision([account.pk])


def cancel_open(account_id: UUID, reason: str, *, at: datetime, actor: str) -> int:
    """Cancels every request of the account that nobody has carried out. Returns how many there were."""
    rows = list(CloseRequest.objects.select_for_update().filter(account=account_id, state__in=["pending", "collected"]))
    CloseRequest.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=CloseRequest.State.CANCELLED, done_at=at, error_message=reason
    )
    audit.write(
        audit.entry(account_id, "close_cancelled", row.pk, at=at, actor=actor, ticket=row.ticket, reason=reason)
        for row in rows
    )
    return len(rows)
