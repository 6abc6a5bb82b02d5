"""`make bench`: imports, pages, figures, syncs and first views beside their floors, one table and one JSON file under var/bench/.

Each measurement runs in a process of its own on a scratch database, which is dropped afterwards. Ratios are what count:
figure and floor are measured in the same run, interleaved, as medians.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from loadtest.bench_lines import figure_lines
from loadtest.bench_sync import rows as sync_rows
from loadtest.bench_views import rows as view_rows
from trading.samplefiles.account import Profile
from trading.samplefiles.mt4_html import write_mt4_html
from trading.samplefiles.mt5_xlsx import write_mt5_xlsx
from trading.samplefiles.simulate import simulate

ROOT = Path(__file__).resolve().parent.parent
PARTS = ["imports", "pages", "figures", "syncs", "views"]
FORMATS = {"MT5 XLSX": "xlsx", "MT4 HTML": "htm"}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table. `ratio` is figure against floor, as the target wants it."""

    figure: str
    value: str
    floor: str = ""
    ratio: float | None = None
    target: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if not os.environ.get("DATABASE_URL") or not os.environ.get("REDIS_URL"):
        print(
            "DATABASE_URL and REDIS_URL say where to measure. `make bench` starts servers of its own.", file=sys.stderr
        )
        return 2
    directory = Path(os.environ.get("VAR_DIR") or ROOT / "var") / "bench"
    directory.mkdir(parents=True, exist_ok=True)
    lines: list[Line] = []
    found: dict[str, Any] = {"trades": options.trades, "measured_at": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
    with scratch_database(os.environ["DATABASE_URL"]) as environment:
        environment["VAR_DIR"] = str(directory / "var")
        _run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], environment)
        if "imports" in options.only:
            for name, path in _files(directory, options.trades).items():
                found[name] = _measure_import(path, options.rounds, environment)
                lines += _import_lines(name, found[name])
        if "pages" in options.only:
            found["pages"] = _child("loadtest.bench_pages", [str(options.big)], environment)
            lines += _page_lines(found["pages"])
        if "figures" in options.only:
            found["figures"] = _child("loadtest.bench_figures", [str(options.big)], environment)
            lines += [Line(*row) for row in figure_lines(found["figures"])]
        if "syncs" in options.only:
            found["syncs"] = _child("loadtest.bench_sync", ["here"], environment)
            lines += [Line(*row) for row in sync_rows(found["syncs"])]
        if "views" in options.only:
            found["views"] = _child("loadtest.bench_views", [], environment)
            lines += [Line(*row) for row in view_rows(found["views"])]
    print(_table(lines))
    found["table"] = [asdict(line) for line in lines]
    target = directory / f"bench-{time.strftime('%Y%m%d-%H%M%S')}.json"
    target.write_text(json.dumps(found, indent=2), encoding="utf-8")
    print(f"\nWritten to {target}")
    return 0


@contextmanager
def scratch_database(url: str) -> Iterator[dict[str, str]]:
    """Yields the environment of a database that is there only meanwhile."""
    name = f"tradeportal_bench_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            parts = urlsplit(url)
            scratch = urlunsplit(parts._replace(path=f"/{name}"))
            settings = {"DJANGO_SETTINGS_MODULE": "tradeportal.settings", "LOG_LEVEL": "WARNING", "DEBUG": "false"}
            secret = os.environ.get("SECRET_KEY") or "for-benchmarks-alone-0123456789-0123456789"
            yield {**os.environ, **settings, "SECRET_KEY": secret, "DATABASE_URL": scratch}
        finally:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtest.bench", description=__doc__)
    parser.add_argument("--trades", type=int, default=100_000, help="in each statement (default: 100,000)")
    parser.add_argument("--rounds", type=int, default=3, help="medians are taken over so many")
    parser.add_argument("--big", type=int, default=200_000, help="trades in the large account of the page")
    parser.add_argument("--only", choices=PARTS, action="append", help="default: all")
    options = parser.parse_args(arguments)
    options.only = options.only or PARTS
    return options


