"""Exchange rates by page: brought, looked at, applied, replaced, taken away; and the totals that they make."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Trader
from tests import make
from tests.frame.test_dashboard import filled_account
from tests.rates.files import HISTORY_CSV, OWN_CSV
from trading.models import ExchangeRate, RateUpload
from trading.queries.exchange_rates import rate_table
from trading.services import exchange_rates as services

pytestmark = pytest.mark.django_db
LIST = reverse("rate_list")


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def upload(client: Client, text: str, name: str = "eurofxref-hist.csv") -> Any:
    return client.post(reverse("rate_upload"), {"file": SimpleUploadedFile(name, text.encode())}, follow=True)


def today_csv(rate: str = "1.0834") -> str:
    return f"Date,USD,JPY,\n{timezone.now():%Y-%m-%d},{rate},167.25,\n"


def rate_now(trader: Trader, source: str = "EUR", target: str = "USD") -> Decimal | None:
    found = rate_table(trader, [source, target], timezone.now().date()).between(source, target, timezone.now().date())
    return found.rate if found else None


def test_an_upload_shows_what_is_in_it_and_counts_only_when_applied(ann_client: Client, ann: Trader) -> None:
    page = upload(ann_client, today_csv() + "2026-13-01,1,1,\n")
    assert "2 rates from" in text_of(page) and "Not understood" in text_of(page)
    assert rate_now(ann) is None
    made = RateUpload.objects.get()
    answer = ann_client.post(reverse("rate_apply", args=[made.pk]), follow=True)
    assert "count from now on" in text_of(answer)
    assert rate_now(ann) == Decimal("1.0834")


def test_applying_twice_is_refused(ann_client: Client) -> None:
    upload(ann_client, today_csv())
    address = reverse("rate_apply", args=[RateUpload.objects.get().pk])
    ann_client.post(address)
    assert "changed in the meantime" in text_of(ann_client.post(address, follow=True))


def test_the_same_file_twice_brings_nothing(ann: Trader) -> None:
    now = timezone.now()
    services.apply_rates(services.receive_rates(ann, "a.csv", HISTORY_CSV.encode(), now=now), now=now)
    again = services.receive_rates(ann, "a.csv", HISTORY_CSV.encode(), now=now)
    assert (again.read_count, again.count) == (6, 0)
    changed = services.receive_rates(ann, "a.csv", HISTORY_CSV.replace("167.25", "167.5").encode(), now=now)
    assert changed.count == 1


def test_what_is_taken_away_gives_back_what_it_had_replaced(ann_client: Client, ann: Trader) -> None:
    for rate in ("1.0834", "1.2"):
        upload(ann_client, today_csv(rate))
        ann_client.post(reverse("rate_apply", args=[RateUpload.objects.get(applied_at=None).pk]))
    assert rate_now(ann) == Decimal("1.2")
    newest = RateUpload.objects.order_by("-applied_at")[0]
    asked = text_of(ann_client.get(reverse("rate_remove", args=[newest.pk])))
    assert "Remove eurofxref-hist.csv?" in asked and rate_now(ann) == Decimal("1.2")
    ann_client.post(reverse("rate_remove", args=[newest.pk]))
    assert rate_now(ann) == Decimal("1.0834")


def test_a_rate_entered_by_hand_counts_at_once(ann_client: Client, ann: Trader) -> None:
    given = {"base": "eur", "quote": "usd", "rate": "1.1", "day": f"{timezone.now():%Y-%m-%d}"}
    page = ann_client.post(reverse("rate_enter"), given, follow=True)
    assert "EUR/USD 1.1" in text_of(page)
    assert rate_now(ann) == Decimal("1.1")
    ann_client.post(reverse("rate_enter"), given)
    assert RateUpload.objects.for_trader(ann).count() == 2, "each entry can be seen and removed"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate": "0"}, "above zero"),
        ({"rate": "-1"}, "above zero"),
        ({"rate": "nan"}, "Enter a number"),
        ({"quote": "EUR"}, "between two currencies"),
        ({"base": "€"}, "currency code"),
        ({"day": "2999-01-01"}, "a day that has been"),
    ],
)
def test_a_rate_that_makes_no_sense_is_refused_at_its_field(
    ann_client: Client, change: dict[str, str], words: str
) -> None:
    given = {"base": "EUR", "quote": "USD", "rate": "1.1", "day": "2026-01-02"} | change
    answer = ann_client.post(reverse("rate_enter"), given)
    assert answer.status_code == 422 and words in text_of(answer)
    assert not ExchangeRate.objects.exists()


def test_a_file_without_rates_is_refused_at_its_field(ann_client: Client) -> None:
    answer = ann_client.post(reverse("rate_upload"), {"file": SimpleUploadedFile("a.csv", b"hello")})
    assert answer.status_code == 422 and "neither a file" in text_of(answer)


def test_too_many_rates_are_refused(ann: Trader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_RATES", 1)
    with pytest.raises(services.TooManyRates):
        services.receive_rates(ann, "a.csv", OWN_CSV.encode(), now=timezone.now())
    assert not RateUpload.objects.exists()


def test_a_dry_run_that_nobody_decided_about_is_forgotten(ann: Trader) -> None:
    now = timezone.now()
    services.receive_rates(ann, "old.csv", OWN_CSV.encode(), now=now - timedelta(days=2))
    services.receive_rates(ann, "new.csv", OWN_CSV.encode(), now=now)
    assert [kept.name for kept in RateUpload.objects.all()] == ["new.csv"]


def test_another_traders_rates_are_never_used(ann: Trader, bo: Trader, bo_client: Client) -> None:
    make.rate(ann)
    assert (rate_now(ann), rate_now(bo)) == (Decimal("1.0834"), None)
    assert "EUR/USD 1.0834" not in text_of(bo_client.get(LIST))


def test_rates_for_everybody_stand_behind_ones_own(ann: Trader, bo: Trader) -> None:
    make.rate(ann, value="1.1", applied_at=timezone.now() - timedelta(hours=1))
    make.rate(None, value="1.2")
    assert (rate_now(ann), rate_now(bo)) == (Decimal("1.1"), Decimal("1.2"))


def two_currencies(ann: Trader) -> None:
    filled_account(ann, trades=0)
    filled_account(ann, trades=0, currency="EUR")


@pytest.mark.parametrize("name", ["dashboard", "account_list"])
def test_a_total_over_currencies_says_rate_and_day_beside_the_amounts(
    name: str, ann_client: Client, ann: Trader
) -> None:
    two_currencies(ann)
    page = text_of(ann_client.get(reverse(name)))
    assert "No total in USD: there is no rate of the last days for EUR" in page
    make.rate(ann)
    page = text_of(ann_client.get(reverse(name)))
    today = timezone.now()
    assert f"Equity ≈ 20,834.00 USD , Balance ≈ 20,834.00 USD (EUR at 1.0834 of {today.day} {today:%b %Y})" in page
    assert page.count("10,000.00") >= 2, "each currency keeps its own amount"


def test_nothing_is_said_while_all_is_in_the_display_currency(ann_client: Client, ann: Trader) -> None:
    filled_account(ann)
    make.rate(ann)
    assert "≈" not in text_of(ann_client.get(reverse("dashboard")))


def test_an_unknown_balance_has_no_total(ann_client: Client, ann: Trader) -> None:
    two_currencies(ann)
    make.committed_statement(account=make.account(ann, currency="EUR"), opening_balance=None)
    make.rate(ann)
    assert "≈" not in text_of(ann_client.get(reverse("account_list")))


def test_what_is_open_is_converted_and_told_anew_when_rates_change(ann_client: Client, ann: Trader) -> None:
    make.position(make.account(ann, currency="EUR"))
    address = reverse("position_list")
    first = ann_client.get(address, HTTP_HX_REQUEST="true")
    tag = first["ETag"]
    assert ann_client.get(address, HTTP_HX_REQUEST="true", HTTP_IF_NONE_MATCH=tag).status_code == 304
    make.rate(ann)
    again = ann_client.get(address, HTTP_HX_REQUEST="true", HTTP_IF_NONE_MATCH=tag)
    assert again.status_code == 200 and "Floating profit ≈ 538.23 USD" in text_of(again)


def test_the_page_costs_no_more_queries_for_twenty_more_rates(ann_client: Client, ann: Trader) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert ann_client.get(LIST).status_code == 200
        return len(caught)

    make.rate(ann)
    two_currencies(ann)
    queries()
    before = queries()
    for number in range(20):
        make.rate(ann, quote=f"U{number:02}")
    assert queries() == before
