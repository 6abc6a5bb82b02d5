"""The catalogues say everything that pages say, with the same values in it, and are compiled."""

import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

from devtools.messages import LOCALE, ROOT, Message, catalogue, languages, messages, of_python, of_template

LANGUAGES = languages()
#: Text of templates that is the same in every language: names, codes, units and keys.
SAME = frozenset({"API", "CSV", "Enter", "Esc", "JSON", "MT", "MetaTrader", "TradePortal", "UTC", "XLSX", "sha256"})
#: The description of the API speaks English, as the API does.
_ENGLISH = ("api",)
_TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
_HIDDEN = re.compile(
    r"{%\s*comment\b.*?endcomment\s*%}|{%\s*blocktrans\w*\b.*?endblocktrans\w*\s*%}|<script\b.*?</script>|<!--.*?-->|<(code|pre)\b.*?</\1>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r'\b(?:aria-label|aria-description|alt|placeholder|title)="([^"]*)"')
_ARGUMENT = re.compile(r'(?:\b(?:title|text|action|label|hint|more)=|\bunknown |\bbadge (?:"\w+"|\S+) )"([^"]*)"')
_WORD = re.compile(r"[A-Za-zÄÖÜäöüß]{2,}")
_VALUE = re.compile(r"%\(\w+\)(?:\.\d+)?[a-z]|{\w+}|<[^>]+>")


@pytest.fixture(scope="module")
def found() -> dict[Message, set[str]]:
    return messages()


def entries(language: str) -> list[polib.POEntry]:
    return list(polib.pofile(str(catalogue(language))))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_text_and_no_other(language: str, found: dict[Message, set[str]]) -> None:
    known = {Message(entry.msgid, entry.msgid_plural or "", entry.msgctxt or "") for entry in entries(language)}
    assert not found.keys() - known, "run `make messages`, and translate what is new"
    assert not known - found.keys(), "run `make messages`: these texts are shown nowhere any more"


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_translated(language: str) -> None:
    left = [entry.msgid for entry in entries(language) if not entry.translated() or entry.fuzzy or entry.obsolete]
    assert left == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_values_and_tags_of_its_text(language: str) -> None:
    wrong = [entry.msgid for entry in entries(language) if not _has_the_same(entry)]
    assert wrong == []


def _has_the_same(entry: polib.POEntry) -> bool:
    if not entry.msgid_plural:
        return sorted(_VALUE.findall(entry.msgid)) == sorted(_VALUE.findall(entry.msgstr))
    # One thing may be said without its number.
    one, many = entry.msgstr_plural[0], entry.msgstr_plural[1]
    allowed = set(_VALUE.findall(entry.msgid_plural))
    return set(_VALUE.findall(many)) == allowed and set(_VALUE.findall(one)) <= allowed


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_spaces_around_a_text_stay(language: str) -> None:
    """Two texts that are joined on a page stay apart."""
    wrong = [
        entry.msgid
        for entry in entries(language)
        if not entry.msgid_plural and entry.msgid[:1].isspace() != entry.msgstr[:1].isspace()
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_texts(language: str) -> None:
    path = catalogue(language)
    assert path.with_suffix(".mo").read_bytes() == polib.pofile(str(path)).to_binary()


def test_every_catalogue_has_both_files() -> None:
    assert LANGUAGES, "no language at all"
    assert all((LOCALE / name / "LC_MESSAGES" / "django.mo").is_file() for name in LANGUAGES)


def _templates() -> list[Path]:
    return sorted(path for path in (ROOT / "templates").rglob("*.*") if path.parent.name not in _ENGLISH)


@pytest.mark.parametrize("path", _templates(), ids=lambda path: path.name)
def test_a_template_has_no_text_that_is_not_marked(path: Path) -> None:
    assert list(unmarked(path.read_text())) == []


def unmarked(source: str) -> Iterator[str]:
    """Text between and inside tags, and of arguments of our own tags, that no translation reaches."""
    shown = _HIDDEN.sub("", source)
    yield from (text for text in _ARGUMENT.findall("".join(_TAG.findall(shown))) if _is_text(text))
    plain = _TAG.sub("", shown)
    yield from (text for text in _ATTRIBUTE.findall(plain) if _is_text(text))
    for text in re.sub(r"<[^>]*>", "\0", plain).split("\0"):
        if _is_text(text):
            yield " ".join(text.split())


def _is_text(text: str) -> bool:
    return any(word not in SAME for word in _WORD.findall(re.sub(r"&\w+;|[\w-]+\.(?:json|py)", "", text)))


def test_unmarked_text_is_found_wherever_it_stands() -> None:
    assert list(unmarked('<p title="A hint">Some words {{ x }}</p>{% unknown "No reason." %}')) == [
        "No reason.",
        "A hint",
        "Some words",
    ]
    marked = '<p title="{% translate "A hint" %}">{% blocktranslate %}Words {{ x }}{% endblocktranslate %}</p>'
    assert list(unmarked(marked + '{% unknown _("No reason.") %}<kbd>Esc</kbd>')) == []


def test_texts_of_python_are_found() -> None:
    source = '''
def f(n):
    """A docstring is no text."""
    logger.warning("A line of the log is none.")
    raise Refused("This is refused.", code="x")
    return _("One"), ngettext("%(n)s a", "%(n)s b", n), pgettext("unit", "In"), count(n, "trade"), f"Not {n} this."
'''
    plain = {Message("One"), Message("%(n)s a", "%(n)s b"), Message("In", context="unit")}
    counted = Message("%(number)s trade", "%(number)s trades")
    assert set(of_python(source)) == {*plain, counted}
    assert set(of_python(source, with_sentences=True)) == {*plain, counted, Message("This is refused.")}


def test_texts_of_templates_are_found() -> None:
    source = """{% translate "One" %}{{ x|default:_("Two") }}{% count n "trade" %}{% translate "In" context "unit" %}
    {% blocktranslate trimmed count n=n %}
        {{ n }} thing, 5 %
    {% plural %}
        {{ n }} things, 5 %
    {% endblocktranslate %}"""
    assert set(of_template(source)) == {
        Message("One"),
        Message("Two"),
        Message("In", context="unit"),
        Message("%(number)s trade", "%(number)s trades"),
        Message("%(n)s thing, 5 %%", "%(n)s things, 5 %%"),
    }


def test_a_percent_sign_is_only_where_django_gives_it_back() -> None:
    """_("...") in a template doubles a percent sign and leaves it doubled; `translate` does not."""
    wrong = [
        path.name for path in (ROOT / "templates").rglob("*.*") if re.search(r'_\("[^"]*%[^"]*"\)', path.read_text())
    ]
    assert wrong == []
