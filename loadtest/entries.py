"""What a bridge would send of an account with five open positions, of which every price moves from sync to sync."""

from typing import Any

POSITIONS = 5
SYMBOLS = ("EURUSD", "GBPUSD", "USDJPY", "XAUUSD", "BTCUSD")


def entry_of(account_id: str, sent_at: str, turn: int) -> dict[str, Any]:
    """The entry of one account in the body of `POST sync/`."""
    moved = turn % 1_000
    return {
        "account": account_id,
        "sent_at": sent_at,
        "figures": {"balance": "10000.00", "equity": f"{10_000 + moved}.00", "margin": "120.00"},
        "positions": [
            {
                "ticket": str(51_000_000 + n),
                "symbol": symbol,
                "side": "buy",
                "volume": "0.10",
                "open_price": "1.10000",
                "opened_at": "2026-01-05T09:00:00Z",
                "current_price": f"1.1{moved:03}0",
                "stop_loss": "1.05000",
                "take_profit": "1.50000",
                "floating_profit": f"{moved}.50",
            }
            for n, symbol in enumerate(SYMBOLS[:POSITIONS])
        ],
        "quotes": [
            {"symbol": symbol, "bid": f"1.1{moved:03}0", "ask": f"1.1{moved:03}2", "quoted_at": sent_at}
            for symbol in SYMBOLS
        ],
    }


def opening_entry(account_id: str, sent_at: str) -> dict[str, Any]:
    """The first sync of an account, with the deals that opened its positions."""
    entry = entry_of(account_id, sent_at, 0)
    return {**entry, "deals": [_deal(held) for held in entry["positions"]]}


def _deal(held: dict[str, Any]) -> dict[str, Any]:
    return {
        "deal_id": held["ticket"],
        "order_id": held["ticket"],
        "ticket": held["ticket"],
        "symbol": held["symbol"],
        "direction": "in",
        "side": held["side"],
        "volume": held["volume"],
        "price": held["open_price"],
        "executed_at": held["opened_at"],
    }
