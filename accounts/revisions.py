"""What a write owes to those who read: a higher revision of its accounts, and word to what is kept in the cache."""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from django.db import connection, transaction

from accounts import cache


def raise_revision(account_ids: Iterable[UUID]) -> None:
    """Something that is shown of these accounts is different now. Call it in the transaction that writes it."""
    wanted = list(account_ids)
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_brokeraccount SET revision = revision + 1 WHERE id = ANY(%s) RETURNING trader_id", [wanted]
        )
        announce(trader_id for (trader_id,) in cursor.fetchall())


def announce(trader_ids: Iterable[UUID]) -> None:
    """Lets go of the answers that are kept for these traders: now, and for good once the transaction has committed.

    In between nothing is kept for them, so that a reader who still sees the old rows leaves none behind.
    """
    wanted = sorted(set(trader_ids))
    if wanted:
        token = cache.begin_write(wanted)
        transaction.on_commit(partial(cache.end_write, wanted, token))
