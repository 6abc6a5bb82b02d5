"""The tolerances that a trader sets for an account."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import BrokerAccount
from accounts.revisions import raise_revision
from trading.models import AccountRules
from trading.services.reconciliation import compare_again
from trading.services.reconciliation_inputs import lock

EDITABLE = (
    "match_price_pips",
    "match_volume_ratio",
    "slippage_pips",
    "volume_break_ratio",
    "balance_tolerance",
    "stale_after_s",
)


def rules_of(account: BrokerAccount) -> AccountRules:
    """The account's rules; the defaults, not stored, where it has none of its own."""
    return AccountRules.objects.filter(account=account).first() or AccountRules(account=account)


@transaction.atomic
def set_rules(account: BrokerAccount, values: Mapping[str, Any], *, now: datetime) -> AccountRules:
    """The account's rules as they now are; the two sides are compared by them at once."""
    lock([account.pk])
    rules, _ = AccountRules.objects.update_or_create(
        account=account, defaults={name: values[name] for name in EDITABLE}
    )
    compare_again([account.pk], now=now)
    raise_revision([account.pk])
    return rules
