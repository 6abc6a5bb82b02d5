"""Pages that change accounts and settings. What accounts hold and earn is shown by trading.views.accounts."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.html import format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import AccountForm, SettingsForm
from accounts.models import BrokerAccount, Trader
from accounts.services.accounts import archive_account, create_account, edit_account, restore_account
from accounts.services.settings import change_settings
from accounts.zones import offered_zones, zone_names

_A_DAY_S = 86_400
_A_YEAR_S = 31_536_000


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_create(request: HttpRequest) -> HttpResponse:
    trader = _trader(request)
    form = AccountForm(request.POST or None, instance=BrokerAccount(trader=trader, currency=trader.display_currency))
    if request.method == "POST" and form.is_valid():
        try:
            account = create_account(trader, **form.cleaned_data)
        except ValidationError as error:  # Somebody was quicker: a second click, or an import.
            form.add_error(None, error)
        else:
            messages.success(request, _("%(name)s is there. Bring its first statement.") % {"name": account.label})
            return redirect("account_detail", account.pk)
    return _answer(request, "accounts/account_form.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_edit(request: HttpRequest, account_id: UUID) -> HttpResponse:
    account = _account(request, account_id)
    label = account.label  # The form writes on the instance, also when it refuses.
    form = AccountForm(request.POST or None, instance=account)
    if request.method == "POST" and form.is_valid():
        try:
            edit_account(account, **form.cleaned_data)
        except ValidationError as error:  # An import, or another change, came in between.
            form.add_error(None, error)
        else:
            messages.success(request, _("The changes to %(name)s are saved.") % {"name": form.cleaned_data["label"]})
            return redirect("account_detail", account_id)
    return _answer(request, "accounts/account_form.html", {"form": form, "account_id": account_id, "label": label})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_archive(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Asks once, with the name; archives on POST."""
    account = _account(request, account_id)
    if request.method == "POST":
        archive_account(account)
        messages.success(request, _("%(name)s is archived. Nothing of it is lost.") % {"name": account.label})
        return redirect("account_list")
    return render(request, "accounts/account_archive.html", {"account": account})


@login_required
@require_POST
def account_restore(request: HttpRequest, account_id: UUID) -> HttpResponse:
    account = _account(request, account_id)
    restore_account(account)
    messages.success(request, _("%(name)s is back.") % {"name": account.label})
    return redirect("account_detail", account.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    trader = _trader(request)
    form = SettingsForm(request.POST or None, instance=Trader.objects.get(pk=trader.pk))
    if request.method == "POST" and form.is_valid():
        change_settings(trader, **form.cleaned_data)
        with translation.override(form.cleaned_data["language"] or translation.get_language()):
            messages.success(request, _("Your settings are saved."))
        return redirect("settings")
    return _answer(request, "accounts/settings.html", {"form": form})


@login_required
@require_POST
def zone_choose(request: HttpRequest) -> HttpResponse:
    """The time zone alone, from where it is offered; what is no zone changes nothing."""
    chosen = request.POST.get("time_zone", "")
    if chosen in zone_names():
        change_settings(_trader(request), time_zone=chosen)
        messages.success(request, _("Days and times are those of %(zone)s now.") % {"zone": chosen.replace("_", " ")})
    else:
        messages.error(request, _("This time zone is not known here. Choose one in the settings."))
    return redirect("dashboard")


@login_required
@require_safe
def zone_list(request: HttpRequest) -> HttpResponse:
    """What the field of a time zone suggests, asked for when the field is used: it would be a third of its page."""
    response = HttpResponse(format_html_join("", "<option>{}", ((name,) for name in offered_zones())))
    patch_cache_control(response, private=True, max_age=_A_DAY_S)
    return response


@login_required
@require_POST
def first_steps(request: HttpRequest) -> HttpResponse:
    """Puts the first steps away. The settings show them again."""
    if "put_away" in request.POST:
        change_settings(_trader(request), hides_first_steps=True)
        messages.success(request, _("The first steps are put away. Your settings can show them again."))
    return redirect("dashboard")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark or as the system: kept with the trader, or in a cookie for a stranger."""
    chosen = request.POST.get("theme", "")
    response = redirect(_safe_next(request))
    if chosen not in Trader.Theme.values:
        return response
    if request.user.is_authenticated:
        change_settings(_trader(request), theme=chosen)
    else:
        response.set_cookie(
            "theme", chosen, max_age=_A_YEAR_S, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return response


def _trader(request: HttpRequest) -> Trader:
    assert isinstance(request.user, Trader)
    return request.user


def _account(request: HttpRequest, account_id: UUID) -> BrokerAccount:
    return get_object_or_404(BrokerAccount.objects.for_trader(request.user), pk=account_id)


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page of a form: 422 when the form was refused, so that a program or test needs no text to tell."""
    refused = request.method == "POST"
    return render(request, template, context, status=422 if refused else 200)


def _safe_next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    # A path, and no name of a page: redirect() would look that one up.
    return target if safe and target.startswith("/") else "/"
