"""Figures in the language of who reads: the registry and the arithmetic speak English and mark their texts."""

from dataclasses import replace
from functools import cache

from django.utils.translation import get_language, gettext, ngettext

from trading.calc.figure_types import FigureEntry
from trading.calc.registry import entry_of
from trading.calc.words import Sentence
from trading.formatting import Formats


def in_words(entry: FigureEntry) -> FigureEntry:
    """The entry with its texts in the language of now."""
    return _in_language(entry.key, get_language() or "")


def said(text: str) -> str:
    """A marked text in the language of now; nothing stays nothing."""
    return gettext(text) if text else ""


def told(sentence: Sentence, formats: Formats) -> str:
    """A sentence in the language of now, numbers as the trader writes them."""
    text = ngettext(sentence.text, sentence.plural, sentence.count) if sentence.plural else gettext(sentence.text)
    return text % {name: _value(value, formats) for name, value in sentence.values.items()}


def _value(value: int | str | Sentence, formats: Formats) -> str:
    if isinstance(value, Sentence):
        return told(value, formats)
    return formats.number(value) if isinstance(value, int) else value


@cache
def _in_language(key: str, language: str) -> FigureEntry:
    entry = entry_of(key)
    return replace(
        entry,
        label=said(entry.label),
        short=said(entry.short),
        meaning=said(entry.meaning),
        formula=said(entry.formula),
        group=said(entry.group),
        sets={name: said(text) for name, text in entry.sets.items()},
    )
