"""What a trader can do with a statement, and when."""

import hashlib
from collections.abc import Iterator

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.services import act
from tests.services.book import dump
from tests.services.mt4_page import Cash, Line, page
from trading.errors import AccountNotFound, StateConflict, StatementRefused, TradingError
from trading.models import State, Statement, StatementFile, StatementFileChunk, Trade
from trading.services import import_jobs, kept_files, statements
from trading.services.statements import NewAccount

pytestmark = pytest.mark.django_db

CONTENT = page(Line(11), Line(12, closed="", profit="-3.00"))


def test_keeps_the_file_byte_for_byte_and_enqueues_its_reading(ann: Trader) -> None:
    content = bytes(range(256)) * 8_200
    statement = act.received(ann, content, name="C:\\reports\\My statement.htm")
    assert (statement.state, statement.name) == (State.QUEUED, "My statement.htm")
    assert b"".join(kept_files.chunks_of(statement.file)) == content
    assert StatementFileChunk.objects.count() == 3
    assert statement.file.sha256 == hashlib.sha256(content).hexdigest()
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args) == ("trading.read_statement", {"statement_id": str(statement.pk)})


def test_keeps_the_same_bytes_once_per_trader(ann: Trader, bo: Trader) -> None:
    for trader in (ann, ann, bo):
        act.received(trader, CONTENT)
    assert StatementFile.objects.filter(trader=ann).count() == 1
    assert StatementFile.objects.count() == 2


def test_refuses_a_file_of_200_megabytes_before_anything_is_kept(ann: Trader) -> None:
    drawn = 0

    def endless() -> Iterator[bytes]:
        nonlocal drawn
        while drawn < 200:
            drawn += 1
            yield bytes(1_048_576)

    with pytest.raises(StatementRefused, match="larger than 100 MiB") as refusal:
        statements.receive_statement(ann, "big.htm", endless(), now=act.NOW)
    assert refusal.value.code == "file_too_large"
    assert drawn == 101, "what lies beyond the limit is not even read"
    assert not StatementFile.objects.exists() and not Statement.objects.exists()


def test_refuses_the_account_of_another_trader_as_if_it_did_not_exist(ann: Trader, bo: Trader) -> None:
    theirs = make.account(bo)
    with pytest.raises(AccountNotFound):
        act.received(ann, CONTENT, account=theirs)
    statement = act.read(ann, CONTENT)
    with pytest.raises(AccountNotFound):
        statements.choose_account(statement, now=act.NOW, account=theirs)
    assert act.fresh(statement).state == State.READY


def test_shows_in_the_dry_run_what_a_commit_then_does(ann: Trader) -> None:
    before = dump()
    statement = act.read(ann, CONTENT)
    assert statement.state == State.READY
    assert dump() == before
    assert statement.outcome["trades"]["added"] == 2 and statement.outcome["creates_account"]
    assert statement.zone_is_guessed and statement.server_time_zone == "Europe/Athens"
    assert [trade["ticket"] for trade in statement.outcome["added_trades"]] == ["11", "12"]
    assert {figure["state"] for figure in statement.stated} == {"ties"}
    done = act.committed(statement)
    assert done.state == State.COMMITTED and done.created_account
    assert {kind: done.outcome[kind] for kind in ("trades", "executions", "cash_flows")} == {
        kind: statement.outcome[kind] for kind in ("trades", "executions", "cash_flows")
    }
    assert done.stated == statement.stated


def test_files_the_statement_under_the_account_and_zone_that_the_trader_says(ann: Trader) -> None:
    statement = act.read(ann, CONTENT)
    said = NewAccount(label="Pension", currency="USD", is_demo=True)
    statements.choose_account(statement, now=act.NOW, new_account=said, time_zone="Asia/Tokyo")
    statements.read(statement.pk, act.NOW)
    assert not act.fresh(statement).zone_is_guessed
    act.committed(statement)
    account = BrokerAccount.objects.get()
    assert (account.label, account.currency, account.is_demo) == ("Pension", "USD", True)
    assert account.server_time_zone == "Asia/Tokyo"
    assert Trade.objects.get(ticket="11").opened_at.isoformat() == "2025-03-03T01:00:00+00:00"


