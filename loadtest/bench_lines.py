"""The lines of the benchmark's table that are about figures. Knows no Django: the measuring is another process's."""

from typing import Any


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
        line("Summary, cold", cold["summary"], "window SQL", cold["window"], "<= 1/150 at 200,000")
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
