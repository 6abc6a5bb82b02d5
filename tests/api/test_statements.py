"""statements/: handed in, followed, committed, undone."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from accounts.models import Trader
from tests import make
from trading.models import Origin, State, Statement, StatementFile, StatementFileChunk

pytestmark = pytest.mark.django_db
STATEMENTS = "/api/v1/statements/"


def upload(client: APIClient, content: bytes = b"<html>report</html>", name: str = "report.html", **fields: Any) -> Any:
    return client.post(STATEMENTS, {"file": SimpleUploadedFile(name, content), **fields}, format="multipart")


def test_a_file_is_kept_byte_for_byte_and_waits_to_be_read(ann_api: APIClient, ann: Trader) -> None:
    content = bytes(range(256)) * 5000
    answer = upload(ann_api, content, "../../etc/Report\u202eHistory.html")
    assert answer.status_code == 201, answer.content
    statement = Statement.objects.get()
    assert (statement.trader, statement.origin, statement.state) == (ann, Origin.API, State.QUEUED)
    assert "/" not in statement.name
    chunks = StatementFileChunk.objects.order_by("number").values_list("data", flat=True)
    assert b"".join(bytes(chunk) for chunk in chunks) == content
    assert answer["Location"] == f"{STATEMENTS}{statement.pk}/"
    shown = ann_api.get(answer["Location"]).json()
    assert shown["file"] == {"sha256": statement.file.sha256, "size": len(content)}
    assert (shown["state"], shown["account"]) == ("queued", None)


def test_the_account_and_the_zone_can_be_said_with_the_file(ann_api: APIClient, ann: Trader) -> None:
    account = make.account(ann)
    assert upload(ann_api, account=str(account.pk), time_zone="Europe/Athens").status_code == 201
    statement = Statement.objects.get()
    assert (statement.account, statement.server_time_zone) == (account, "Europe/Athens")


def test_what_is_wrong_with_an_upload_leaves_no_trace(ann_api: APIClient, bo: Trader, settings: Any) -> None:
    settings.STATEMENT_MAX_BYTES = 1000
    foreign = make.account(bo)
    refused = [
        (upload(ann_api, b""), 400),
        (upload(ann_api, b"x" * 1001), 413),
        (upload(ann_api, b"x" * 500_000), 413),
        (upload(ann_api, account=str(foreign.pk)), 404),
        (upload(ann_api, account=str(uuid4())), 404),
        (upload(ann_api, account="mine"), 400),
        (upload(ann_api, time_zone="Mars/Olympus"), 400),
        (ann_api.post(STATEMENTS, {"file": "no file"}, format="multipart"), 400),
        (ann_api.post(STATEMENTS, {}, format="json"), 415),
        (ann_api.post(STATEMENTS, b"garbage", content_type="multipart/form-data; boundary=x"), 400),
        (ann_api.post(STATEMENTS, b"garbage", content_type="multipart/form-data"), 400),
    ]
    for answer, status in refused:
        assert answer.status_code == status, answer.content
        assert answer.json()["error"]["message"]
    assert not Statement.objects.exists()
    assert not StatementFile.objects.exists()


def test_a_detail_shows_problems_and_stated_against_ours(ann_api: APIClient, ann: Trader) -> None:
    problem = {"line": 17, "reason": "No price.", "text": "<b>odd</b>", "amount": "-3.20"}
    figure = {
        "key": "net_profit",
        "label": "Net",
        "stated": "1.00",
        "ours": "1.00",
        "difference": "0.00",
        "state": "ties",
    }
    statement = make.statement(ann, problems=[problem], stated=[figure], header={"number": "1", "new_account": None})
    shown = ann_api.get(f"{STATEMENTS}{statement.pk}/").json()
    assert shown["problems"] == [problem]
    assert shown["stated"] == [figure]
    assert shown["header"] == {"number": "1"}
    assert "problems" not in ann_api.get(STATEMENTS).json()["results"][0]


def test_lists_can_be_narrowed_by_state(ann_api: APIClient, ann: Trader) -> None:
    make.statement(ann)
    committed = make.committed_statement(ann)
    found = ann_api.get(STATEMENTS, {"state": "committed"}).json()["results"]
    assert [row["id"] for row in found] == [str(committed.pk)]
    assert ann_api.get(STATEMENTS, {"state": "eaten"}).status_code == 400


def act(client: APIClient, statement: Statement, name: str, body: Any = None) -> Any:
    return client.post(f"{STATEMENTS}{statement.pk}/{name}/", body or {}, format="json")


@pytest.mark.parametrize(
    ("name", "state", "status", "after"),
    [
        ("commit", State.READY, 202, State.COMMITTING),
        ("discard", State.READY, 200, State.DISCARDED),
        ("undo", State.COMMITTED, 202, State.UNDOING),
    ],
)
def test_an_act_moves_a_statement_on(
    ann_api: APIClient, ann: Trader, name: str, state: State, status: int, after: State
) -> None:
    account = make.account(ann)
    maker = make.committed_statement if state == State.COMMITTED else make.statement
    statement = maker(account=account)
    answer = act(ann_api, statement, name)
    assert (answer.status_code, answer.json()["state"]) == (status, after)
    assert answer["Location"] == f"{STATEMENTS}{statement.pk}/"
    statement.refresh_from_db()
    assert statement.state == after


def test_reading_again_makes_a_new_dry_run_of_the_same_file(ann_api: APIClient, ann: Trader) -> None:
    statement = make.committed_statement(ann)
    answer = act(ann_api, statement, "reread")
    assert answer.status_code == 202
    again = Statement.objects.exclude(pk=statement.pk).get()
    assert (again.file_id, answer["Location"]) == (statement.file_id, f"{STATEMENTS}{again.pk}/")


@pytest.mark.parametrize("name", ["commit", "discard", "undo", "account"])
def test_an_act_out_of_turn_is_a_conflict(ann_api: APIClient, ann: Trader, name: str) -> None:
    statement = make.statement(ann, state=State.READING)
    answer = act(ann_api, statement, name)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "state_conflict")
    statement.refresh_from_db()
    assert statement.state == State.READING


def test_the_account_of_a_dry_run_is_chosen_or_described(ann_api: APIClient, ann: Trader) -> None:
    account, statement = make.account(ann), make.statement(ann)
    assert act(ann_api, statement, "account", {"account": str(account.pk)}).json()["account"] == str(account.pk)
    other = make.statement(ann)
    described = {"new_account": {"label": "Main", "currency": "EUR"}, "time_zone": "Asia/Tokyo"}
    assert act(ann_api, other, "account", described).status_code == 202
    other.refresh_from_db()
    assert (other.header["new_account"]["label"], other.server_time_zone) == ("Main", "Asia/Tokyo")


def test_a_foreign_account_can_t_be_chosen(ann_api: APIClient, ann: Trader, bo: Trader) -> None:
    statement = make.statement(ann)
    answer = act(ann_api, statement, "account", {"account": str(make.account(bo).pk)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "account_not_found")


@pytest.mark.parametrize("name", ["commit", "discard", "undo", "reread", "account"])
def test_another_trader_can_t_act(bo_api: APIClient, ann: Trader, name: str) -> None:
    statement = make.statement(ann)
    assert act(bo_api, statement, name).status_code == 404
    statement.refresh_from_db()
    assert statement.state == State.READY
    assert Statement.objects.count() == 1
