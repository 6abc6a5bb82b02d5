"""The admin of what happened in the accounts. The history can be looked at, not changed."""

from trading.admin import history, imports, reference

__all__ = ["history", "imports", "reference"]
