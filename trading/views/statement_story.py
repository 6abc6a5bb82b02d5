"""One statement as texts: the dry run, or what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.safestring import SafeString

from trading.calc.rounding import places_of
from trading.formatting import DASH, Formats, count, unknown
from trading.models import State, Statement
from trading.views.statement_rows import covers
from trading.views.statement_words import MONEY_FIELDS, TABLES, field_words, format_words, stated_words

PROBLEMS_SHOWN = 100
_MOST_PLACES = 8
_KINDS = ("trades", "executions", "cash_flows", "positions", "snapshots")


@dataclass(frozen=True, slots=True)
class Counter:
    kind: str
    icon: str
    number: str
    words: str
    hint: str


@dataclass(frozen=True, slots=True)
class ProblemLine:
    line: int
    reason: str
    text: str
    amount: SafeString | None


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    table: str
    key: str
    field: str
    old: str
    new: str
    difference: SafeString | None


@dataclass(frozen=True, slots=True)
class AddedLine:
    closed: SafeString
    symbol: str
    side: str
    lots: str
    entry: str
    exit: SafeString | str
    costs: str
    net: SafeString
    ticket: str


@dataclass(frozen=True, slots=True)
class StatedLine:
    """`printed` is the file's own wording. `state` is "ties", "differs", "untrusted" or "not_computed"; `reason` says why where it does not tie."""

    label: str
    printed: str
    stated: str
    ours: SafeString | str
    difference: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class MatchLine:
    label: str
    value: str
    state: str  # "healthy", "warning" or "" where the file does not say


@dataclass(frozen=True, slots=True)
class Segment:
    """A kind of row in the bar of the file; `x` and `width` are in thousandths of it."""

    words: str
    number: int
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class StatementStory:
    currency: str
    counters: Sequence[Counter]
    problems: Sequence[ProblemLine]
    more_problems: int
    corrections: Sequence[CorrectionLine]
    added: Sequence[AddedLine]
    added_total: int
    added_net: SafeString | None
    match: Sequence[MatchLine]
    stated: tuple[Sequence[StatedLine], Sequence[StatedLine]]
    ties: int
    differs: int
    unchecked: int
    format: str
    covers: str
    segments: Sequence[Segment]
    rows: str
    needs_account: bool
    sentence: str
    undo_sentence: str


def tell_statement(statement: Statement, formats: Formats) -> StatementStory:
    header, outcome = statement.header or {}, statement.outcome or {}
    currency = statement.account.currency if statement.account else header.get("currency") or ""
    stated = _stated(statement.stated, _causes(statement.problems), formats)
    states = [line.state for line in stated]
    half = (len(stated) + 1) // 2
    segments = _segments(statement)
    added = outcome.get("added_trades") or []
    return StatementStory(
        currency=currency,
        counters=_counters(statement, formats, currency),
        problems=[_problem(row, formats, currency) for row in statement.problems[:PROBLEMS_SHOWN]],
        more_problems=max(0, len(statement.problems) - PROBLEMS_SHOWN),
        corrections=[_correction(row, formats, currency) for row in outcome.get("corrections") or []],
        added=[_added(row, formats, currency) for row in added],
        added_total=_number(outcome, "trades", "added"),
        added_net=_added_net(outcome, formats, currency),
        match=_match(statement, header),
        stated=(stated[:half], stated[half:]),
        ties=states.count("ties"),
        differs=states.count("differs"),
        unchecked=len(states) - states.count("ties") - states.count("differs"),
        format=format_words(statement.format),
        covers=covers(statement, formats),
        segments=segments,
        rows=f"{sum(segment.number for segment in segments):,}",
        needs_account=statement.state == State.READY and statement.account is None and statement.zone_is_guessed,
        sentence=_sentence(statement, outcome),
        undo_sentence=_undo_sentence(outcome),
    )


def _number(outcome: Mapping[str, Any], kind: str, what: str) -> int:
    return int((outcome.get(kind) or {}).get(what, 0))


def _total(outcome: Mapping[str, Any], what: str) -> int:
    return sum(_number(outcome, kind, what) for kind in _KINDS)


