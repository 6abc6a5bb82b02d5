"""The page Share of an account: its links, and the state of its chain. What readers see is in views.shared_record."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import BrokerAccount
from trading.context import Frame
from trading.errors import TradingError
from trading.formatting import Formats
from trading.models import SharedRecord
from trading.queries.chain import summary
from trading.services.sharing import NewRecord, revoke_record, share_account
from trading.sharing_forms import ShareForm
from trading.told import told
from trading.views.shared_words import chain_lines, hidden_words


@dataclass(frozen=True, slots=True)
class LinkRow:
    """`badge` is kind and word of its state; `can_end` says that it still could answer somebody."""

    record: SharedRecord
    badge: tuple[str, str]
    hidden: str
    expires: str
    opened: str
    can_end: bool


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def share_list(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """The links of an account; POST makes one and shows it this once."""
    account = get_object_or_404(BrokerAccount.objects.for_trader(request.user), pk=account_id)
    frame, now = Frame(request), timezone.now()
    form = ShareForm(request.POST or None)
    made = _make(account, form, now) if request.method == "POST" and form.is_valid() else None
    if made:
        form = ShareForm()
    context = {
        "frame": frame,
        "account": account,
        "form": form,
        "made": made,
        "made_url": request.build_absolute_uri(reverse("shared_record", args=[made.token])) if made else "",
        "rows": [_row(record, account, frame.formats, now) for record in SharedRecord.objects.filter(account=account)],
        "chain": chain_lines(summary(account), frame.formats),
    }
    status = 422 if request.method == "POST" and made is None else 200
    response = render(request, "trading/share_list.html", context, status=status)
    if made:
        response["Cache-Control"] = "no-store"
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def share_revoke(request: HttpRequest, shared_record_id: UUID) -> HttpResponse:
    """Asks once; revokes on POST."""
    own = SharedRecord.objects.for_trader(request.user).select_related("account")
    record = get_object_or_404(own, pk=shared_record_id)
    if request.method != "POST":
        return render(request, "trading/share_revoke.html", {"record": record})
    revoke_record(record, timezone.now())
    text = _("The link to “%(title)s” answers nobody any more. Readers who shall go on need a new one.")
    messages.success(request, text % {"title": record.title})
    return redirect("share_list", record.account_id)


def _make(account: BrokerAccount, form: ShareForm, now: datetime) -> NewRecord | None:
    try:
        return share_account(account, form.choices(), now=now)
    except TradingError as error:
        form.add_error(None, told(error.message))
    except ValidationError as error:
        form.add_error(None, error.messages)
    return None


def _row(record: SharedRecord, account: BrokerAccount, formats: Formats, now: datetime) -> LinkRow:
    badge = _badge(record, account, now)
    return LinkRow(
        record,
        badge,
        hidden_words(record),
        formats.clock(record.expires_at, seconds=False),
        _opened(record, formats),
        can_end=record.revoked_at is None and record.expires_at > now,
    )


def _badge(record: SharedRecord, account: BrokerAccount, now: datetime) -> tuple[str, str]:
    if record.revoked_at:
        return "idle", _("Revoked")
    if record.expires_at <= now:
        return "warning", _("Expired")
    return ("idle", _("At rest")) if account.archived_at else ("healthy", _("Open"))


def _opened(record: SharedRecord, formats: Formats) -> Any:
    if record.last_opened_at is None:
        return _("not yet")
    last = formats.clock(record.last_opened_at, seconds=False)
    return _("%(count)s ×, last %(last)s") % {"count": formats.number(record.opens), "last": last}
