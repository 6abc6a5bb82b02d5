"""Imports in one line, as the tests of the services need them."""

from datetime import UTC, datetime
from typing import Any

from accounts.models import BrokerAccount, Trader
from trading.models import State, Statement
from trading.services import statements

NOW = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
_CHUNK = 65_536


def chunks(content: bytes) -> list[bytes]:
    return [content[start : start + _CHUNK] for start in range(0, len(content), _CHUNK)]


def imported(trader: Trader, content: bytes, name: str = "Statement.htm", **options: Any) -> Statement:
    """The statement after an import in process; it must have been committed."""
    statement = statements.import_now(trader, name, chunks(content), now=options.pop("now", NOW), **options)
    assert statement.state == State.COMMITTED, statement.error_message
    return statement


def received(trader: Trader, content: bytes, name: str = "Statement.htm", **options: Any) -> Statement:
    return statements.receive_statement(trader, name, chunks(content), now=NOW, **options)


def read(trader: Trader, content: bytes, **options: Any) -> Statement:
    """The statement after its upload and the reading job."""
    statement = received(trader, content, **options)
    statements.read(statement.pk, NOW)
    return fresh(statement)


def committed(statement: Statement) -> Statement:
    statements.request_commit(statement, NOW)
    statements.commit(statement.pk, NOW)
    return fresh(statement)


def undone(statement: Statement) -> Statement:
    statements.request_undo(statement, NOW)
    statements.undo(statement.pk, NOW)
    return fresh(statement)


def fresh(statement: Statement) -> Statement:
    return Statement.objects.get(pk=statement.pk)


def account_of(statement: Statement) -> BrokerAccount:
    account = fresh(statement).account
    assert account is not None
    return account
