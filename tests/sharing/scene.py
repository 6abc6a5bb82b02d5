"""An account whose every secret is a text that occurs nowhere else, and links to it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.cast import NOW
from trading.services.sharing import Choices, NewRecord, share_account

#: What no link ever shows.
NEVER = ("TICKET", "COMMENT", "STRATEGY", "NOTES", "TAGGED", "918273645", "SERVER-LIVE9", "OPENSYM")
AMOUNTS = ("4711.13", "4,711.13", "-813.27", "813.27", "98765.43", "98,765.43", "3897.86", "3,897.86", "102,663.29",
           "7007.07", "7,007.07", "USD")  # fmt: skip
SIZES = ("3.37", "5.51")
PRICES = ("2345.67", "2333.21", "1.23457", "1.23987", "2,345.67", "2,333.21")
SYMBOLS = ("SECRETPAIR", "GOLDISH")
TIMES = ("09:13:27", "10:47:31")


def account(owner: Trader | None = None, **fields: Any) -> BrokerAccount:
    made = make.account(
        owner, label="Label of hers", number="918273645", server="SERVER-LIVE9", broker="Brokerage", **fields
    )
    make.committed_statement(account=made, has_history=True, opening_balance=Decimal(0))
    make.cash_flow(made, amount=Decimal("98765.43"), comment="COMMENT")
    rows = (
        ("SECRETPAIR", "buy", "3.37", "1.23457", "1.23987", "4720.13", "09:13:27"),
        ("GOLDISH", "sell", "5.51", "2345.67", "2333.21", "-804.27", "10:47:31"),
    )
    for day, (symbol, side, lots, entry, exit_price, gross, clock) in enumerate(rows):
        hour, minute, second = map(int, clock.split(":"))
        closes = (make.START + timedelta(days=day)).replace(hour=hour, minute=minute, second=second)
        trade = make.trade(
            made,
            ticket=f"TICKET{day}",
            symbol=symbol,
            side=side,
            volume_lots=Decimal(lots),
            open_price=Decimal(entry),
            close_price=Decimal(exit_price),
            gross_profit=Decimal(gross),
            commission=Decimal("-9.00"),
            swap=Decimal(0),
            stop_loss=None,
            take_profit=None,
            opened_at=closes - timedelta(hours=2),
            closed_at=closes,
            comment="COMMENT",
            strategy_id="STRATEGY",
        )
        make.exit_of(trade, comment="COMMENT")
        make.journal_entry(trade, notes="NOTES", tags=("TAGGED",))
    make.open_trade(made, symbol="OPENSYM", gross_profit=Decimal("7007.07"))
    made.refresh_from_db()
    return made


def link(of: BrokerAccount, **choices: Any) -> NewRecord:
    """A link that hides nothing but what is said."""
    shown = {"hides_amounts": False, "hides_size": False, "hides_symbols": False}
    now = choices.pop("now", NOW)
    return share_account(of, Choices(**{"title": "A record", **shown, **choices}), now=now)
