"""Pictures beside a trade: they are sent, served, captioned, deleted and brought back here."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from trading.downloads import picture
from trading.errors import PictureRefused
from trading.formatting import Formats
from trading.forms import CaptionForm
from trading.models import Screenshot, ScreenshotKind, Trade
from trading.models.screenshot import UNDO_PERIOD
from trading.queries.trade_detail import TradeStory
from trading.queries.trades import all_trades
from trading.services import screenshots as services

_ANCHOR = "#screenshots"
_MIB = 1_048_576


@dataclass(frozen=True, slots=True)
class ShotLine:
    """One picture as texts. `thumbnail_width` and `_height` reserve its place while it loads."""

    pk: UUID
    image_url: str
    thumbnail_url: str
    caption: str
    words: str
    thumbnail_width: int
    thumbnail_height: int
    added: SafeString
    form: CaptionForm


def shots_context(story: TradeStory, formats: Formats) -> dict[str, Any]:
    """What the part of the page about pictures shows."""
    lines = [(shot, _line(shot, story.trade, number, formats)) for number, shot in enumerate(story.screenshots, 1)]
    return {
        "shots": [line for shot, line in lines if shot.removed_at is None],
        "removed_shots": [line for shot, line in lines if shot.removed_at is not None],
        "most_shots": settings.SCREENSHOTS_PER_TRADE,
        "shot_limit_bytes": settings.SCREENSHOT_MAX_BYTES,
        "shot_limit_mib": settings.SCREENSHOT_MAX_BYTES // _MIB,
        "undo_days": UNDO_PERIOD.days,
    }


def _line(shot: Screenshot, trade: Trade, number: int, formats: Formats) -> ShotLine:
    width, height = _thumbnail_size(shot.width, shot.height)
    keys = [trade.pk, shot.pk]
    return ShotLine(
        pk=shot.pk,
        image_url=reverse("screenshot_image", args=keys),
        thumbnail_url=reverse("screenshot_thumbnail", args=keys),
        caption=shot.caption,
        words=shot.caption or _("Screenshot %(number)s of %(symbol)s") % {"number": number, "symbol": trade.symbol},
        thumbnail_width=width,
        thumbnail_height=height,
        added=formats.moment(shot.added_at, seconds=False),
        form=CaptionForm(initial={"caption": shot.caption}, auto_id=f"%s-{shot.pk}"),
    )


def _thumbnail_size(width: int, height: int) -> tuple[int, int]:
    share = min(1.0, 480 / max(width, height))
    return max(1, round(width * share)), max(1, round(height * share))


@login_required
@require_POST
def screenshot_add(request: HttpRequest, trade_id: UUID) -> HttpResponse:
    """Takes one picture or several; each that is refused is named with the reason."""
    trade = _trade(request, trade_id)
    files = request.FILES.getlist("files")
    added = sum(_add(request, trade, file) for file in files)
    if added:
        words = ngettext("The screenshot is kept.", "%(count)s screenshots are kept.", added)
        messages.success(request, words % {"count": added})
    if not files:
        messages.error(request, _("Choose at least one picture first."))
    return _back(request, trade)


def _add(request: HttpRequest, trade: Trade, file: Any) -> bool:
    name = file.name or _("Picture")
    try:
        _kept, is_new = services.add_screenshot(trade, file.chunks(), now=timezone.now())
    except PictureRefused as error:
        messages.error(request, f"{name}: {error.message}")
        return False
    if not is_new:
        messages.info(request, _("%(name)s is already here.") % {"name": name})
    return is_new


@login_required
@require_safe
def screenshot_image(
    request: HttpRequest, trade_id: UUID, screenshot_id: UUID, kind: str = ScreenshotKind.IMAGE
) -> HttpResponse:
    """The bytes of a picture of our own making, or of its thumbnail."""
    shot = _shot(_trade(request, trade_id), screenshot_id)
    return picture(shot, kind)


@login_required
@require_POST
def screenshot_caption(request: HttpRequest, trade_id: UUID, screenshot_id: UUID) -> HttpResponse:
    trade = _trade(request, trade_id)
    shot = _shot(trade, screenshot_id)
    form = CaptionForm(request.POST)
    if form.is_valid():
        services.change_caption(shot, form.cleaned_data["caption"])
        messages.success(request, _("The caption is saved."))
    else:
        messages.error(request, _("A caption has at most 200 characters."))
    return _back(request, trade)


@login_required
@require_POST
def screenshot_delete(request: HttpRequest, trade_id: UUID, screenshot_id: UUID) -> HttpResponse:
    trade = _trade(request, trade_id)
    services.remove_screenshot(_shot(trade, screenshot_id), timezone.now())
    days = UNDO_PERIOD.days
    messages.success(request, _("The screenshot is deleted. For %(days)s days you can bring it back.") % {"days": days})
    return _back(request, trade)


@login_required
@require_POST
def screenshot_restore(request: HttpRequest, trade_id: UUID, screenshot_id: UUID) -> HttpResponse:
    trade = _trade(request, trade_id)
    try:
        services.restore_screenshot(_shot(trade, screenshot_id))
    except PictureRefused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The screenshot is back."))
    return _back(request, trade)


def _trade(request: HttpRequest, trade_id: UUID) -> Trade:
    return get_object_or_404(all_trades(request.user), pk=trade_id)


def _shot(trade: Trade, screenshot_id: UUID) -> Screenshot:
    """A picture of this trade, which is the trader's own. Errors: Http404, also for one of another trade."""
    return get_object_or_404(Screenshot.objects.of(trade), pk=screenshot_id)


def _back(request: HttpRequest, trade: Trade) -> HttpResponse:
    """To the trade, in the filter that it was opened from."""
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return redirect(reverse("trade_detail", args=[trade.pk]) + query + _ANCHOR)
