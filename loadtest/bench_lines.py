"""The lines of the benchmark's table: figure, value, floor, ratio, target. Knows no Django: the measuring is another process's."""

from collections.abc import Iterator
from typing import Any

from loadtest.bench_traders import compared

Row = tuple[str, str, str, float | None, str]

#: From so many trades on, adding up the rows has to cost many times what the days do.
MANY = 200_000


def figure_lines(found: dict[str, Any]) -> list[tuple[str, str, str, float | None, str]]:
    """Figure, value, floor, ratio and target of each line of the table."""
    lines: list[tuple[str, str, str, float | None, str]] = []
    first = found["rows"][0]
    for row in found["rows"]:
        name, cold, warm = f"{row['trades']:,} trades", row["cold"], row["warm"]

        def line(what: str, ms: float, floor: str, floor_ms: float, target: str = "", of: str = name) -> None:
            lines.append((f"{what}, {of}", f"{ms:.2f} ms", f"{floor} {floor_ms:.2f} ms", ms / floor_ms, target))

        small = first["cold"]["summary"]
        line("Summary, cold", cold["summary"], "of 1,000 trades", small, "<= 2, aim 1.2")
        target = "<= 1/150" if row["trades"] >= MANY else ""
        line("Summary, cold", cold["summary"], "window SQL", cold["window"], target)
        line("Summary, warm", warm["summary"], "window SQL", cold["window"])
        line("Days of a month, cold", cold["month"], "SCAN", cold["scan"])
        line("Strip, cold", cold["strip"], "SCAN of fills", cold["scan_fills"])
        line("Account of the list, cold", cold["list"], "SCAN of fills", cold["scan_fills"])
        line("MetaTrader's figures, cold", cold["metatrader"], "window SQL", cold["window"])
        line("Curve, cold", cold["curve"], "running sum in SQL", cold["curve_sql"])
        line("Curve, warm", warm["curve"], "running sum in SQL", cold["curve_sql"])
        line("Breakdown, cold", cold["breakdown"], "GROUP BY in SQL", cold["groups_sql"])
        line("Breakdown, warm", warm["breakdown"], "GROUP BY in SQL", cold["groups_sql"])
        scans = cold["scan"] + cold["scan_fills"]
        line("Rebuild of rollups", cold["rebuild"], "SCAN of trades and fills", scans, "<= 6, aim 3")
    return lines


_SERVED = {
    "status": ("Kept answers of the API, status", ">= 0.45 T, aim 0.70"),
    "trades": ("Kept answers of the API, 50 trades", ">= 0.45 T, aim 0.70"),
    "same": ("304 by the tag of the answer", ">= 0.60 T, aim 1.0"),
    "page": ("Kept page of closed trades", ""),
}


def served_lines(found: dict[str, Any]) -> Iterator[Row]:
    floor = found["hello"]
    for kind, (name, target) in _SERVED.items():
        yield f"{name}, served", f"{found[kind]:,.0f}/s", f"T {floor:,.0f}/s", found[kind] / floor, target


def mix_lines(found: dict[str, Any]) -> Iterator[Row]:
    times, hello = found["overhead"], found["overhead"]["hello"]
    for name, nobody, somebody in (("session", "page", "page_session"), ("JWT", "endpoint", "endpoint_jwt")):
        more = times[somebody] - times[nobody]
        value = f"+{more:.3f} ms on {times[nobody]:.3f} ms CPU"
        yield f"Being signed in by {name}, empty view", value, f"H {hello:.3f} ms", more / hello, "<= 5 H, aim 3"
    mix = found["mix"]
    yield "Queries of an answer, steady mix", f"{mix['queries']:.3f}", "", None, "<= 0.15, aim 0.02"
    yield "Kept answers, steady mix with syncs", f"{mix['kept'] * 100:.1f} %", "", None, ">= 80 %, aim 95"
    for one in found["invalidation"]:
        name = f"Trips to Valkey of a write, {one['keys']:,} answers kept"
        yield name, f"{one['trips']} trips", "", None, "<= 2 trips, aim 1"
    builds = found["builds"]
    name = f"Builds of an ended answer, {builds['users']} users"
    yield name, f"{max(builds['each'])} builds", "", None, "<= 2 builds, aim 1"


def growth_lines(found: dict[str, Any]) -> Iterator[Row]:
    deep = found["depth"]
    name = f"List of {deep['trades']:,} trades, far down"
    yield name, f"{deep['deep_ms']:.2f} ms", f"first page {deep['first_ms']:.2f} ms", _part(deep), "<= 1.2, aim 1.1"
    yield "COUNTs of a page of the list", f"{deep['counts']} COUNTs", "", None, "<= 0 COUNTs"
    yield from compared("trades", found["trades"])


def _part(deep: dict[str, Any]) -> float:
    return float(deep["deep_ms"] / deep["first_ms"])
