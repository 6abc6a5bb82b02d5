"""Finds every text that pages translate, brings the catalogues up to date, and compiles them: `make messages`.

Texts are marked in the ways of Django: gettext and its kin in Python, `translate` and `blocktranslate` in templates. What
cannot be marked there, because it is written where Django is not known, is found by what it is: sentences of the readers,
of the arithmetic and of refusals, and the words of the registry of figures.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polib
from django.template.base import Lexer, Token, TokenType
from django.utils.translation import trim_whitespace

from trading.calc.guard_presets import presets
from trading.calc.guard_words import KIND_NAMES
from trading.calc.registry import ENTRIES

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
_PYTHON = ("accounts", "trading")
#: The API speaks English, commands speak to who runs them, and samples speak as brokers do.
_NOT_SHOWN = ("trading/api/", "accounts/api/", "trading/management/", "trading/samplefiles/")
#: Where a sentence is shown to a trader without being marked: a view translates it when it shows it.
_SENTENCES = (
    "accounts/errors.py",
    "accounts/services",
    "trading/calc",
    "trading/errors.py",
    "trading/services",
    "trading/statements",
)
_SINGLE = frozenset({"_", "gettext", "gettext_lazy", "gettext_noop", "say"})
_PLURAL = frozenset({"ngettext", "ngettext_lazy"})
_CONTEXT = frozenset({"pgettext", "pgettext_lazy"})
_SENTENCE = re.compile(r"[A-Z“][^\n]* [^\n]*[.!?]")
_CONSTANT = r"\"([^\"]*)\"|'([^']*)'"
_TRANSLATE = re.compile(rf"trans(?:late)?\s+(?:{_CONSTANT})(?:.*?\bcontext\s+(?:{_CONSTANT}))?")
_MARKED = re.compile(rf"_\((?:{_CONSTANT})\)")
_COUNT = re.compile(rf"count\s+\S+\s+(?:{_CONSTANT})(?:\s+(?:{_CONSTANT}))?")
_BLOCK = re.compile(r"blocktrans(?:late)?\b")
_BLOCK_CONTEXT = re.compile(rf"\bcontext\s+(?:{_CONSTANT})")


@dataclass(frozen=True, order=True, slots=True)
class Message:
    """`plural` is "" where the text has none."""

    text: str
    plural: str = ""
    context: str = ""


def messages() -> dict[Message, set[str]]:
    """Every text that is translated, with the files that it is in."""
    found: dict[Message, set[str]] = {}
    for path, message in _all():
        found.setdefault(message, set()).add(path)
    return _one_per_text(found)


def _one_per_text(found: dict[Message, set[str]]) -> dict[Message, set[str]]:
    """A text with and without a plural is one entry of a catalogue: the one with its plural."""
    plurals = {(message.text, message.context): message for message in found if message.plural}
    merged: dict[Message, set[str]] = {}
    for message, paths in found.items():
        merged.setdefault(plurals.get((message.text, message.context), message), set()).update(paths)
    return merged


def _all() -> Iterator[tuple[str, Message]]:
    for path in sorted(path for folder in _PYTHON for path in (ROOT / folder).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if "/migrations/" not in name and not name.startswith(_NOT_SHOWN):
            yield from ((name, message) for message in of_python(path.read_text(), name.startswith(_SENTENCES)))
    for path in sorted((ROOT / "templates").rglob("*.*")):
        name = path.relative_to(ROOT).as_posix()
        yield from ((name, message) for message in of_template(path.read_text()))
    yield from (("trading/calc", Message(text)) for text in _of_registries() if text)


def _of_registries() -> Iterator[str]:
    for entry in ENTRIES:
        yield from (entry.label, entry.short, entry.group, entry.meaning, entry.formula, *entry.sets.values())
    for name in KIND_NAMES.values():
        yield from (name, name.lower())
    yield from (preset.name for preset in presets().values())


# ---- Python ----------------------------------------------------------------------------------------------------------


def of_python(source: str, with_sentences: bool = False) -> Iterator[Message]:
    tree = ast.parse(source)
    left_out = _not_shown(tree) if with_sentences else set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        elif (
            isinstance(node, ast.Constant) and id(node) not in left_out and with_sentences and _is_sentence(node.value)
        ):
            yield Message(str(node.value))


def _is_sentence(value: object) -> bool:
    return isinstance(value, str) and _SENTENCE.fullmatch(value) is not None


def _not_shown(tree: ast.Module) -> set[int]:
    """What is no text for a trader: docstrings, pieces of f-strings, lines of the log."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found.update(map(id, node.values))
        elif isinstance(node, ast.Expr):
            found.add(id(node.value))
        elif isinstance(node, ast.Call) and getattr(getattr(node.func, "value", None), "id", "") == "logger":
            found.update(map(id, node.args))
    return found


