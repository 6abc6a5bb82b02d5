"""Reads a block of totals, also one that has fewer or more rows than the terminal prints today.

Older builds know fewer figures, newer ones more. Each row has a shape: how many figures it holds, and which of them are
`A (B)`, `A (B%)` or `A% (B)`. The rows of the file and those of the layout are laid side by side so that as many as
possible fit, in order. A row that fits in more than one way is not guessed at: only its labels can tell, where they
are known.
"""

from collections.abc import Sequence

from trading.statements.figure_labels import known_keys, read_labelled
from trading.statements.figures import COUNTS, FIGURE, Layout, Pair, PairRow, figures_of, read_block
from trading.statements.rows import Problem, StatedFigure


def read_rows(rows: Sequence[PairRow], layout: Layout, platform: str) -> tuple[list[StatedFigure], list[Problem]]:
    """The figures of a block, and a problem for each of its rows that holds a figure of unknown meaning."""
    figures = read_block(rows, layout)
    if figures is not None:
        return figures, []
    figures, left = [], []
    for found, place in zip(rows, _places(rows, layout, platform), strict=True):
        if place is None:
            left.append(found)
            continue
        for pair, keys in zip(found.pairs, layout[place], strict=True):
            figures.extend(figures_of(pair, keys, found.row.line))
    labelled, problems = read_labelled(left, platform)
    return figures + labelled, problems


def _places(rows: Sequence[PairRow], layout: Layout, platform: str) -> list[int | None]:
    """For each row its place in the layout, None where it has none or could have another."""
    if not rows:
        return []
    fits = [[_row_fits(found, keys, platform) for keys in layout] for found in rows]
    above, below = _most(fits), _most([line[::-1] for line in fits[::-1]])
    count, width = len(rows), len(layout)
    most = above[count][width]
    places: list[int | None] = []
    for row, line in enumerate(fits):
        rest = below[count - row - 1]
        may_be_left = any(above[row][place] + rest[width - place] == most for place in range(width + 1))
        possible = [
            place
            for place, is_fit in enumerate(line)
            if is_fit and above[row][place] + 1 + rest[width - place - 1] == most
        ]
        places.append(possible[0] if len(possible) == 1 and not may_be_left else None)
    return places


def _most(fits: Sequence[Sequence[bool]]) -> list[list[int]]:
    """At [i][j]: how many of the first i rows can stand, in order, among the first j of the layout."""
    table = [[0] * (len(fits[0]) + 1)]
    for line in fits:
        before, row = table[-1], [0]
        for place, is_fit in enumerate(line):
            row.append(max(before[place + 1], row[place], before[place] + is_fit))
        table.append(row)
    return table


def _row_fits(found: PairRow, expected: Sequence[tuple[str, ...]], platform: str) -> bool:
    """Whether a row can be that of the layout: by all of its labels where they are known, else by its shape."""
    if len(found.pairs) != len(expected):
        return False
    known = [known_keys(pair, platform) for pair in found.pairs]
    if any(known) and known != list(expected):
        return False
    return all(_fits(pair, keys) for pair, keys in zip(found.pairs, expected, strict=True))


def _fits(pair: Pair, keys: tuple[str, ...]) -> bool:
    """Whether the text of a place has the shape of these figures."""
    match = FIGURE.fullmatch(pair.text)
    if match is None:
        return not pair.text
    first, is_percent, second, is_second_percent = match.groups()
    shares = [(first, is_percent)] + ([(second, is_second_percent)] if second else [])
    if len(shares) != len(keys):
        return False
    return all(_value_fits(key, text, sign) for key, (text, sign) in zip(keys, shares, strict=True))


def _value_fits(key: str, text: str, sign: str) -> bool:
    if key == "margin_level":
        return True
    return bool(sign) == key.endswith("_percent") and not (key in COUNTS and "." in text)
