"""Made-up accounts, and the statement files that a terminal would write: for the demo, tests and benchmarks."""
