"""Texts that people read: marked, so that translations of them are collected, and said later, in the language of who reads.

The names that mark are those that the collector of translations looks for: `_` (`marked`) and `ngettext`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


def marked(text: str) -> str:
    """The text itself."""
    return text


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text with what is put into it; `plural` is the text for any other `count` than one. As `str`, it is English.

    Values are numbers, names that stay as they are, and sentences.
    """

    text: str
    values: Mapping[str, "int | str | Sentence"] = field(default_factory=dict)
    plural: str = ""
    count: int = 1

    def __str__(self) -> str:
        text = self.plural if self.plural and self.count != 1 else self.text
        return text % {
            name: f"{value:,}" if isinstance(value, int) else str(value) for name, value in self.values.items()
        }


def ngettext(singular: str, plural: str, count: int) -> Sentence:
    """A sentence about that many, with %(count)s in it."""
    return Sentence(singular, {"count": count}, plural, count)
