"""Pages of API keys: list, make, revoke."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.errors import AccountsError
from accounts.forms import ApiKeyForm
from accounts.models import ApiKey, BrokerAccount, Scope, Trader
from accounts.services.api_keys import NewKey, create_api_key, revoke_api_key
from accounts.step_up import stepped_up


@dataclass(frozen=True, slots=True)
class KeyRow:
    key: ApiKey
    scopes: str
    accounts: str
    state: str  # "active", "expired" or "revoked"


@login_required
@require_safe
def api_key_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    keys = ApiKey.objects.for_trader(request.user).prefetch_related("accounts")
    rows = [_row(key, now) for key in keys]
    return render(request, "accounts/api_key_list.html", {"rows": rows})


@login_required
@stepped_up()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def api_key_create(request: HttpRequest) -> HttpResponse:
    """Asks what the key is for; shows its secret in the answer to the POST, and nowhere else ever again."""
    trader = request.user
    assert isinstance(trader, Trader)
    form = ApiKeyForm(trader, request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = _make(trader, form)
        if made:
            return render(request, "accounts/api_key_made.html", {"made": made, "row": _row(made.key, timezone.now())})
    has_accounts = BrokerAccount.objects.for_trader(trader).active().exists()
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "has_accounts": has_accounts}
    return render(request, "accounts/api_key_form.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def api_key_revoke(request: HttpRequest, api_key_id: UUID) -> HttpResponse:
    """Asks once; revokes on POST."""
    key = get_object_or_404(ApiKey.objects.for_trader(request.user).select_related("trader"), pk=api_key_id)
    if request.method != "POST":
        return render(request, "accounts/api_key_revoke.html", {"key": key})
    revoke_api_key(key, timezone.now())
    messages.success(
        request, _("%(name)s is revoked. Programs that use it are refused from now on.") % {"name": key.name}
    )
    return redirect("api_key_list")


def _make(trader: Trader, form: ApiKeyForm) -> NewKey | None:
    given: dict[str, Any] = form.cleaned_data
    try:
        return create_api_key(
            trader, given["name"], given["scopes"], given["accounts"], now=timezone.now(), days=given["days"]
        )
    except AccountsError as error:
        form.add_error(None, _(error.message))
        return None


def _row(key: ApiKey, now: Any) -> KeyRow:
    state = "revoked" if key.revoked_at else "active" if key.is_usable(now) else "expired"
    scopes = ", ".join(str(Scope(scope).label) for scope in key.scopes)
    return KeyRow(key, scopes, ", ".join(account.label for account in key.accounts.all()), state)