def test_finds_the_account_by_its_number_and_never_that_of_another_trader(ann: Trader, bo: Trader) -> None:
    make.account(bo, platform="mt4", number="12345", server="")
    statement = act.read(ann, CONTENT)
    assert statement.account is None
    mine = make.account(ann, platform="mt4", number="12345", server="Somewhere", currency="USD")
    assert act.read(ann, CONTENT).account == mine


def test_does_not_take_an_account_of_another_currency_for_the_same(ann: Trader) -> None:
    make.account(ann, platform="mt4", number="12345", server="", currency="EUR")
    refused = act.read(ann, CONTENT)
    assert (refused.state, refused.error_code) == (State.REFUSED, "account_differs")
    BrokerAccount.objects.update(server="Elsewhere")
    assert act.read(ann, CONTENT).outcome["creates_account"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"platform": "mt5", "number": "12345"}, "wrong_platform"),
        ({"platform": "mt4", "number": "999"}, "wrong_account"),
        ({"platform": "mt4", "number": "12345", "currency": "EUR"}, "wrong_currency"),
    ],
)
def test_refuses_a_file_of_another_account_than_the_chosen_one(ann: Trader, fields: dict[str, str], code: str) -> None:
    statement = act.read(ann, CONTENT, account=make.account(ann, **fields))
    assert (statement.state, statement.error_code) == (State.REFUSED, code)
    assert not Trade.objects.exists()


def test_refuses_to_keep_a_new_account_in_another_currency_than_its_file(ann: Trader) -> None:
    statement = act.read(ann, CONTENT)
    statements.choose_account(statement, now=act.NOW, new_account=NewAccount(currency="EUR"))
    statements.read(statement.pk, act.NOW)
    refused = act.fresh(statement)
    assert (refused.state, refused.error_code) == (State.REFUSED, "wrong_currency")
    assert not BrokerAccount.objects.exists()


def test_refuses_a_zone_that_does_not_exist(ann: Trader) -> None:
    with pytest.raises(TradingError, match="not an IANA time zone"):
        act.received(ann, CONTENT, time_zone="Mars/Olympus")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), None),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(500), None),
        (bytes(range(256)) * 40, None),
        (CONTENT[: len(CONTENT) // 2], "truncated"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4_000), None),
        (b"PK\x03\x04" + bytes(100), None),
        (b"Deal ID,Symbol,Net USD\nDID1,EURUSD,1.00\n", None),
    ],
    ids=["empty", "png", "jpeg", "junk", "truncated", "encrypted workbook", "broken zip", "another platform"],
)
def test_refuses_bad_input_with_a_sentence_and_leaves_no_trace(ann: Trader, content: bytes, code: str | None) -> None:
    before = dump()
    statement = act.read(ann, content)
    assert statement.state == State.REFUSED
    assert statement.error_message.endswith(".") and len(statement.error_message) > 30
    assert code is None or statement.error_code == code
    assert dump() == before


def test_says_that_something_went_wrong_and_logs_it_when_an_error_is_not_foreseen(
    ann: Trader, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_jobs, "describe", None)
    statement = act.read(ann, page(Line(11)))
    assert (statement.state, statement.error_code) == (State.FAILED, "unexpected")
    assert "nothing was changed" in statement.error_message
    assert str(statement.pk) in caplog.text and "Traceback" in caplog.text
    assert not Trade.objects.exists() and not BrokerAccount.objects.exists()


