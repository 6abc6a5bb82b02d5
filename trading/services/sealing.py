"""Seals the days of accounts: one link of the chain for each day that is over, and a further one when it changed."""

import logging
import secrets
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.db import transaction

from accounts.models import BrokerAccount
from trading import cache
from trading.calc.digests import GENESIS, commitment, link_digest
from trading.models import DayDigest
from trading.queries.chain import holds_rows, horizon, links_of, sealed_until
from trading.queries.day_contents import DayBalances, DayContent, day_contents, empty_day
from trading.services.reconciliation_inputs import lock

logger = logging.getLogger(__name__)


def seal_all(now: datetime, at_most: timedelta | None = None) -> int:
    """Seals what is over in every account that was written to since the last time. Returns the number of new links.

    With `at_most`, looks at an account once an hour, and at no further one after that time: a single worker has imports and
    alerts to see to as well.
    What fails in one account is logged and leaves the others alone.
    """
    until, hour, started = sealed_until(now), now.replace(minute=0, second=0, microsecond=0), monotonic()
    made = 0
    accounts = list(BrokerAccount.objects.order_by("pk").values_list("pk", "history_revision"))
    looked_at = cache.sealed_states([(key, hour) for key, _ in accounts]) if at_most else set()
    unchanged = cache.sealed_states([(key, revision, until) for key, revision in accounts])
    for account_id, revision in accounts:
        if (account_id, hour) in looked_at or (account_id, revision, until) in unchanged:
            continue
        if at_most is not None and monotonic() - started > at_most.total_seconds():
            break
        try:
            made += seal_account(account_id, now)
            cache.note_sealed((account_id, revision, until))
        except Exception:
            logger.exception("The days of account %s could not be sealed.", account_id)
        cache.note_sealed((account_id, hour))
    return made


@transaction.atomic
def seal_account(account_id: UUID, now: datetime) -> int:
    """Appends a link for each day that is over and not sealed as it is. Returns how many; again: none.

    The account's lock keeps two from sealing at once, and a half-written import from being sealed.
    """
    lock([account_id])
    account = BrokerAccount.objects.filter(pk=account_id).first()
    if account is None:
        return 0
    links = links_of(account)
    last = {link.day: link for link in links}
    balances = DayBalances(account)
    changed = []
    for content in day_contents(account, balances, horizon(now, last)):
        link = last.pop(content.day, None)
        if link is None or not holds_rows(link, content):
            changed.append(content)
    gone = (empty_day(day, balances) for day in sorted(last))
    changed += [content for content in gone if not holds_rows(last[content.day], content)]
    return _append(account, links[-1] if links else None, changed, now)


def _append(account: BrokerAccount, head: DayDigest | None, contents: list[DayContent], now: datetime) -> int:
    prev, start = (head.digest, head.position + 1) if head else (GENESIS, 1)
    # A clock that was put back must not make the chain look broken.
    sealed_at = max(now.replace(microsecond=0), head.sealed_at) if head else now.replace(microsecond=0)
    made = []
    for position, content in enumerate(contents, start=start):
        made.append(_link(account, prev, position, content, sealed_at))
        prev = made[-1].digest
    DayDigest.objects.bulk_create(made, batch_size=1_000)
    return len(made)


def _link(account: BrokerAccount, prev: str, position: int, content: DayContent, sealed_at: datetime) -> DayDigest:
    salt = secrets.token_hex(32)
    rows, balance = commitment(salt, content.rows_text), commitment(salt, content.balance_text)
    digest = link_digest(
        prev=prev,
        position=position,
        day=content.day,
        sealed_at=sealed_at,
        trades=content.trades,
        rows=rows,
        balance=balance,
    )
    return DayDigest(
        account=account,
        position=position,
        day=content.day,
        sealed_at=sealed_at,
        trades=content.trades,
        rows=rows,
        balance=balance,
        salt=salt,
        prev=prev,
        digest=digest,
    )