def _of_call(node: ast.Call) -> Iterator[Message]:
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    texts = [_constant(argument) for argument in node.args]
    if name in _SINGLE and texts and texts[0]:
        yield Message(texts[0])
    elif name in _PLURAL and len(texts) > 1 and texts[0] and texts[1]:
        yield Message(texts[0], texts[1])
    elif name in _CONTEXT and len(texts) > 1 and texts[0] and texts[1]:
        yield Message(texts[1], context=texts[0])
    elif name == "count" and len(texts) > 1 and texts[1]:
        yield _counted(texts[1], texts[2] if len(texts) > 2 else "")


def _constant(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _counted(noun: str, plural: str) -> Message:
    """As trading.formatting.count asks for it."""
    return Message(f"%(number)s {noun}", f"%(number)s {plural or noun + 's'}")


# ---- Templates -------------------------------------------------------------------------------------------------------


def of_template(source: str) -> Iterator[Message]:
    tokens = iter(Lexer(source).tokenize())
    for token in tokens:
        if token.token_type == TokenType.BLOCK and _BLOCK.match(token.contents):
            yield _of_block(token, tokens)
        elif token.token_type in (TokenType.BLOCK, TokenType.VAR):
            yield from _of_token(token.contents)


def _of_token(contents: str) -> Iterator[Message]:
    if found := _TRANSLATE.match(contents):
        yield Message(_escaped(_either(found, 1)), context=_either(found, 3))
    if found := _COUNT.match(contents):
        yield _counted(_either(found, 1), _either(found, 3))
    yield from (Message(_escaped(_either(marked, 1))) for marked in _MARKED.finditer(contents))


def _of_block(opening: Token, tokens: Iterator[Token]) -> Message:
    parts, at = ["", ""], 0
    for token in tokens:
        if token.token_type == TokenType.BLOCK and token.contents.startswith("endblocktrans"):
            break
        if token.token_type == TokenType.BLOCK and token.contents == "plural":
            at = 1
        elif token.token_type == TokenType.VAR:
            parts[at] += f"%({token.contents.strip()})s"
        else:
            parts[at] += _escaped(token.contents)
    clean: Callable[[str], str] = trim_whitespace if "trimmed" in opening.contents.split() else str
    context = _BLOCK_CONTEXT.search(opening.contents)
    return Message(clean(parts[0]), clean(parts[1]), _either(context, 1) if context else "")


def _either(found: re.Match[str], group: int) -> str:
    return found.group(group) or found.group(group + 1) or ""


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


# ---- Catalogues ------------------------------------------------------------------------------------------------------


def languages() -> list[str]:
    return sorted(path.name for path in LOCALE.iterdir() if path.is_dir())


def catalogue(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def updated(po: polib.POFile, found: dict[Message, set[str]]) -> polib.POFile:
    """The catalogue with an entry for each text and no other; what was translated stays."""
    known = {(entry.msgid, entry.msgctxt or ""): entry for entry in po if not entry.obsolete}
    fresh = polib.POFile(wrapwidth=120)
    fresh.metadata = po.metadata
    for message in sorted(found):
        fresh.append(_entry(message, found[message], known.get((message.text, message.context))))
    return fresh


def _entry(message: Message, paths: set[str], before: polib.POEntry | None) -> polib.POEntry:
    texts: dict[str, Any] = {"msgid": message.text, "msgctxt": message.context or None}
    if message.plural:
        kept = before.msgstr_plural if before is not None else {}
        texts |= {"msgid_plural": message.plural, "msgstr_plural": {at: kept.get(at, "") for at in (0, 1)}}
    else:
        texts["msgstr"] = before.msgstr if before is not None else ""
    flags = ["python-format"] if "%(" in message.text else []
    return polib.POEntry(occurrences=[(path, "") for path in sorted(paths)], flags=flags, **texts)


def main() -> int:
    found = messages()
    for language in languages():
        path = catalogue(language)
        po = updated(polib.pofile(str(path)), found)
        po.save(str(path))
        po.save_as_mofile(str(path.with_suffix(".mo")))
        missing = po.untranslated_entries()
        print(f"{language}: {len(po)} texts, {len(missing)} to translate in {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
