"""Accounts that live: each a simulated terminal, all of them sent to the portal in calls of many accounts."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import ApiKey, BrokerAccount, Trader
from accounts.services.api_keys import NewKey, create_api_key, revoke_api_key
from bridge.client import PortalError
from bridge.simulated import SimulatedTerminal
from bridge.sync import Reader

ZONE = ZoneInfo("Europe/Athens")
CURRENCIES = ("USD", "EUR")
DEPOSITS = (10_000, 25_000, 50_000, 100_000)
#: Every so many accounts, one tells the demo's story: breaks, and a loss that a guard sees.
STORY_EVERY = 10
_DAY = timedelta(days=1)
Row = dict[str, Any]
#: Sends the body of a sync for a trader and returns the answer.
Send = Callable[[Row, str], Row]


@dataclass(slots=True)
class Living:
    """One account and its terminal. `sent` holds the ids of what the portal has taken in this run."""

    account: str
    terminal: SimulatedTerminal
    reader: Reader
    sent: set[str] = field(default_factory=set)

    def entry(self, now: datetime) -> Row:
        """What there is to say of the account now."""
        reading = self.reader.read(now - _DAY, now)
        deals = [row for row in reading.deals if row["deal_id"] not in self.sent]
        flows = [row for row in reading.cash_flows if row["reference"] not in self.sent]
        return {"account": self.account, **reading.body(), "deals": deals, "cash_flows": flows}

    def save(self) -> None:
        """Keeps the terminal for the next run, so that the account goes on where its book ends."""
        self.terminal.save(_state_path(self.account))

    def taken(self, entry: Row) -> None:
        self.sent.update(row["deal_id"] for row in entry["deals"])
        self.sent.update(row["reference"] for row in entry["cash_flows"])


@dataclass(slots=True)
class Crowd:
    """A trader with accounts, and how their syncs are sent."""

    send: Send
    living: Sequence[Living]


@dataclass(slots=True)
class Tally:
    """What one sender's calls came to. `times`: seconds of each call; `failed` ones got no answer."""

    calls: int = 0
    accounts: int = 0
    refused: int = 0
    failed: int = 0
    deals: int = 0
    breaks: int = 0
    problems: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for name in ("calls", "accounts", "refused", "failed", "deals", "breaks", "problems", "times"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def send_all(crowds: Sequence[Crowd], batch: int, senders: int = 1) -> Tally:
    """Sends every account once, in calls of at most `batch` accounts; a crowd is always one sender's."""
    if senders == 1:  # in the caller's own thread, which has its connection to the database
        return _send_crowds(crowds, batch)
    tally = Tally()
    shares = [crowds[number::senders] for number in range(senders)]
    with ThreadPoolExecutor(senders) as pool:
        for found in pool.map(lambda share: _send_crowds(share, batch), shares):
            tally.add(found)
    return tally


def _send_crowds(crowds: Iterable[Crowd], batch: int) -> Tally:
    tally = Tally()
    for crowd in crowds:
        for start in range(0, len(crowd.living), batch):
            try:
                _send_some(crowd.send, crowd.living[start : start + batch], tally)
            except PortalError as error:
                tally.failed += 1
                tally.problems.append(str(error))
    return tally


def _send_some(send: Send, living: Sequence[Living], tally: Tally) -> None:
    now = datetime.now(UTC)
    entries = [one.entry(now) for one in living]
    started = time.perf_counter()
    answer = send({"accounts": entries}, str(uuid.uuid4()))
    tally.times.append(time.perf_counter() - started)
    tally.calls += 1
    for one, entry, said in zip(living, entries, answer["accounts"], strict=True):
        tally.accounts += 1
        if said["error"]:
            tally.refused += 1
            tally.problems.append(f"{one.account}: {said['error']['message']} {said['error'].get('fields') or ''}")
            continue
        one.taken(entry)
        tally.deals += len(entry["deals"])
        tally.breaks += (said["reconciliation"] or {}).get("breaks", 0)


# ---- People and accounts --------------------------------------------------------------------------------------------
def people(traders: int, accounts: int, seed: int) -> list[tuple[Trader, list[BrokerAccount]]]:
    """Traders of this seed with their accounts, which are made where they are missing; the accounts go round."""
    found = [_trader(seed, number) for number in range(traders)]
    fresh = [_account(found[number % traders], seed, number) for number in range(accounts)]
    BrokerAccount.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=1_000)
    numbers = {account.number for account in fresh}
    kept = BrokerAccount.objects.filter(trader__in=found, number__in=numbers).order_by("number")
    by_trader: dict[Any, list[BrokerAccount]] = {trader.pk: [] for trader in found}
    for account in kept:
        by_trader[account.trader_id].append(account)
    return [(trader, by_trader[trader.pk]) for trader in found if by_trader[trader.pk]]


def _trader(seed: int, number: int) -> Trader:
    email = f"simulated-{seed}-{number}@tradeportal.example"
    known = Trader.objects.filter(email=email).first()
    # Without a password nobody signs in as them.
    return known or Trader.objects.create_user(email, None, name=f"Simulated {number + 1}")


def _account(trader: Trader, seed: int, number: int) -> BrokerAccount:
    return BrokerAccount(
        trader=trader,
        label=f"Simulated {number + 1}",
        platform="mt5",
        broker="Simulated Markets",
        server=f"Simulated-{seed}",
        number=str(62_000_000 + number),
        currency=CURRENCIES[number % len(CURRENCIES)],
        leverage=100,
        server_time_zone=ZONE.key,
        is_demo=True,
    )


def living(account: BrokerAccount, seed: int) -> Living:
    """The account with a terminal of its own, the same for the same seed and number."""
    number = int(account.number)
    terminal = SimulatedTerminal(
        None,
        ZONE,
        seed=seed * 100_000_000 + number,
        login=number,
        currency=account.currency,
        deposit=Decimal(DEPOSITS[number % len(DEPOSITS)]),
        next_number=int(datetime.now(UTC).timestamp() * 100),
        tells_story=number % STORY_EVERY == 0,
    )
    terminal.load(_state_path(str(account.pk)))
    return Living(str(account.pk), terminal, Reader(terminal, ZONE))


def _state_path(account: str) -> Path:
    directory = Path(settings.VAR_DIR) / "simulation"
    directory.mkdir(parents=True, exist_ok=True)
    return directory / f"{account}.json"


def make_key(trader: Trader, accounts: Sequence[BrokerAccount], now: datetime) -> NewKey:
    """A key for a day. The ones of runs that were cut off end first."""
    for old in ApiKey.objects.for_trader(trader).filter(name="Simulation", revoked_at__isnull=True):
        revoke_api_key(old, now)
    return create_api_key(trader, "Simulation", ["sync"], accounts, now=now, days=1)
