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

#: All but the first views, which compress every static file.
PARTS = [word for part in ("imports", "pages", "figures", "syncs") for word in ("--only", part)]


@pytest.mark.slow
@pytest.mark.django_db
def test_measures_imports_and_pages_and_drops_its_database(tmp_path: Path) -> None:
    before = scratch_databases()
    run = subprocess.run(
        [sys.executable, "-m", "loadtest.bench", "--trades", "60", "--rounds", "1", "--big", "60", *PARTS],
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
    assert found["MT4 HTML"]["rows"] > 100 and found["MT4 HTML"]["peak_mb"] > 20
    assert scratch_databases() <= before


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
