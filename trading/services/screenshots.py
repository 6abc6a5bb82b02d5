"""Pictures beside trades: keep, caption, delete, bring back. None of it touches money."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import BrokerAccount, Trader
from accounts.revisions import raise_revision
from trading.errors import PictureRefused
from trading.models import Screenshot, ScreenshotData, ScreenshotKind, Trade
from trading.models.screenshot import UNDO_PERIOD
from trading.pictures import Picture, remake

_MIB = 1_048_576


def add_screenshot(
    trade: Trade, chunks: Iterable[bytes], *, now: datetime, caption: str = ""
) -> tuple[Screenshot, bool]:
    """The kept picture, and whether it was not there before: the same file twice is one picture.

    Errors: PictureRefused, before anything is written.
    """
    content = _read(chunks)
    sha256 = hashlib.sha256(content).hexdigest()
    known = Screenshot.objects.of(trade).filter(sha256=sha256).first()
    if known:
        return (restore_screenshot(known), True) if known.removed_at else (known, False)
    # Before the transaction: a second of arithmetic is no reason to hold a lock.
    return _keep(trade, remake(content), sha256, caption.strip(), now)


@transaction.atomic
def _keep(trade: Trade, picture: Picture, sha256: str, caption: str, now: datetime) -> tuple[Screenshot, bool]:
    trader_id = _lock(trade.account_id)
    known = Screenshot.objects.of(trade).filter(sha256=sha256).first()
    if known:  # Somebody was quicker: a second click.
        return known, False
    size = len(picture.image) + len(picture.thumbnail)
    _refuse_too_many(trade.account_id, trade.ticket)
    _refuse_too_much(trader_id, size)
    kept = Screenshot.objects.create(
        account_id=trade.account_id,
        ticket=trade.ticket,
        sha256=sha256,
        caption=caption,
        width=picture.width,
        height=picture.height,
        size=size,
        added_at=now,
    )
    for kind, content in ((ScreenshotKind.IMAGE, picture.image), (ScreenshotKind.THUMBNAIL, picture.thumbnail)):
        ScreenshotData.objects.create(screenshot=kept, kind=kind, content=content)
    _raise_revision(kept)
    return kept, True


@transaction.atomic
def change_caption(screenshot: Screenshot, caption: str) -> None:
    """Says something else below the picture."""
    Screenshot.objects.filter(pk=screenshot.pk).update(caption=caption.strip())
    _raise_revision(screenshot)


@transaction.atomic
def remove_screenshot(screenshot: Screenshot, now: datetime) -> None:
    """Takes the picture off the trade. It can be brought back for UNDO_PERIOD, while there is room for it."""
    if Screenshot.objects.shown().filter(pk=screenshot.pk).update(removed_at=now):
        _raise_revision(screenshot)


@transaction.atomic
def restore_screenshot(screenshot: Screenshot) -> Screenshot:
    """Brings a deleted picture back. Errors: PictureRefused where the trade has as many as it may have."""
    _lock(screenshot.account_id)
    _refuse_too_many(screenshot.account_id, screenshot.ticket)
    Screenshot.objects.filter(pk=screenshot.pk).update(removed_at=None)
    _raise_revision(screenshot)
    return Screenshot.objects.get(pk=screenshot.pk)


def purge_removed(now: datetime) -> int:
    """Forgets what was deleted long enough ago. Returns how many pictures."""
    return _forget(removed_at__lte=now - UNDO_PERIOD)


@transaction.atomic
def _forget(**which: Any) -> int:
    gone = list(Screenshot.objects.filter(removed_at__isnull=False, **which).select_for_update())
    Screenshot.objects.filter(pk__in=[screenshot.pk for screenshot in gone]).delete()
    return len(gone)


def _read(chunks: Iterable[bytes]) -> bytes:
    """The whole file, which is small by the limit that is checked on the way."""
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > settings.SCREENSHOT_MAX_BYTES:
            raise PictureRefused(
                _("This picture is larger than %(size).0f MiB. Make it smaller, or take a part of it.")
                % {"size": settings.SCREENSHOT_MAX_BYTES / _MIB},
                code="file_too_large",
            )
    return bytes(content)


def _lock(account_id: UUID) -> UUID:
    """Makes all changes to one trader's pictures follow each other, so that limits hold. Returns the trader's id."""
    trader_id: UUID = BrokerAccount.objects.values_list("trader_id", flat=True).get(pk=account_id)
    Trader.objects.select_for_update(no_key=True).only("pk").get(pk=trader_id)
    return trader_id


def _refuse_too_many(account_id: UUID, ticket: str) -> None:
    if Screenshot.objects.shown().filter(account=account_id, ticket=ticket).count() >= settings.SCREENSHOTS_PER_TRADE:
        raise PictureRefused(
            _("A trade has at most %(count)s screenshots. Delete one first.")
            % {"count": settings.SCREENSHOTS_PER_TRADE},
            code="too_many_pictures",
        )


def _refuse_too_much(trader_id: UUID, size: int) -> None:
    """Deleted pictures make room before anything is refused."""
    if _taken(trader_id) + size <= settings.SCREENSHOTS_MAX_TOTAL_BYTES:
        return
    _forget(account__trader=trader_id)
    if _taken(trader_id) + size > settings.SCREENSHOTS_MAX_TOTAL_BYTES:
        raise PictureRefused(
            _("Your screenshots have reached their limit of %(size).0f MiB. Delete some that you no longer need.")
            % {"size": settings.SCREENSHOTS_MAX_TOTAL_BYTES / _MIB},
            code="no_room_for_pictures",
        )


def _taken(trader_id: UUID) -> int:
    kept = Screenshot.objects.filter(account__trader=trader_id)
    total: int = kept.aggregate(total=Sum("size", default=0))["total"]
    return total


def _raise_revision(screenshot: Screenshot) -> None:
    """Makes kept answers and pages forget what they showed."""
    raise_revision([screenshot.account_id])
