"""Keeping pictures beside trades: once, within limits, whole or not at all, and longer than the trade's row."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import BrokerAccount, Trader
from tests import make
from trading.errors import PictureRefused
from trading.models import Screenshot, ScreenshotData, Trade
from trading.services import screenshots as services

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def add(trade: Trade, content: bytes | None = None, **fields: Any) -> tuple[Screenshot, bool]:
    return services.add_screenshot(trade, [content or make.picture()], now=NOW, **fields)


@pytest.fixture
def trade(ann: Trader) -> Trade:
    return make.trade(make.account(ann))


def test_a_picture_is_kept_with_its_thumbnail_and_its_size(trade: Trade) -> None:
    content = make.picture(600, 400)
    kept, is_new = add(trade, content, caption="  The entry  ")
    assert is_new
    assert (kept.caption, kept.width, kept.height) == ("The entry", 600, 400)
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    data = {row.kind: bytes(row.content) for row in kept.data.all()}
    assert set(data) == {"image", "thumbnail"}
    assert kept.size == sum(map(len, data.values()))


def test_the_same_file_twice_is_one_picture(trade: Trade) -> None:
    content = make.picture()
    first, _ = add(trade, content)
    second, is_new = add(trade, content)
    assert (second.pk, is_new) == (first.pk, False)
    assert Screenshot.objects.count() == 1
    other, is_new = add(make.trade(trade.account), content)  # beside another trade it is another one
    assert is_new
    assert other.pk != first.pk


def test_a_deleted_picture_that_comes_again_is_back(trade: Trade) -> None:
    content = make.picture()
    first, _ = add(trade, content)
    services.remove_screenshot(first, NOW)
    again, is_new = add(trade, content)
    assert (again.pk, again.removed_at, is_new) == (first.pk, None, True)


def test_it_outlives_the_row_of_its_trade(trade: Trade) -> None:
    kept, _ = add(trade)
    account, ticket = trade.account, trade.ticket
    Trade.objects.filter(pk=trade.pk).delete()
    again = make.trade(account, ticket=ticket)
    assert list(Screenshot.objects.of(again)) == [kept]


def test_every_change_raises_the_revision(trade: Trade) -> None:
    def revision() -> int:
        return BrokerAccount.objects.get(pk=trade.account_id).revision

    seen = [revision()]
    kept, _ = add(trade)
    seen.append(revision())
    services.change_caption(kept, "Better said")
    seen.append(revision())
    services.remove_screenshot(kept, NOW)
    seen.append(revision())
    services.restore_screenshot(kept)
    seen.append(revision())
    assert seen == sorted(set(seen))


def test_a_file_that_is_too_large_is_not_even_read_to_its_end(trade: Trade, settings: Settings) -> None:
    settings.SCREENSHOT_MAX_BYTES = 2048
    read: list[int] = []

    def chunks() -> Iterator[bytes]:
        for number in range(100):
            read.append(number)
            yield b"x" * 1024

    with pytest.raises(PictureRefused) as refused:
        services.add_screenshot(trade, chunks(), now=NOW)
    assert refused.value.code == "file_too_large"
    assert read == [0, 1, 2]


def test_a_trade_has_so_many_and_no_more(trade: Trade, settings: Settings) -> None:
    settings.SCREENSHOTS_PER_TRADE = 2
    first, _ = add(trade)
    add(trade)
    with pytest.raises(PictureRefused, match="at most 2 screenshots"):
        add(trade)
    services.remove_screenshot(first, NOW)
    add(trade)
    with pytest.raises(PictureRefused, match="at most 2 screenshots"):
        services.restore_screenshot(first)
    assert Screenshot.objects.shown().count() == 2


def test_deleted_pictures_make_room_before_a_new_one_is_refused(trade: Trade, settings: Settings) -> None:
    first, _ = add(trade)
    settings.SCREENSHOTS_MAX_TOTAL_BYTES = first.size + first.size // 2
    with pytest.raises(PictureRefused, match="have reached their limit"):
        add(make.trade(make.account(trade.account.trader)))  # all accounts of the trader count together
    services.remove_screenshot(first, NOW)
    second, _ = add(trade)
    assert list(Screenshot.objects.all()) == [second]


def test_another_traders_pictures_take_nothing_of_hers(trade: Trade, bo: Trader, settings: Settings) -> None:
    his, _ = add(make.trade(make.account(bo)))
    settings.SCREENSHOTS_MAX_TOTAL_BYTES = his.size + 1
    assert add(trade)[1]


def test_what_was_deleted_is_forgotten_after_a_week_and_not_before(trade: Trade) -> None:
    kept, _ = add(trade)
    shown, _ = add(trade)
    services.remove_screenshot(kept, NOW)
    assert services.purge_removed(NOW + timedelta(days=6, hours=23)) == 0
    assert services.purge_removed(NOW + timedelta(days=7)) == 1
    assert list(Screenshot.objects.all()) == [shown]
    assert ScreenshotData.objects.count() == 2


def test_killed_half_way_leaves_nothing(trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends after the first of the two files was written."""
    create: Callable[..., ScreenshotData] = ScreenshotData.objects.create

    def die_at_the_second(**fields: Any) -> ScreenshotData:
        if fields["kind"] == "thumbnail":
            raise KeyboardInterrupt
        return create(**fields)

    monkeypatch.setattr(ScreenshotData.objects, "create", die_at_the_second)
    before = BrokerAccount.objects.get(pk=trade.account_id).revision
    content = make.picture()
    with pytest.raises(KeyboardInterrupt):
        add(trade, content)
    assert (Screenshot.objects.count(), ScreenshotData.objects.count()) == (0, 0)
    assert BrokerAccount.objects.get(pk=trade.account_id).revision == before
    monkeypatch.undo()
    assert add(trade, content)[1]


@pytest.mark.django_db(transaction=True)
def test_twice_at_once_is_one_picture_and_the_limit_holds(trade: Trade, settings: Settings) -> None:
    settings.SCREENSHOTS_PER_TRADE = 3
    same = make.picture()
    contents = [same, same, *(make.picture() for _ in range(4))]
    refused: list[str] = []

    def send(content: bytes) -> None:
        try:
            add(trade, content)
        except PictureRefused as error:
            refused.append(error.code)
        finally:
            connections.close_all()

    threads = [Thread(target=send, args=[content]) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Screenshot.objects.count() == 3
    assert set(refused) == {"too_many_pictures"}
    assert ScreenshotData.objects.count() == 6
