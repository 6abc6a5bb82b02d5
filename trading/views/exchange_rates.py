"""Exchange rates: which count, and where they came from."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Trader
from trading.calc.exchange import MAX_AGE
from trading.context import Frame
from trading.errors import TradingError
from trading.formatting import Formats
from trading.models import ExchangeRate, RateUpload
from trading.queries.exchange_rates import everybodys_uploads, own_currencies, rate_table, rate_uploads
from trading.rate_forms import RateFileForm, RateForm
from trading.services import exchange_rates as services
from trading.views.guards import trader_of

_UPLOADS = 50


@login_required
@require_safe
def rate_list(request: HttpRequest) -> HttpResponse:
    return _page(request)


@login_required
@require_POST
def rate_enter(request: HttpRequest) -> HttpResponse:
    """Takes one rate, which counts at once."""
    form = RateForm(request.POST, today=_today(request, timezone.now()))
    if form.is_valid():
        try:
            made = services.enter_rate(trader_of(request), form.given, now=timezone.now())
        except TradingError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The rate of %(pair)s counts from now on.") % {"pair": made.name})
            return redirect("rate_list")
    return _page(request, rate_form=form)


@login_required
@require_POST
def rate_upload(request: HttpRequest) -> HttpResponse:
    """Takes a file and shows what it would bring."""
    form = RateFileForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            made = services.receive_rates(trader_of(request), file.name or "", file.read(), now=timezone.now())
        except TradingError as error:
            form.add_error("file", error.message)
        else:
            return redirect("rate_upload_detail", made.pk)
    return _page(request, file_form=form)


@login_required
@require_safe
def rate_upload_detail(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """A dry run, or what an upload brought."""
    upload, formats = _own(request, upload_id), Formats.of(trader_of(request))
    return render(request, "trading/rate_upload.html", {"upload": upload, "row": _rows([upload], formats)[0]})


@login_required
@require_POST
def rate_apply(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Lets the rates of a dry run count."""
    try:
        services.apply_rates(_own(request, upload_id), now=timezone.now())
    except TradingError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("These rates count from now on."))
    return redirect("rate_list")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rate_remove(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Asks once; takes the rates of an upload away on POST."""
    upload = _own(request, upload_id)
    if request.method == "POST":
        services.remove_rates(upload)
        messages.success(request, _("These rates are gone. What they had replaced counts again."))
        return redirect("rate_list")
    return render(request, "trading/rate_remove.html", {"row": _rows([upload], Formats.of(trader_of(request)))[0]})


def _own(request: HttpRequest, upload_id: UUID) -> RateUpload:
    return get_object_or_404(RateUpload.objects.for_trader(request.user), pk=upload_id)


def _today(request: HttpRequest, now: datetime) -> date:
    return now.astimezone(Formats.of(trader_of(request)).zone).date()


def _page(
    request: HttpRequest, *, rate_form: RateForm | None = None, file_form: RateFileForm | None = None
) -> HttpResponse:
    trader, formats, now = trader_of(request), Frame(request).formats, timezone.now()
    uploads = list(rate_uploads(trader)[: _UPLOADS + 1])
    context = {
        "rows": _rows(uploads[:_UPLOADS], formats),
        "more": len(uploads) > _UPLOADS,
        "counting": _counting(trader, formats, now),
        "everybodys": _rows(list(everybodys_uploads()[:1]), formats),
        "rate_form": rate_form or RateForm(today=_today(request, now)),
        "file_form": file_form or RateFileForm(),
        "max_age_days": MAX_AGE.days,
    }
    return render(request, "trading/rate_list.html", context, status=422 if rate_form or file_form else 200)


def _counting(trader: Trader, formats: Formats, now: datetime) -> list[dict[str, Any]]:
    """What each currency of the trader's accounts is worth in the display currency, as far as a rate says it."""
    target, on = trader.display_currency, now.astimezone(formats.zone).date()
    currencies = [code for code in own_currencies(trader) if code != target]
    rates = rate_table(trader, [target, *currencies], on)
    rows = []
    for code in currencies:
        found = rates.between(code, target, on)
        rows.append(
            {
                "base": code,
                "quote": target,
                "rate": formats.rate(found.rate) if found else "",
                "day": formats.day(found.day) if found else "",
            }
        )
    return rows


def _rows(uploads: Sequence[RateUpload], formats: Formats) -> list[dict[str, Any]]:
    """What is shown of each; of one entered by hand also its rate."""
    entered = [upload for upload in uploads if upload.source == RateUpload.Source.HAND]
    rates = dict(ExchangeRate.objects.filter(upload__in=entered).values_list("upload_id", "rate"))
    return [_row(upload, formats, rates) for upload in uploads]


def _row(upload: RateUpload, formats: Formats, rates: Mapping[UUID, Decimal]) -> dict[str, Any]:
    return {
        "upload": upload,
        "source": upload.get_source_display(),
        "count": formats.number(upload.count),
        "read": formats.number(upload.read_count),
        "first": formats.day(upload.first_on),
        "last": formats.day(upload.last_on),
        "uploaded": formats.moment(upload.uploaded_at, seconds=False),
        "unshown": max(0, upload.problem_count - len(upload.problems)),
        "rate": formats.rate(rates[upload.pk]) if upload.pk in rates else "",
    }
