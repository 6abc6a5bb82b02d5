"""Every page of this room with the rows that it needs: (url name, arguments of an owner's rows)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.urls import reverse

from accounts.models import BrokerAccount, Trader
from tests import make
from trading.models import Statement, Trade

EVIL = "<script>alert(1)</script>"
#: Pages that a person may only read.
READ = (
    "trade_list",
    "trade_csv",
    "trade_detail",
    "position_list",
    "cash_flow_list",
    "statement_list",
    "statement_upload",
    "statement_detail",
    "statement_progress",
    "statement_file",
    "balance_proof",
)
#: Acts, which only a POST can do.
ACTS = ("statement_account", "statement_commit", "statement_discard", "statement_undo", "statement_reread")
#: Pages that name a row, which somebody else must not find.
OF_A_ROW = ("trade_detail", "statement_detail", "statement_progress", "statement_file", "balance_proof", *ACTS)


@dataclass
class Book:
    """An account with one of everything."""

    account: BrokerAccount
    trade: Trade
    statement: Statement
    extra: list[Any] = field(default_factory=list)

    def url(self, name: str) -> str:
        rows = {"trade_detail": self.trade.pk, "balance_proof": self.account.pk}
        if name in rows:
            return reverse(name, args=[rows[name]])
        return reverse(name, args=[self.statement.pk] if name in OF_A_ROW else [])


def book(owner: Trader, **account: Any) -> Book:
    made = make.account(owner, **account)
    trade = make.trade(made, comment=EVIL, symbol="EURUSD")
    make.execution(trade=trade)
    make.exit_of(trade)
    make.journal_entry(trade, tags=("A+ setup",), notes=f"Plan **kept** {EVIL}")
    make.cash_flow(made, comment=EVIL)
    make.position(made)
    problem = {"line": 7, "reason": "Not known.", "text": EVIL, "amount": "-3.60"}
    statement = make.statement(owner, account=made, name=f"{EVIL}.html", problems=[problem])
    return Book(made, trade, statement)


def many(made: Book, count: int = 20) -> None:
    """More of everything that a list shows."""
    for number in range(count):
        trade = make.trade(made.account, gross_profit=Decimal(number))
        make.exit_of(trade)
        make.journal_entry(trade, tags=(f"tag {number % 3}",))
        make.cash_flow(made.account)
        make.position(made.account)
        make.open_trade(made.account)
        make.statement(made.account.trader, account=made.account)
