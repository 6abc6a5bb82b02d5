"""`make bench` in small: it measures, says so in one table, and leaves no database behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from loadtest.bench_views import rows
from loadtest.instructions import CALLS
from loadtest.instructions import rows as instruction_rows
from loadtest.judging import AIM, HELD, MISSED, Line, summary, table

#: Those that take long even in small are left out.
PARTS = [word for part in ("imports", "pages", "figures", "syncs") for word in ("--only", part)]


@pytest.mark.slow
@pytest.mark.django_db
def test_measures_imports_and_pages_and_drops_its_database(tmp_path: Path) -> None:
    before = scratch_databases()
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "loadtest.bench",
            "--trades",
            "60",
            "--merged",
            "60",
            "--rounds",
            "1",
            "--big",
            "60",
            *PARTS,
        ],
        cwd=settings.BASE_DIR,
        env={**os.environ, "VAR_DIR": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert "MT5 XLSX: database part" in run.stdout and "Closed trades, page, 60 trades, warm" in run.stdout
    (written,) = (tmp_path / "bench").glob("bench-*.json")
    found = json.loads(written.read_text(encoding="utf-8"))
    whole = found["MT4 HTML"]["whole"]
    assert whole["rows"] > 100 and whole["peak_mb"] > 20
    assert {line["verdict"] for line in found["table"]} <= {"", HELD, AIM, MISSED}
    assert scratch_databases() <= before


@pytest.mark.parametrize(
    ("reached", "target", "verdict"),
    [
        (3.5, "<= 3.5 H, aim 2.2", HELD),
        (2.2, "<= 3.5 H, aim 2.2", AIM),
        (3.6, "<= 3.5 H, aim 2.2", MISSED),
        (0.69, ">= 0.70, aim 0.85", MISSED),
        (0.85, ">= 0.70, aim 0.85", AIM),
        (1 / 149, "<= 1/150", MISSED),
        (1 / 151, "<= 1/150", HELD),
        (300.0, "< 300 MB", MISSED),
        (9.9, "", ""),
    ],
)
def test_judges_a_figure_by_its_target(reached: float, target: str, verdict: str) -> None:
    assert Line("figure", "1,234 ms", "floor 1 ms", reached, target).verdict == verdict


def test_judges_the_value_of_a_figure_without_a_floor() -> None:
    assert Line("Peak memory", "1,301.5 MB", target="< 300 MB").verdict == MISSED
    assert Line("Peak memory", "290 MB", target="< 300 MB").verdict == HELD


def test_sums_up_what_is_missed_by_name() -> None:
    lines = [Line("fast", "1 ms", "", 1.0, "<= 2, aim 1"), Line("slow", "9 ms", "", 9.0, "<= 2"), Line("told", "5 ms")]
    assert summary(lines) == "2 with a must: 1 reach their aim, 0 hold, 1 missed: slow."
    assert [row.split()[-1] for row in table(lines).splitlines()[1:3]] == ["reached", "MISSED"]


def test_an_answer_that_needs_a_tenth_more_instructions_than_recorded_is_missed() -> None:
    counts = {"hello": 1e6} | dict.fromkeys(list(CALLS)[1:], 12e6)
    lines = [Line(*row) for row in instruction_rows({"by": "perf", "counts": counts}, {"304": 10.0, "kept page": 11.5})]
    assert {line.figure: line.verdict for line in lines if line.verdict} == {
        "Instructions, 304": MISSED,
        "Instructions, kept page": HELD,
    }
    (line,) = instruction_rows({"by": "", "counts": {}}, {"304": 10.0})
    assert "not counted here" in line[1]


def test_says_when_the_largest_part_of_a_page_was_painted() -> None:
    lines = list(rows({"rows": [{"page": "trade_list", "cold": 412.6, "warm": 98.0}]}))
    assert lines == [
        ("Largest paint, trade list, cold", "413 ms", "", None, "<= 1000 ms"),
        ("Largest paint, trade list, warm", "98 ms", "", None, "<= 1000 ms"),
    ]


def scratch_databases() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'tradeportal_bench_%%'")
        return {name for (name,) in cursor.fetchall()}
