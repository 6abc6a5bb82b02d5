"""An account's history from the database, and the figures and the proof that follow from it."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import F, QuerySet

from accounts.models import BrokerAccount, Platform
from trading import cache
from trading.calc import balance_proof as proving
from trading.calc.history import Booking, Fill, Flow, History, OpenPosition
from trading.calc.metatrader import Definition, Figures, metatrader_figures, with_open
from trading.models import CashFlow, Execution, Position, Snapshot, State, Statement
from trading.queries.ledgers import read_ledger

ZERO = Decimal(0)
#: States in which what a statement brought is in the book.
IN_BOOK = (State.COMMITTED, State.UNDOING)


def definition_of(account: BrokerAccount) -> Definition:
    """The MetaTrader definition of the figures that fits the account's platform."""
    return "mt4" if account.platform == Platform.MT4 else "mt5"


def what_is_open(account: BrokerAccount) -> History:
    """A history of nothing but open positions and what the broker reported with them."""
    snapshot = latest_snapshot(account)
    positions = [
        OpenPosition(*row)
        for row in Position.objects.filter(account=account).values_list("swap", "commission", "floating_profit")
    ]
    has_history = _in_book(account).filter(has_history=True).exists()
    return History(
        fills=(),
        flows=(),
        positions=positions,
        margin=snapshot.margin if snapshot else None,
        credit=snapshot.credit if snapshot and not has_history else None,
        free_margin_counts_floating=_counts_floating(snapshot, positions),
    )


