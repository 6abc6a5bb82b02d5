"""Readers of broker files: from bytes to typed rows, without a database."""

from trading.statements.detect import READER_VERSIONS, read_statement
from trading.statements.limits import DEFAULT_LIMITS, Limits

__all__ = ["DEFAULT_LIMITS", "READER_VERSIONS", "Limits", "read_statement"]
