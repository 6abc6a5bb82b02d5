"""What a trader takes along: all of it, nobody else's, no secret, and not from a browser that was left open."""

import io
import json
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import SecurityEvent, Trader
from accounts.services.api_keys import create_api_key
from tests import make
from tests.cast import signed_in_ago
from trading.services import audit, kept_files

pytestmark = pytest.mark.django_db
ADDRESS = "export_everything"


def exported(client: Client) -> ZipFile:
    answer: Any = client.post(reverse(ADDRESS))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    archive = ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    return archive


def test_all_of_the_own_and_nothing_of_another(ann: Trader, bo: Trader, ann_client: Client) -> None:
    content = b"<html>" + b"statement " * 300_000
    for trader, symbol in ((ann, "EURUSD"), (bo, "SECRETOFBO")):
        account = make.account(trader, label=f"{trader.name}/../main")
        make.screenshot(make.trade(account, symbol=symbol))
        make.day_note(trader, text=f"Note of {symbol}")
        kept = kept_files.keep(trader, [content, symbol.encode()])
        make.statement(trader, file=kept, name=f"../{symbol}.html")
    archive = exported(ann_client)
    names = archive.namelist()
    assert len(names) == len(set(names)) and not [name for name in names if ".." in name.split("/")]
    assert [name.split("/")[0] for name in names if "/" in name] == ["accounts", "statements", "screenshots"]
    (account_name,) = (name for name in names if name.startswith("accounts/"))
    lines = [json.loads(line) for line in archive.read(account_name).splitlines()]
    assert lines[-1]["row"] == "end" and "EURUSD" in archive.read(account_name).decode()
    (file_name,) = (name for name in names if name.startswith("statements/"))
    assert archive.read(file_name) == content + b"EURUSD"
    assert json.loads(archive.read("journal.json"))[0]["text"] == "Note of EURUSD"
    assert not [name for name in names if b"SECRETOFBO" in archive.read(name)]


def test_no_name_of_the_staff_is_in_it(ann: Trader, cy: Trader, ann_client: Client) -> None:
    account = make.account(ann)
    for actor in (ann.email, cy.email):
        audit.record(account.pk, "kill_switch_on", account.pk, at=timezone.now(), actor=actor)
    SecurityEvent.objects.create(trader=ann, at=timezone.now(), act="session_ended", actor=cy.email)
    archive = exported(ann_client)
    assert {row["actor"] for row in json.loads(archive.read("audit.json"))} == {ann.email, "staff"}
    log = json.loads(archive.read("security-log.json"))
    assert "staff" in {row["actor"] for row in log} and cy.email not in json.dumps(log)


def test_no_secret_is_in_it(ann: Trader, ann_client: Client) -> None:
    made = create_api_key(ann, "Bridge", ["read"], [make.account(ann)], now=timezone.now())
    webhook = make.webhook(ann, secret="f" * 64)
    archive = exported(ann_client)
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert made.key.prefix in everything and "https://example.com/" in everything
    assert webhook.url not in everything, "the path of some services' addresses is a password"
    ann.refresh_from_db()
    for secret in (made.text, made.key.secret_sha256, webhook.secret, ann.password):
        assert secret not in everything


def test_it_is_in_the_security_log_and_asks_for_a_fresh_sign_in(ann: Trader, ann_client: Client) -> None:
    exported(ann_client)
    assert list(SecurityEvent.objects.filter(trader=ann).values_list("act", flat=True)) == ["exported"]
    signed_in_ago(ann_client, 3600)
    assert ann_client.post(reverse(ADDRESS))["Location"].startswith(reverse("account_reauthenticate"))