def fills_of(account_id: UUID, *, among: str = "") -> list[Fill]:
    """The account's fills in order; `among` names a temporary table whose deal ids are the only ones wanted.

    Derived entries are left out: they carry no money, and MetaTrader 4 begins a history with its first close.
    """
    join = f"JOIN {among} s ON s.deal_id = e.deal_id" if among else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT e.executed_at, e.sequence, e.direction <> 'in',
                CASE WHEN e.direction = 'in' THEN e.side WHEN e.side = 'buy' THEN 'sell' ELSE 'buy' END,
                e.gross_profit, e.commission, e.swap, e.fee
            FROM trading_execution e {join}
            WHERE e.account_id = %s AND NOT (e.is_derived AND e.direction = 'in')
            ORDER BY e.executed_at, e.sequence""",
            [account_id],
        )
        # Costs of zero and a few sizes fill a history: one object for each value keeps a long one small.
        once: dict[Any, Any] = {}
        share = once.setdefault
        return [
            Fill(at, sequence, is_exit, share(side, side), gross, share(com, com), share(swap, swap), share(fee, fee))
            for at, sequence, is_exit, side, gross, com, swap, fee in cursor
        ]


def bookings_of(account_id: UUID) -> list[Booking]:
    """The fills of `fills_of`, and of each only what a balance needs: a long history has less to read."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT executed_at, sequence, net_profit FROM trading_execution
            WHERE account_id = %s AND NOT (is_derived AND direction = 'in') ORDER BY executed_at, sequence""",
            [account_id],
        )
        return list(map(Booking._make, cursor))


def flows_of(account_id: UUID, *, among: str = "") -> list[Flow]:
    """The account's cash flows in order; `among` as for fills."""
    join = f"JOIN {among} s ON s.reference = f.reference" if among else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT f.booked_at, f.sequence, f.kind, f.amount FROM trading_cashflow f {join}
            WHERE f.account_id = %s ORDER BY f.booked_at, f.sequence""",
            [account_id],
        )
        return [Flow(*row) for row in cursor.fetchall()]


def latest_snapshot(account: BrokerAccount) -> Snapshot | None:
    return Snapshot.objects.filter(account=account).order_by("-taken_at").first()


def opening_balance(account: BrokerAccount) -> Decimal | None:
    """What the account held before the first row of the book; None where no statement tells.

    The statement that reaches furthest back tells. An account without one starts with the balance of its first sync, less
    what the book holds until then; one of which only open positions are known, with the balance that the broker reported.
    """
    histories = _in_book(account).filter(has_history=True)
    oldest_first = histories.order_by(F("period_start").asc(nulls_last=True), "committed_at")
    stated = list(oldest_first.values_list("opening_balance", flat=True))
    if stated:
        return next((opening for opening in stated if opening is not None), None)
    synced = synced_openings([account.pk]).get(account.pk)
    snapshot = None if synced is not None else latest_snapshot(account)
    return snapshot.balance if snapshot else synced


def synced_openings(account_ids: Sequence[UUID]) -> dict[UUID, Decimal]:
    """What each of these accounts held before its book begins, by its first sync; those without one are left out.

    The book is summed up anew, so that deals from before that sync may still arrive.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.account_id, s.first_balance - COALESCE((
                SELECT sum(e.net_profit) FROM trading_execution e
                WHERE e.account_id = s.account_id AND e.executed_at <= s.first_booked_at
            ), 0) - COALESCE((
                SELECT sum(f.amount) FROM trading_cashflow f
                WHERE f.account_id = s.account_id AND f.booked_at <= s.first_booked_at AND f.kind <> 'credit'
            ), 0)
            FROM trading_syncstate s WHERE s.account_id = ANY(%s) AND s.first_balance IS NOT NULL""",
            [list(account_ids)],
        )
        return dict(cursor.fetchall())


def account_figures(account: BrokerAccount, definition: Definition) -> Figures:
    """Every figure of a MetaTrader report at full precision, kept until the account changes.

    What takes long follows from the history alone, and is kept by itself.
    """

    def compute() -> Figures:
        closed = cache.remembered(
            "closed-figures",
            (account.pk, account.history_revision, definition),
            cache.FIGURES_S,
            lambda: _closed_figures(account, definition),
        )
        return with_open(closed, what_is_open(account), definition)

    return cache.remembered("figures", (account.pk, account.revision, definition), cache.FIGURES_S, compute)


def read_figures(account: BrokerAccount, definition: Definition) -> Figures:
    """The same without what is kept of it."""
    return with_open(_closed_figures(account, definition), what_is_open(account), definition)


def _closed_figures(account: BrokerAccount, definition: Definition) -> Figures:
    """As if nothing were open and the broker had reported nothing."""
    history = History(fills=(), flows=flows_of(account.pk), opening_balance=opening_balance(account))
    ledger = read_ledger(Execution.objects.filter(account=account), history.flows)
    if ledger is None:
        return metatrader_figures(replace(history, fills=fills_of(account.pk)), definition)
    return metatrader_figures(history, definition, ledger)


def balance_proof(account: BrokerAccount, zone: ZoneInfo) -> proving.BalanceProof:
    """The proof per day of `zone`. An unknown opening balance counts as zero: `opening_balance` tells."""
    return cache.remembered(
        "proof",
        (account.pk, account.history_revision, zone.key),
        cache.PROOF_S,
        lambda: proving.balance_proof(
            opening_balance(account) or ZERO,
            flows_of(account.pk),
            fills_of(account.pk),
            _stated_balances(account),
            zone=zone,
        ),
    )


def _stated_balances(account: BrokerAccount) -> list[proving.StatedBalance]:
    """Every balance that the broker stated: beside fills and flows (credit included there), and as a whole."""
    fills = Execution.objects.filter(account=account, balance_after__isnull=False).order_by()
    flows = CashFlow.objects.filter(account=account, balance_after__isnull=False).order_by()
    beside = [
        *fills.values_list("executed_at", "balance_after", "sequence"),
        *flows.values_list("booked_at", "balance_after", "sequence"),
    ]
    stated = [
        proving.StatedBalance(at, balance, sequence, includes_credit=True)
        for at, balance, sequence in beside
        if balance is not None
    ]
    snapshots = Snapshot.objects.filter(account=account, balance__isnull=False).values_list("taken_at", "balance")
    return stated + [proving.StatedBalance(at, balance) for at, balance in snapshots if balance is not None]


def _counts_floating(snapshot: Snapshot | None, positions: Sequence[OpenPosition]) -> bool:
    """False where the broker's free margin is balance and credit less margin: a setting of some servers."""
    if snapshot is None or not positions:
        return True
    if snapshot.balance is None or snapshot.margin is None or snapshot.free_margin is None:
        return True
    return bool(snapshot.free_margin != snapshot.balance + (snapshot.credit or ZERO) - snapshot.margin)


def _in_book(account: BrokerAccount) -> QuerySet[Statement]:
    return Statement.objects.filter(account=account, state__in=IN_BOOK)
