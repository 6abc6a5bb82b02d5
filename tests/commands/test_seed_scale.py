"""`manage.py seed_scale`: many traders by COPY, with days that are rolled up."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import BrokerAccount, Trader
from tests import make
from trading.management import scale
from trading.models import AccountRollup, Execution, LiveSnapshot, Trade
from trading.services.rollups import differing_accounts

pytestmark = pytest.mark.django_db(transaction=True)


def seed_scale(traders: int, trades: int, **options: object) -> None:
    call_command("seed_scale", traders=traders, trades=trades, **options)


def test_fills_every_trader_and_rolls_up_their_days(capsys: pytest.CaptureFixture[str]) -> None:
    seed_scale(20, 203, snapshots=60, fills=True)
    assert Trader.objects.count() == BrokerAccount.objects.count() == AccountRollup.objects.count() == 20
    assert (Trade.objects.count(), Execution.objects.count(), LiveSnapshot.objects.count()) == (203, 406, 60)
    assert differing_accounts() == []
    said = capsys.readouterr().out
    assert "20 of 20 traders, 203 trades written" in said and "The database takes" in said


def test_goes_on_where_a_run_was_cut_off(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(scale, "BLOCK", 4)
    seed_scale(8, 80)
    kept = set(Trade.objects.values_list("pk", flat=True))
    capsys.readouterr()
    seed_scale(12, 120)
    assert "12 of 12 traders, 40 trades written" in capsys.readouterr().out
    assert Trader.objects.count() == 12
    assert kept < set(Trade.objects.values_list("pk", flat=True)) and Trade.objects.count() == 120


def test_leaves_a_database_alone_that_people_use() -> None:
    make.trader("somebody@example.com")
    with pytest.raises(CommandError, match="People use this database"):
        seed_scale(2, 2)
    assert not Trade.objects.exists()
    seed_scale(2, 2, yes=True)
    assert Trade.objects.count() == 2
