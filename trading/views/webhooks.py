"""Webhooks: made, paused and taken away; and what came of every call."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.step_up import stepped_up
from trading.context import Frame
from trading.errors import TradingError
from trading.formatting import Formats
from trading.models import Delivery, Webhook
from trading.services import webhooks as services
from trading.services.alert_words import alert_sentence
from trading.told import told
from trading.views.guards import trader_of

_LOG = 50


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        help_text=gettext_lazy("https:// and reachable from the internet."),
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@stepped_up(when=lambda request: request.method == "POST")
def webhook_list(request: HttpRequest) -> HttpResponse:
    """The webhooks and the log; POST makes one and shows its secret this once."""
    form, made = WebhookForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_webhook(trader_of(request), form.cleaned_data["url"])
            form = WebhookForm()
        except TradingError as error:
            form.add_error("url", told(error.message))
    frame = Frame(request)
    log = Delivery.objects.for_trader(request.user).filter(channel="webhook").select_related("webhook", "alert")
    context = {
        "frame": frame,
        "form": form,
        "made": made,
        "webhooks": Webhook.objects.for_trader(request.user),
        "log": [_line(row, frame.formats) for row in log[:_LOG]],
    }
    status = 422 if request.method == "POST" and made is None else 200
    response = render(request, "trading/webhook_list.html", context, status=status)
    if made:
        response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def webhook_switch(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Pauses a webhook, or lets it go on."""
    webhook = _own(request, webhook_id)
    services.set_active(webhook, not webhook.is_active)
    messages.success(request, _("The webhook is called again.") if webhook.is_active else _("The webhook is paused."))
    return redirect("webhook_list")


@login_required
@require_POST
def webhook_test(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Sends a test; the log says what came of it."""
    try:
        services.send_test(_own(request, webhook_id), now=timezone.now())
    except TradingError as error:
        messages.error(request, told(error.message))
    else:
        messages.success(request, _("A test is on its way. What came of it stands under Deliveries in a moment."))
    return redirect("webhook_list")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_delete(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Asks once, with the address; takes it away on POST."""
    webhook = _own(request, webhook_id)
    if request.method == "POST":
        services.delete_webhook(webhook)
        messages.success(request, _("The webhook is gone."))
        return redirect("webhook_list")
    return render(request, "trading/webhook_delete.html", {"webhook": webhook})


def _own(request: HttpRequest, webhook_id: UUID) -> Webhook:
    return get_object_or_404(Webhook.objects.for_trader(request.user), pk=webhook_id)


_BADGES = {"pending": "busy", "delivered": "healthy", "failed": "critical"}


def _line(row: Delivery, formats: Formats) -> dict[str, Any]:
    last: dict[str, Any] = row.attempts[-1] if row.attempts else {}
    outcome = told(last.get("error", ""))
    if last and not outcome:
        answered = {"status": last["status"], "number": last.get("duration_ms", 0)}
        outcome = _("answered %(status)s in %(number)s ms") % answered
    return {
        "at": formats.moment(row.created_at),
        "badge": _BADGES[row.state],
        "word": row.get_state_display(),
        "alert": alert_sentence(row.alert, formats) if row.alert else _("A test"),
        "address": row.webhook.url if row.webhook else "",
        "attempts": len(row.attempts),
        "outcome": outcome,
        "next": formats.moment(row.next_attempt_at) if row.state == "pending" and row.next_attempt_at else "",
    }
