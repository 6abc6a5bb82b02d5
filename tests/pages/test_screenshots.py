"""Pictures on the page of a trade: sent, shown, captioned, deleted and brought back, by their trader alone."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import Trader
from tests import make
from trading.models import Screenshot, Trade

pytestmark = pytest.mark.django_db


@pytest.fixture
def trade(ann: Trader) -> Trade:
    return make.trade(make.account(ann), symbol="GER40")


def url(name: str, trade: Trade, *shots: Screenshot) -> str:
    return reverse(name, args=[trade.pk, *(shot.pk for shot in shots)])


def files(*contents: bytes, name: str = "chart.png") -> dict[str, Any]:
    return {"files": [SimpleUploadedFile(name, content) for content in contents]}


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def page(client: Client, trade: Trade) -> str:
    return client.get(url("trade_detail", trade)).content.decode()


def test_an_empty_place_says_what_belongs_there(ann_client: Client, trade: Trade) -> None:
    shown = page(ann_client, trade)
    assert "The chart as you saw it" in shown
    assert 'enctype="multipart/form-data"' in shown


def test_several_pictures_at_once_are_kept_and_shown(ann_client: Client, trade: Trade) -> None:
    response = ann_client.post(url("screenshot_add", trade), files(make.picture(), make.picture()))
    assert response["Location"] == url("trade_detail", trade) + "#screenshots"
    assert said(response) == ["2 screenshots are kept."]
    shown = page(ann_client, trade)
    for shot in Screenshot.objects.of(trade):
        assert f'href="{url("screenshot_image", trade, shot)}"' in shown
        assert f'src="{url("screenshot_thumbnail", trade, shot)}"' in shown
    assert "Screenshot 2 of GER40" in shown
    assert "2 of at most 20" in shown


def test_the_filter_that_the_trade_was_opened_from_stays(ann_client: Client, trade: Trade) -> None:
    response = ann_client.post(url("screenshot_add", trade) + "?symbol=GER40", files(make.picture()))
    assert response["Location"].endswith("/?symbol=GER40#screenshots")


def test_each_refused_file_is_named_and_the_others_are_kept(
    ann_client: Client, trade: Trade, settings: Settings
) -> None:
    settings.SCREENSHOT_MAX_BYTES = 4096
    sent = {
        "files": [
            SimpleUploadedFile("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
            SimpleUploadedFile("large.png", b"x" * 5000),
            SimpleUploadedFile("really-a-picture.txt", make.picture(), "text/plain"),
            SimpleUploadedFile("no-picture.png", b"<script>alert(1)</script>", "image/png"),
        ]
    }
    response = ann_client.post(url("screenshot_add", trade), sent)
    assert said(response) == [
        "drawing.svg: This is not a picture that can be shown here. Use a PNG, JPEG, WebP or GIF.",
        "large.png: This picture is larger than 0 MiB. Make it smaller, or take a part of it.",
        "no-picture.png: This is not a picture that can be shown here. Use a PNG, JPEG, WebP or GIF.",
        "The screenshot is kept.",
    ]
    assert Screenshot.objects.count() == 1


def test_the_same_picture_twice_says_so(ann_client: Client, trade: Trade) -> None:
    content = make.picture()
    response = ann_client.post(url("screenshot_add", trade), files(content, content))
    assert said(response) == ["chart.png is already here.", "The screenshot is kept."]
    assert said(ann_client.post(url("screenshot_add", trade)))[-1] == "Choose at least one picture first."


@pytest.mark.parametrize("name", ["screenshot_image", "screenshot_thumbnail"])
def test_a_picture_is_served_as_what_we_made_it_and_nothing_else(ann_client: Client, trade: Trade, name: str) -> None:
    evil = b"<script>alert(1)</script>"
    ann_client.post(url("screenshot_add", trade), files(make.picture() + evil, name="evil.html"))
    (shot,) = Screenshot.objects.of(trade)
    response = ann_client.get(url(name, trade, shot))
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, max-age=86400, immutable"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.content[:4] == b"RIFF"
    assert evil not in response.content


def test_a_caption_is_text_and_can_be_changed(ann_client: Client, trade: Trade) -> None:
    shot = make.screenshot(trade)
    ann_client.post(url("screenshot_caption", trade, shot), {"caption": "<b>Entry</b> at the open"})
    shown = page(ann_client, trade)
    assert "&lt;b&gt;Entry&lt;/b&gt; at the open" in shown
    assert "<b>Entry</b>" not in shown
    response = ann_client.post(url("screenshot_caption", trade, shot), {"caption": "x" * 201})
    assert said(response)[-1] == "A caption has at most 200 characters."
    assert page(ann_client, trade).count("x" * 201) == 0


def test_a_deleted_picture_can_be_brought_back(ann_client: Client, trade: Trade) -> None:
    shot = make.screenshot(trade, caption="The exit")
    response = ann_client.post(url("screenshot_delete", trade, shot))
    assert "you can bring it back" in said(response)[-1]
    shown = page(ann_client, trade)
    assert "1 deleted screenshot can be brought back" in shown
    assert url("screenshot_image", trade, shot) + '"' not in shown
    ann_client.post(url("screenshot_restore", trade, shot))
    shown = page(ann_client, trade)
    assert "can be brought back" not in shown.replace("you can bring it back", "")
    assert f'href="{url("screenshot_image", trade, shot)}"' in shown


def test_bringing_one_back_where_there_is_no_room_says_why(
    ann_client: Client, trade: Trade, settings: Settings
) -> None:
    settings.SCREENSHOTS_PER_TRADE = 1
    shot = make.screenshot(trade)
    ann_client.post(url("screenshot_delete", trade, shot))
    make.screenshot(trade)
    response = ann_client.post(url("screenshot_restore", trade, shot))
    assert said(response)[-1] == "A trade has at most 1 screenshots. Delete one first."


ACTS = ("screenshot_caption", "screenshot_delete", "screenshot_restore")


def test_another_trader_finds_none_of_it(bo: Trader, bo_client: Client, trade: Trade) -> None:
    shot = make.screenshot(trade)
    his = make.trade(make.account(bo), ticket=trade.ticket)
    for of in (trade, his):  # neither by her trade nor by his own
        assert bo_client.get(url("screenshot_image", of, shot)).status_code == 404
        assert bo_client.get(url("screenshot_thumbnail", of, shot)).status_code == 404
        for name in ACTS:
            assert bo_client.post(url(name, of, shot), {"caption": "Mine"}).status_code == 404
    assert bo_client.post(url("screenshot_add", trade), files(make.picture())).status_code == 404
    shot.refresh_from_db()
    assert (shot.caption.startswith("Entry"), shot.removed_at) == (True, None)


def test_a_picture_is_not_found_under_another_trade_of_hers(ann_client: Client, trade: Trade) -> None:
    shot = make.screenshot(trade)
    other = make.trade(trade.account)
    assert ann_client.get(url("screenshot_image", other, shot)).status_code == 404
    assert ann_client.get(reverse("screenshot_image", args=[trade.pk, uuid4()])).status_code == 404


def test_a_stranger_is_sent_to_sign_in(stranger: Client, trade: Trade) -> None:
    shot = make.screenshot(trade)
    for answer in (
        stranger.get(url("screenshot_image", trade, shot)),
        stranger.get(url("screenshot_thumbnail", trade, shot)),
        stranger.post(url("screenshot_add", trade), files(make.picture())),
        *(stranger.post(url(name, trade, shot)) for name in ACTS),
    ):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/")
    assert Screenshot.objects.count() == 1


def test_acts_need_a_post(ann_client: Client, trade: Trade) -> None:
    shot = make.screenshot(trade)
    assert ann_client.get(url("screenshot_add", trade)).status_code == 405
    assert [ann_client.get(url(name, trade, shot)).status_code for name in ACTS] == [405] * 3


def test_twenty_more_pictures_ask_no_more_queries(ann_client: Client, trade: Trade) -> None:
    make.screenshot(trade)
    page(ann_client, trade)
    with CaptureQueriesContext(connection) as few:
        page(ann_client, trade)
    for _ in range(20):
        make.screenshot(trade)
    with CaptureQueriesContext(connection) as many:
        page(ann_client, trade)
    assert len(many) == len(few)


def test_the_file_of_trades_says_how_many_there_are(ann_client: Client, trade: Trade) -> None:
    make.screenshot(trade)
    make.screenshot(trade)
    make.screenshot(trade, removed_at=make.START)
    make.trade(trade.account, symbol="EURUSD")
    answer: Any = ann_client.get("/trades/export.json")
    rows = {row["symbol"]: row["screenshots"] for row in json.loads(b"".join(answer.streaming_content))}
    assert rows == {"GER40": 2, "EURUSD": 0}
