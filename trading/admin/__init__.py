"""The admin of what happened in the accounts. The history can be looked at, not changed."""

from trading.admin import guards, history, imports, reference

__all__ = ["guards", "history", "imports", "reference"]
