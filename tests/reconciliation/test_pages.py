"""The reconciliation pages: accounts, two sides, breaks with what to do, the log, tolerances."""

import re
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.cast import NOW
from tests.reconciliation.scene import booked, both, feed, held, report, synced_again
from trading.models import AccountRules, Break, Trade
from trading.services.reconciliation import reconcile

pytestmark = pytest.mark.django_db
PAGE = "/reconciliation/"
LIVE = {"HX-Request": "true"}


@pytest.fixture
def account(ann: Trader) -> BrokerAccount:
    """A match, a moved stop, a position that the book does not have, a trade that the broker does not, a balance."""
    made = feed(ann, label="Main", open_positions=3, first_balance=Decimal(5000), first_booked_at=NOW)
    both(made, "1")
    both(made, "2", stop_loss=Decimal("1.09000"))
    held(made, "3", symbol="XAUUSD", open_price=Decimal("4086.40"))
    booked(made, "4", symbol="USDJPY", open_price=Decimal("152.684"))
    report(made, "5131.76")
    reconcile([made.pk], now=NOW)
    return made


def read(client: Client, path: str = PAGE, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def of(account: BrokerAccount, kind: str) -> Break:
    return account.breaks.get(type=kind)


def test_without_accounts_the_page_says_what_will_be_here(ann_client: Client) -> None:
    assert "No account to compare" in read(ann_client)


def test_an_account_that_was_never_synced_is_told_how_to_begin(ann_client: Client, ann: Trader) -> None:
    make.account(ann)
    assert "Nothing was synced yet" in read(ann_client)


def test_several_accounts_are_listed_with_their_state(ann_client: Client, ann: Trader, account: BrokerAccount) -> None:
    feed(ann, label="Quiet one", status="degraded", error_message="The clock is wrong.")
    text = read(ann_client)
    assert "4 breaks to look at" in text
    for shown in ("Main", "Warning", "Quiet one", "Degraded", "The clock is wrong."):
        assert shown in text


def test_the_two_sides_stand_side_by_side_with_differences_first(ann_client: Client, account: BrokerAccount) -> None:
    text = read(ann_client, f"{PAGE}?account={account.pk}")
    table = text[text.index("side by side") : text.index("Open volume")]
    shown = [table.index(word) for word in ("Broker only", "Differs", "Book only", "Matched")]
    assert shown == sorted(shown)
    assert "1.09500" in table
    assert "1.09000" in table
    assert "+131.76" in table


def test_each_break_says_its_cause_and_what_to_do(ann_client: Client, account: BrokerAccount) -> None:
    text = read(ann_client, f"{PAGE}?account={account.pk}")
    for sentence in (
        "The stop was moved down by 0.00500 in the terminal.",
        "Open at the broker only, from 4,086.40",
        "Open in the book only: closed at the broker",
        "The broker’s balance is 131.76 USD higher than what the balance proof explains.",
        "Take into book",
        "Use broker’s stop",
        "Add a statement",
    ):
        assert sentence in text, sentence
    assert reverse("balance_proof", args=[account.pk]) in ann_client.get(PAGE).content.decode()


def test_a_feed_that_never_said_what_is_open_is_told_apart(ann_client: Client, ann: Trader) -> None:
    booked(feed(ann, positions_at=None))
    text = read(ann_client)
    assert "The feed has not said yet what is open" in text
    assert "The two sides agree" in text


def test_differences_alone_can_be_shown(ann_client: Client, account: BrokerAccount) -> None:
    text = read(ann_client, f"{PAGE}?account={account.pk}&show=differences")
    table = text[text.index("side by side") : text.index("Open volume")]
    assert "Differs" in table
    assert "Matched" not in table


def test_another_traders_account_is_not_shown(bo_client: Client, account: BrokerAccount) -> None:
    assert "Main" not in read(bo_client, f"{PAGE}?account={account.pk}")


@pytest.mark.parametrize("path", ["/reconciliation/", "/reconciliation/log/"])
def test_a_stranger_is_sent_to_sign_in(stranger: Client, path: str) -> None:
    answer = stranger.get(path)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_login"))


def test_the_sidebar_counts_the_breaks(ann_client: Client, account: BrokerAccount) -> None:
    assert re.search(r"Reconciliation<span class=\"count\"[^>]*>4<", ann_client.get("/trades/").content.decode())


def test_the_dashboard_asks_to_look_at_breaks_and_quiet_feeds(
    ann_client: Client, ann: Trader, account: BrokerAccount
) -> None:
    make.trade(account)
    feed(ann, label="Quiet one", status="degraded")
    text = read(ann_client, "/")
    assert "Main differs from its broker 4 breaks between book and broker" in text
    assert "No good sync: Quiet one" in text


@pytest.mark.parametrize(
    ("act", "kind", "to"),
    [
        ("acknowledge", "closed_at_broker", "acknowledged"),
        ("resolve", "closed_at_broker", "resolved"),
        ("ignore", "balance_mismatch", "ignored"),
        ("accept", "unknown_at_book", "resolved"),
        ("accept", "stop_loss_mismatch", "resolved"),
    ],
)
def test_a_button_does_what_it_says(
    ann_client: Client, ann: Trader, account: BrokerAccount, act: str, kind: str, to: str
) -> None:
    row = of(account, kind)
    answer = ann_client.post(reverse(f"break_{act}", args=[row.pk]), {"reason": "Known."})
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}?account={account.pk}")
    row.refresh_from_db()
    assert (row.state, row.state_changed_by, row.resolution) == (to, ann, "Known.")


