"""Registry: what an account holds now, as MetaTrader prints it."""

from collections.abc import Sequence

from trading.calc.figure_types import DefinitionSet, FigureEntry, Kind

_MT5: dict[DefinitionSet, str] = {"mt5": ""}


def _of(key: str, label: str, kind: Kind, meaning: str, formula: str) -> FigureEntry:
    return FigureEntry(key, label, kind, meaning, formula, _MT5, group="Account", minimum=0)


ACCOUNT: Sequence[FigureEntry] = (
    _of("balance", "Balance", "money", "Opening balance, cash flows without credit, and the result of everything that closed.", "opening balance + cash flows + net profit"),
    _of("equity", "Equity", "money", "Balance, credit and the floating profit of open positions with their swap and commission.", "balance + credit + floating profit"),
    _of("floating_net", "Floating profit", "signed", "The result of open positions at the broker's last reported prices, their swap and commission included.", "sum of floating profit + swap + commission of open positions"),
    _of("open_total_profit", "Floating profit before swap", "signed", "What MetaTrader 5 prints as Floating P/L: without the swap and commission of open positions.", "sum of floating profit of open positions"),
    _of("credit", "Credit", "money", "Credit that the broker granted: it carries positions but is not part of the balance.", "sum of credits"),
    _of("margin", "Margin", "money", "What open positions tie up, as the broker last reported it.", "the broker's own"),
    _of("margin_free", "Free margin", "money", "Equity less margin, by this broker's rule about floating profit.", "equity - margin"),
    _of("margin_level_percent", "Margin level", "percent", "Equity / margin.", "equity / margin"),
    _of("margin_level_ratio", "Margin level as a ratio", "factor", "Equity / margin, as workbooks print it.", "equity / margin"),
)  # fmt: skip
