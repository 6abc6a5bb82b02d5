"""Registry: what an account holds now, as MetaTrader prints it."""

from collections.abc import Sequence

from trading.calc.figure_types import DefinitionSet, FigureEntry, Kind
from trading.calc.words import marked as _

_MT5: dict[DefinitionSet, str] = {"mt5": ""}


def _of(key: str, label: str, kind: Kind, meaning: str, formula: str) -> FigureEntry:
    return FigureEntry(key, label, kind, meaning, formula, _MT5, group=_("Account"), minimum=0)


ACCOUNT: Sequence[FigureEntry] = (
    _of("balance", _("Balance"), "money", _("Opening balance, cash flows without credit, and the result of everything that closed."), _("opening balance + cash flows + net profit")),
    _of("equity", _("Equity"), "money", _("Balance, credit and the floating profit of open positions with their swap and commission."), _("balance + credit + floating profit")),
    _of("floating_net", _("Floating profit"), "signed", _("The result of open positions at the broker's last reported prices, their swap and commission included."), _("sum of floating profit + swap + commission of open positions")),
    _of("open_total_profit", _("Floating profit before swap"), "signed", _("What MetaTrader 5 prints as Floating P/L: without the swap and commission of open positions."), _("sum of floating profit of open positions")),
    _of("credit", _("Credit"), "money", _("Credit that the broker granted: it carries positions but is not part of the balance."), _("sum of credits")),
    _of("margin", _("Margin"), "money", _("What open positions tie up, as the broker last reported it."), _("the broker's own")),
    _of("margin_free", _("Free margin"), "money", _("Equity less margin, by this broker's rule about floating profit."), _("equity - margin")),
    _of("margin_level_percent", _("Margin level"), "percent", _("Equity / margin."), _("equity / margin")),
    _of("margin_level_ratio", _("Margin level as a ratio"), "factor", _("Equity / margin, as workbooks print it."), _("equity / margin")),
)  # fmt: skip
