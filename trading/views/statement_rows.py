"""The list of statements as texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString

from trading.formatting import Formats
from trading.models import Statement
from trading.views.statement_words import format_words
from trading.views.trade_rows import short_moment


@dataclass(frozen=True, slots=True)
class StatementRow:
    statement: Statement
    account: str
    format: str
    period: str
    added: str
    corrected: str
    problems: int
    ties: int
    differs: int
    uploaded: SafeString


def statement_rows(found: Sequence[Any], formats: Formats) -> list[StatementRow]:
    year = str(timezone.now().astimezone(formats.zone).year)
    return [_row(statement, formats, year) for statement in found]


def _row(statement: Any, formats: Formats, year: str) -> StatementRow:
    changes = statement.trade_changes or {}
    states = [line.get("state") for line in statement.stated]
    return StatementRow(
        statement=statement,
        account=statement.account.label if statement.account else "",
        format=format_words(statement.format),
        period=covers(statement, formats),
        added=f"{changes.get('added', 0):,}",
        corrected=f"{changes.get('corrected', 0):,}",
        problems=statement.problem_count,
        ties=states.count("ties"),
        differs=states.count("differs"),
        uploaded=short_moment(formats, statement.uploaded_at, "", year, seconds=False),
    )


def covers(statement: Statement, formats: Formats) -> str:
    """The days of the file's rows: "2 Nov 2026 – 24 Nov 2026"; empty where it has none."""
    if not statement.period_start or not statement.period_end:
        return ""
    return f"{formats.day(statement.period_start)} – {formats.day(statement.period_end)}"
