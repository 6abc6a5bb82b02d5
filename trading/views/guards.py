"""The guards' pages: how far every rule is from breaking, and what the rules are."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import BrokerAccount, Trader
from accounts.step_up import stepped_up
from trading.calc.guard_presets import presets
from trading.context import Frame
from trading.errors import TradingError
from trading.guard_forms import AutoCloseForm, PresetForm, RuleFormSet, rules_of
from trading.models import AutoClose, GuardRule, Position
from trading.queries.guards import account_standings, is_auto_closing_stopped
from trading.services import guard_rules as services
from trading.told import told
from trading.views.alerts import alert_days, close_lines, recent_alerts
from trading.views.guard_rows import card

_ALERTS = 12


@login_required
@require_safe
def guard_list(request: HttpRequest) -> HttpResponse:
    frame, now = Frame(request), timezone.now()
    chosen = [frame.account] if frame.account else frame.accounts
    shown = recent_alerts(request.user, chosen, _ALERTS)
    standings = account_standings(chosen)
    context = {
        "frame": frame,
        "cards": [card(standing, frame.formats, now) for standing in standings],
        "days": alert_days(shown, frame.formats),
        "is_stopped": any(one.has_auto_close for one in standings) and is_auto_closing_stopped(),
        "closes": close_lines(request.user, chosen, frame.formats, only_undone=True),
    }
    return render(request, "trading/guard_list.html", context)


def _may_lead_to_closing(request: HttpRequest) -> bool:
    """Whether rules are changed that may close positions: a limit of nothing would close them all."""
    account_id = request.resolver_match.kwargs.get("account_id") if request.resolver_match else None
    switched_on = AutoClose.objects.filter(account=account_id, account__trader=trader_of(request))
    return request.method == "POST" and switched_on.exists()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@stepped_up(when=_may_lead_to_closing)
def guard_edit(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """The rules of one account, each a row of the form; an empty row adds one."""
    account = own(request, account_id)
    rows = list(GuardRule.objects.filter(account=account))
    initial = [{**services.as_values(row)} for row in rows]
    formset = RuleFormSet(request.POST or None, initial=initial, form_kwargs={"currency": account.currency})
    if request.method == "POST" and formset.is_valid():
        try:
            services.save_rules(account, rules_of(formset), actor=trader_of(request), now=timezone.now())
        except (TradingError, ValidationError) as error:
            formset.form_problem = " ".join(
                error.messages if isinstance(error, ValidationError) else [told(error.message)]
            )
        else:
            messages.success(request, _("The rules of %(name)s are saved.") % {"name": account.label})
            return redirect("guard_edit", account.pk)
    return _edit_page(request, account, formset=formset, status=422 if request.method == "POST" else 200)


@login_required
@require_POST
@stepped_up(when=_may_lead_to_closing)
def guard_preset(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Puts a preset on the account."""
    account = own(request, account_id)
    form = PresetForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.apply_preset(
                account,
                given["preset"],
                initial_balance=given["initial_balance"],
                actor=trader_of(request),
                now=timezone.now(),
            )
        except TradingError as error:
            form.add_error("initial_balance" if error.code == "initial_balance_needed" else None, told(error.message))
        else:
            messages.success(
                request,
                _("%(rules)s watches %(name)s now.")
                % {"rules": _(presets()[given["preset"]].name), "name": account.label},
            )
            return redirect("guard_edit", account.pk)
    return _edit_page(request, account, preset_form=form, status=422)


@login_required
@require_POST
@stepped_up(when=lambda request: request.POST.get("turn") == "on")
def guard_auto_close(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Switches auto-close on, with the account's number typed out, or off."""
    account = own(request, account_id)
    turn_on = request.POST.get("turn") == "on"
    form = AutoCloseForm(request.POST)
    if turn_on and not form.is_valid():
        return _edit_page(request, account, close_form=form, status=422)
    try:
        services.switch_auto_close(
            account,
            turn_on,
            confirmation=request.POST.get("confirmation", ""),
            actor=trader_of(request),
            now=timezone.now(),
        )
    except TradingError as error:
        form.add_error("confirmation", told(error.message))
        return _edit_page(request, account, close_form=form, status=422)
    messages.success(
        request,
        (_("Auto-close is on for %(name)s.") if turn_on else _("Auto-close is off for %(name)s."))
        % {"name": account.label},
    )
    return redirect("guard_edit", account.pk)


def _edit_page(
    request: HttpRequest,
    account: BrokerAccount,
    *,
    formset: Any = None,
    preset_form: PresetForm | None = None,
    close_form: AutoCloseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    if formset is None:
        rows = GuardRule.objects.filter(account=account)
        initial = [services.as_values(row) for row in rows]
        formset = RuleFormSet(initial=initial, form_kwargs={"currency": account.currency})
    (standing,) = account_standings([account])
    context = {
        "account": account,
        "formset": formset,
        "preset_form": preset_form or PresetForm(),
        "presets": [one for one in presets().values() if one.source],
        "close_form": close_form or AutoCloseForm(),
        "consent": AutoClose.objects.filter(account=account).first(),
        "is_stopped": standing.has_auto_close and is_auto_closing_stopped(),
        "is_critical": standing.should_close,
        "positions": Position.objects.filter(account=account).count(),
    }
    return render(request, "trading/guard_edit.html", context, status=status)


def own(request: HttpRequest, account_id: UUID) -> BrokerAccount:
    """Errors: Http404 for somebody else's."""
    return get_object_or_404(BrokerAccount.objects.for_trader(request.user), pk=account_id)


def trader_of(request: HttpRequest) -> Trader:
    assert isinstance(request.user, Trader)
    return request.user


def guard_cards(accounts: Sequence[BrokerAccount], frame: Frame) -> list[Any]:
    """What the dashboard shows of the guards: the tightest rules of the accounts that are watched."""
    now = timezone.now()
    shown = [card(standing, frame.formats, now) for standing in account_standings(accounts)]
    return [one for one in shown if one.has_data]
