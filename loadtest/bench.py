"""`make bench`: every figure with a target beside its floor, one table and one JSON file under var/bench/.

Each measurement runs in a process of its own on a scratch database, which is dropped afterwards. Ratios are what count:
figure and floor are measured in the same run, interleaved, as medians. Of each line the table says what it must be, what it
should be, and whether it is. The first paint of pages in a browser takes minutes and is measured on demand: --only views.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from loadtest import bench_start, bench_traders, instructions
from loadtest.bench_lines import figure_lines, growth_lines, mix_lines, served_lines
from loadtest.bench_sync import rows as sync_rows
from loadtest.bench_views import rows as view_rows
from loadtest.judging import Line, summary, table
from trading.samplefiles.account import Profile
from trading.samplefiles.mt4_html import write_mt4_html
from trading.samplefiles.mt5_xlsx import write_mt5_xlsx
from trading.samplefiles.simulate import simulate

ROOT = Path(__file__).resolve().parent.parent
FORMATS = {"MT5 XLSX": "xlsx", "MT4 HTML": "htm"}
Rows = Iterable[tuple[str, str, str, float | None, str]]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if not os.environ.get("DATABASE_URL") or not os.environ.get("REDIS_URL"):
        print(
            "DATABASE_URL and REDIS_URL say where to measure. `make bench` starts servers of its own.", file=sys.stderr
        )
        return 2
    directory = Path(os.environ.get("VAR_DIR") or ROOT / "var") / "bench"
    directory.mkdir(parents=True, exist_ok=True)
    with scratch_database(os.environ["DATABASE_URL"]) as environment:
        environment["VAR_DIR"] = str(directory / "var")
        bench = Bench(options, directory, environment)
        _run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], environment)
        for part in options.only:
            bench.run(part)
    print(table(bench.lines))
    print(f"\n{summary(bench.lines)}")
    bench.found["table"] = [asdict(line) | {"verdict": line.verdict} for line in bench.lines]
    target = directory / f"bench-{time.strftime('%Y%m%d-%H%M%S')}.json"
    target.write_text(json.dumps(bench.found, indent=2), encoding="utf-8")
    print(f"Written to {target}")
    return 0


class Bench:
    """The parts, in the order in which they run, and what they found."""

    def __init__(self, options: argparse.Namespace, directory: Path, environment: dict[str, str]) -> None:
        self.options, self.directory, self.environment = options, directory, environment
        self.lines: list[Line] = []
        self.found: dict[str, Any] = {"trades": options.trades, "measured_at": time.strftime("%Y-%m-%dT%H:%M:%S%z")}

    def run(self, part: str) -> None:
        print(f"Measuring {part} ...", flush=True)
        started = time.monotonic()
        self.lines += PARTS[part](self)
        self.found.setdefault("seconds", {})[part] = round(time.monotonic() - started, 1)
        print(f"Measuring {part}: {time.monotonic() - started:.0f} s", flush=True)

    def imports(self) -> list[Line]:
        lines: list[Line] = []
        sizes = (self.options.trades, self.options.merged)
        for name in FORMATS:
            whole, merged = (_files(self.directory, trades)[name] for trades in sizes)
            self.found[name] = {
                "whole": self._child("loadtest.bench_imports", "whole", str(whole)),
                "merged": self._child("loadtest.bench_imports", "database", str(merged), str(self.options.rounds)),
            }
            lines += _import_lines(name, **self.found[name])
        return lines

    def pages(self) -> list[Line]:
        self.found["pages"] = self._child("loadtest.bench_pages", str(self.options.big))
        return _page_lines(self.found["pages"])

    def figures(self) -> list[Line]:
        return self._lines("figures", "loadtest.bench_figures", figure_lines, str(self.options.big))

    def syncs(self) -> list[Line]:
        return self._lines("syncs", "loadtest.bench_sync", sync_rows, "here")

    def served(self) -> list[Line]:
        # Pages name their files by what is in them; compressing those takes long and changes no page.
        environment = self.environment | {"STATIC_COMPRESS": "false"}
        _run([sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"], environment)
        self.found["served"] = _child("loadtest.bench_served", [], environment)
        return [Line(*row) for row in served_lines(self.found["served"])]

    def mix(self) -> list[Line]:
        return self._lines("mix", "loadtest.bench_mix", mix_lines)

    def growth(self) -> list[Line]:
        lines = self._lines("growth", "loadtest.bench_growth", growth_lines, str(self.options.big))
        with _empty_databases(os.environ["DATABASE_URL"]) as environments:
            for environment in environments:
                _run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], environment)
            self.found["traders"] = bench_traders.measure(environments)
        return [*lines, *(Line(*row) for row in bench_traders.rows(self.found["traders"]))]

    def start(self) -> list[Line]:
        self.found["start"] = bench_start.measure(self.directory)
        return [Line(*row) for row in bench_start.rows(self.found["start"])]

    def instructions(self) -> list[Line]:
        found = self.found["instructions"] = self._child("loadtest.instructions")
        if self.options.record and found["counts"]:
            instructions.record(found)
        return [Line(*row) for row in instructions.rows(found, instructions.recorded())]

    def views(self) -> list[Line]:
        return self._lines("views", "loadtest.bench_views", view_rows)

    def _lines(self, name: str, module: str, lines_of: Callable[[dict[str, Any]], Rows], *arguments: str) -> list[Line]:
        self.found[name] = self._child(module, *arguments)
        return [Line(*row) for row in lines_of(self.found[name])]

    def _child(self, module: str, *arguments: str) -> dict[str, Any]:
        return _child(module, arguments, self.environment)


PARTS: dict[str, Callable[[Bench], list[Line]]] = {
    "pages": Bench.pages,
    "mix": Bench.mix,
    "served": Bench.served,
    "figures": Bench.figures,
    "growth": Bench.growth,
    "syncs": Bench.syncs,
    "imports": Bench.imports,
    "instructions": Bench.instructions,
    "start": Bench.start,
    "views": Bench.views,
}
_ON_DEMAND = {"views"}


@contextmanager
def scratch_database(url: str, suffix: str = "") -> Iterator[dict[str, str]]:
    """Yields the environment of a database that is there only meanwhile."""
    name = f"tradeportal_bench_{os.getpid()}{suffix}"
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


@contextmanager
def _empty_databases(url: str) -> Iterator[list[dict[str, str]]]:
    with scratch_database(url, "_a") as one, scratch_database(url, "_b") as two:
        yield [one, two]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtest.bench", description=__doc__)
    parser.add_argument("--trades", type=int, default=100_000, help="in each statement (default: 100,000)")
    parser.add_argument("--merged", type=int, default=40_000, help="trades in those that are merged (default: 40,000)")
    parser.add_argument("--rounds", type=int, default=3, help="medians of imports are taken over so many")
    parser.add_argument("--big", type=int, default=200_000, help="trades in the large account of the page")
    parser.add_argument("--only", choices=PARTS, action="append", help="default: all but views")
    parser.add_argument(
        "--record", action="store_true", help="keep the instructions counted now as what they should be"
    )
    options = parser.parse_args(arguments)
    options.only = options.only or [part for part in PARTS if part not in _ON_DEMAND]
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


def _import_lines(name: str, whole: dict[str, Any], merged: dict[str, Any]) -> list[Line]:
    rows, part = whole["rows"], merged["rows"]
    copy = merged["copy_s"]
    return [
        Line(f"{name}: bytes to committed", f"{rows / whole['whole_s']:,.0f} rows/s ({whole['whole_s']:.1f} s)"),
        Line(f"{name}: parse", f"{part / merged['parse_s']:,.0f} rows/s ({merged['parse_s']:.1f} s)"),
        Line(
            f"{name}: database part",
            f"{part / merged['database_s']:,.0f} rows/s ({merged['database_s']:.2f} s)",
            f"COPY {part / copy:,.0f} rows/s",
            copy / merged["database_s"],
            ">= 0.70, aim 0.85",
        ),
        Line(
            f"{name}: all-duplicate re-run",
            f"{merged['again_s']:.2f} s",
            f"COPY {copy:.2f} s",
            merged["again_s"] / copy,
            "<= 0.45",
        ),
        Line(f"{name}: peak memory", f"{whole['peak_mb']:.0f} MB", target="< 300 MB"),
    ]


def _page_lines(found: dict[str, Any]) -> list[Line]:
    hello = found["hello_ms"]
    lines = [Line("Hello without middleware (H)", f"{hello:.3f} ms")]
    slow = {"page": "<= 80 H, aim 30", "endpoint": "<= 25 H, aim 12"}
    kept = {"page": "<= 5 H, aim 3", "endpoint": "<= 3.5 H, aim 2.2"}
    for row in found["rows"]:
        door = row["door"]
        targets = {"cold": slow[door], "miss": slow[door], "warm": kept[door], "304": kept[door]}
        for state in (state for state in targets if state in row):
            measured = row[state]
            lines.append(
                Line(
                    f"Closed trades, {door}, {row['trades']:,} trades, {state}",
                    f"{measured['cpu_ms']:.2f} ms CPU, {measured['wall_ms']:.2f} ms, {measured['queries']} queries",
                    f"H {hello:.3f} ms",
                    measured["cpu_ms"] / hello,
                    targets[state],
                )
            )
    return lines


def _child(module: str, arguments: Sequence[str], environment: dict[str, str]) -> dict[str, Any]:
    """The JSON that a measuring process prints on its last line."""
    printed = _run([sys.executable, "-m", module, *arguments], environment)
    found: dict[str, Any] = json.loads(printed.strip().splitlines()[-1])
    return found


def _run(command: Sequence[str], environment: dict[str, str]) -> str:
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    raise SystemExit(main())
