"""Rates from tables: the ECB's, with a column for each currency, and one's own, with a line for each rate."""

import csv
from collections.abc import Callable, Sequence
from functools import partial

from trading.calc.exchange import PIVOT
from trading.ratefiles.findings import Findings, NotUnderstood, currency, rate

Read = Callable[[Sequence[str], int, Findings], None]
_OWN = ("day", "base", "quote", "rate")
_EMPTY = frozenset({"", "N/A", "-"})
_COLUMNS = 200
_LINE_CHARS = 4_096
_UNKNOWN = (
    "This is neither a file of the European Central Bank nor a table with the columns day, base, quote and rate. "
    "Its first line must name them."
)


def read_table(text: str, findings: Findings) -> str:
    """Which kind of table it is: "ecb" or "table"."""
    lines = text.splitlines()
    head = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t", key=head.count)
    names = [name.strip() for name in head.split(delimiter)][:_COLUMNS]
    read: Read
    if names[0].lower() == "date" and len(names) > 1:
        kind, read = "ecb", partial(_ecb_line, _currencies(names, findings))
    elif sorted(name.lower() for name in names if name) == sorted(_OWN):
        kind, read = "table", partial(_own_line, [name.lower() for name in names], delimiter != ",")
    else:
        findings.refusal = _UNKNOWN
        return "table"
    start = lines.index(head) + 1
    for number, line in enumerate(lines[start:], start + 1):
        if line.strip() and not findings.is_full:
            _read_line(number, line, delimiter, findings, read)
    return kind


def _read_line(number: int, line: str, delimiter: str, findings: Findings, read: Read) -> None:
    try:
        if len(line) > _LINE_CHARS:
            raise NotUnderstood("The line is far too long.")
        read(next(csv.reader([line], delimiter=delimiter, strict=True), []), number, findings)
    except csv.Error:
        findings.cannot(number, NotUnderstood("The quotation marks do not close."), line)
    except NotUnderstood as error:
        findings.cannot(number, error, line)


def _currencies(names: Sequence[str], findings: Findings) -> list[str]:
    """The currency of each column; "" where it names none, as after the comma that ends the ECB's lines."""
    found = []
    for name in names[1:]:
        try:
            found.append(currency(name) if name else "")
        except NotUnderstood as error:
            findings.cannot(1, error, name)
            found.append("")
    return found


def _ecb_line(columns: Sequence[str], cells: Sequence[str], number: int, findings: Findings) -> None:
    """A day and what one euro was worth on it. A cell that is no rate costs its own currency alone."""
    day = findings.day(cells[0])
    for code, cell in zip(columns, cells[1:], strict=False):
        if not code or cell.strip() in _EMPTY:
            continue
        try:
            findings.add(day, PIVOT, code, rate(cell))
        except NotUnderstood as error:
            findings.cannot(number, error, f"{code} {cell}")


def _own_line(
    columns: Sequence[str], has_decimal_commas: bool, cells: Sequence[str], number: int, findings: Findings
) -> None:
    of = dict(zip(columns, cells, strict=False))
    if not of.keys() >= set(_OWN):
        raise NotUnderstood("A line has four cells: day, base, quote and rate.")
    base, quote = currency(of["base"]), currency(of["quote"])
    if base == quote:
        raise NotUnderstood("A rate is between two currencies.")
    text = of["rate"].replace(",", ".") if has_decimal_commas else of["rate"]
    findings.add(findings.day(of["day"]), base, quote, rate(text))
