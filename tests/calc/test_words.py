"""Texts of the arithmetic: English by themselves, whole sentences for whoever translates them."""

import ast
from pathlib import Path

import pytest

from trading.calc.registry import ENTRIES
from trading.calc.words import Sentence, ngettext

CALC = Path(__file__).parents[2] / "trading" / "calc"


@pytest.mark.parametrize(("count", "text"), [(1, "1 trade left out."), (1200, "1,200 trades left out.")])
def test_a_sentence_counts_in_english(count: int, text: str) -> None:
    assert str(ngettext("%(count)s trade left out.", "%(count)s trades left out.", count)) == text


def test_a_sentence_may_hold_another() -> None:
    assert str(Sentence("No value. %(why)s", {"why": Sentence("Nothing closed.")})) == "No value. Nothing closed."


def test_every_text_of_the_registry_is_marked_for_translation() -> None:
    marked = {
        node.args[0].value
        for path in CALC.glob("registry_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
        if isinstance(node.args[0], ast.Constant)
    }
    for entry in ENTRIES:
        texts = [entry.label, entry.short, entry.meaning, entry.formula, entry.group, *entry.sets.values()]
        assert {text for text in texts if text} <= marked, entry.key
