"""Every figure that the portal knows: its name, kind, meaning, formula, and where the definition sets differ."""

from collections.abc import Mapping, Sequence

from trading.calc.figure_types import DefinitionSet, FigureEntry
from trading.calc.registry_account import ACCOUNT
from trading.calc.registry_results import RESULTS
from trading.calc.registry_risk import RISK
from trading.calc.registry_series import SERIES

#: The definition sets that a trader chooses from, by name.
DEFINITION_SETS: Mapping[DefinitionSet, str] = {
    "mt5": "MetaTrader",
    "myfxbook": "Myfxbook",
    "portal": "TradePortal",
}

#: In the order of the pages.
ENTRIES: Sequence[FigureEntry] = (*ACCOUNT, *RESULTS, *RISK, *SERIES)

#: The entry of each key; MetaTrader 4 has names of its own for drawdown, which lead to the same entries.
BY_KEY: Mapping[str, FigureEntry] = {key: entry for entry in ENTRIES for key in (entry.key, *entry.aliases)}


def entry_of(key: str) -> FigureEntry:
    """The entry of a figure. Errors: KeyError for a key that no figure has."""
    return BY_KEY[key]


def entries_in(definition: DefinitionSet) -> list[FigureEntry]:
    """The figures of one definition set, in the order of the pages."""
    return [entry for entry in ENTRIES if definition in entry.sets]
