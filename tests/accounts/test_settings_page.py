"""What a trader chooses, and what the pages make of it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Trader
from accounts.services.settings import change_settings

pytestmark = pytest.mark.django_db

CHOICES: dict[str, Any] = {
    "name": "Ann B.",
    "time_zone": "Asia/Tokyo",
    "display_currency": "jpy",
    "definition": "mt5",
    "theme": "dark",
    "palette": "blue-orange",
    "number_format": "de",
    "mails_criticals": True,
}


def test_keeps_every_choice(ann_client: Client, ann: Trader) -> None:
    response = ann_client.post(reverse("settings"), CHOICES)
    ann.refresh_from_db()
    assert response.status_code == 302
    assert {name: getattr(ann, name) for name in CHOICES} == {**CHOICES, "display_currency": "JPY"}


def test_a_box_that_is_not_ticked_switches_the_mails_of_its_level_off(ann_client: Client, ann: Trader) -> None:
    assert (ann.mails_warnings, ann.mails_criticals) == (True, True)
    ann_client.post(reverse("settings"), CHOICES)
    ann.refresh_from_db()
    assert (ann.mails_warnings, ann.mails_criticals) == (False, True)


def test_pages_follow_the_choices(ann_client: Client) -> None:
    ann_client.post(reverse("settings"), CHOICES)
    page = ann_client.get(reverse("account_list")).content.decode()
    assert 'data-bs-theme="dark" data-palette="blue-orange"' in page
    assert "Tokyo, UTC+9" in page


def test_says_at_the_field_what_is_wrong_and_changes_nothing(ann_client: Client, ann: Trader) -> None:
    response = ann_client.post(reverse("settings"), {**CHOICES, "time_zone": "Mars/Olympus"})
    ann.refresh_from_db()
    assert response.status_code == 422 and list(response.context["form"].errors) == ["time_zone"]
    assert (ann.name, ann.time_zone) == ("Ann", "UTC")


def test_nobody_becomes_staff_by_a_form(ann_client: Client, ann: Trader) -> None:
    ann_client.post(reverse("settings"), {**CHOICES, "is_staff": "on", "email": "else@example.com"})
    ann.refresh_from_db()
    assert (ann.is_staff, ann.email) == (False, "ann@example.com")
    with pytest.raises(TypeError):
        change_settings(ann, is_staff=True)
