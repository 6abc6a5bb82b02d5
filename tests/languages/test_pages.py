"""Who sees which language: pages, what is kept of them, mails, and where it stays English."""

import re
from decimal import Decimal

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from accounts.models import BrokerAccount, Trader
from accounts.services.settings import change_settings
from tests import make
from tests.cast import NOW
from trading.formatting import Formats, ago, count, duration, month_name
from trading.told import PATTERNS, expression, told

pytestmark = pytest.mark.django_db
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


def text(client: Client, name: str, query: str = "", language: str = "") -> str:
    response = client.get(reverse(name) + query, headers={"Accept-Language": language} if language else {})
    assert response.status_code == 200
    return response.content.decode()


def test_a_stranger_reads_the_language_of_the_browser(stranger: Client) -> None:
    page = stranger.get(reverse("account_login"), headers=GERMAN)
    assert "<h1>Anmelden</h1>" in page.content.decode() and '<html lang="de"' in page.content.decode()
    assert page["Content-Language"] == "de" and "Accept-Language" in page["Vary"]
    assert "<h1>Sign in</h1>" in text(stranger, "account_login", language="fr")


def test_a_trader_without_a_choice_reads_the_language_of_the_browser(ann_client: Client) -> None:
    assert "<h1>Wächter</h1>" in text(ann_client, "guard_list", language="de")
    assert "<h1>Guards</h1>" in text(ann_client, "guard_list", language="en")


def test_the_choice_of_a_trader_goes_before_the_browser(ann: Trader, ann_client: Client) -> None:
    change_settings(ann, language="de")
    response = ann_client.get(reverse("guard_list"), headers={"Accept-Language": "en"})
    assert "<h1>Wächter</h1>" in response.content.decode() and response["Content-Language"] == "de"
    change_settings(ann, language="en")
    assert "<h1>Guards</h1>" in text(ann_client, "guard_list", language="de")


def test_a_trader_chooses_the_language_in_the_settings(ann: Trader, ann_client: Client) -> None:
    page = ann_client.get(reverse("settings")).content.decode()
    assert 'name="language"' in page and "Deutsch" in page
    form = ann_client.get(reverse("settings")).context["form"]
    chosen = {name: form[name].value() for name in form.fields} | {"language": "de"}
    done = ann_client.post(reverse("settings"), {name: value for name, value in chosen.items() if value is not False})
    assert done.status_code == 302
    ann.refresh_from_db()
    assert ann.language == "de"
    assert "Ihre Einstellungen sind gespeichert." in text(ann_client, "settings")


def test_no_language_but_those_that_there_are(ann: Trader) -> None:
    with pytest.raises(Exception, match="xx"):
        change_settings(ann, language="xx")


def test_a_kept_page_is_of_one_language(ann: Trader, ann_client: Client) -> None:
    """The list of trades is kept whole: whoever switches sees the other language at once."""
    make.trade(make.account(ann))
    assert "Closed trades" in text(ann_client, "trade_list", language="en")
    assert "Geschlossene Trades" in text(ann_client, "trade_list", language="de")
    assert "Closed trades" in text(ann_client, "trade_list", language="en")
    change_settings(ann, language="de")
    assert "Geschlossene Trades" in text(ann_client, "trade_list", language="en")


@pytest.mark.parametrize("name", ["position_list", "reconciliation"])
def test_a_part_that_keeps_itself_up_to_date_is_not_304_of_another_language(
    name: str, ann: Trader, ann_client: Client
) -> None:
    make.account(ann)
    live = {"HX-Request": "true"}
    english = ann_client.get(reverse(name), headers={**live, "Accept-Language": "en"})
    known = {**live, "If-None-Match": english["ETag"]}
    assert ann_client.get(reverse(name), headers={**known, "Accept-Language": "en"}).status_code == 304
    german = ann_client.get(reverse(name), headers={**known, "Accept-Language": "de"})
    assert german.status_code == 200 and german["ETag"] != english["ETag"]


def test_the_api_speaks_english(ann: Trader, ann_client: Client) -> None:
    change_settings(ann, language="de")
    refused = ann_client.get("/api/v1/accounts/00000000-0000-0000-0000-000000000000/", headers=GERMAN)
    assert refused.status_code == 404 and refused["Content-Language"] == "en"
    assert refused.json()["error"]["message"] == "There is nothing here. Check the address and the id."


