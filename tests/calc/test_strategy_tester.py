"""The strategy tester prints AHPR, GHPR, Z-score and LR figures, which no account's report shows: an oracle for ours.

Its reports are no accounts, so the readers refuse them; this test takes the deals out of them with its own few lines.
"""

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

import openpyxl
import pytest
from lxml import html

from tests.calc.figures_table import expected
from tests.samples import sample
from trading.calc.compare import rounded_like
from trading.calc.history import Fill, Flow, History
from trading.calc.metatrader import Figures, metatrader_figures

WORKBOOK = "mt5-tester/tester-usd.xlsx"
PAGE = "mt5-tester/tester-pips-utf16.html"
STAMP = re.compile(r"\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d")

RESULTS = [
    *("net_profit", "gross_profit", "gross_loss", "profit_factor", "expected_payoff"),
    *("trades_total", "trades_short", "trades_short_won_percent", "trades_long", "trades_long_won_percent"),
    *("trades_won", "trades_won_percent", "trades_lost", "trades_lost_percent"),
    *("largest_profit_trade", "largest_loss_trade", "average_profit_trade", "average_loss_trade"),
    *("max_consecutive_wins", "max_consecutive_wins_money", "max_consecutive_losses", "max_consecutive_losses_money"),
    *("max_consecutive_profit", "max_consecutive_profit_count", "max_consecutive_loss", "max_consecutive_loss_count"),
    *("average_consecutive_wins", "average_consecutive_losses"),
    *("balance_drawdown_absolute", "balance_drawdown_maximal", "balance_drawdown_maximal_percent"),
    *("balance_drawdown_relative", "balance_drawdown_relative_percent", "deals_total_balance", "z_score", "ahpr"),
    "lr_standard_error",
]


def rows_of(name: str) -> Iterator[Sequence[str]]:
    if name.endswith(".html"):
        page = html.fromstring(sample(name).read_bytes().decode("utf-16"))
        for row in page.iter("tr"):
            yield ["".join(map(str, cell.itertext())).replace("\xa0", " ").strip() for cell in row]
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the terminal's workbook has no default style
        book = openpyxl.load_workbook(sample(name), read_only=True)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()
    for cells in sheet.iter_rows(values_only=True):
        yield ["" if cell is None else str(cell) for cell in cells]


def history_of(rows: Iterable[Sequence[str]]) -> History:
    """The deals: time, deal, symbol, type, direction, volume, price, order, commission, swap, profit, balance."""
    fills: list[Fill] = []
    flows: list[Flow] = []
    for cells in rows:
        if len(cells) < 12 or not STAMP.fullmatch(cells[0]):
            continue
        at = datetime.strptime(cells[0], "%Y.%m.%d %H:%M:%S").replace(tzinfo=UTC)
        if cells[3] == "balance":
            flows.append(Flow(at, int(cells[1]), "deposit", number(cells[10])))
        elif cells[4] in ("in", "out"):
            is_exit = cells[4] == "out"
            side = cells[3] if not is_exit else "sell" if cells[3] == "buy" else "buy"
            commission, swap, profit = (number(cell) for cell in cells[8:11])
            fills.append(Fill(at, int(cells[1]), is_exit, side, profit, commission, swap, Decimal(0)))
    return History(fills, flows, opening_balance=Decimal(0))


def number(text: str) -> Decimal:
    return Decimal(text.replace(" ", "") or 0)


@cache
def figures_of(name: str) -> Figures:
    return metatrader_figures(history_of(rows_of(name)), "mt5")


def stated(name: str, key: str) -> Decimal:
    return Decimal(expected(name)["stated"][key])


@pytest.mark.parametrize("name", [WORKBOOK, PAGE])
@pytest.mark.parametrize("key", RESULTS)
def test_figure_of_the_tester_is_reproduced(name: str, key: str) -> None:
    ours, printed = figures_of(name)[key], stated(name, key)
    assert ours is not None
    assert rounded_like(printed, ours) == printed


def test_geometric_factor_is_reproduced() -> None:
    assert rounded_like(Decimal("1.0000"), figures_of(WORKBOOK)["ghpr"] or Decimal(0)) == stated(WORKBOOK, "ghpr")


def test_geometric_factor_is_undefined_where_the_tester_pretends_that_one_unit_is_left() -> None:
    """The back-test ended at -31.70; the tester prints the growth from 3 000 to 1."""
    assert figures_of(PAGE)["ghpr"] is None
    pretended = (Decimal(1) / 3000) ** (Decimal(1) / 140)
    assert rounded_like(Decimal("1.0000"), pretended) == stated(PAGE, "ghpr")


@pytest.mark.parametrize("name", [WORKBOOK, PAGE])
def test_correlation_lies_within_one_unit_of_the_last_printed_decimal(name: str) -> None:
    """The tester cuts it off (0.9750325 is printed as 0.975032) where other figures are rounded."""
    printed = stated(name, "lr_correlation")
    unit = Decimal(1).scaleb(int(printed.as_tuple().exponent))
    assert abs((figures_of(name)["lr_correlation"] or 0) - printed) < unit


def test_confidence_is_that_of_the_tester_up_to_its_limit() -> None:
    for name in (WORKBOOK, PAGE):
        assert min(figures_of(name)["z_confidence_percent"] or Decimal(0), Decimal("99.74")) == stated(
            name, "z_score_percent"
        )


def test_sharpe_ratio_of_the_tester_is_another_figure() -> None:
    assert (figures_of(WORKBOOK)["sharpe_ratio"] or 0) < 1 < stated(WORKBOOK, "sharpe_ratio")
