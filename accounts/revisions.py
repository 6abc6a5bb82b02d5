"""What a write owes to those who read: higher revisions of its accounts, and word to what is kept in the cache.

An account has two revisions. `revision` rises with everything that is shown of it. `history_revision` rises, along with it,
unless the write touched nothing but what is live: open positions that moved, prices, the broker's figures, guards,
breaks and the state of the feed. What rests on the history alone is kept under it, and outlives the syncs of every few
seconds.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts import cache

_RAISE = """
    UPDATE accounts_brokeraccount SET revision = revision + 1,
        history_revision = history_revision + (id = ANY(%s))::int
    WHERE id = ANY(%s) RETURNING trader_id"""


def raise_revision(account_ids: Iterable[UUID]) -> None:
    """Something that is shown of these accounts is different now. Call it in the transaction that writes it."""
    wanted = list(account_ids)
    _raise(wanted, wanted)


def raise_live_revision(account_ids: Iterable[UUID], *, with_history: Iterable[UUID] = ()) -> None:
    """The same where only what is live is different; of `with_history` the history is, too."""
    _raise(list(account_ids), list(with_history))


def _raise(wanted: list[UUID], with_history: list[UUID]) -> None:
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, [with_history, wanted])
        announce(trader_id for (trader_id,) in cursor.fetchall())


def revisions_of(account_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The revision of each of these accounts as this transaction sees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, revision FROM accounts_brokeraccount WHERE id = ANY(%s)", [list(account_ids)])
        return dict(cursor.fetchall())


def announce(trader_ids: Iterable[UUID]) -> None:
    """Lets go of the answers that are kept for these traders: now, and for good once the transaction has committed.

    In between nothing is kept for them, so that a reader who still sees the old rows leaves none behind. Said once for each
    trader of a transaction, however often it is called.
    """
    wanted = set(trader_ids)
    told = _told_already()
    fresh = wanted - told.traders if told else wanted
    if not fresh:
        return
    token = cache.begin_write(sorted(fresh), told.token if told else None)
    if told:
        told.traders |= fresh
    else:
        transaction.on_commit(_Told(fresh, token))


class _Told:
    """Whom this transaction has told that it writes; called when it has committed.

    Django drops it when a savepoint in which it was made is rolled back, and the next word starts anew. It stays where only
    a later savepoint is: then a trader is told of a write that never was, which costs a look into the database.
    """

    def __init__(self, traders: set[UUID], token: str) -> None:
        self.traders, self.token, self.is_over = traders, token, False

    def __call__(self) -> None:
        self.is_over = True
        cache.end_write(sorted(self.traders), self.token)


def _told_already() -> _Told | None:
    hooks: list[Any] = [hook for _savepoints, hook, *_ in connection.run_on_commit]
    return next((hook for hook in hooks if isinstance(hook, _Told) and not hook.is_over), None)
