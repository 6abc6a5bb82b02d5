"""Exchange rates by the API."""

from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Trader
from tests import make
from tests.frame.test_dashboard import filled_account
from tests.sync.bridge import key_client, make_key
from trading.models import ExchangeRate, RateUpload

pytestmark = pytest.mark.django_db
RATES, UPLOADS, CONVERTED = reverse("api_rates"), reverse("api_rate_uploads"), reverse("api_converted")


def today() -> str:
    return timezone.now().date().isoformat()


def upload(client: APIClient, text: str) -> Any:
    file = SimpleUploadedFile("rates.csv", text.encode())
    return client.post(UPLOADS, {"file": file}, format="multipart")


def test_a_file_is_a_dry_run_until_it_is_applied_and_can_be_taken_away(ann_api: APIClient) -> None:
    made = upload(ann_api, f"day,base,quote,rate\n{today()},EUR,USD,1.0834\nyesterday,EUR,USD,1\n")
    assert made.status_code == 201
    shown = made.json()
    assert (shown["read_count"], shown["count"], shown["applied_at"]) == (1, 1, None)
    assert shown["problems"] == [{"line": 3, "reason": "Write a day as 2026-11-20.", "text": "yesterday,EUR,USD,1"}]
    assert ann_api.get(RATES).json() == {"results": []}
    own = reverse("api_rate_upload", args=[shown["id"]])
    assert made["Location"] == own
    assert ann_api.post(reverse("api_rate_apply", args=[shown["id"]])).status_code == 200
    assert ann_api.post(reverse("api_rate_apply", args=[shown["id"]])).status_code == 409
    expected = {"base": "EUR", "quote": "USD", "day": today(), "rate": "1.0834"}
    assert ann_api.get(RATES).json() == {"results": [expected]}
    assert ann_api.delete(own).status_code == 204
    assert ann_api.get(RATES).json() == {"results": []}


def test_one_rate_is_entered(ann_api: APIClient) -> None:
    given = {"base": "EUR", "quote": "USD", "day": today(), "rate": "1.1"}
    assert ann_api.post(RATES, given, format="json").status_code == 201
    assert ann_api.get(RATES).json()["results"] == [given]
    for change in ({"rate": "0"}, {"quote": "EUR"}, {"day": "2999-01-01"}, {"base": "e"}):
        answer = ann_api.post(RATES, given | change, format="json")
        assert answer.status_code == 400 and set(answer.json()["error"]["fields"]) == set(change)
    assert ExchangeRate.objects.count() == 1


def test_a_file_without_rates_is_refused(ann_api: APIClient) -> None:
    answer = upload(ann_api, "hello")
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "rates_refused"


def test_converted_says_amounts_total_and_rates_and_304_until_one_changes(ann_api: APIClient, ann: Trader) -> None:
    filled_account(ann, trades=0)
    filled_account(ann, trades=0, currency="EUR")
    before = ann_api.get(CONVERTED)
    assert before.json()["balance"] == {
        "amounts": {"USD": "10000.00", "EUR": "10000.00"},
        "converted": None,
        "rates": [],
        "missing": ["EUR"],
    }
    assert ann_api.get(CONVERTED, headers={"If-None-Match": before["ETag"]}).status_code == 304
    make.rate(ann)
    after = ann_api.get(CONVERTED, headers={"If-None-Match": before["ETag"]})
    found = after.json()
    assert after.status_code == 200 and found["currency"] == "USD"
    assert Decimal(found["equity"]["converted"]) == Decimal("20834.00")
    assert found["equity"]["rates"] == [{"base": "EUR", "quote": "USD", "day": today(), "rate": "1.0834"}]
    in_euro = ann_api.get(CONVERTED, {"currency": "EUR"}).json()
    assert in_euro["currency"] == "EUR" and Decimal(in_euro["balance"]["converted"]) > 19_000
    assert ann_api.get(CONVERTED, {"currency": "€"}).status_code == 400


def test_another_traders_rates_are_neither_used_nor_seen(ann: Trader, bo: Trader, bo_api: APIClient) -> None:
    filled_account(bo, trades=0, currency="EUR")
    made = make.rate(ann)
    assert bo_api.get(RATES).json() == bo_api.get(UPLOADS).json() == {"results": []}
    assert bo_api.get(CONVERTED).json()["balance"]["missing"] == ["EUR"]
    for name in ("api_rate_upload", "api_rate_apply"):
        address = reverse(name, args=[made.pk])
        assert {bo_api.post(address).status_code, bo_api.delete(address).status_code} <= {404, 405}
    assert RateUpload.objects.filter(pk=made.pk).exists()


def test_a_key_uses_what_everybody_has_and_enters_nothing(ann: Trader) -> None:
    account = filled_account(ann, trades=0, currency="EUR")
    filled_account(ann, trades=0)
    make.rate(ann)
    client = key_client(make_key(account, scopes=("read",)))
    assert client.get(RATES).json() == {"results": []}
    assert client.get(CONVERTED).json()["balance"]["amounts"] == {"EUR": "10000.00"}
    assert client.post(RATES, {}, format="json").status_code == 403
    make.rate(None, value="1.2")
    assert Decimal(client.get(CONVERTED).json()["balance"]["converted"]) == Decimal("12000.00")


def test_rates_of_a_day_that_makes_no_sense_are_refused(ann_api: APIClient) -> None:
    assert ann_api.get(RATES, {"on": "soon"}).status_code == 400


def test_twenty_more_rates_cost_no_more_queries(ann: Trader, ann_api: APIClient) -> None:
    filled_account(ann, trades=0, currency="EUR")

    def queries() -> list[int]:
        counts = []
        for address in (RATES, UPLOADS, CONVERTED):
            with CaptureQueriesContext(connection) as caught:
                assert ann_api.get(address).status_code == 200
            counts.append(len(caught))
        return counts

    make.rate(ann)
    queries()
    before = queries()
    for number in range(20):
        make.rate(ann, quote=f"U{number:02}")
    assert queries() == before


def test_the_command_brings_rates_for_everybody(bo_api: APIClient, tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text(f"day,base,quote,rate\n{today()},EUR,USD,1.0834\n")
    out = StringIO()
    call_command("load_rates", str(path), "--dry-run", stdout=out)
    assert "1 rates from" in out.getvalue() and not RateUpload.objects.exists()
    call_command("load_rates", str(path), stdout=out)
    assert len(bo_api.get(RATES).json()["results"]) == 1
    call_command("load_rates", str(path), stdout=out)
    assert RateUpload.objects.count() == 1, "the same file twice brings nothing"
    with pytest.raises(CommandError, match="no trader"):
        call_command("load_rates", str(path), "--trader", "nobody@example.com")
