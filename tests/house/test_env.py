"""A number in the environment that is out of bounds is refused with its name and its bounds."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from tradeportal import env


@pytest.mark.parametrize(("value", "words"), [("61", "from 0 to 60"), ("-1", "from 0 to 60"), ("x", "from 0 to 60")])
def test_a_number_out_of_bounds_is_refused(monkeypatch: pytest.MonkeyPatch, value: str, words: str) -> None:
    monkeypatch.setenv("SOME_S", value)
    with pytest.raises(ImproperlyConfigured, match=f"SOME_S must be a whole number {words}"):
        env.integer("SOME_S", 10, maximum=60)


@pytest.mark.parametrize("value", ["", None])
def test_what_is_set_to_nothing_is_as_if_it_were_not_set(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is None:
        monkeypatch.delenv("SOME_S", raising=False)
    else:
        monkeypatch.setenv("SOME_S", value)
    assert env.integer("SOME_S", 10) == 10
    assert env.text("SOME_S", "mandatory") == "mandatory"
    assert env.listing("SOME_S", "a,b") == ["a", "b"]


def test_a_number_within_bounds_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_S", "60")
    assert env.integer("SOME_S", 10, maximum=60) == 60
