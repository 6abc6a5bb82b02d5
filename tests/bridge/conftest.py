"""A simulated terminal with a clock of its own, a portal to talk to, and a bridge between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.client import Client
from bridge.simulated import SimulatedTerminal
from bridge.spool import Spool
from bridge.sync import Reader
from bridge.worker import Bridge
from tests.bridge.portal import ACCOUNT, KEY, Portal, portal

ATHENS = ZoneInfo("Europe/Athens")
START = datetime(2026, 11, 24, 7, 20, 10, tzinfo=UTC)


@dataclass
class Clock:
    now_s: float = START.timestamp()

    def __call__(self) -> float:
        return self.now_s

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now_s, UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def terminal(clock: Clock) -> SimulatedTerminal:
    """Stands still: nothing happens but what a test does."""
    return SimulatedTerminal(None, ATHENS, clock=clock, walks=False, trades=False)


@pytest.fixture
def stub() -> Iterator[Portal]:
    with portal() as running:
        yield running


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def bridge(terminal: SimulatedTerminal, stub: Portal, spool: Spool, clock: Clock) -> Iterator[Bridge]:
    made = Bridge(
        account=ACCOUNT,
        reader=Reader(terminal, ATHENS),
        client=Client(stub.url, KEY, timeout_s=5),
        spool=spool,
        interval_s=5,
        history_days=30,
        close=True,
        clock=clock.moment,
    )
    yield made
    made.client.close()
