"""guards/status/, guards/presets/ and accounts/{id}/guards/: where accounts stand by their rules, and the rules."""

from collections.abc import Sequence
from datetime import time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import BrokerAccount, Trader
from accounts.step_up import require_fresh
from accounts.zones import validate_zone
from tradeportal.rest.conditional import conditional, of_itself
from tradeportal.rest.fields import ExactDecimalField
from tradeportal.rest.schemas import ERRORS, Error
from trading.api.base import LIST_ANSWERS, ONE_ANSWERS, covered, own_account
from trading.api.shapes import money
from trading.cache import kept_answer
from trading.calc.guard_presets import presets
from trading.models import AutoClose, GuardKind, GuardRule, Level
from trading.queries.guards import (
    AccountStanding,
    RuleStanding,
    account_standings,
    is_auto_closing_stopped,
    last_evaluated,
    worst,
)
from trading.services import guard_rules as services

_HUNDREDTH = Decimal("0.01")
_LEAST = Decimal("1e-18")
MARKET_KINDS = [("market_gap", "Market gap"), ("spread", "Spread"), ("stale_quote", "Stale quotes")]
_LEVELS = [*Level.values, "no_data"]


class DrawdownGuard(serializers.Serializer[Any]):
    account = serializers.UUIDField()
    currency = serializers.CharField()
    current_equity = money(optional=True)
    peak_equity = money("What the drawdown is measured from: see docs/guards.md.", optional=True)
    current_drawdown_pct = money("Of peak_equity.", optional=True)
    alert_type = serializers.ChoiceField(choices=["warning", "critical"], allow_null=True)
    alert_threshold_pct = money(
        "Of the level that is reached, else of the next one; null where the limit is an amount.", optional=True
    )
    alert_threshold = money("The same in the unit of the rule.", optional=True)
    should_close_all = serializers.BooleanField(help_text="Critical. Whether anything is closed is for auto_close.")
    floor = money("The equity at which the rule breaks.", optional=True)
    headroom = money("What may still be lost before it breaks.", optional=True)
    headroom_if_stopped = money("The same if every stop is hit; null where that has no bound.", optional=True)


class RuleStatus(serializers.Serializer[Any]):
    rule = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=GuardKind.choices)
    name = serializers.CharField()
    symbol = serializers.CharField(help_text="Empty for rules about the account.")
    level = serializers.ChoiceField(choices=Level.choices)
    unit = serializers.ChoiceField(choices=GuardRule.Unit.choices)
    used = money("In the unit of the rule.", optional=True)
    used_if_stopped = money(optional=True)
    warning = money(optional=True)
    critical = money()
    headroom = money("Money; null for other units.", optional=True)
    headroom_if_stopped = money(optional=True)
    floor = money(optional=True)
    is_unbounded = serializers.BooleanField(help_text="A position has no stop, so the loss at the stops has no bound.")
    is_reached = serializers.BooleanField(help_text="Of a goal: profit target, minimum days.")


class MarketAlert(serializers.Serializer[Any]):
    account = serializers.UUIDField()
    symbol = serializers.CharField()
    kind = serializers.ChoiceField(choices=MARKET_KINDS)
    alert_type = serializers.ChoiceField(choices=["warning", "critical"])
    value_pct = money("Gap or spread; null for stale quotes.", optional=True)
    threshold_pct = money(optional=True)
    age_s = serializers.IntegerField(allow_null=True, help_text="Of a stale quote.")
    should_close = serializers.BooleanField()


class AccountGuards(serializers.Serializer[Any]):
    account = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]  # a name of the base class as well
    currency = serializers.CharField()
    system_status = serializers.ChoiceField(choices=_LEVELS)
    auto_close = serializers.BooleanField()
    drawdown_guard = DrawdownGuard(allow_null=True)
    rules = RuleStatus(many=True)
    market_guard_alerts = MarketAlert(many=True)
    any_positions_should_close = serializers.BooleanField()
    last_evaluated_at = serializers.DateTimeField(allow_null=True)


class GuardsStatus(serializers.Serializer[Any]):
    system_status = serializers.ChoiceField(choices=_LEVELS, help_text="The worst of the accounts.")
    drawdown_guard = DrawdownGuard(allow_null=True, help_text="The one that is nearest to breaking.")
    market_guard_alerts = MarketAlert(many=True)
    any_positions_should_close = serializers.BooleanField()
    auto_close_stopped = serializers.BooleanField(
        help_text="Staff have stopped all auto-closing, and one of these accounts has it on."
    )
    last_evaluated_at = serializers.DateTimeField(allow_null=True)
    accounts = AccountGuards(many=True)


def _given(*, optional: bool = False) -> ExactDecimalField:
    """An amount, a share or a number of a rule: more than zero, in the digits that it was sent with."""
    return ExactDecimalField(
        max_digits=38,
        decimal_places=18,
        min_value=_LEAST,
        required=not optional,
        allow_null=optional,
        error_messages={"min_value": "Say more than zero."},
    )


