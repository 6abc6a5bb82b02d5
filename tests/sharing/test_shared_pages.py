"""What readers see who have a link, and above all what they do not."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.module_loading import import_string

from accounts.models import BrokerAccount
from accounts.services.accounts import archive_account, restore_account
from tests import make
from tests.cast import NOW
from tests.sharing import scene, verifier
from tests.sharing.scene import AMOUNTS, NEVER, PRICES, SIZES, SYMBOLS, TIMES
from trading.models import SharedRecord, Trade
from trading.queries.chain import head_of
from trading.services.sealing import seal_account
from trading.services.sharing import revoke_record

pytestmark = pytest.mark.django_db
PAGES = ("shared_record", "shared_verify", "shared_chain")
SOON = datetime(2025, 1, 9, 1, 17, tzinfo=UTC)


@pytest.fixture
def account() -> BrokerAccount:
    made = scene.account()
    seal_account(made.pk, SOON)
    return made


def read(client: Client, token: str, page: str = "shared_record", **query: str) -> Any:
    """A page behind the link; `start` is sent as `from`."""
    start = query.pop("start", None)
    return client.get(reverse(page, args=[token]), query if start is None else query | {"from": start})


def text(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode()).replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ")


def everything(client: Client, token: str) -> str:
    """All that a link gives: each page, and the headers with it."""
    answers = [read(client, token, page) for page in PAGES]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    return "\n".join(text(answer) + str(answer.headers) for answer in answers)


def found(words: tuple[str, ...], shown: str) -> list[str]:
    return [word for word in words if word in shown]


def test_a_link_that_hides_nothing_shows_the_record(account: BrokerAccount, stranger: Client) -> None:
    shown = text(read(stranger, scene.link(account).token))
    shows = (*SYMBOLS, *PRICES[2:], *SIZES, *TIMES)
    assert found(shows, shown) == list(shows)
    assert found(("+4,711.13", "-813.27", "+3,897.86", "102,663.29"), shown) == ["+4,711.13", "-813.27", "+3,897.86", "102,663.29"]  # fmt: skip
    assert "+4.77 %" in shown  # 4,711.13 of 98,765.43
    assert "-0.79 %" in shown  # 813.27 of 103,476.56
    assert "+3.95 %" in shown  # both, chained
    assert "Trades" in shown and "50.00 %" in shown


@pytest.mark.parametrize(
    ("hides", "gone"),
    [
        ({"hides_amounts": True}, AMOUNTS + SIZES + PRICES),
        ({"hides_size": True}, SIZES + PRICES),
        ({"hides_symbols": True}, SYMBOLS + PRICES + TIMES),
        ({"hides_amounts": True, "hides_symbols": True}, AMOUNTS + SIZES + PRICES + SYMBOLS + TIMES),
    ],
    ids=["amounts", "sizes", "symbols", "all"],
)
def test_what_a_link_hides_is_nowhere_in_what_it_gives(
    account: BrokerAccount, stranger: Client, hides: dict[str, bool], gone: tuple[str, ...]
) -> None:
    shown = everything(stranger, scene.link(account, **hides).token)
    assert found(gone, shown) == []
    assert "+4.77 %" in shown
    salts = list(account_salts(account))
    assert found(tuple(salts), shown) == []


def account_salts(account: BrokerAccount) -> Any:
    from trading.models import DayDigest

    return DayDigest.objects.filter(account=account).values_list("salt", flat=True)


def test_some_things_no_link_shows(account: BrokerAccount, stranger: Client) -> None:
    shown = everything(stranger, scene.link(account, names_broker=True).token)
    ids = tuple(str(pk) for pk in [account.pk, account.trader_id, *Trade.objects.values_list("pk", flat=True)])
    assert found((*NEVER, *ids, account.trader.email, "Label of hers"), shown) == []


def test_hidden_symbols_have_numbers_in_the_order_of_their_first_close(
    account: BrokerAccount, stranger: Client
) -> None:
    shown = text(read(stranger, scene.link(account, hides_symbols=True).token))
    assert shown.index("Symbol 2") < shown.index("Symbol 1")  # the last trade stands first
    assert "6 Jan 2025" in shown


def test_broker_and_platform_are_named_only_when_chosen(account: BrokerAccount, stranger: Client) -> None:
    assert "Brokerage" not in everything(stranger, scene.link(account).token)
    assert "Brokerage MetaTrader 5" in text(read(stranger, scene.link(account, names_broker=True).token))


def test_a_demo_account_is_called_one_whatever_is_hidden(stranger: Client) -> None:
    demo = scene.account(is_demo=True)
    assert "Demo account" in text(read(stranger, scene.link(demo, hides_amounts=True).token))


def test_a_record_without_an_opening_balance_has_no_percentage(stranger: Client) -> None:
    account = scene.account()
    account.statements.update(opening_balance=None)
    shown = text(read(stranger, scene.link(account, hides_amounts=True).token))
    assert "%" not in shown.split("Profit factor")[1].split("Closed trades")[1]
    assert '<svg class="shared-curve"' not in shown


def test_an_account_without_trades_says_when_its_record_begins(stranger: Client) -> None:
    shown = text(read(stranger, scene.link(make.account()).token))
    assert "The record begins with the first trade that is closed." in shown


def test_a_title_is_shown_as_text(account: BrokerAccount, stranger: Client) -> None:
    shown = text(read(stranger, scene.link(account, title="<script>alert(1)</script>").token))
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;" in shown


@pytest.mark.parametrize("page", PAGES)
def test_no_search_engine_proxy_or_other_site_learns_of_a_page(
    account: BrokerAccount, stranger: Client, page: str
) -> None:
    for token, status in ((scene.link(account).token, 200), ("nothing", 404)):
        answer = read(stranger, token, page)
        assert answer.status_code == status
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "private, no-store"
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert not answer.cookies


def test_nothing_can_be_changed_through_a_link(account: BrokerAccount, stranger: Client) -> None:
    token = scene.link(account).token
    for page in PAGES:
        assert stranger.post(reverse(page, args=[token])).status_code == 405


# ---- The end of a link ------------------------------------------------------------------------------------------------


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


def test_a_link_ends_exactly_when_it_says(
    account: BrokerAccount, stranger: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = scene.link(account, days=7)
    at(made.record.expires_at - timedelta(microseconds=1), monkeypatch)
    assert [read(stranger, made.token, page).status_code for page in PAGES] == [200, 200, 200]
    at(made.record.expires_at, monkeypatch)
    assert [read(stranger, made.token, page).status_code for page in PAGES] == [404, 404, 404]


def test_a_revoked_link_answers_nobody_from_the_next_request_on(account: BrokerAccount, stranger: Client) -> None:
    made, other = scene.link(account), scene.link(account)
    everything(stranger, made.token)  # everything that can be kept is kept
    revoke_record(made.record, NOW)
    assert [read(stranger, made.token, page).status_code for page in PAGES] == [404, 404, 404]
    assert read(stranger, other.token).status_code == 200


def test_links_rest_while_the_account_is_archived(account: BrokerAccount, stranger: Client) -> None:
    token = scene.link(account).token
    archive_account(account)
    assert read(stranger, token).status_code == 404
    restore_account(account)
    assert read(stranger, token).status_code == 200


def test_the_links_of_somebody_who_was_made_inactive_end(account: BrokerAccount, stranger: Client) -> None:
    token = scene.link(account).token
    account.trader.is_active = False
    account.trader.save()
    assert read(stranger, token).status_code == 404


def test_wrong_expired_and_revoked_look_the_same(
    account: BrokerAccount, stranger: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoked, expired = scene.link(account), scene.link(account, days=1, now=NOW - timedelta(days=2))
    revoke_record(revoked.record, NOW)
    pages = {text(read(stranger, token)) for token in (revoked.token, expired.token, "wrong", "a" * 300, "é\n", "%00")}
    assert len(pages) == 1
    assert "ask whoever gave it to you for a new one" in pages.pop()


def test_a_token_is_kept_as_a_digest_alone(account: BrokerAccount) -> None:
    made = scene.link(account)
    row = SharedRecord.objects.filter(pk=made.record.pk).values().get()
    assert made.token not in map(str, row.values())
    assert len(made.token) >= 43


def test_whoever_tries_tokens_is_slowed_down_and_readers_are_not(account: BrokerAccount, stranger: Client) -> None:
    token = scene.link(account).token
    answers = [read(stranger, f"guess{number}").status_code for number in range(40)]
    assert answers[0] == 404 and answers[-1] == 429
    assert answers.count(404) in range(30, 40)
    assert read(stranger, token).status_code == 200


def test_the_log_does_not_tell_a_token(
    account: BrokerAccount, stranger: Client, caplog: pytest.LogCaptureFixture
) -> None:
    made = scene.link(account)
    archive_account(account)  # a link that rests: it will open again
    read(stranger, made.token, "shared_verify")
    (line,) = (record for record in caplog.records if record.name == "django.request")
    logs: Any = settings.LOGGING
    for name in logs["handlers"]["console"]["filters"]:
        assert import_string(logs["filters"][name]["()"])().filter(line)
    assert line.getMessage() == "Not Found: /shared/.../verify/"


def test_opens_are_counted_once_a_minute(account: BrokerAccount, stranger: Client) -> None:
    made = scene.link(account)
    for _ in range(3):
        read(stranger, made.token)
    read(stranger, made.token, "shared_verify")
    made.record.refresh_from_db()
    assert made.record.opens == 1
    assert made.record.last_opened_at is not None


# ---- Pages of trades --------------------------------------------------------------------------------------------------


def test_every_trade_stands_on_one_page_and_no_address_tells_more(account: BrokerAccount, stranger: Client) -> None:
    for number in range(60):
        trade = make.trade(account, symbol="GOLDISH", opened_at=make.START + timedelta(days=3, minutes=number))
        make.exit_of(trade)
    token = scene.link(account, hides_symbols=True, hides_amounts=True).token
    first, second = text(read(stranger, token)), text(read(stranger, token, start="50"))
    assert "1 to 50 of 62" in first and "51 to 62 of 62" in second
    assert 'href="?from=50#trades"' in first and 'href="?from=0#trades"' in second
    assert first.count("Symbol 2") + second.count("Symbol 2") == 61
    assert first.count("Symbol 1<") + second.count("Symbol 1<") == 1
    for wrong in ("-1", "62", "x", "9" * 30, "²"):
        assert text(read(stranger, token, start=wrong)) == first


def test_twenty_more_rows_need_no_more_queries(
    account: BrokerAccount, stranger: Client, django_assert_max_num_queries: Any
) -> None:
    token = scene.link(account).token
    for page in PAGES:
        read(stranger, token, page)
        make.exit_of(make.trade(account))
        with django_assert_max_num_queries(20) as few:
            text(read(stranger, token, page))
        for _ in range(20):
            make.exit_of(make.trade(account))
        with django_assert_max_num_queries(len(few.captured_queries)):
            text(read(stranger, token, page))


# ---- Verifying --------------------------------------------------------------------------------------------------------


def test_a_reader_finds_the_head_that_was_noted(account: BrokerAccount, stranger: Client) -> None:
    token, noted = scene.link(account).token, head_of(account)
    make.cash_flow(account, booked_at=make.START + timedelta(days=9))
    seal_account(account.pk, SOON + timedelta(days=20))
    shown = text(read(stranger, token, "shared_verify", head=f" {noted[:32].upper()}\n{noted[32:]} "))
    assert "It is link 3" in shown
    assert "Not found" in text(read(stranger, token, "shared_verify", head="ab" * 32))
    refused = text(read(stranger, token, "shared_verify", head="short"))
    assert "A head has 64 characters" in refused and "Not found" not in refused


def test_a_head_of_another_account_is_not_found(account: BrokerAccount, stranger: Client) -> None:
    other = scene.account()
    seal_account(other.pk, SOON)
    assert "Not found" in text(read(stranger, scene.link(account).token, "shared_verify", head=head_of(other)))


def test_readers_are_told_which_days_were_amended(account: BrokerAccount, stranger: Client) -> None:
    token = scene.link(account).token
    shown = text(read(stranger, token, "shared_verify"))
    assert "No day was amended after sealing." in shown
    words = set(re.findall(r'>(\d+)<span class="phone-word"> (trades?)<', shown))
    assert {word for number, word in words if number == "1"} == {"trade"}
    Trade.objects.filter(account=account, symbol="GOLDISH").update(swap=Decimal(-1))
    seal_account(account.pk, SOON + timedelta(days=20))
    shown = text(read(stranger, token, "shared_verify"))
    assert "1 day was amended after sealing" in shown and "7 Jan 2025, on 29 Jan 2025 01:17" in shown
    assert "1 day was amended after sealing" in text(read(stranger, token))


def test_a_day_that_was_changed_in_secret_shows(account: BrokerAccount, stranger: Client) -> None:
    Trade.objects.filter(account=account, symbol="GOLDISH").update(swap=Decimal(-1))
    shown = text(read(stranger, scene.link(account).token, "shared_verify"))
    assert "The book is no longer what was sealed of: 7 Jan 2025" in shown


def test_an_old_history_says_that_it_was_sealed_in_one_go(stranger: Client) -> None:
    account = scene.account()
    seal_account(account.pk, SOON + timedelta(days=300))
    shown = text(read(stranger, scene.link(account).token, "shared_verify"))
    assert "3 days were sealed more than two days after their end" in shown
    assert "all on 5 Nov 2025 01:17" in shown


def verify(chain: str, tmp_path: Path, *heads: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "chain.json"
    path.write_text(chain)
    command = [sys.executable, "-I", str(verifier.PATH), str(path), *heads]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_program_for_readers_agrees_and_finds_every_lie(
    account: BrokerAccount, stranger: Client, tmp_path: Path
) -> None:
    downloaded = text(read(stranger, scene.link(account).token, "shared_chain"))
    chain = json.loads(downloaded)
    assert (chain["format"], len(chain["links"]), len(chain["opened"])) == ("tradeportal-chain/1", 3, 3)
    good = verify(downloaded, tmp_path, head_of(account))
    assert (good.returncode, good.stderr) == (0, "")
    assert "3 links, 3 days, 0 amendments, 3 days opened." in good.stdout
    assert "is link 3, sealed 2025-01-09T01:17:00Z" in good.stdout
    chain["opened"][1]["rows"][0][9] = "99999"
    assert "link 2: its rows are not those that were sealed" in verify(json.dumps(chain), tmp_path).stdout
    chain["links"][0]["trades"] = 7
    assert verify(json.dumps(chain), tmp_path).returncode == 1
    assert verify(downloaded, tmp_path, "ab" * 32).returncode == 1
    assert verify("{}", tmp_path).returncode == 2


def test_a_chain_with_hidden_parts_is_checked_without_them(
    account: BrokerAccount, stranger: Client, tmp_path: Path
) -> None:
    downloaded = text(read(stranger, scene.link(account, hides_symbols=True).token, "shared_chain"))
    assert "opened" not in json.loads(downloaded)
    assert "0 days opened" in verify(downloaded, tmp_path).stdout


def test_a_day_that_no_longer_is_what_was_sealed_is_not_opened(account: BrokerAccount, stranger: Client) -> None:
    Trade.objects.filter(account=account, symbol="GOLDISH").update(swap=Decimal(-1))
    chain = json.loads(text(read(stranger, scene.link(account).token, "shared_chain")))
    assert [day["position"] for day in chain["opened"]] == [1, 2]


def test_downloads_of_one_link_have_a_limit(account: BrokerAccount, stranger: Client) -> None:
    token = scene.link(account).token
    answers = [read(stranger, token, "shared_chain").status_code for _ in range(30)]
    assert answers[0] == 200 and answers[-1] == 429
    assert read(stranger, token).status_code == 200


def test_numbers_and_months_are_written_as_in_the_language_of_the_reader(
    account: BrokerAccount, stranger: Client
) -> None:
    token = scene.link(account).token
    shown = text(stranger.get(reverse("shared_record", args=[token]), headers={"Accept-Language": "de"}))
    assert "+4.711,13" in shown and "+4,77 %" in shown
    assert "+4,711.13" not in shown
    assert 'd="M0.0 ' in shown  # a picture has no language
