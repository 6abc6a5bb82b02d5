"""A bridge as the tests need it: its key, its client, and payloads of the right shape."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import BrokerAccount
from accounts.services.api_keys import NewKey, create_api_key


def make_key(*accounts: BrokerAccount, scopes: tuple[str, ...] = ("sync",)) -> NewKey:
    return create_api_key(accounts[0].trader, "Bridge", scopes, accounts, now=timezone.now())


def key_client(made: NewKey) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {made.text}")
    return client


def text(at: datetime) -> str:
    return at.isoformat()


def figures(balance: str = "10000.00", **fields: Any) -> dict[str, Any]:
    return {"balance": balance, "equity": balance, "margin": "0", "free_margin": balance, **fields}


def position(ticket: str = "501", **fields: Any) -> dict[str, Any]:
    return {
        "ticket": ticket,
        "symbol": "EURUSD",
        "side": "buy",
        "volume": "1.00",
        "open_price": "1.10000",
        "opened_at": "2026-11-20T09:00:00Z",
        "current_price": "1.10100",
        "stop_loss": "1.09500",
        "take_profit": None,
        "swap": "0",
        "commission": "0",
        "floating_profit": "100.00",
        **fields,
    }


def quote(symbol: str = "EURUSD", **fields: Any) -> dict[str, Any]:
    return {"symbol": symbol, "bid": "1.10100", "ask": "1.10112", "quoted_at": "2026-11-24T07:20:10Z", **fields}


def deal(deal_id: str = "901", ticket: str = "501", **fields: Any) -> dict[str, Any]:
    """The entry of position 501."""
    return {
        "deal_id": deal_id,
        "order_id": ticket,
        "ticket": ticket,
        "symbol": "EURUSD",
        "direction": "in",
        "side": "buy",
        "volume": "1.00",
        "price": "1.10000",
        "executed_at": "2026-11-20T09:00:00Z",
        "commission": "-3.50",
        "swap": "0",
        "fee": "0",
        "gross_profit": "0",
        **fields,
    }


def exit_deal(deal_id: str = "902", ticket: str = "501", **fields: Any) -> dict[str, Any]:
    values = {
        "order_id": f"6{deal_id}",
        "direction": "out",
        "side": "sell",
        "price": "1.10200",
        "executed_at": "2026-11-20T12:00:00Z",
        "gross_profit": "200.00",
        "swap": "-0.50",
    }
    return deal(deal_id, ticket, **{**values, **fields})


def flow(reference: str = "801", **fields: Any) -> dict[str, Any]:
    return {
        "reference": reference,
        "kind": "deposit",
        "amount": "10000.00",
        "booked_at": "2026-11-19T09:00:00Z",
        "comment": "Deposit",
        **fields,
    }


def entry(account: BrokerAccount, **parts: Any) -> dict[str, Any]:
    """One account of a call; `sent_at` is now unless given."""
    return {"account": str(account.pk), "sent_at": text(timezone.now()), **parts}


def payload(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"accounts": list(entries)}
