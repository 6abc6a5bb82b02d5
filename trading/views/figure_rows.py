"""How figures stand on a page: each written, with its interval, its sample and the reason where it has no value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from trading.calc.figure_types import DefinitionSet, FigureEntry, FigureValue, Kind
from trading.calc.registry import entries_in, entry_of
from trading.formatting import Formats, duration, unknown
from trading.queries.figure_sets import FigureSet
from trading.views.figure_words import in_words, said

_PLACES: Mapping[Kind, int] = {"count": 0, "number": 4, "factor": 2}


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure, ready to be shown. `hint` stands under its value; `url` leads to what it rests on."""

    key: str
    label: str
    meaning: str
    value: SafeString | str
    beside: str
    hint: str
    url: str
    is_thin: bool


@dataclass(frozen=True, slots=True)
class RowGroup:
    """`note` is what to know of every value in it."""

    title: str
    rows: Sequence[FigureRow]
    note: str = ""


def row_groups(found: FigureSet, formats: Formats, query: str) -> list[RowGroup]:
    """The figures of a set under the headings of its definition; those that stand beside another have no row."""
    entries = [entry for entry in entries_in(found.definition) if entry.key in found.figures]
    besides = {entry.beside for entry in entries}
    groups: dict[str, list[FigureEntry]] = {}
    for entry in entries:
        if entry.key not in besides:
            groups.setdefault(entry.group, []).append(entry)
    return [_group(said(title), of_group, found, formats, query) for title, of_group in groups.items()]


def _group(title: str, entries: Sequence[FigureEntry], found: FigureSet, formats: Formats, query: str) -> RowGroup:
    """The rows of a heading; a note that all values share stands under the heading, and not in every row."""
    known = [figure for entry in entries if (figure := found.figures[entry.key]).value is not None]
    notes = {figure.note for figure in known}
    note = notes.pop() if len(known) > 1 and len(notes) == 1 else ""
    rows = [figure_row(entry, found, formats, query, told=note) for entry in entries]
    return RowGroup(title, rows, said(note))


def figure_row(entry: FigureEntry, found: FigureSet, formats: Formats, query: str, told: str = "") -> FigureRow:
    """`told` is a note that the reader has been told already."""
    entry, figure = in_words(entry), found.figures[entry.key]
    if told and figure.note == told:
        figure = replace(figure, note="")
    beside, of_beside = _beside(entry, found, formats) if figure.value is not None else ("", "")
    return FigureRow(
        key=entry.key,
        label=entry.short or entry.label,
        meaning=entry.meaning,
        value=shown(entry, figure, found, formats),
        beside=beside,
        hint=". ".join(filter(None, (hint(entry, figure, found, formats), of_beside))),
        url=reverse("figure_detail", args=[entry.key]) + query,
        is_thin=is_thin(entry, figure),
    )


def is_thin(entry: FigureEntry, figure: FigureValue) -> bool:
    """Whether the figure rests on too little to say anything."""
    return figure.value is not None and figure.sample < entry.minimum


def shown(entry: FigureEntry, figure: FigureValue, found: FigureSet, formats: Formats) -> SafeString | str:
    """The value, a dash with its reason, or words where too few trades stand behind it.

    MetaTrader prints such a figure all the same, so under its definition the words stand beside the value.
    """
    if figure.value is None:
        return unknown(said(figure.reason))
    if found.definition != "mt5" and is_thin(entry, figure):
        return _too_few(entry, figure)
    return written(figure.value, entry.kind, found.currency, formats)


def written(value: Decimal, kind: Kind, currency: str, formats: Formats) -> SafeString | str:
    """The value in the trader's way of writing."""
    if kind == "signed":
        return formats.amount(value, currency)
    if kind == "money":
        return formats.plain(value, currency)
    if kind == "percent":
        return formats.percent(value / 100)
    if kind == "duration":
        return duration(timedelta(seconds=int(value)))
    return formats.number(value, _PLACES[kind])


def hint(entry: FigureEntry, figure: FigureValue, found: FigureSet, formats: Formats) -> str:
    """How sure the value is, and what to know of it."""
    words = []
    if figure.on:
        words.append(formats.day(figure.on))
    if figure.value is not None and found.definition == "mt5" and is_thin(entry, figure):
        words.append(_too_few(entry, figure))
    if figure.value is not None and (interval := interval_of(entry, figure, found, formats)):
        words.append(interval)
    if figure.note:
        words.append(said(figure.note))
    return ". ".join(words)


def interval_of(entry: FigureEntry, figure: FigureValue, found: FigureSet, formats: Formats) -> str:
    """The 95 % interval in words; "" where none was computed."""
    if figure.low is None or figure.high is None:
        return ""
    low, high = (plain_text(edge, entry.kind, found.currency, formats) for edge in (figure.low, figure.high))
    return _("95 %%: %(low)s to %(high)s") % {"low": low, "high": high}


def plain_text(value: Decimal, kind: Kind, currency: str, formats: Formats) -> str:
    """The value without its colour."""
    return formats.signed(value, currency) if kind == "signed" else str(written(value, kind, currency, formats))


def _too_few(entry: FigureEntry, figure: FigureValue) -> str:
    words = {
        "trades": _("Too few trades to say: %(sample)d of %(minimum)d"),
        "days": _("Too few days to say: %(sample)d of %(minimum)d"),
        "points": _("Too few reports to say: %(sample)d of %(minimum)d"),
    }[entry.counted]
    return words % {"sample": figure.sample, "minimum": entry.minimum}


def _beside(entry: FigureEntry, found: FigureSet, formats: Formats) -> tuple[str, str]:
    """The figure that stands in parentheses, and what to know of it."""
    figure = found.figures.get(entry.beside)
    if figure is None or figure.value is None:
        return "", ""
    of = entry_of(entry.beside)
    if found.definition != "mt5" and is_thin(of, figure):
        return "", _too_few(of, figure)
    return str(written(figure.value, of.kind, found.currency, formats)), hint(of, figure, found, formats)


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One figure by each definition, in their order; "" where a definition has no such figure."""

    label: str
    url: str
    values: Sequence[SafeString | str]


def compared_rows(
    sets: Mapping[DefinitionSet, FigureSet], entries: Sequence[FigureEntry], formats: Formats, query: str
) -> list[ComparedRow]:
    """The figures that at least one definition has, each by all of them."""
    return [
        ComparedRow(
            in_words(entry).label,
            reverse("figure_detail", args=[entry.key]) + query,
            [
                shown(entry, found.figures[entry.key], found, formats) if entry.key in found.figures else ""
                for found in sets.values()
            ],
        )
        for entry in entries
        if any(entry.key in found.figures for found in sets.values())
    ]