def _counters(statement: Statement, formats: Formats, currency: str) -> list[Counter]:
    outcome, done = statement.outcome or {}, statement.state in (State.COMMITTED, State.UNDOING)
    trades = {what: _number(outcome, "trades", what) for what in ("added", "corrected", "unchanged", "removed")}
    others = _total(outcome, "corrected") - trades["corrected"]
    amounts = [amount for row in statement.problems if (amount := _decimal(row.get("amount"))) is not None]
    lost = f"{count(len(amounts), 'carries', 'carry')} money: {formats.signed(sum(amounts, Decimal(0)), currency)} {currency}"
    noun = "trade" if trades["added"] == 1 else "trades"
    old_values = "old values stay in the history"
    left = len(statement.problems)
    counted = [
        ("added", "plus", trades["added"], f"{noun} {'added' if done else 'will be added'}", _added_hint(outcome)),
        (
            "corrected",
            "pencil",
            trades["corrected"],
            "corrected" if done else "will be corrected",
            f"{old_values}; {count(others, 'other row')} too" if others else old_values,
        ),
        ("unchanged", "equal", trades["unchanged"], "unchanged", "already in the book"),
        (
            "problems",
            "question-mark",
            left,
            "line not understood" if left == 1 else "lines not understood",
            lost if amounts else "kept word for word" if left else "every row is accounted for",
        ),
    ]
    return [Counter(kind, icon, f"{number:,}", words, hint) for kind, icon, number, words, hint in counted]


def _added_hint(outcome: Mapping[str, Any]) -> str:
    kinds = (("executions", "execution"), ("cash_flows", "cash flow"), ("positions", "open position"))
    parts = [count(number, noun) for kind, noun in kinds if (number := _number(outcome, kind, "added"))]
    return "with " + ", ".join(parts) if parts else "nothing else is new"


def _problem(row: Mapping[str, Any], formats: Formats, currency: str) -> ProblemLine:
    amount = _decimal(row.get("amount"))
    shown = formats.amount(amount, currency, unit=True) if amount is not None else None
    return ProblemLine(int(row.get("line") or 0), str(row.get("reason", "")), str(row.get("text", "")), shown)


def _correction(row: Mapping[str, Any], formats: Formats, currency: str) -> CorrectionLine:
    field, difference = str(row["field"]), _decimal(row.get("difference"))
    is_money = field in MONEY_FIELDS
    return CorrectionLine(
        table=TABLES.get(str(row["table"]), str(row["table"])),
        key=str(row.get("key") or ""),
        field=field_words(field),
        old=_value(row.get("old"), formats),
        new=_value(row.get("new"), formats),
        difference=formats.amount(difference, currency) if is_money and difference is not None else None,
    )


def _value(raw: Any, formats: Formats) -> str:
    """A value of the outcome's JSON: a number or a time in the trader's way of writing, else the text itself."""
    if raw is None or raw == "":
        return DASH
    number = _decimal(raw)
    if number is not None:
        return formats.number(number)
    moment = _moment(raw)
    return formats.clock(moment) if moment else str(raw)


def _added(row: Mapping[str, Any], formats: Formats, currency: str) -> AddedLine:
    costs = sum((_decimal(row.get(name)) or Decimal(0) for name in ("commission", "swap", "fee")), Decimal(0))
    closed, exit_price = _moment(row.get("closed_at")), _decimal(row.get("close_price"))
    return AddedLine(
        closed=formats.moment(closed, seconds=False) if closed else unknown("Still open."),
        symbol=str(row.get("symbol", "")),
        side=str(row.get("side", "")),
        lots=formats.lots(_decimal(row.get("volume_lots")) or Decimal(0)),
        entry=formats.price(_decimal(row.get("open_price")) or Decimal(0)),
        exit=formats.price(exit_price) if exit_price is not None else unknown("Still open."),
        costs=formats.money(costs, currency),
        net=formats.amount(_decimal(row.get("net_profit")), currency),
        ticket=str(row.get("ticket", "")),
    )


def _added_net(outcome: Mapping[str, Any], formats: Formats, currency: str) -> SafeString | None:
    """What the added trades come to; nothing where only the first of them are in the outcome."""
    rows = outcome.get("added_trades") or []
    if not rows or len(rows) < _number(outcome, "trades", "added"):
        return None
    return formats.amount(sum((_decimal(row.get("net_profit")) or Decimal(0) for row in rows), Decimal(0)), currency)


def _causes(problems: Sequence[Mapping[str, Any]]) -> dict[Decimal, str]:
    """What a difference of exactly this size comes from: ours less stated, where lines with money are left out."""
    amounts = [(amount, row.get("line")) for row in problems if (amount := _decimal(row.get("amount")))]
    causes = {-amount: f"Exactly line {line}, which was not understood." for amount, line in amounts}
    if len(amounts) > 1:
        whole = sum((amount for amount, _ in amounts), Decimal(0))
        causes.setdefault(-whole, "Exactly the lines that were not understood.")
    return causes


def _stated(rows: Sequence[Mapping[str, Any]], causes: Mapping[Decimal, str], formats: Formats) -> list[StatedLine]:
    """Differences first, then what was left out of the comparison, then what ties; each in the order of the file."""
    order = {"differs": 0, "untrusted": 1, "not_computed": 2, "ties": 3}
    lines = [_stated_line(row, causes, formats) for row in rows]
    return sorted(lines, key=lambda line: order.get(line.state, 0))