def test_a_button_of_what_is_over_says_so(ann_client: Client, account: BrokerAccount) -> None:
    row = of(account, "unknown_at_book")
    ann_client.post(reverse("break_resolve", args=[row.pk]))
    answer = ann_client.post(reverse("break_accept", args=[row.pk]), follow=True)
    assert "resolved already" in answer.content.decode()
    assert not Trade.objects.filter(ticket="3").exists()


def test_ignored_breaks_are_set_aside(ann_client: Client, account: BrokerAccount) -> None:
    ann_client.post(reverse("break_ignore", args=[of(account, "balance_mismatch").pk]))
    text = read(ann_client, f"{PAGE}?account={account.pk}")
    assert "1 ignored while unchanged" in text
    assert "3 breaks open" in text


@pytest.mark.parametrize("name", ["break_acknowledge", "break_resolve", "break_ignore", "break_accept"])
def test_nobody_acts_on_another_traders_break(bo_client: Client, account: BrokerAccount, name: str) -> None:
    row = of(account, "unknown_at_book")
    assert bo_client.post(reverse(name, args=[row.pk])).status_code == 404
    assert bo_client.get(reverse(name, args=[row.pk])).status_code == 405
    assert of(account, "unknown_at_book").state == "open"


def test_comparing_now_finds_what_has_changed(ann_client: Client, account: BrokerAccount) -> None:
    account.positions.filter(ticket="3").delete()
    synced_again(account, timezone.now())  # the page compares by the clock, to which a long run of tests looks stale
    answer = ann_client.post(reverse("reconciliation_compare", args=[account.pk]), follow=True)
    assert "Compared: 3 breaks." in answer.content.decode()
    assert of(account, "unknown_at_book").state == "resolved"


# ---- The log ---------------------------------------------------------------------------------------------------------


def test_the_log_tells_what_happened_and_who_did_it(ann_client: Client, account: BrokerAccount) -> None:
    ann_client.post(reverse("break_ignore", args=[of(account, "unknown_at_book").pk]), {"reason": "My hedge."})
    text = read(ann_client, "/reconciliation/log/")
    for shown in ("Break opened", "Break ignored", "By ann@example.com: My hedge.", "Not in the book XAUUSD 3"):
        assert shown in text
    assert "2 matched" not in text
    assert "2 matched, 4 breaks" in read(ann_client, "/reconciliation/log/?show=all")


def test_the_log_pages_and_survives_a_wrong_cursor(ann_client: Client, account: BrokerAccount, settings: Any) -> None:
    settings.RECONCILIATION_LOG_MINUTES = 0
    for _ in range(60):
        reconcile([account.pk], now=timezone.now())
    page = ann_client.get("/reconciliation/log/?show=all").content.decode()
    cursor = re.search(r"cursor=([\w-]+)", page)
    assert cursor
    assert "Break opened" in read(ann_client, f"/reconciliation/log/?show=all&cursor={cursor[1]}")
    assert "2 matched" in read(ann_client, "/reconciliation/log/?show=all&cursor=wrong")