def test_the_admin_speaks_english(cy: Trader, cy_client: Client) -> None:
    change_settings(cy, language="de")
    page = cy_client.get(reverse("admin:index"), headers=GERMAN)
    assert page["Content-Language"] == "en" and '<html lang="en"' in page.content.decode()


def test_a_mail_is_in_the_language_of_who_gets_it(ann: Trader, stranger: Client) -> None:
    change_settings(ann, language="de")
    stranger.post(reverse("account_reset_password"), {"email": ann.email}, headers={"Accept-Language": "en"})
    (message,) = mail.outbox
    assert message.subject == "Neues Passwort wählen" and "Wenn Sie es waren, wählen Sie es hier:" in message.body


def test_an_error_page_is_in_the_language_of_the_browser(stranger: Client) -> None:
    page = stranger.get("/nothing/", headers=GERMAN)
    assert page.status_code == 404 and "Hier ist nichts" in page.content.decode()
    assert '<html lang="de">' in page.content.decode()


def queries(client: Client, name: str) -> int:
    with CaptureQueriesContext(connection) as found:
        text(client, name)
    return len(found)


def test_a_german_page_needs_no_more_queries(ann: Trader, ann_client: Client) -> None:
    make.trade(make.account(ann))
    english = queries(ann_client, "cash_flow_list")
    change_settings(ann, language="de")
    assert queries(ann_client, "cash_flow_list") == english


def test_dates_durations_and_counts_are_german() -> None:
    with translation.override("de"):
        formats = Formats.of(Trader(number_format="de"))
        assert formats.day(NOW.replace(year=2026, month=3, day=5)) == "5. März 2026"
        assert month_name(NOW.date().replace(year=2026, month=5, day=1)) == "Mai 2026"
        assert (count(1, "trade"), count(0, "trade"), count(2, "day")) == ("1 Trade", "0 Trades", "2 Tage")
        assert ago(NOW - NOW.replace(microsecond=0)) == f"vor {duration(NOW - NOW.replace(microsecond=0))}"
        assert formats.money(Decimal("1234.5")) == "1.234,50"
    assert Formats.of(Trader()).day(NOW.replace(year=2026, month=3, day=5)) == "5 Mar 2026"


def test_a_number_in_an_attribute_keeps_its_point(ann: Trader, ann_client: Client) -> None:
    """A comma in the width of a bar would draw nothing."""
    make.trade(make.account(ann))
    change_settings(ann, language="de", number_format="de")
    for name in ("dashboard", "trade_list", "analysis", "guard_list"):
        page = text(ann_client, name)
        assert not re.search(r'\b(?:x|y|x1|x2|width|height|cx|cy|r|value|max)="\d+,\d+"', page), name


def test_what_a_reader_wrote_is_told_in_german() -> None:
    kept = "The volume 'x' is not a number above zero."
    assert told(kept) == kept
    with translation.override("de"):
        assert told(kept) == "Das Volumen 'x' ist keine Zahl über null."
        assert told("No losses.") == "Keine Verluste."
        assert told("") == ""
        assert told("A text that nobody knows.") == "A text that nobody knows."


def test_each_pattern_knows_what_it_wrote_before_any_other_does() -> None:
    for message in PATTERNS:
        values = {name: f"<{name}>" for name in re.findall(r"%\((\w+)\)s", message)}
        first = next(one for one in PATTERNS if re.fullmatch(expression(one), message % values, re.DOTALL))
        assert first == message


def test_a_german_page_says_nothing_in_english(ann: Trader, ann_client: Client) -> None:
    account: BrokerAccount = make.account(ann)
    make.trade(account)
    change_settings(ann, language="de")
    for name in ("guard_list", "position_list", "cash_flow_list", "statement_list", "reconciliation", "alert_list"):
        page = re.sub(r"<script.*?</script>", "", text(ann_client, name), flags=re.DOTALL)
        english = re.findall(r"\b(?:the|and|with|your|this|that|nothing|yet)\b", re.sub(r"<[^>]*>", " ", page))
        assert english == [], name
