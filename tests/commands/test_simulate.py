"""`manage.py simulate`: accounts that live, in this process."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count

from accounts.models import BrokerAccount, Trader
from trading.models import Break, CashFlow, LiveSnapshot, SyncState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var(tmp_path: Path, settings: Any) -> None:
    settings.VAR_DIR = tmp_path


def simulate(**options: Any) -> None:
    call_command("simulate", in_process=True, every=0.01, duration=1.5, **options)


def test_brings_every_account_to_life(capsys: pytest.CaptureFixture[str]) -> None:
    simulate(accounts=7, traders=3, batch=2)
    shares = Trader.objects.annotate(number=Count("accounts")).order_by("-number").values_list("number", flat=True)
    assert list(shares) == [3, 2, 2]
    assert SyncState.objects.filter(total_syncs__gte=2).count() == 7
    assert LiveSnapshot.objects.count() >= 14
    assert "7 accounts in 4 calls" in capsys.readouterr().out


def test_another_run_goes_on_with_the_same_accounts_and_breaks_nothing() -> None:
    simulate(accounts=4, traders=1, seed=9)
    before = list(BrokerAccount.objects.order_by("pk").values_list("pk", flat=True))
    simulate(accounts=4, traders=1, seed=9)
    assert list(BrokerAccount.objects.order_by("pk").values_list("pk", flat=True)) == before
    assert CashFlow.objects.count() == 4
    assert not Break.objects.exists()


def test_nobody_can_sign_in_as_a_simulated_trader() -> None:
    simulate(accounts=1, traders=1)
    assert not Trader.objects.get().has_usable_password()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"accounts": 0}, "--accounts must be"),
        ({"accounts": 1, "traders": 2}, "--traders 1 to as many"),
        ({"batch": 501}, "--batch must be"),
        ({"senders": 0}, "--senders must be"),
        ({"every": -1.0}, "must not be below 0"),
        ({"url": "http://example.com"}, "--url must be an https address"),
    ],
)
def test_says_what_makes_no_sense(options: dict[str, Any], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("simulate", **options)


def test_says_that_no_portal_answers() -> None:
    with pytest.raises(CommandError, match="Is a portal running"):
        call_command("simulate", accounts=1, url="http://127.0.0.1:9")


def test_records_rounds_calls_and_what_the_database_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulate(accounts=20, traders=2, record=str(tmp_path / "record.json"))
    told = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    assert told["accounts"] == 20 * told["rounds"] and told["calls"] == 2 * told["rounds"]
    assert 0 < told["p50_ms"] <= told["p95_ms"] and told["failed_calls"] == 0
    assert told["late_rounds"] <= told["rounds"]
    written = told["database"]["wal_bytes"]
    assert written["after"] > written["before"]
    assert "accounts/s over" in capsys.readouterr().out