def test_allows_only_the_acts_that_fit_the_state(ann: Trader) -> None:
    statement = act.received(ann, CONTENT)
    for act_on in (statements.request_commit, statements.request_undo, statements.discard_statement):
        with pytest.raises(StateConflict, match="This one is now: Waiting"):
            act_on(statement, act.NOW)
    statements.read(statement.pk, act.NOW)
    act.committed(statement)
    for act_on in (statements.request_commit, statements.discard_statement):
        with pytest.raises(StateConflict, match="This one is now: Committed"):
            act_on(statement, act.NOW)
    with pytest.raises(StateConflict):
        statements.choose_account(statement, now=act.NOW)
    act.undone(statement)
    with pytest.raises(StateConflict, match="This one is now: Undone"):
        statements.request_undo(statement, act.NOW)


def test_discards_a_dry_run(ann: Trader) -> None:
    statement = act.read(ann, CONTENT)
    assert statements.discard_statement(statement, act.NOW).state == State.DISCARDED
    with pytest.raises(StateConflict):
        statements.request_commit(statement, act.NOW)


def test_does_nothing_when_a_job_runs_a_second_time(ann: Trader) -> None:
    statement = act.committed(act.read(ann, CONTENT))
    before, revision = dump(), act.account_of(statement).revision
    statements.read(statement.pk, act.NOW)
    statements.commit(statement.pk, act.NOW)
    statements.undo(statement.pk, act.NOW)
    assert dump() == before
    assert act.account_of(statement).revision == revision
    assert act.fresh(statement).state == State.COMMITTED


def test_reads_a_kept_file_again_and_keeps_notes_and_tags(ann: Trader) -> None:
    statement = act.imported(ann, CONTENT)
    # As if an older reader had taken a wrong price, missed a trade, and made a deposit out of nothing.
    Trade.objects.filter(ticket="11").update(close_price="9.99999")
    make.cash_flow(act.account_of(statement), reference="made-up", added_by=statement)
    Statement.objects.filter(pk=statement.pk).update(reader_version=0)
    entry = make.journal_entry(Trade.objects.get(ticket="11"), tags=("breakout",))
    before = dump()

    again = statements.request_reread(act.fresh(statement), act.NOW)
    statements.read(again.pk, act.NOW)
    shown = act.fresh(again)
    assert dump() == before
    assert (shown.outcome["trades"]["corrected"], shown.outcome["cash_flows"]["removed"]) == (1, 1)
    change = next(found for found in shown.outcome["corrections"] if found["field"] == "close_price")
    assert (change["key"], change["old"], change["new"]) == ("11", "9.99999", "1.10100")

    trade_id = Trade.objects.get(ticket="11").pk
    act.committed(again)
    assert str(Trade.objects.get(pk=trade_id).close_price) == "1.10100"
    entry.refresh_from_db()
    assert [tag.name for tag in entry.tags.all()] == ["breakout"]
    act.undone(again)
    assert dump() == before


def test_reads_a_refused_file_again(ann: Trader) -> None:
    statement = act.read(ann, b"no statement at all, only words")
    again = statements.request_reread(statement, act.NOW)
    assert (again.state, again.file_id) == (State.QUEUED, statement.file_id)
    assert act.fresh(statement).state == State.REFUSED


def test_says_what_was_not_understood_and_imports_the_rest(ann: Trader) -> None:
    broken = CONTENT.replace(b"<td>11</td><td>2025.03.03 10:00:00", b"<td>11</td><td>2025.13.45 10:00:00")
    statement = act.imported(ann, broken)
    assert [problem["line"] for problem in statement.problems] != []
    assert list(Trade.objects.values_list("ticket", flat=True)) == ["12"]
    assert "differs" in {figure["state"] for figure in statement.stated}


def test_keeps_period_and_opening_balance(ann: Trader) -> None:
    statement = act.imported(ann, page(Line(11), cash=[Cash(1)]))
    assert statement.opening_balance == 0
    assert statement.period_start is not None and statement.period_start.isoformat() == "2025-02-28T22:00:00+00:00"
    assert statement.reported_at is not None and statement.reported_at.isoformat() == "2025-03-07T18:00:00+00:00"
