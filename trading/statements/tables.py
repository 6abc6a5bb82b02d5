"""A table row as every reader sees it, whether it stood in a page or in a workbook."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_NO_CELLS: Mapping[int, str] = {}


@dataclass(slots=True)
class Row:
    """Shape: `texts` holds one text per column, a merged cell's text in its first column and "" in the others.

    `line` is the line of the page, or the row of the sheet. `title` is the first cell's tooltip, `hidden` the text of
    cells that the page does not show. `raw` holds the texts that `shortest_decimal` changed, `formulas` the formulas.
    """

    line: int
    texts: list[str]
    title: str = ""
    hidden: str = ""
    sheet: str = ""
    raw: Mapping[int, str] = field(default_factory=lambda: _NO_CELLS)
    formulas: Mapping[int, str] = field(default_factory=lambda: _NO_CELLS)

    def filled(self) -> list[int]:
        """The columns that hold something."""
        return [column for column, text in enumerate(self.texts) if text]

    def words(self) -> list[str]:
        return [text for text in self.texts if text]

    def printed(self, column: int) -> str:
        """The text of a cell exactly as the file holds it."""
        return self.raw.get(column, self.texts[column])

    def verbatim(self) -> str:
        """The whole row on one line, for a problem."""
        return " | ".join(self.texts).rstrip(" |")[:2_000]


Rows = Iterator[Row]
