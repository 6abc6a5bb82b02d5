"""What a trader can do with a statement: hand it in, choose its account, commit it, undo it, read it again.

Each act checks the state under the statement's row lock and, where work is due, enqueues the job in the same
transaction. The work itself (read, commit, undo) is done by a background job, or in process by `import_now`.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import BrokerAccount, Trader
from accounts.revisions import announce
from trading.errors import StateConflict
from trading.models import BUSY_STATES, Origin, State, Statement
from trading.services import job_queue
from trading.services.account_choice import check_belongs_to, check_zone
from trading.services.import_jobs import commit, import_now, read, undo
from trading.services.kept_files import clean_name, keep
from trading.services.undoing import check_is_newest

__all__ = [
    "NewAccount",
    "choose_account",
    "commit",
    "confirm_and_commit",
    "discard_statement",
    "import_now",
    "read",
    "receive_statement",
    "request_commit",
    "request_reread",
    "request_undo",
    "undo",
]


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What a trader says about the account that a commit will make; blank where the file knows better."""

    label: str = ""
    currency: str = ""
    is_demo: bool | None = None


@transaction.atomic
def receive_statement(
    trader: Trader,
    name: str,
    chunks: Iterable[bytes],
    *,
    origin: Origin | str = Origin.PAGE,
    now: datetime,
    account: BrokerAccount | None = None,
    time_zone: str = "",
) -> Statement:
    """Keeps the file byte for byte and enqueues its reading. The answer is in state `queued`.

    `account` is where the trader says it belongs; None lets the file say. `time_zone` is the zone of the broker's
    server, for an account that does not exist yet.

    Errors: StatementRefused (file_too_large), TradingError (time_zone_unknown), AccountNotFound for an account of
    somebody else. Nothing is left behind by any of them.
    """
    if account is not None:
        check_belongs_to(trader, account)
    check_zone(time_zone)
    statement = Statement.objects.create(
        trader=trader,
        file=keep(trader, chunks),
        account=account,
        name=clean_name(name),
        origin=origin,
        state=State.QUEUED,
        stage="Waiting for a worker",
        uploaded_at=now,
        server_time_zone=time_zone,
    )
    job_queue.enqueue("read", statement.pk)
    return statement


@transaction.atomic
def choose_account(
    statement: Statement,
    *,
    now: datetime,
    account: BrokerAccount | None = None,
    new_account: NewAccount | None = None,
    time_zone: str = "",
) -> Statement:
    """Files the statement under `account`, or under one that the commit will make, and runs the dry run again.

    Errors: StateConflict unless the dry run is ready; AccountNotFound for an account of somebody else.
    """
    statement = _locked(statement, {State.READY, State.REFUSED, State.FAILED}, "Its account can't be changed now.")
    if account is not None:
        check_belongs_to(statement.trader, account)
    check_zone(time_zone)
    statement.account = account
    statement.server_time_zone = "" if account else time_zone or statement.server_time_zone
    statement.zone_is_guessed = statement.zone_is_guessed and not time_zone
    statement.header = {**statement.header, "new_account": asdict(new_account) if new_account else None}
    return _enqueue(statement, State.QUEUED, "read", "Waiting for a worker")


@transaction.atomic
def request_commit(statement: Statement, now: datetime) -> Statement:
    """Enqueues the commit of a dry run. Errors: StateConflict unless the dry run is ready."""
    statement = _locked(statement, {State.READY}, "Only a statement whose dry run is ready can be committed.")
    return _enqueue(statement, State.COMMITTING, "commit", "Waiting to be committed")


@transaction.atomic
def confirm_and_commit(statement: Statement, *, new_account: NewAccount, time_zone: str, now: datetime) -> Statement:
    """Takes the zone of a dry run for right, names the account that the commit makes, and commits it.

    Errors: StateConflict unless it is ready, without an account, and made in this zone: else it showed something else.
    """
    statement = _locked(statement, {State.READY}, "Only a statement whose dry run is ready can be committed.")
    if statement.account_id is not None or statement.server_time_zone != time_zone:
        raise StateConflict
    statement.zone_is_guessed = False
    statement.header = {**statement.header, "new_account": asdict(new_account)}
    return _enqueue(statement, State.COMMITTING, "commit", "Waiting to be committed")


@transaction.atomic
def request_undo(statement: Statement, now: datetime) -> Statement:
    """Enqueues the undo of a committed import. Errors: StateConflict unless it is the newest of its account."""
    statement = _locked(statement, {State.COMMITTED}, "Only a committed statement can be undone.")
    check_is_newest(statement)
    return _enqueue(statement, State.UNDOING, "undo", "Waiting to be undone")


@transaction.atomic
def discard_statement(statement: Statement, now: datetime) -> Statement:
    """Puts a statement aside that was not committed. Errors: StateConflict for any other."""
    allowed = {State.READY, State.REFUSED, State.FAILED}
    statement = _locked(statement, allowed, "Only a statement that is not in the book can be discarded.")
    statement.state = State.DISCARDED
    statement.stage = ""
    statement.save(update_fields=["state", "stage"])
    return statement


@transaction.atomic
def request_reread(statement: Statement, now: datetime) -> Statement:
    """A new statement of the same kept file, enqueued for reading: what is in the book is corrected in place.

    The dry run shows what would be corrected, and committing it is an import like any other, so that it can be undone.
    Rows that an older reader made of this file and that the newer one does not are removed. Notes and tags stay.

    Errors: StateConflict while a job is at work on the statement.
    """
    allowed = set(State) - set(BUSY_STATES) - {State.READY}
    statement = _locked(statement, allowed, "Wait until the work on this statement is done, then read it again.")
    again = Statement.objects.create(
        trader=statement.trader,
        file=statement.file,
        account=statement.account,
        name=statement.name,
        origin=statement.origin,
        state=State.QUEUED,
        stage="Waiting for a worker",
        uploaded_at=now,
        server_time_zone=statement.server_time_zone,
        header={"new_account": statement.header.get("new_account")},
    )
    job_queue.enqueue("read", again.pk)
    return again


def _locked(statement: Statement, allowed: set[State], otherwise: str) -> Statement:
    fresh = Statement.objects.select_for_update(of=("self",)).select_related("trader", "account").get(pk=statement.pk)
    if State(fresh.state) not in allowed:
        is_so = _("This one is now: %(state)s.") % {"state": fresh.get_state_display()}
        raise StateConflict(f"{_(otherwise)} {is_so}")
    announce([fresh.trader_id])  # pages say how many statements wait
    return fresh


def _enqueue(statement: Statement, state: State, job: job_queue.Job, stage: str) -> Statement:
    changes: dict[str, Any] = {"state": state, "stage": stage, "progress_percent": 0}
    changes |= {"error_code": "", "error_message": ""}
    for field, value in changes.items():
        setattr(statement, field, value)
    statement.save(update_fields=[*changes, "account", "server_time_zone", "zone_is_guessed", "header"])
    job_queue.enqueue(job, statement.pk)
    return statement
