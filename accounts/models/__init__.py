"""Who: traders and the broker accounts they own."""

from accounts.models.api_key import ApiKey, Scope
from accounts.models.broker_account import BrokerAccount, MarginMode, Phase, Platform
from accounts.models.security import SecurityAct, SecurityEvent, WebSession
from accounts.models.sign_in import EndReason, SignIn
from accounts.models.trader import Trader, bound_accounts

__all__ = [
    "ApiKey",
    "BrokerAccount",
    "EndReason",
    "MarginMode",
    "Phase",
    "Platform",
    "Scope",
    "SecurityAct",
    "SecurityEvent",
    "SignIn",
    "Trader",
    "WebSession",
    "bound_accounts",
]