# ---- Tolerances ------------------------------------------------------------------------------------------------------

TYPED = {
    "match_price_pips": "3",
    "match_volume_ratio": "7.5",
    "slippage_pips": "60",
    "volume_break_ratio": "12",
    "balance_tolerance": "200",
    "stale_after_s": "600",
}


def test_tolerances_are_shown_in_percent_and_kept_as_ratios(ann_client: Client, account: BrokerAccount) -> None:
    path = reverse("reconciliation_rules", args=[account.pk])
    assert 'value="5"' in ann_client.get(path).content.decode()
    assert ann_client.post(path, TYPED).status_code == 302
    rules = AccountRules.objects.get(account=account)
    assert (rules.match_volume_ratio, rules.volume_break_ratio) == (Decimal("0.075"), Decimal("0.12"))
    assert (rules.slippage_pips, rules.stale_after_s) == (60, 600)


def test_new_tolerances_count_at_once(ann_client: Client, account: BrokerAccount) -> None:
    ann_client.post(reverse("reconciliation_rules", args=[account.pk]), TYPED)
    assert of(account, "balance_mismatch").state == "resolved"


@pytest.mark.parametrize(
    ("name", "typed"),
    [("slippage_pips", "-1"), ("slippage_pips", "NaN"), ("stale_after_s", "5"), ("match_volume_ratio", "")],
)
def test_a_tolerance_that_makes_no_sense_is_refused(
    ann_client: Client, account: BrokerAccount, name: str, typed: str
) -> None:
    answer = ann_client.post(reverse("reconciliation_rules", args=[account.pk]), {**TYPED, name: typed})
    assert answer.status_code == 200
    assert "field-errors" in answer.content.decode()
    assert not AccountRules.objects.exists()


@pytest.mark.parametrize("name", ["reconciliation_rules", "reconciliation_compare"])
def test_another_traders_account_is_not_there(bo_client: Client, account: BrokerAccount, name: str) -> None:
    assert bo_client.post(reverse(name, args=[account.pk]), TYPED).status_code == 404
    assert bo_client.post(reverse(name, args=[uuid4()]), TYPED).status_code == 404


# ---- Keeping itself up to date ---------------------------------------------------------------------------------------


def test_the_part_alone_is_what_the_page_includes(ann_client: Client, account: BrokerAccount) -> None:
    path = f"{PAGE}?account={account.pk}"
    part = ann_client.get(path, headers=LIVE).content.decode()
    assert "<html" not in part
    assert "side by side" in part
    assert f'data-live="{path}"' in ann_client.get(path).content.decode()


def test_the_part_is_not_sent_again_while_nothing_has_changed(ann_client: Client, account: BrokerAccount) -> None:
    path = f"{PAGE}?account={account.pk}"
    tag = ann_client.get(path, headers=LIVE)["ETag"]
    again = ann_client.get(path, headers={**LIVE, "If-None-Match": tag})
    # A new minute makes a new part; the second try can't cross one as well.
    if again.status_code != 304:
        again = ann_client.get(path, headers={**LIVE, "If-None-Match": again["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    synced_again(account, timezone.now())
    assert ann_client.get(path, headers={**LIVE, "If-None-Match": tag}).status_code == 200


def cost(client: Client, path: str, **headers: Any) -> int:
    """How many queries the page takes once the session is in the cache."""
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path, headers=headers).status_code == 200
    return len(captured)


@pytest.mark.parametrize("path", [PAGE, "/reconciliation/log/"])
def test_the_number_of_queries_does_not_grow_with_the_accounts(
    ann_client: Client, ann: Trader, account: BrokerAccount, path: str
) -> None:
    feed(ann)
    before = cost(ann_client, path)
    for _ in range(20):
        held(more := feed(ann))
        reconcile([more.pk], now=NOW)
    assert cost(ann_client, path) == before


def test_the_number_of_queries_does_not_grow_with_the_positions(ann_client: Client, account: BrokerAccount) -> None:
    path = f"{PAGE}?account={account.pk}"
    before = cost(ann_client, path)
    for number in range(20):
        both(account, f"x{number}", stop_loss=None)
        held(account, f"y{number}")
    reconcile([account.pk], now=NOW)
    assert cost(ann_client, path) == before
