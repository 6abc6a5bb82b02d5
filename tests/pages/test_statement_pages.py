"""Statements: upload, progress, dry run, and what a trader decides."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Trader
from tests import make
from tests.samples import sample
from trading.errors import StateConflict
from trading.models import State, Statement
from trading.services.statements import NewAccount, commit, confirm_and_commit, read, undo

pytestmark = pytest.mark.django_db

UPLOAD = "/statements/new/"


def _file(name: str = "Report.html", content: bytes = b"<html></html>") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def _page(client: Client, statement: Statement) -> str:
    response = client.get(reverse("statement_detail", args=[statement.pk]))
    assert response.status_code == 200
    return response.content.decode()


def _post(client: Client, name: str, statement: Statement, data: dict[str, Any] | None = None) -> Any:
    return client.post(reverse(name, args=[statement.pk]), data or {}, follow=True)


def test_one_file_leads_to_its_own_page(ann: Trader, ann_client: Client) -> None:
    response = ann_client.post(UPLOAD, {"files": _file("../../etc/Report.html")})
    statement = Statement.objects.get()
    assert response["Location"] == reverse("statement_detail", args=[statement.pk])
    assert (statement.name, statement.state, statement.trader) == ("Report.html", State.QUEUED, ann)


def test_several_files_lead_to_the_list(ann_client: Client) -> None:
    response = ann_client.post(UPLOAD, {"files": [_file("one.html", b"1"), _file("two.html", b"2")]}, follow=True)
    assert response.redirect_chain[0][0] == reverse("statement_list")
    page = response.content.decode()
    assert "2 files are kept and being read." in page
    assert "one.html" in page
    assert "two.html" in page


def test_files_can_be_brought_for_one_account(ann: Trader, bo: Trader, ann_client: Client) -> None:
    account = make.account(ann, label="Swing")
    assert "For Swing." in ann_client.get(f"{UPLOAD}?account={account.pk}").content.decode()
    ann_client.post(UPLOAD, {"files": _file("hers.html", b"1"), "account": str(account.pk)})
    assert Statement.objects.get(name="hers.html").account == account
    for other in (str(make.account(bo).pk), "\0"):
        refused = ann_client.post(UPLOAD, {"files": _file("other.html", b"2"), "account": other})
        assert refused.status_code == 404 and not Statement.objects.filter(name="other.html").exists()


def test_a_file_over_the_limit_is_refused_with_a_sentence(ann_client: Client, settings: Any) -> None:
    settings.STATEMENT_MAX_BYTES = 2_097_152
    response = ann_client.post(UPLOAD, {"files": _file("large.html", b"x" * 2_097_153)})
    assert "larger than 2 MiB" in response.content.decode()
    assert not Statement.objects.exists()


def test_an_upload_without_a_file_says_so(ann_client: Client) -> None:
    assert "Choose at least one file first." in ann_client.post(UPLOAD).content.decode()


def test_an_upload_by_htmx_answers_where_to_go(ann_client: Client) -> None:
    response = ann_client.post(UPLOAD, {"files": _file()}, headers={"HX-Request": "true"})
    assert response.status_code == 204
    assert response["HX-Redirect"] == reverse("statement_detail", args=[Statement.objects.get().pk])


def test_progress_shows_the_stage_and_asks_again(ann: Trader, ann_client: Client) -> None:
    statement = make.statement(ann, state=State.READING, stage="Comparing with the book", progress_percent=80)
    url = reverse("statement_progress", args=[statement.pk])
    fragment = ann_client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "Comparing with the book" in fragment
    assert 'value="80"' in fragment
    assert f'hx-get="{url}" hx-trigger="every 1s"' in fragment
    assert "<html" not in fragment
    page = _page(ann_client, statement)
    assert "Comparing with the book" in page
    assert "Reload" in page


def test_progress_ends_by_itself_when_the_work_is_done(ann: Trader, ann_client: Client) -> None:
    statement = make.statement(ann)
    response = ann_client.get(reverse("statement_progress", args=[statement.pk]), headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == reverse("statement_detail", args=[statement.pk])


def test_the_dry_run_shows_counts_problems_corrections_and_rows(ann: Trader, ann_client: Client) -> None:
    outcome = {
        "trades": {"added": 9, "corrected": 3, "unchanged": 31, "removed": 0},
        "executions": {"added": 18, "corrected": 0, "unchanged": 0, "removed": 0},
        "added_trades": [
            {"ticket": "1", "symbol": "USDJPY", "side": "sell", "volume_lots": "0.71", "open_price": "152.244"}
            | {
                "close_price": "151.466",
                "closed_at": "2026-11-23T11:14:00+00:00",
                "commission": "-4.27",
                "net_profit": "307.37",
            }
        ],
        "corrections": [
            {
                "table": "trade",
                "key": "71872051",
                "field": "swap",
                "old": "-1.42",
                "new": "-2.84",
                "difference": "-1.42",
            },
            {
                "table": "trade",
                "key": "71872052",
                "field": "take_profit",
                "old": None,
                "new": "1.16032",
                "difference": None,
            },
        ],
    }
    problems = [
        {
            "line": 161,
            "reason": "Deal type “dividend adj.” is not known.",
            "text": "2026.11.19 <b>x</b>",
            "amount": "-3.60",
        }
    ]
    statement = make.statement(ann, account=make.account(ann), outcome=outcome, problems=problems)
    page = _page(ann_client, statement)
    for part in (
        "<strong>9</strong> trades will be added",
        "<strong>3</strong> will be corrected",
        "<strong>31</strong> unchanged",
    ):
        assert part in page
    for part in ("Line 161", "dividend adj.", "2026.11.19 &lt;b&gt;x&lt;/b&gt;", "−3.60", "1 carries money"):
        assert part in page
    for part in ("71872051", "<s>−1.42</s>", "−2.84", "no money", "1.16032", "USDJPY", "+307.37"):
        assert part in page
    assert "Committing adds 9 trades and corrects 3." in page


def test_a_difference_is_never_hidden_and_stands_first(ann: Trader, ann_client: Client) -> None:
    stated = [
        {
            "key": "net_profit",
            "label": "Total Net Profit:",
            "stated": "861.70",
            "ours": "861.70",
            "difference": "0.00",
            "state": "ties",
        },
        {
            "key": "gross_loss",
            "stated": "0",
            "ours": "-5",
            "difference": "-5",
            "state": "untrusted",
            "reason": "The formula adds up another sheet.",
        },
        {"key": "balance", "stated": "25770.28", "ours": "25773.88", "difference": "3.60", "state": "differs"},
        {
            "key": "sharpe_ratio",
            "stated": "0.12",
            "ours": None,
            "difference": None,
            "state": "not_computed",
            "reason": "Too few trades.",
        },
    ]
    page = _page(ann_client, make.statement(ann, account=make.account(ann), stated=stated))
    assert page.index("tie-differs") < page.index("tie-untrusted") < page.index("tie-ties")
    for part in (
        "25,770.28",
        "25,773.88",
        "+3.60",
        "The formula adds up another sheet.",
        "Too few trades.",
        "1 differs",
    ):
        assert part in page


def test_a_difference_of_exactly_a_lost_line_names_the_line(ann: Trader, ann_client: Client) -> None:
    problems = [{"line": 161, "reason": "Not known.", "text": "dividend adj.", "amount": "-3.60"}]
    stated = [{"key": "balance", "stated": "25770.28", "ours": "25773.88", "difference": "3.60", "state": "differs"}]
    page = _page(ann_client, make.statement(ann, account=make.account(ann), stated=stated, problems=problems))
    assert "Exactly line 161, which was not understood." in page


def test_an_unknown_account_is_asked_for_before_a_commit(ann: Trader, ann_client: Client) -> None:
    header = {"number": "90000009", "platform": "mt5", "server": "Example-Live", "currency": "USD"}
    statement = make.statement(ann, header=header, zone_is_guessed=True)
    page = _page(ann_client, statement)
    assert "Which account is it?" in page
    assert reverse("statement_commit", args=[statement.pk]) not in page
    _post(ann_client, "statement_account", statement, {"label": "Swing", "time_zone": "Europe/Moscow", "account": ""})
    statement.refresh_from_db()
    assert (statement.state, statement.server_time_zone) == (State.QUEUED, "Europe/Moscow")
    assert statement.header["new_account"]["label"] == "Swing"
    assert not statement.zone_is_guessed


def test_a_zone_that_was_guessed_right_is_confirmed_and_committed_by_one_click(ann: Trader, ann_client: Client) -> None:
    statement = make.statement(ann, header={"platform": "mt5"}, zone_is_guessed=True)
    form = {"label": "Swing", "time_zone": "Europe/Athens", "account": "", "commit": "yes"}
    _post(ann_client, "statement_account", statement, form)
    statement.refresh_from_db()
    assert (statement.state, statement.zone_is_guessed) == (State.COMMITTING, False)
    assert statement.header["new_account"]["label"] == "Swing"
    _post(ann_client, "statement_account", statement, form)  # a second click does nothing more
    statement.refresh_from_db()
    assert statement.state == State.COMMITTING


@pytest.mark.parametrize("elsewhere", [{"time_zone": "Europe/Moscow"}, {"account": "own"}])
def test_another_zone_or_account_is_never_committed_unseen(
    ann: Trader, ann_client: Client, elsewhere: dict[str, str]
) -> None:
    statement = make.statement(ann, header={"platform": "mt5"}, zone_is_guessed=True)
    if "account" in elsewhere:
        elsewhere = {"account": str(make.account(ann, platform="mt5").pk)}
    form = {"label": "Swing", "time_zone": "Europe/Athens", "account": "", "commit": "yes", **elsewhere}
    _post(ann_client, "statement_account", statement, form)
    statement.refresh_from_db()
    assert statement.state == State.QUEUED


def test_a_dry_run_that_was_made_anew_meanwhile_is_not_committed(ann: Trader) -> None:
    statement = make.statement(ann, server_time_zone="Europe/Moscow", zone_is_guessed=True)
    with pytest.raises(StateConflict):
        confirm_and_commit(statement, new_account=NewAccount(label=""), time_zone="Europe/Athens", now=timezone.now())


def test_another_traders_account_can_not_be_chosen(ann: Trader, bo: Trader, ann_client: Client) -> None:
    statement = make.statement(ann, header={"platform": "mt5"}, zone_is_guessed=True)
    response = _post(ann_client, "statement_account", statement, {"account": str(make.account(bo).pk)})
    assert "Select a valid choice" in response.content.decode()
    statement.refresh_from_db()
    assert statement.state == State.READY


def test_an_act_that_does_not_fit_the_state_says_so(ann: Trader, ann_client: Client) -> None:
    statement = make.committed_statement(account=make.account(ann))
    page = _post(ann_client, "statement_commit", statement).content.decode()
    assert "Only a statement whose dry run is ready can be committed." in page


def test_discarding_leaves_nothing_and_says_so(ann: Trader, ann_client: Client) -> None:
    statement = make.statement(ann)
    page = _post(ann_client, "statement_discard", statement).content.decode()
    assert "It is discarded." in page
    statement.refresh_from_db()
    assert statement.state == State.DISCARDED


def test_undo_is_asked_once_with_the_name_of_what_goes(ann: Trader, ann_client: Client) -> None:
    statement = make.committed_statement(account=make.account(ann), name="November.html")
    page = _page(ann_client, statement)
    assert "Yes, undo November.html" in page
    _post(ann_client, "statement_undo", statement)
    statement.refresh_from_db()
    assert statement.state == State.UNDOING


def test_a_refusal_says_what_to_do(ann: Trader, ann_client: Client) -> None:
    sentence = "This workbook is locked with a password. Save it without one and upload it again."
    statement = make.statement(ann, state=State.REFUSED, error_message=sentence, read_at=None)
    page = _page(ann_client, statement)
    assert sentence in page
    assert "Try another file" in page
    assert "Commit import" not in page


def test_the_kept_file_comes_back_byte_for_byte_and_is_never_shown(ann: Trader, ann_client: Client) -> None:
    content = b"\xff\xfe<script>alert(1)</script>\x00\x01"
    kept = make.statement_file(ann, content)
    statement = make.statement(ann, file=kept, name='R"é\r\nport.html')
    response: Any = ann_client.get(reverse("statement_file", args=[statement.pk]))
    assert b"".join(response.streaming_content) == content
    assert response["Content-Disposition"].startswith("attachment; filename")
    assert "\n" not in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Length"] == str(len(content))


def test_the_list_pages_by_key_and_keeps_to_an_account(ann: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    for number in range(30):
        make.statement(ann, name=f"file-{number:02}.html", uploaded_at=make.START + timedelta(days=number))
    make.statement(ann, name="of-account.html", account=account, uploaded_at=make.START)
    page = ann_client.get("/statements/").content.decode()
    assert page.count("is-link") == 25
    cursor = page.split("cursor=")[1].split('"')[0]
    rest = ann_client.get(f"/statements/?cursor={cursor}", headers={"HX-Request": "true"}).content.decode()
    assert rest.count("is-link") == 6
    assert "<html" not in rest
    only = ann_client.get(f"/statements/?account={account.pk}").content.decode()
    assert only.count("is-link") == 1
    assert ann_client.get("/statements/?cursor=nonsense&account=x").content.decode().count("is-link") == 25


@pytest.mark.django_db(transaction=True)
def test_a_real_file_goes_from_the_upload_to_the_history_and_back(ann: Trader, ann_client: Client) -> None:
    content = sample("mt5-xlsx/history-usd-partial-closes.xlsx").read_bytes()
    ann_client.post(UPLOAD, {"files": _file("history.xlsx", content)})
    statement = Statement.objects.get()
    read(statement.pk, timezone.now())
    page = _page(ann_client, statement)
    assert "<strong>8</strong> trades will be added" in page
    _post(ann_client, "statement_account", statement, {"label": "Main", "time_zone": "Europe/Athens"})
    read(statement.pk, timezone.now())
    _post(ann_client, "statement_commit", statement)
    commit(statement.pk, timezone.now())
    statement.refresh_from_db()
    assert (statement.state, statement.error_message) == (State.COMMITTED, "")
    assert "8 trades in this filter" in ann_client.get("/trades/").content.decode()
    statement.refresh_from_db()
    proof = ann_client.get(reverse("balance_proof", args=[statement.account_id])).content.decode()
    assert "Ties" in proof
    _post(ann_client, "statement_undo", statement)
    undo(statement.pk, timezone.now())
    assert "No closed trade yet" in ann_client.get("/trades/").content.decode()


def test_a_long_dry_run_shows_its_first_rows_and_the_rest_when_asked(ann: Trader, ann_client: Client) -> None:
    row = {"side": "buy", "volume_lots": "0.10", "open_price": "1.1", "commission": "-1.00", "net_profit": "2.00"}
    field = {"table": "trade", "key": "1", "field": "swap", "old": "-1.42", "new": "-2.84", "difference": "-1.42"}
    outcome = {
        "trades": {"added": 30, "corrected": 45, "unchanged": 0, "removed": 0},
        "added_trades": [{**row, "symbol": f"ADDED{number}"} for number in range(30)],
        "corrections": [{**field, "key": f"KEY{number}"} for number in range(45)],
    }
    statement = make.statement(ann, account=make.account(ann), outcome=outcome)
    page = _page(ann_client, statement)
    assert (page.count(">ADDED"), page.count(">KEY")) == (20, 20)
    assert "45 fields of rows" in page
    whole = ann_client.get(reverse("statement_detail", args=[statement.pk]), {"rows": "all"}).content.decode()
    assert (whole.count(">ADDED"), whole.count(">KEY")) == (30, 45)
    assert page.count("Load more") == 2
    assert "Load more" not in whole


def test_amounts_of_the_outcome_keep_their_decimals(ann: Trader, ann_client: Client) -> None:
    stated = [
        {"key": "profit_factor", "stated": "0.687047", "ours": "0.687048", "difference": "0.000001", "state": "differs"}
    ]
    page = _page(ann_client, make.statement(ann, account=make.account(ann), stated=stated))
    assert "+0.000001" in page
