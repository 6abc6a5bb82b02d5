"""The commands of the house: demo data through the importer, and the doctor's findings."""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import ApiKey, BrokerAccount, Trader
from accounts.services.api_keys import check_api_key, revoke_api_key
from bridge.config import load
from trading.models import State, Statement


@pytest.fixture(autouse=True)
def _own_secrets(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def said(command: str, **options: Any) -> str:
    out = StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_demo_imports_two_accounts_whose_totals_tie_and_says_how_to_sign_in() -> None:
    output = said("demo", if_empty=True)
    demo = Trader.objects.get(email="demo@tradeportal.example")
    statements = Statement.objects.for_trader(demo)
    assert [statement.state for statement in statements] == [State.COMMITTED, State.COMMITTED]
    assert all(figure["state"] == "ties" for statement in statements for figure in statement.stated)
    assert BrokerAccount.objects.for_trader(demo).exclude(label="Live demo").count() == 2
    password = re.search(r"as demo@tradeportal\.example with the password (\S+)", output)
    assert password and demo.check_password(password[1])
    assert Trader.objects.get(email="staff@tradeportal.example").is_staff

    assert said("demo", if_empty=True) == output
    assert Statement.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_demo_prepares_a_live_account_and_a_bridge_that_is_let_in(settings: Any) -> None:
    said("demo")
    path = settings.VAR_DIR / "bridge" / "demo.toml"
    config = load(path, {})
    account = BrokerAccount.objects.get(pk=config.account)
    assert {rule.kind for rule in account.guard_rules.all()} >= {"daily_loss", "drawdown"}
    facts = check_api_key(config.api_key, timezone.now())
    assert facts is not None and set(facts.scopes) == {"sync", "close"}
    assert path.stat().st_mode & 0o777 == 0o600

    written = path.read_text()
    said("demo")
    assert path.read_text() == written
    revoke_api_key(ApiKey.objects.get(), timezone.now())
    said("demo")
    again = load(path, {})
    assert again.api_key != config.api_key and check_api_key(again.api_key, timezone.now())
    assert BrokerAccount.objects.filter(label="Live demo").count() == 1


def test_demo_leaves_a_database_alone_that_has_traders(ann: Trader, settings: Any) -> None:
    of_another_database = settings.VAR_DIR / "bridge" / "demo.toml"
    of_another_database.parent.mkdir()
    of_another_database.write_text("")
    assert said("demo", if_empty=True) == ""
    assert list(Trader.objects.all()) == [ann]
    assert not of_another_database.exists()


def test_doctor_names_what_is_wrong_and_what_is_right(db: None) -> None:
    out = StringIO()
    with pytest.raises(SystemExit) as ending:
        call_command("doctor", stdout=out)
    assert ending.value.code == 1
    assert re.search(r"^database +ok +PostgreSQL \d+", out.getvalue(), re.MULTILINE)
    assert re.search(r"^cache +ok", out.getvalue(), re.MULTILINE)
    assert re.search(r"^worker +WRONG +none is at work", out.getvalue(), re.MULTILINE)


@pytest.mark.parametrize("command", [["manage.py", "figures", "1", "--json"], ["-m", "tradeportal.prepare"]])
@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("postgresql://tradeportal:pass-word@127.0.0.1:1/none", "The database could not be used: connection failed"),
        ("nonsense", "DATABASE_URL must look like"),
    ],
)
def test_what_can_not_reach_its_database_ends_in_one_sentence(
    settings: Any, command: list[str], address: str, sentence: str
) -> None:
    environment = os.environ | {"DATABASE_URL": address}
    ended = subprocess.run(
        [sys.executable, *command], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(sentence) and ended.stderr.count("\n") == 1
    assert "pass-word" not in ended.stderr
