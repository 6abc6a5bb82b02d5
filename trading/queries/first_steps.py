"""What a trader has done of the first steps: facts, in one query and a proof that is kept anyway."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Exists

from accounts.models import BrokerAccount, Trader
from trading.models import BUSY_STATES, GuardRule, State, Statement, SyncState
from trading.queries.figures import balance_proof


@dataclass(frozen=True, slots=True)
class StepFacts:
    """`is_waiting`: a statement is being read, or its dry run waits for the trader.

    `proven` is an account with a history that ties on every day; where there is none, `untied` is one that does not.
    """

    has_account: bool
    has_statement: bool
    is_waiting: bool
    proven: BrokerAccount | None
    untied: BrokerAccount | None
    has_zone: bool
    has_feed: bool
    has_guard: bool


def step_facts(trader: Trader, accounts: Sequence[BrokerAccount], zone: ZoneInfo) -> StepFacts:
    """`accounts` are all of the trader's that are not archived."""
    own = Statement.objects.for_trader(trader)
    found = (
        Trader.objects.filter(pk=trader.pk)
        .values_list(
            Exists(own.committed()),
            Exists(own.filter(state__in=[State.READY, *BUSY_STATES])),
            Exists(SyncState.objects.filter(account__in=accounts, last_sync_at__isnull=False)),
            Exists(GuardRule.objects.filter(account__in=accounts, enabled=True)),
        )
        .get()
    )
    has_statement, is_waiting, has_feed, has_guard = found
    proven, untied = _proven(accounts, zone) if has_statement else (None, None)
    return StepFacts(
        has_account=bool(accounts),
        has_statement=has_statement,
        is_waiting=is_waiting,
        proven=proven,
        untied=untied,
        has_zone=trader.has_chosen_zone or trader.time_zone != "UTC",
        has_feed=has_feed,
        has_guard=has_guard,
    )


def _proven(accounts: Sequence[BrokerAccount], zone: ZoneInfo) -> tuple[BrokerAccount | None, BrokerAccount | None]:
    untied = None
    for account in accounts:
        proof = balance_proof(account, zone)
        if proof.days and proof.ties:
            return account, None
        if proof.days:
            untied = untied or account
    return None, untied
