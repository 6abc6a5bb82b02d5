"""Screenshots by the API."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import Trader
from accounts.services.api_keys import create_api_key
from tests import make
from trading.models import Screenshot, Trade

pytestmark = pytest.mark.django_db


@pytest.fixture
def trade(ann: Trader) -> Trade:
    return make.trade(make.account(ann))


def base(trade: Trade) -> str:
    return f"/api/v1/trades/{trade.pk}/screenshots/"


def send(api: APIClient, trade: Trade, content: bytes, **fields: Any) -> Any:
    return api.post(base(trade), {"file": SimpleUploadedFile("chart.png", content), **fields}, format="multipart")


def test_a_picture_is_sent_listed_fetched_captioned_and_deleted(ann_api: APIClient, trade: Trade) -> None:
    made = send(ann_api, trade, make.picture(600, 400), caption="Entry")
    assert made.status_code == 201
    row = made.json()
    assert (row["caption"], row["width"], row["height"]) == ("Entry", 600, 400)
    assert made["Location"] == f"{base(trade)}{row['id']}/"
    assert ann_api.get(made["Location"]).json() == row
    listed = ann_api.get(base(trade))
    assert listed.json() == {"results": [row]}
    assert ann_api.get(base(trade), headers={"If-None-Match": listed["ETag"]}).status_code == 304
    for address in (row["image"], row["thumbnail"]):
        picture = ann_api.get(address)
        assert (picture.status_code, picture["Content-Type"]) == (200, "image/webp")
        assert picture["X-Content-Type-Options"] == "nosniff"
        assert picture["Cache-Control"].startswith("private")
    assert ann_api.patch(made["Location"], {"caption": "Exit"}, format="json").json()["caption"] == "Exit"
    assert ann_api.delete(made["Location"]).status_code == 204
    assert ann_api.get(base(trade)).json() == {"results": []}
    assert ann_api.get(made["Location"]).status_code == 404
    assert ann_api.get(row["image"]).status_code == 404
    assert ann_api.delete(made["Location"]).status_code == 404


def test_the_same_file_again_is_the_one_that_is_there(ann_api: APIClient, trade: Trade) -> None:
    content = make.picture()
    first, second = send(ann_api, trade, content), send(ann_api, trade, content)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


def test_what_is_refused_says_why(ann_api: APIClient, trade: Trade, settings: Settings) -> None:
    def refused(content: bytes) -> tuple[int, str]:
        answer = send(ann_api, trade, content)
        return answer.status_code, answer.json()["error"]["code"]

    assert refused(b"<svg xmlns='http://www.w3.org/2000/svg'/>") == (400, "picture_unreadable")
    assert refused(b"") == (400, "picture_unreadable")
    settings.SCREENSHOT_MAX_BYTES = 2048
    assert refused(b"x" * 3000) == (413, "file_too_large")
    assert refused(b"x" * 80_000) == (413, "too_large")
    settings.SCREENSHOTS_PER_TRADE = 1
    send(ann_api, trade, make.picture())
    assert refused(make.picture()) == (400, "too_many_pictures")
    assert ann_api.post(base(trade), {}, format="multipart").json()["error"]["fields"].keys() == {"file"}
    assert ann_api.post(base(trade), {"file": "x"}, format="json").status_code == 415


def test_another_trader_finds_none_of_it(bo_api: APIClient, bo: Trader, trade: Trade) -> None:
    shot = make.screenshot(trade)
    his = make.trade(make.account(bo), ticket=trade.ticket)
    for of in (trade, his):
        one = f"{base(of)}{shot.pk}/"
        answers = [bo_api.get(f"{one}{end}") for end in ("", "image/", "thumbnail/")]
        answers += [bo_api.patch(one, {"caption": "Mine"}, format="json"), bo_api.delete(one)]
        assert [answer.status_code for answer in answers] == [404] * 5
    assert send(bo_api, trade, make.picture()).status_code == 404
    assert bo_api.get(base(trade)).status_code == 404
    assert bo_api.get(base(his)).json() == {"results": []}
    assert Screenshot.objects.shown().count() == 1


def test_a_key_sees_the_pictures_of_its_accounts_and_changes_none(ann: Trader, trade: Trade) -> None:
    elsewhere = make.trade(make.account(ann))
    shot, other = make.screenshot(trade), make.screenshot(elsewhere)
    made = create_api_key(ann, "Reader", ["read"], [trade.account], now=timezone.now())
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Api-Key {made.text}")
    assert api.get(f"{base(trade)}{shot.pk}/image/").status_code == 200
    assert api.get(f"{base(elsewhere)}{other.pk}/image/").status_code == 404
    assert send(api, trade, make.picture()).status_code == 403
    assert api.delete(f"{base(trade)}{shot.pk}/").status_code == 403