class RuleForm(serializers.Serializer[Any]):
    """One rule, as stored. Shares are 0 to 1."""

    kind = serializers.ChoiceField(choices=GuardKind.choices)
    name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    preset = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    enabled = serializers.BooleanField(required=False, default=True)
    unit = serializers.ChoiceField(choices=GuardRule.Unit.choices, required=False, default="ratio")
    warning = _given(optional=True)
    critical = _given()
    reference = serializers.ChoiceField(choices=GuardRule.Reference.choices, required=False, default="peak_equity")
    trailing = serializers.ChoiceField(choices=GuardRule.Trailing.choices, required=False, default="equity")
    share_of = serializers.ChoiceField(choices=GuardRule.ShareOf.choices, required=False, default="reference")
    initial_balance = _given(optional=True)
    lock_ratio = _given(optional=True)
    reset_time = serializers.TimeField(required=False, default=time(0))
    reset_zone = serializers.CharField(max_length=64, required=False, default="UTC", validators=[validate_zone])
    rearm_ratio = ExactDecimalField(
        max_digits=38, decimal_places=18, required=False, default=Decimal("0.01"), min_value=Decimal(0)
    )


class StoredRule(RuleForm):
    id = serializers.UUIDField(read_only=True)


class AutoCloseState(serializers.Serializer[Any]):
    enabled = serializers.BooleanField()
    enabled_at = serializers.DateTimeField(allow_null=True)


class AccountRulesAnswer(serializers.Serializer[Any]):
    account = serializers.UUIDField()
    rules = StoredRule(many=True)
    auto_close = AutoCloseState()


class AutoCloseChoice(serializers.Serializer[Any]):
    enabled = serializers.BooleanField()
    confirmation = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="", help_text="The account's number, to switch it on."
    )


