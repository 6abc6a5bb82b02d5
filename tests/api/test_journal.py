"""Notes on days by the API."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Trader
from accounts.services.api_keys import create_api_key
from tests import make
from trading.models import DayNote

pytestmark = pytest.mark.django_db

LIST = "/api/v1/journal/"
DAY = f"{LIST}2026-03-10/"


def days(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["day"] for row in answer.json()["results"]]


def test_a_note_is_written_read_changed_and_taken_away(ann_api: APIClient, ann: Trader) -> None:
    made = ann_api.put(DAY, {"text": "  Waited for the *close*.  "}, format="json")
    assert made.status_code == 201
    assert made.json() | {"changed_at": ""} == {
        "day": "2026-03-10",
        "text": "Waited for the *close*.",
        "changed_at": "",
    }
    changed = ann_api.put(DAY, {"text": "Better said."}, format="json")
    assert (changed.status_code, changed.json()["text"]) == (200, "Better said.")
    read = ann_api.get(DAY)
    assert read.json() == changed.json()
    assert ann_api.get(DAY, headers={"If-None-Match": read["ETag"]}).status_code == 304
    assert DayNote.objects.for_trader(ann).count() == 1
    assert ann_api.delete(DAY).status_code == 204
    assert [ann_api.get(DAY).status_code, ann_api.delete(DAY).status_code] == [404, 404]


def test_what_the_page_wrote_the_api_reads(ann_api: APIClient, ann_client: Any) -> None:
    ann_client.post("/journal/day/?day=2026-03-10", {"text": "By hand."})
    assert ann_api.get(DAY).json()["text"] == "By hand."


def test_the_list_is_narrowed_by_days_and_words_and_pages_to_its_end(ann_api: APIClient, ann: Trader) -> None:
    first = date(2026, 3, 1)
    for number in range(7):
        make.day_note(
            ann, day=first + timedelta(days=number), text=f"Note {number}, {'news' if number % 2 else 'calm'}"
        )
    assert days(ann_api.get(LIST))[:2] == ["2026-03-07", "2026-03-06"]
    assert days(ann_api.get(LIST, {"from": "2026-03-02", "to": "2026-03-03"})) == ["2026-03-03", "2026-03-02"]
    assert days(ann_api.get(LIST, {"q": "NEWS", "ordering": "day"})) == ["2026-03-02", "2026-03-04", "2026-03-06"]
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = ann_api.get(LIST, {"limit": "3", **cursor})
        found += days(answer)
        if answer.json()["next_cursor"] is None:
            break
        cursor = {"cursor": answer.json()["next_cursor"]}
    assert found == [str(first + timedelta(days=number)) for number in reversed(range(7))]


@pytest.mark.parametrize(
    "parameters", [{"from": "yesterday"}, {"to": "2026-13-01"}, {"cursor": "x"}, {"ordering": "text"}, {"account": "x"}]
)
def test_what_makes_no_sense_is_named(ann_api: APIClient, parameters: dict[str, str]) -> None:
    answer = ann_api.get(LIST, parameters)
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"].keys() == parameters.keys()


@pytest.mark.parametrize("text", ["", "   ", "x" * 20_001, "a\0b", None])
def test_a_text_that_says_nothing_or_too_much_is_refused(ann_api: APIClient, text: str | None) -> None:
    answer = ann_api.put(DAY, {"text": text}, format="json")
    assert (answer.status_code, answer.json()["error"]["fields"].keys()) == (400, {"text"})
    assert not DayNote.objects.exists()


@pytest.mark.parametrize("day", ["2026-02-30", "20260310", "1500-01-01", "today", "2026-W10-2"])
def test_what_is_no_day_is_not_there(ann_api: APIClient, day: str) -> None:
    assert ann_api.get(f"{LIST}{day}/").status_code == 404
    assert ann_api.put(f"{LIST}{day}/", {"text": "x"}, format="json").status_code == 404


def test_each_trader_has_notes_of_their_own(ann_api: APIClient, bo_api: APIClient) -> None:
    ann_api.put(DAY, {"text": "Hers."}, format="json")
    assert bo_api.get(DAY).status_code == 404
    assert bo_api.delete(DAY).status_code == 404
    assert days(bo_api.get(LIST)) == []
    assert bo_api.put(DAY, {"text": "His."}, format="json").status_code == 201
    assert ann_api.get(DAY).json()["text"] == "Hers."


def test_a_stranger_and_a_key_are_turned_away(stranger_api: APIClient, ann: Trader) -> None:
    assert stranger_api.get(LIST).status_code == 401
    key = create_api_key(ann, "Reader", ["read"], [make.account(ann)], now=timezone.now())
    stranger_api.credentials(HTTP_AUTHORIZATION=f"Api-Key {key.text}")
    for answer in (stranger_api.get(LIST), stranger_api.get(DAY), stranger_api.delete(DAY)):
        assert answer.status_code == 403
    assert "Sign in as a person" in stranger_api.get(LIST).json()["error"]["message"]


def test_twenty_more_notes_ask_no_more_queries(ann_api: APIClient, ann: Trader) -> None:
    make.day_note(ann)
    ann_api.get(LIST)
    with CaptureQueriesContext(connection) as few:
        ann_api.get(LIST)
    for number in range(20):
        make.day_note(ann, day=date(2026, 1, 1) + timedelta(days=number))
    with CaptureQueriesContext(connection) as many:
        ann_api.get(LIST)
    assert len(many) == len(few)
