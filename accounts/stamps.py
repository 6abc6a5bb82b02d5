"""Digests that change when what they stand for changes."""

import hashlib

from accounts.models import Trader


def password_stamp(trader: Trader) -> str:
    """A digest of the password's hash: another password, another stamp."""
    return stamp_of(trader.password)


def stamp_of(password_hash: str) -> str:
    return hashlib.sha256(password_hash.encode()).hexdigest()
