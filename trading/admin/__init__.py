"""The admin of what happened in the accounts. The history can be looked at, not changed."""

from trading.admin import accounts, guards, history, imports, reconciliation, reference, sharing, sync

__all__ = ["accounts", "guards", "history", "imports", "reconciliation", "reference", "sharing", "sync"]
