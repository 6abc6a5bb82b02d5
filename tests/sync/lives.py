"""A made-up account's life, as its bridge would send it: the same deals that a statement of that account lists."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.sync.bridge import entry, text
from trading.samplefiles.account import AccountLife, CashMove, Leg, Profile
from trading.samplefiles.mt5_xlsx import write_mt5_xlsx
from trading.samplefiles.simulate import simulate
from trading.samplefiles.snapshot import Deal, Holding, snapshot

ZONE = ZoneInfo("Europe/Athens")
PROFILE = Profile(seed=21, trades=60, days=120, number="51000021", credit=Decimal(500))


def life(profile: Profile = PROFILE) -> AccountLife:
    return simulate(profile)


def account_of(life: AccountLife, trader: Trader) -> BrokerAccount:
    """The account that a statement of this life finds by its number."""
    profile = life.profile
    return make.account(
        trader,
        number=profile.number,
        currency=profile.currency,
        server=profile.server,
        broker=profile.company,
        leverage=profile.leverage,
        server_time_zone=ZONE.key,
    )


def statement(life: AccountLife, until: datetime | None = None) -> bytes:
    out = BytesIO()
    write_mt5_xlsx(life, out, until=until)
    return out.getvalue()


def utc(server_time: datetime) -> datetime:
    return server_time.replace(tzinfo=ZONE)


def sync(life: AccountLife, account: BrokerAccount, until: datetime | None = None, **parts: Any) -> dict[str, Any]:
    """All that the terminal knows at `until`, in the server's time; an entry of a call."""
    shown = snapshot(life, until)
    balance = shown.deals[-1].balance if shown.deals else Decimal(0)
    credit = sum((move.amount for move in shown.cash if move.kind == "credit"), Decimal(0))
    floating = sum((held.floating_profit + held.swap for held in shown.open_holdings), Decimal(0))
    figures = {
        "balance": str(balance - credit),
        "credit": str(credit),
        "equity": str(balance + floating),
        "margin": str(shown.margin),
    }
    whole: dict[str, Any] = {
        "sent_at": text(utc(shown.until) + timedelta(milliseconds=250)),
        "figures": figures,
        "positions": [_position(held) for held in shown.open_holdings],
        "deals": [_deal(found) for found in shown.deals if isinstance(found.entry, Leg)],
        "cash_flows": [_flow(found.entry) for found in shown.deals if isinstance(found.entry, CashMove)],
    }
    return entry(account, **{**whole, **parts})


def moments(life: AccountLife, parts: int) -> Iterator[datetime]:
    """The ends of equal parts of the life."""
    profile = life.profile
    for part in range(1, parts + 1):
        yield profile.starts_at + (profile.ends_at - profile.starts_at) * part / parts


def _deal(found: Deal) -> dict[str, Any]:
    leg, position = found.entry, found.position
    assert isinstance(leg, Leg)
    assert position is not None
    opposite = "sell" if position.side == "buy" else "buy"
    return {
        "deal_id": str(leg.deal),
        "order_id": str(leg.order.number),
        "ticket": str(position.ticket),
        "symbol": position.instrument.symbol,
        "direction": "out" if found.is_exit else "in",
        "side": opposite if found.is_exit else position.side,
        "volume": str(leg.lots),
        "price": str(leg.price),
        "executed_at": text(utc(leg.at)),
        "commission": str(leg.commission),
        "swap": str(leg.swap),
        "gross_profit": str(leg.gross_profit),
        "comment": leg.comment,
        "strategy_id": str(position.magic or ""),
    }


def _flow(move: CashMove) -> dict[str, Any]:
    kind = "credit" if move.kind == "credit" else "deposit" if move.amount >= 0 else "withdrawal"
    return {
        "reference": str(move.deal),
        "kind": kind,
        "amount": str(move.amount),
        "booked_at": text(utc(move.at)),
        "comment": move.comment,
    }


def _position(held: Holding) -> dict[str, Any]:
    position = held.position
    return {
        "ticket": str(position.ticket),
        "symbol": position.instrument.symbol,
        "side": position.side,
        "volume": str(held.lots_left),
        "open_price": str(position.entry.price),
        "opened_at": text(utc(position.entry.at)),
        "current_price": str(held.current_price),
        "stop_loss": str(position.stop_loss or 0),
        "take_profit": str(position.take_profit or 0),
        "swap": str(held.swap),
        "floating_profit": str(held.floating_profit),
        "comment": position.entry.comment,
    }
