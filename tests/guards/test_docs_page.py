"""docs/guards.md: every bold number is computed again, and its tables say what the code has."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.guards.arithmetic import rule, seen, watch
from tests.guards.test_other_rules import position
from tradeportal.local import ROOT
from trading.calc.guard_presets import presets
from trading.calc.guard_types import Rule, Verdict
from trading.calc.open_risk import open_risk
from trading.services import close_requests, webhooks

PAGE = (ROOT / "docs/guards.md").read_text()
DEFAULT = rule("drawdown", "0.20", "0.15")


def bold(after: str, before: str) -> list[str]:
    """The bold texts between two marks of the page."""
    part = PAGE[PAGE.index(after) : PAGE.index(before, PAGE.index(after))]
    return re.findall(r"\*\*([^*]+)\*\*", part)


def percent(verdict: Verdict) -> str:
    assert verdict.reading.used is not None
    return f"{verdict.reading.used * 100:.2f}"


def money(value: Decimal | None) -> str:
    assert value is not None
    return f"{value:.2f}"


def test_the_table_of_an_episode() -> None:
    equities = ["8501", "8500", "8590", "8500", "8600", "8500", "8000"]
    verdicts = watch(DEFAULT, [seen(10_000), *(seen(equity, n + 1) for n, equity in enumerate(equities))])[1:]
    shown = [text for verdict in verdicts for text in (percent(verdict), str(verdict.level))]
    assert bold("| equity, highest 10,000", "An alert keeps") == shown
    assert [bool(verdict.fired) for verdict in verdicts] == [False, True, False, False, False, True, True]


def test_the_table_of_a_withdrawal() -> None:
    path = [seen(12_000, 0, flows=12_000), seen(10_800, 1, flows=12_000), seen(5_400, 2, flows=6_600)]
    first, loss, after = watch(DEFAULT, path)
    assert bold("| highest | 12,000.00", "A new rule") == [
        percent(first),
        percent(loss),
        str(after.reading.line),
        percent(after),
    ]


def test_the_open_risk_of_the_example() -> None:
    (shown,) = bold("a position that earned 200.00", "Without a stop, or")
    assert shown == money(open_risk([position()]))
    last = watch(rule("open_risk", "0.025", "0.0175"), [seen(40_000, open_risk=800)])[-1]
    assert bold("| open risk 800.00", "### Headroom") == [percent(last), money(last.reading.headroom)]


def test_the_headroom_of_the_example() -> None:
    last = watch(DEFAULT, [seen(10_000), seen(9_500, 1, open_risk=500)])[-1]
    reading = last.reading
    assert bold("| drawdown, 20 %", "### Trailing") == [
        money(reading.floor),
        money(reading.headroom),
        money(reading.headroom_if_stopped),
    ]


def test_the_lock_of_the_example() -> None:
    trailing = rule("drawdown", "0.05", share_of="initial_balance", initial_balance=100_000, lock_ratio=1)
    rising = watch(trailing, [seen(100_000), seen(103_000, 1), seen(112_000, 2)])
    assert bold("| highest equity | floor", "### A daily loss") == [money(one.reading.floor) for one in rising]


def test_the_clock_of_the_example() -> None:
    daily = stored("ftmo-challenge", "daily_loss", 100_000)
    moments = [datetime(2025, 6, 2, *clock, tzinfo=UTC) for clock in ((8, 0, 0), (21, 59, 50), (22, 0, 10))]
    equities = (100_000, 95_900, 95_900)
    verdicts = watch(daily, [seen(equity, at) for equity, at in zip(equities, moments, strict=True)])
    shown = [text for verdict in verdicts for text in (percent(verdict), money(verdict.reading.floor))]
    assert bold("| UTC | balance", "## Defaults") == shown


def stored(preset: str, kind: str, initial: Any) -> Rule:
    values = next(one for one in presets()[preset].rules if one["kind"] == kind)
    return Rule(id="r", initial_balance=Decimal(initial), **{k: v for k, v in values.items() if k != "preset"})


def test_every_preset_is_listed_with_its_name_and_source() -> None:
    section = PAGE[PAGE.index("## Presets") : PAGE.index("## Auto-close")]
    rows = re.findall(r"^\| `([\w-]+)` \| ([^|]+) \| [^|]+ \| (?:<([^>]+)>)? ?\|$", section, re.MULTILINE)
    assert rows == [(one.key, one.name, one.source) for one in presets().values()]


@pytest.mark.parametrize("preset", [one for one in presets().values() if one.source])
def test_the_warning_of_a_firms_loss_rule_is_eighty_percent_of_its_limit(preset: Any) -> None:
    losses = [one for one in preset.rules if one["kind"] in ("drawdown", "daily_loss")]
    assert losses
    assert [one["warning"] / one["critical"] for one in losses] == [Decimal("0.8")] * len(losses)


def test_a_firm_counts_the_highest_balance_of_any_midnight() -> None:
    """The firm's own example: 104,000 at the first midnight, 103,000 at the second; the limit stays at 94,000."""
    one_step = stored("ftmo-one-step", "drawdown", 100_000)
    days = [datetime(2025, 6, day, 12, tzinfo=UTC) for day in (2, 3, 4)]
    ends = [datetime(2025, 6, day, 21, 59, 59, tzinfo=UTC) for day in (2, 3)]
    path = [
        seen(100_000, days[0]),
        seen(104_000, ends[0]),
        seen(104_000, days[1]),
        seen(103_000, ends[1]),
        seen(103_000, days[2]),
    ]
    floors = [verdict.reading.floor for verdict in watch(one_step, path)]
    assert [floors[0], floors[2], floors[4]] == [90_000, 94_000, 94_000]


def test_the_times_of_closing_and_retrying_are_those_of_the_code() -> None:
    assert close_requests.WARNING_TIME.total_seconds() == 10
    assert close_requests.LIFETIME.total_seconds() == 600
    assert (close_requests.RETRY_AFTER.total_seconds(), close_requests.MOST_ATTEMPTS) == (5, 3)
    page = (ROOT / "docs/webhooks.md").read_text()
    assert "10 s, 1 min, 5 min, 30 min, 2 h and 6 h" in page
    assert [int(pause.total_seconds()) for pause in webhooks.BACKOFF] == [10, 60, 300, 1_800, 7_200, 21_600]


def test_the_check_of_a_signature_as_documented_accepts_ours() -> None:
    page = (ROOT / "docs/webhooks.md").read_text()
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code
    names: dict[str, Any] = {}
    exec(code[1], names)  # noqa: S102 -- the page is ours, and its code is what is tested
    now = int(datetime.now(UTC).timestamp())
    ours = webhooks.signature("secret", now, b"{}")
    assert names["is_ours"]("secret", str(now), ours, b"{}")
    assert not names["is_ours"]("secret", str(now), ours, b"{ }")
    assert not names["is_ours"]("other", str(now), ours, b"{}")
    assert not names["is_ours"]("secret", str(now - 301), webhooks.signature("secret", now - 301, b"{}"), b"{}")
