"""The grade of an account's data, by the rule that docs/formulas.md states."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from trading.calc import data_quality as calc
from trading.calc.data_quality import QualityFacts, data_quality

WHOLE = QualityFacts(trades=100, stated_days=10)
DEFECTS: dict[str, dict[str, Any]] = {
    "opening_unknown": {"opening": None},
    "untied": {"untied_days": 1, "untied_on": date(2026, 1, 5), "difference": Decimal(1)},
    "feed_failing": {"feed": "failing"},
    "feed_stale": {"feed": "stale"},
    "missing_stops": {"without_stop": 50},
    "snapshot_gaps": {"snapshot_days": 20, "missing_days": 10},
    "unknown_instruments": {"unknown_symbols": ["A", "B"]},
    "begins_midway": {"opening": Decimal(1000)},
    "nothing_stated": {"stated_days": 0},
}
COSTS: dict[str, Decimal | int] = {
    "opening_unknown": 50,
    "untied": 40,
    "feed_failing": 20,
    "feed_stale": 15,
    "missing_stops": 10,
    "snapshot_gaps": Decimal("7.5"),
    "unknown_instruments": 10,
    "begins_midway": 10,
    "nothing_stated": 10,
}


def test_whole_data_are_graded_a_and_no_data_not_at_all() -> None:
    assert (data_quality(WHOLE).grade, data_quality(WHOLE).reasons) == ("A", [])
    assert data_quality(replace(WHOLE, has_history=False, opening=None)).grade is None


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_costs_what_the_rule_says(defect: str) -> None:
    found = data_quality(replace(WHOLE, **DEFECTS[defect]))
    assert [(reason.defect, reason.cost) for reason in found.reasons] == [(defect, COSTS[defect])]
    assert found.points == 100 - COSTS[defect]


@pytest.mark.parametrize(
    ("lost", "grade"), [(10, "A"), (25, "B"), (40, "C"), (55, "D"), (75, "E"), (76, "F"), (100, "F")]
)
def test_points_make_the_grade(lost: int, grade: calc.Grade) -> None:
    least = {name: points for points, name in calc.GRADES}
    assert 100 - lost >= least[grade]
    better = [points for points, name in calc.GRADES if name < grade]
    assert not better or 100 - lost < min(better)


def test_the_costliest_reason_comes_first_and_points_never_fall_below_zero() -> None:
    all_of_them = replace(
        WHOLE, opening=None, feed="failing", without_stop=100, snapshot_days=5, missing_days=5, unknown_symbols="ABCDE"
    )
    found = data_quality(all_of_them)
    assert [reason.cost for reason in found.reasons] == [50, 20, 20, 15, 15]
    assert found.points == 0 and found.grade == "F" and found.is_bad


@st.composite
def any_facts(draw: st.DrawFn) -> QualityFacts:
    trades, due, stated = draw(st.integers(0, 50)), draw(st.integers(0, 22)), draw(st.integers(0, 30))
    return QualityFacts(
        trades=trades,
        without_stop=draw(st.integers(0, trades)),
        opening=draw(st.sampled_from([None, Decimal(0), Decimal(500)])),
        stated_days=stated,
        untied_days=draw(st.integers(0, stated)),
        feed=draw(st.sampled_from(["none", "well", "stale", "failing"])),
        snapshot_days=due,
        missing_days=draw(st.integers(0, due)),
        unknown_symbols=draw(st.lists(st.text(min_size=1, max_size=5), max_size=6)),
    )


def worse(facts: QualityFacts) -> list[QualityFacts]:
    """The same account with one defect more."""
    feeds: dict[str, Any] = {"none": "stale", "well": "stale", "stale": "failing", "failing": "failing"}
    return [
        replace(facts, opening=None),
        replace(facts, opening=facts.opening if facts.opening is None else Decimal(500)),
        replace(facts, trades=facts.trades + 1, without_stop=facts.without_stop + 1),
        replace(facts, without_stop=facts.trades),
        replace(facts, stated_days=max(1, facts.stated_days), untied_days=max(1, facts.untied_days)),
        replace(facts, stated_days=0, untied_days=0) if not facts.untied_days else facts,
        replace(facts, feed=feeds[facts.feed]),
        replace(facts, missing_days=facts.snapshot_days),
        replace(facts, snapshot_days=facts.snapshot_days + 1, missing_days=facts.missing_days + 1),
        replace(facts, unknown_symbols=[*facts.unknown_symbols, "another"]),
    ]


@given(any_facts())
def test_a_defect_more_never_raises_the_grade(facts: QualityFacts) -> None:
    before = data_quality(facts)
    for more in worse(facts):
        after = data_quality(more)
        assert after.points <= before.points
        assert (after.grade or "A") >= (before.grade or "A")


def test_the_page_of_formulas_states_the_rule() -> None:
    page = (settings.BASE_DIR / "docs" / "formulas.md").read_text()
    section = page.split("## Data quality")[1].split("\n## ")[0]
    stated = dict(re.findall(r"^\| `(\w+)` \|.*\| ([\d.]+)[^|]*\|$", section, re.MULTILINE))
    whole = COSTS | {"missing_stops": calc.STOPS, "snapshot_gaps": calc.SNAPSHOTS, "unknown_instruments": 5}
    assert {name: Decimal(cost) for name, cost in stated.items()} == whole
    for points, grade in calc.GRADES:
        assert f"{grade} from {points}" in section