def _stated_line(row: Mapping[str, Any], causes: Mapping[Decimal, str], formats: Formats) -> StatedLine:
    stated, ours, difference = (_decimal(row.get(name)) for name in ("stated", "ours", "difference"))
    reason = str(row.get("reason") or (causes.get(difference, "") if difference else ""))
    return StatedLine(
        label=stated_words(str(row.get("key", ""))),
        printed=f"In the file: {row.get('label') or row.get('key')} {row.get('printed') or ''}",
        stated=_figure(stated, formats) if stated is not None else str(row.get("printed", "")),
        ours=_figure(ours, formats) if ours is not None else unknown(reason or "It can't be computed from this file."),
        difference=_signed(difference, formats) if difference is not None else "",
        state=str(row.get("state", "")),
        reason=reason,
    )


def _match(statement: Statement, header: Mapping[str, Any]) -> list[MatchLine]:
    """What the file says about its account, beside what the account says."""
    account = statement.account
    pairs = [
        ("Number", header.get("number"), account.number if account else None),
        ("Server", header.get("server"), account.server if account else None),
        ("Currency", header.get("currency"), account.currency if account else None),
        (
            "Margin mode",
            str(header.get("margin_mode") or "").capitalize(),
            account.get_margin_mode_display() if account else None,
        ),
    ]
    lines = [_match_line(label, str(stated or ""), own) for label, stated, own in pairs]
    guessed = statement.zone_is_guessed
    zone = statement.server_time_zone
    lines.append(MatchLine("Time zone", f"{zone}, guessed" if guessed else zone, "warning" if guessed else "healthy"))
    return lines


def _match_line(label: str, stated: str, own: str | None) -> MatchLine:
    if not stated:
        return MatchLine(label, f"{own or DASH} (the file does not say)" if own else "the file does not say", "")
    if own is None:
        return MatchLine(label, stated, "")
    same = stated.lower() == own.lower()
    return MatchLine(
        label, stated if same else f"{stated}, the account has {own or 'none'}", "healthy" if same else "warning"
    )


def _segments(statement: Statement) -> list[Segment]:
    """Every row of the file by its kind, as parts of one bar."""
    counts = statement.counts or {}
    kinds = [
        ("trade", counts.get("positions", counts.get("closed_trades", 0))),
        ("execution", max(0, counts.get("deals", 0) - counts.get("cash_flows", 0))),
        ("order", counts.get("orders", 0) + counts.get("cancelled_orders", 0)),
        ("cash flow", counts.get("cash_flows", 0)),
        ("open position", counts.get("open_positions", counts.get("open_trades", 0))),
        ("working order", counts.get("working_orders", 0)),
        ("total", len(statement.stated)),
        ("problem", len(statement.problems)),
    ]
    whole = sum(number for _, number in kinds) or 1
    segments, at = [], 0
    for noun, number in kinds:
        if number:
            segments.append(Segment(count(number, noun), number, at * 1000 // whole, max(2, number * 1000 // whole)))
            at += number
    return segments


def _sentence(statement: Statement, outcome: Mapping[str, Any]) -> str:
    """What a commit would do, in one sentence or two."""
    if outcome.get("changes_nothing"):
        return "Everything in this file is in your history already: committing it changes nothing."
    parts = []
    added, corrected = _number(outcome, "trades", "added"), _number(outcome, "trades", "corrected")
    if added:
        parts.append(f"adds {count(added, 'trade')}")
    if corrected:
        parts.append(f"corrects {corrected:,}")
    if noted := int(outcome.get("journal_added", 0)):
        parts.append(f"adds what you noted on {count(noted, 'trade')}")
    if not parts:
        parts.append(f"changes {count(_total(outcome, 'added') + _total(outcome, 'corrected'), 'row')}")
    if outcome.get("creates_account"):
        parts.append("makes the account")
    left = len(statement.problems)
    open_lines = f" {count(left, 'line stays', 'lines stay')} open." if left else ""
    return f"Committing {' and '.join(parts)}.{open_lines} The import can be undone whole."


def _undo_sentence(outcome: Mapping[str, Any]) -> str:
    added, corrected = _total(outcome, "added"), _total(outcome, "corrected") + _total(outcome, "removed")
    return (
        f"Undo takes the {count(added, 'added row')} away and puts back the old values of {corrected:,}. "
        "Your notes and tags stay."
    )


def _decimal(raw: Any) -> Decimal | None:
    if raw is None or isinstance(raw, bool):
        return None
    try:
        value = Decimal(str(raw))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _moment(raw: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(raw))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _figure(value: Decimal, formats: Formats) -> str:
    """All the decimals of the file, but not the noise of a binary fraction that a spreadsheet kept."""
    return formats.number(value, min(places_of(value), _MOST_PLACES))


def _signed(value: Decimal, formats: Formats) -> str:
    text = _figure(value, formats)
    return f"+{text}" if value > 0 else text
