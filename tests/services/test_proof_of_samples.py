"""A real export ties to the balance it states: whatever the clock of the computer that wrote it."""

from zoneinfo import ZoneInfo

import pytest

from accounts.models import Trader
from tests.samples import sample
from tests.services import act
from trading.queries.figures import balance_proof

pytestmark = pytest.mark.django_db

#: Written on computers whose clocks lay hours behind the server's, and one that agreed.
FILES = [
    "mt4/detailed-eur-mixed-line-ends.htm",
    "mt4/detailed-usd-no-deposit-row.htm",
    "mt5-xlsx/history-usd-open-positions.xlsx",
    "mt5-xlsx/history-usd-partial-closes.xlsx",
]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_every_day_ties(ann: Trader, name: str, zone: str) -> None:
    path = sample(name)
    account = act.account_of(act.imported(ann, path.read_bytes(), path.name, time_zone="Europe/Athens"))
    proof = balance_proof(account, ZoneInfo(zone))
    assert [day.on for day in proof.days if not day.ties] == []
    assert any(day.stated is not None for day in proof.days)
