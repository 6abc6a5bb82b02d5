"""A database as large as one likes: traders with an account each, closed trades, fills and live snapshots, by COPY.

Traders are filled in blocks, one transaction each, so that a run which was cut off goes on where it ended, and a larger
number adds to what is there. The triggers that keep rollups need no switching off: they leave accounts alone that have no
rollup yet, and the block rolls its accounts up once, at its end.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from accounts.models import BrokerAccount, Trader
from trading.services.localise import Line
from trading.services.staging import copy_lines

DOMAIN = "scale.tradeportal.example"
BLOCK = 50
SYMBOLS = ("EURUSD", "GBPUSD", "USDJPY", "XAUUSD", "BTCUSD")
HISTORY = timedelta(days=730)
SNAPSHOTS_BACK = timedelta(days=6)
#: Lines of an account with so many trades, back from a moment.
_Lines = Callable[[UUID, int, datetime], Iterator[Line]]
_TRADE = [
    "ticket",
    "symbol",
    "side",
    "volume_lots",
    "closed_volume_lots",
    "opened_at",
    "opened_text",
    "open_price",
    "closed_at",
    "closed_text",
    "close_price",
    "commission",
    "swap",
    "fee",
    "gross_profit",
    "strategy_id",
    "comment",
    "parent_ticket",
    "source",
    "account_id",
]
_FILL = [
    "deal_id",
    "order_id",
    "symbol",
    "direction",
    "side",
    "volume_lots",
    "price",
    "executed_at",
    "executed_text",
    "sequence",
    "commission",
    "swap",
    "fee",
    "gross_profit",
    "comment",
    "is_derived",
    "source",
    "account_id",
]
_SNAPSHOT = [
    "account_id",
    "tier",
    "taken_at",
    "balance",
    "equity",
    "margin",
    "free_margin",
    "floating_profit",
    "credit",
    "open_positions",
]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Totals over all traders. `with_fills`: an entry and an exit for each trade."""

    traders: int
    trades: int
    snapshots: int
    with_fills: bool

    def of(self, total: int, number: int) -> int:
        """The share of one trader; what does not divide goes to the first ones."""
        return total // self.traders + (number < total % self.traders)


def is_foreign() -> bool:
    """Whether people use this database whom neither this nor the demo nor a load test has made."""
    made = ("@tradeportal.example", f"@{DOMAIN}")
    people = Trader.objects.exclude(email__startswith="load-")
    for end in made:
        people = people.exclude(email__endswith=end)
    return people.exists()


def fill(sizes: Sizes, now: datetime) -> Iterator[tuple[int, int]]:
    """Fills block after block, those left out that are there already. Yields how many traders there are, and trades written."""
    written = 0
    for first in range(0, sizes.traders, BLOCK):
        numbers = range(first, min(first + BLOCK, sizes.traders))
        known = set(Trader.objects.filter(email__in=map(_email, numbers)).values_list("email", flat=True))
        missing = [number for number in numbers if _email(number) not in known]
        if missing:
            _fill_block(missing, sizes, now)
        written += sum(sizes.of(sizes.trades, number) for number in missing)
        yield numbers[-1] + 1, written


def _email(number: int) -> str:
    return f"scale-{number}@{DOMAIN}"


@transaction.atomic
def _fill_block(numbers: Sequence[int], sizes: Sizes, now: datetime) -> None:
    # "!" is no password: nobody signs in as them.
    traders = Trader.objects.bulk_create(
        Trader(email=_email(number), name=f"Scale {number + 1}", password="!") for number in numbers
    )
    accounts = BrokerAccount.objects.bulk_create(
        BrokerAccount(
            trader=trader,
            label=f"Scale {number + 1}",
            platform="mt5",
            server="Scale",
            number=str(70_000_000 + number),
            currency="USD",
        )
        for number, trader in zip(numbers, traders, strict=True)
    )
    shares = [(account.pk, number) for account, number in zip(accounts, numbers, strict=True)]
    with connection.cursor() as cursor:
        copy_lines(cursor, "trading_trade", _TRADE, _each(shares, sizes, now, _trades))
        if sizes.with_fills:
            copy_lines(cursor, "trading_execution", _FILL, _each(shares, sizes, now, _fills))
        with cursor.copy(f"COPY trading_livesnapshot ({', '.join(_SNAPSHOT)}) FROM STDIN") as copy:
            for account_id, number in shares:
                copy.write("".join(_snapshots(account_id, sizes.of(sizes.snapshots, number), now)))
        cursor.execute(
            "SELECT trading_roll_up_account(id, 'UTC') FROM unnest(%s::uuid[]) AS id",
            [[account_id for account_id, _ in shares]],
        )


def _each(shares: Sequence[tuple[UUID, int]], sizes: Sizes, now: datetime, lines: _Lines) -> Iterator[Line]:
    for account_id, number in shares:
        yield from lines(account_id, sizes.of(sizes.trades, number), now)


def _facts(count: int, now: datetime) -> Iterator[tuple[int, str, str, datetime, datetime, int]]:
    """Ticket, symbol, side, opened, closed and whole cents earned of each trade, evenly over the history."""
    apart = HISTORY / max(count, 1)
    for n in range(1, count + 1):
        closed_at = now - n * apart
        opened_at = closed_at - timedelta(minutes=5 + n % 600)
        yield n, SYMBOLS[n % len(SYMBOLS)], ("buy", "sell")[n % 2], opened_at, closed_at, (n * 7_919) % 20_011 - 9_700


def _money(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def _trades(account_id: UUID, count: int, now: datetime) -> Iterator[Line]:
    for ticket, symbol, side, opened_at, closed_at, cents in _facts(count, now):
        yield (
            f"{ticket}\t{symbol}\t{side}\t0.10\t0.10\t{opened_at}\t\t1.1000\t{closed_at}\t\t1.1010\t-0.70\t-0.10\t0"
            f"\t{_money(cents)}\t\t\t\tsync\t{account_id}"
        )


def _fills(account_id: UUID, count: int, now: datetime) -> Iterator[Line]:
    for ticket, symbol, side, opened_at, closed_at, cents in _facts(count, now):
        other = "sell" if side == "buy" else "buy"
        for way, of, at, cost, swap, earned in (
            ("in", side, opened_at, "-0.35", "0", "0"),
            ("out", other, closed_at, "-0.35", "-0.10", _money(cents)),
        ):
            yield (
                f"{ticket}{way}\t{ticket}\t{symbol}\t{way}\t{of}\t0.10\t1.1\t{at}\t\t{ticket}\t{cost}\t{swap}\t0\t{earned}"
                f"\t\tfalse\tsync\t{account_id}"
            )


def _snapshots(account_id: UUID, count: int, now: datetime) -> Iterator[str]:
    apart = SNAPSHOTS_BACK / max(count, 1)
    for n in range(1, count + 1):
        equity = _money(1_000_000 + (n * 37) % 5_000)
        yield f"{account_id}\tfull\t{now - n * apart}\t10000.00\t{equity}\t120.00\t9880.00\t0.00\t0\t5\n"