def _files(directory: Path, trades: int) -> dict[str, Path]:
    """The generated statements, kept for the next run."""
    paths = {name: directory / f"statement-{trades}.{ending}" for name, ending in FORMATS.items()}
    if not all(path.exists() for path in paths.values()):
        print(f"Generating statements of {trades:,} trades ...", flush=True)
        life = simulate(Profile(trades=trades))
        for name, write in (("MT5 XLSX", write_mt5_xlsx), ("MT4 HTML", write_mt4_html)):
            part = paths[name].with_suffix(".part")
            with part.open("wb") as out:
                write(life, out)
            part.rename(paths[name])
    return paths


def _measure_import(path: Path, rounds: int, environment: dict[str, str]) -> dict[str, Any]:
    print(f"Importing {path.name} ({path.stat().st_size / 1e6:.0f} MB) ...", flush=True)
    whole = _child("loadtest.bench_imports", ["whole", str(path)], environment)
    return whole | _child("loadtest.bench_imports", ["database", str(path), str(rounds)], environment)


def _import_lines(name: str, found: dict[str, Any]) -> list[Line]:
    rows, copy = found["rows"], found["copy_s"]
    return [
        Line(f"{name}: bytes to committed", f"{rows / found['whole_s']:,.0f} rows/s ({found['whole_s']:.1f} s)"),
        Line(f"{name}: parse", f"{rows / found['parse_s']:,.0f} rows/s ({found['parse_s']:.1f} s)"),
        Line(
            f"{name}: database part",
            f"{rows / found['database_s']:,.0f} rows/s ({found['database_s']:.2f} s)",
            f"COPY {rows / copy:,.0f} rows/s",
            copy / found["database_s"],
            ">= 0.70, aim 0.85",
        ),
        Line(
            f"{name}: all-duplicate re-run",
            f"{found['again_s']:.2f} s",
            f"COPY {copy:.2f} s",
            found["again_s"] / copy,
            "<= 0.45",
        ),
        Line(f"{name}: peak memory", f"{found['peak_mb']:.0f} MB", target="< 300 MB"),
    ]


def _page_lines(found: dict[str, Any]) -> list[Line]:
    hello = found["hello_ms"]
    lines = [Line("Hello without middleware (H)", f"{hello:.3f} ms")]
    targets = {
        "page": {"cold": "<= 80 H, aim 30", "warm": "<= 80 H, aim 30"},
        "endpoint": {"cold": "<= 25 H, aim 12", "warm": "<= 25 H, aim 12"},
    }
    for row in found["rows"]:
        door = "page" if row["door"] == "page" else "endpoint"
        for state in ("cold", "warm"):
            measured = row[state]
            lines.append(
                Line(
                    f"Closed trades, {door}, {row['trades']:,} trades, {state}",
                    f"{measured['cpu_ms']:.2f} ms CPU, {measured['wall_ms']:.2f} ms, {measured['queries']} queries",
                    f"H {hello:.3f} ms",
                    measured["cpu_ms"] / hello,
                    targets[door][state],
                )
            )
    return lines


def _table(lines: Sequence[Line]) -> str:
    rows = [("figure", "value", "floor", "ratio", "target")]
    rows += [
        (line.figure, line.value, line.floor, "" if line.ratio is None else f"{line.ratio:.2f}", line.target)
        for line in lines
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _child(module: str, arguments: Sequence[str], environment: dict[str, str]) -> dict[str, Any]:
    """The JSON that a measuring process prints on its last line."""
    printed = _run([sys.executable, "-m", module, *arguments], environment)
    found: dict[str, Any] = json.loads(printed.strip().splitlines()[-1])
    return found


def _run(command: Sequence[str], environment: dict[str, str]) -> str:
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    raise SystemExit(main())
