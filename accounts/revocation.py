"""Closing a trader's account or changing the password ends the API tokens, and closing it the keys, at once.

The one receiver of a model's signal, on purpose: the change can come from a page, the admin, a command or a shell, and
none of them may forget the cache. Rows changed by SQL alone are seen within AUTH_FACTS_S seconds.
"""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save

from accounts import cache
from accounts.models import Trader
from accounts.revisions import announce


def connect() -> None:
    post_save.connect(_trader_saved, sender=Trader, dispatch_uid="accounts.revocation")


def _trader_saved(instance: Trader, created: bool, **kwargs: Any) -> None:
    """Writes the cache now, so that nobody is let in during a long transaction, and again once it has committed."""
    if created:
        return
    write = partial(cache.write_auth_facts, instance)
    write()
    transaction.on_commit(write)
    announce([instance.pk])  # kept pages show what a trader chose, and to nobody whose password or account changed