class AccountRulesForm(serializers.Serializer[Any]):
    """What is left out stays as it is. `rules` replaces all rules; `preset` puts one of the presets on."""

    rules = RuleForm(many=True, required=False)
    preset = serializers.CharField(max_length=60, required=False)
    initial_balance = _given(optional=True)
    auto_close = AutoCloseChoice(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "rules" in attrs and "preset" in attrs:
            raise serializers.ValidationError("Send either rules or a preset.")
        return attrs


class PresetRow(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="Where its rules were read. Firms change them: compare before you rely on it."
    )
    needs_initial_balance = serializers.BooleanField()
    rules = RuleForm(many=True)


class PresetList(serializers.Serializer[Any]):
    results = PresetRow(many=True)


def _state(request: Request) -> Any:
    accounts = covered(request)
    return [(account.pk, account.revision) for account in accounts], last_evaluated(
        [account.pk for account in accounts]
    )


@extend_schema_view(
    get=extend_schema(
        operation_id="guards_status",
        summary="Where the accounts stand by their rules",
        tags=["guards"],
        parameters=[OpenApiParameter("account", {"type": "array", "items": {"type": "string", "format": "uuid"}})],
        responses={200: GuardsStatus, **LIST_ANSWERS},
    )
)
class GuardsStatusView(APIView):
    @conditional(_state, kept_answer)
    def get(self, request: Request) -> Response:
        keys = [account.pk for account in covered(request)]
        if len(keys) < len(set(request.query_params.getlist("account"))):
            raise Http404
        accounts = list(BrokerAccount.objects.for_trader(request.user).filter(pk__in=keys).order_by("label", "id"))
        standings = account_standings(accounts)
        shown = [_account(standing) for standing in standings]
        return Response(
            {
                "system_status": worst(standing.level for standing in standings),
                "drawdown_guard": _tightest(standings),
                "market_guard_alerts": [alert for one in shown for alert in one["market_guard_alerts"]],
                "any_positions_should_close": any(standing.should_close for standing in standings),
                "auto_close_stopped": any(one.has_auto_close for one in standings) and is_auto_closing_stopped(),
                "last_evaluated_at": max((s.evaluated_at for s in standings if s.evaluated_at), default=None),
                "accounts": shown,
            }
        )


@extend_schema_view(
    get=extend_schema(
        operation_id="guards_presets",
        summary="Rule sets that can be put on an account in one step",
        tags=["guards"],
        responses={200: PresetList, **ERRORS},
    )
)
class GuardPresetsView(APIView):
    def get(self, request: Request) -> Response:
        rows = [
            {
                "key": one.key,
                "name": one.name,
                "source": one.source,
                "needs_initial_balance": one.needs_initial_balance,
                "rules": [RuleForm(GuardRule(**rule)).data for rule in one.rules],
            }
            for one in presets().values()
        ]
        return of_itself(request, {"results": rows})


@extend_schema_view(
    get=extend_schema(
        operation_id="account_guards_retrieve",
        summary="The rules of an account",
        tags=["guards"],
        responses={200: AccountRulesAnswer, **ONE_ANSWERS},
    ),
    put=extend_schema(
        operation_id="account_guards_change",
        summary="Replace the rules, put a preset on, or switch auto-close",
        tags=["guards"],
        request=AccountRulesForm,
        responses={200: AccountRulesAnswer, 400: Error, 403: Error, 415: Error, **ONE_ANSWERS},
    ),
)
class AccountGuardsView(APIView):
    def get(self, request: Request, account_id: UUID) -> Response:
        return of_itself(request, _rules(own_account(request, account_id)))

    @transaction.atomic
    def put(self, request: Request, account_id: UUID) -> Response:
        account = own_account(request, account_id)
        form = AccountRulesForm(data=request.data)
        form.is_valid(raise_exception=True)
        given, actor, now = form.validated_data, Trader.objects.get(pk=str(request.user.pk)), timezone.now()
        if given.keys() & {"rules", "preset"} and AutoClose.objects.filter(account=account).exists():
            require_fresh(request, now)
        if "rules" in given:
            services.save_rules(account, given["rules"], actor=actor, now=now)
        if "preset" in given:
            initial = given.get("initial_balance")
            services.apply_preset(account, given["preset"], initial_balance=initial, actor=actor, now=now)
        if "auto_close" in given:
            choice = given["auto_close"]
            if choice["enabled"]:
                require_fresh(request, now)
            services.switch_auto_close(
                account, choice["enabled"], confirmation=choice["confirmation"], actor=actor, now=now
            )
        return Response(_rules(account))


def _rules(account: BrokerAccount) -> dict[str, Any]:
    rows = GuardRule.objects.filter(account=account).order_by("kind", "id")
    consent = AutoClose.objects.filter(account=account).first()
    return {
        "account": account.pk,
        "rules": [{"id": row.pk, **services.as_values(row)} for row in rows],
        "auto_close": {"enabled": consent is not None, "enabled_at": consent.enabled_at if consent else None},
    }


def _account(standing: AccountStanding) -> dict[str, Any]:
    drawdown = standing.drawdown
    return {
        "account": standing.account.pk,
        "label": standing.account.label,
        "currency": standing.account.currency,
        "system_status": standing.level,
        "auto_close": standing.has_auto_close,
        "drawdown_guard": _drawdown(standing, drawdown) if drawdown else None,
        "rules": [_rule(one) for one in standing.rules],
        "market_guard_alerts": [_market_alert(standing, one) for one in standing.market_alerts],
        "any_positions_should_close": standing.should_close,
        "last_evaluated_at": standing.evaluated_at,
    }


def _tightest(standings: Sequence[AccountStanding]) -> dict[str, Any] | None:
    found = [(one.drawdown.share or Decimal(0), number) for number, one in enumerate(standings) if one.drawdown]
    if not found:
        return None
    standing = standings[max(found)[1]]
    assert standing.drawdown is not None
    return _drawdown(standing, standing.drawdown)


def _drawdown(standing: AccountStanding, one: RuleStanding) -> dict[str, Any]:
    loss = one.line - standing.equity if one.line is not None and standing.equity is not None else None
    threshold = one.critical if one.level == "critical" or one.warning is None else one.warning
    is_share = one.rule.unit == "ratio"
    return {
        "account": standing.account.pk,
        "currency": standing.account.currency,
        "current_equity": standing.equity,
        "peak_equity": one.line,
        "current_drawdown_pct": _percent(loss / one.line) if loss is not None and one.line else None,
        "alert_type": None if one.level == "normal" else one.level,
        "alert_threshold_pct": _percent(threshold) if is_share else None,
        "alert_threshold": threshold,
        "should_close_all": one.should_close,
        "floor": one.floor,
        "headroom": one.headroom,
        "headroom_if_stopped": one.headroom_if_stopped,
    }


def _rule(one: RuleStanding) -> dict[str, Any]:
    return {
        "rule": one.rule.pk,
        "kind": one.rule.kind,
        "name": one.rule.name,
        "symbol": one.symbol,
        "level": one.level,
        "unit": one.rule.unit,
        "used": one.used,
        "used_if_stopped": one.used_if_stopped,
        "warning": one.warning,
        "critical": one.critical,
        "headroom": one.headroom,
        "headroom_if_stopped": one.headroom_if_stopped,
        "floor": one.floor,
        "is_unbounded": one.is_unbounded,
        "is_reached": one.is_reached,
    }


def _market_alert(standing: AccountStanding, one: RuleStanding) -> dict[str, Any]:
    threshold = one.critical if one.level == "critical" or one.warning is None else one.warning
    is_age = one.rule.kind == "stale_quote"
    return {
        "account": standing.account.pk,
        "symbol": one.symbol,
        "kind": one.rule.kind,
        "alert_type": one.level,
        "value_pct": None if is_age or one.used is None else _percent(one.used),
        "threshold_pct": None if is_age else _percent(threshold),
        "age_s": int(one.used) if is_age and one.used is not None else None,
        "should_close": one.should_close,
    }


def _percent(ratio: Decimal) -> Decimal:
    return (100 * ratio).quantize(_HUNDREDTH)
