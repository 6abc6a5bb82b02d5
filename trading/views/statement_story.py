"""One statement as texts: the dry run, or what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import MarginMode
from trading.calc.rounding import places_of
from trading.formatting import DASH, Formats, unknown
from trading.models import State, Statement
from trading.told import told
from trading.views.statement_rows import covers
from trading.views.statement_words import MONEY_FIELDS, TABLES, field_words, format_words, stated_words

PROBLEMS_SHOWN = 100
#: Of the rows that are added and of the fields that are corrected, until all of them are asked for.
ROWS_SHOWN = 20
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
    is_zone: bool = False


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
    corrections_total: int
    has_more: frozenset[str]
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


def tell_statement(statement: Statement, formats: Formats, *, shows_all: bool = False) -> StatementStory:
    """`has_more` names the parts whose first rows alone are told: "added", "corrections"."""
    header, outcome = statement.header or {}, statement.outcome or {}
    currency = statement.account.currency if statement.account else header.get("currency") or ""
    stated = _stated(statement.stated, _causes(statement.problems), formats)
    states = [line.state for line in stated]
    half = (len(stated) + 1) // 2
    segments = _segments(statement, formats)
    added, corrections = outcome.get("added_trades") or [], outcome.get("corrections") or []
    end = None if shows_all else ROWS_SHOWN
    parts = {"added": added, "corrections": corrections}
    return StatementStory(
        currency=currency,
        counters=_counters(statement, formats, currency),
        problems=[_problem(row, formats, currency) for row in statement.problems[:PROBLEMS_SHOWN]],
        more_problems=max(0, len(statement.problems) - PROBLEMS_SHOWN),
        corrections=[_correction(row, formats, currency) for row in corrections[:end]],
        corrections_total=len(corrections),
        has_more=frozenset(name for name, rows in parts.items() if end and len(rows) > end),
        added=[_added(row, formats, currency) for row in added[:end]],
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
        rows=formats.number(sum(segment.number for segment in segments)),
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
    lost = ngettext("%(number)s carries money: %(amount)s", "%(number)s carry money: %(amount)s", len(amounts)) % {
        "number": len(amounts),
        "amount": f"{formats.signed(sum(amounts, Decimal(0)), currency)} {currency}",
    }
    left = len(statement.problems)
    counted = [
        ("added", "plus", trades["added"], _added_words(trades["added"], done), _added_hint(outcome, formats)),
        (
            "corrected",
            "pencil",
            trades["corrected"],
            _("corrected") if done else _("will be corrected"),
            _corrected_hint(others),
        ),
        ("unchanged", "equal", trades["unchanged"], _("unchanged"), _("already in the book")),
        (
            "problems",
            "question-mark",
            left,
            ngettext("line not understood", "lines not understood", left),
            lost if amounts else _("kept word for word") if left else _("every row is accounted for"),
        ),
    ]
    return [Counter(kind, icon, formats.number(number), words, hint) for kind, icon, number, words, hint in counted]


def _added_words(number: int, done: bool) -> str:
    if done:
        return ngettext("trade added", "trades added", number)
    return ngettext("trade will be added", "trades will be added", number)


def _added_hint(outcome: Mapping[str, Any], formats: Formats) -> str:
    executions, flows, positions = (
        _number(outcome, kind, "added") for kind in ("executions", "cash_flows", "positions")
    )
    words = (
        (executions, formats.count(executions, "execution")),
        (flows, formats.count(flows, "cash flow")),
        (positions, formats.count(positions, "open position")),
    )
    parts = [text for number, text in words if number]
    return _("with %(rows)s") % {"rows": ", ".join(parts)} if parts else _("nothing else is new")


def _corrected_hint(others: int) -> str:
    if not others:
        return _("old values stay in the history")
    return ngettext(
        "old values stay in the history; %(number)s other row too",
        "old values stay in the history; %(number)s other rows too",
        others,
    ) % {"number": others}


def _problem(row: Mapping[str, Any], formats: Formats, currency: str) -> ProblemLine:
    amount = _decimal(row.get("amount"))
    shown = formats.amount(amount, currency, unit=True) if amount is not None else None
    return ProblemLine(int(row.get("line") or 0), told(str(row.get("reason", ""))), str(row.get("text", "")), shown)


def _correction(row: Mapping[str, Any], formats: Formats, currency: str) -> CorrectionLine:
    field, difference = str(row["field"]), _decimal(row.get("difference"))
    is_money = field in MONEY_FIELDS
    return CorrectionLine(
        table=str(TABLES.get(str(row["table"]), row["table"])),
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
        closed=formats.moment(closed, seconds=False) if closed else unknown(_("Still open.")),
        symbol=str(row.get("symbol", "")),
        side=str(row.get("side", "")),
        lots=formats.lots(_decimal(row.get("volume_lots")) or Decimal(0)),
        entry=formats.price(_decimal(row.get("open_price")) or Decimal(0)),
        exit=formats.price(exit_price) if exit_price is not None else unknown(_("Still open.")),
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
    causes = {
        -amount: _("Exactly line %(line)s, which was not understood.") % {"line": line} for amount, line in amounts
    }
    if len(amounts) > 1:
        whole = sum((amount for amount, _line in amounts), Decimal(0))
        causes.setdefault(-whole, _("Exactly the lines that were not understood."))
    return causes


def _stated(rows: Sequence[Mapping[str, Any]], causes: Mapping[Decimal, str], formats: Formats) -> list[StatedLine]:
    """Differences first, then what was left out of the comparison, then what ties; each in the order of the file."""
    order = {"differs": 0, "untrusted": 1, "not_computed": 2, "ties": 3}
    lines = [_stated_line(row, causes, formats) for row in rows]
    return sorted(lines, key=lambda line: order.get(line.state, 0))


def _stated_line(row: Mapping[str, Any], causes: Mapping[Decimal, str], formats: Formats) -> StatedLine:
    stated, ours, difference = (_decimal(row.get(name)) for name in ("stated", "ours", "difference"))
    reason = told(str(row.get("reason") or "")) or (causes.get(difference, "") if difference else "")
    return StatedLine(
        label=stated_words(str(row.get("key", ""))),
        printed=_("In the file: %(words)s")
        % {"words": f"{row.get('label') or row.get('key')} {row.get('printed') or ''}"},
        stated=_figure(stated, formats) if stated is not None else str(row.get("printed", "")),
        ours=_figure(ours, formats)
        if ours is not None
        else unknown(reason or _("It can't be computed from this file.")),
        difference=_signed(difference, formats) if difference is not None else "",
        state=str(row.get("state", "")),
        reason=reason,
    )


def _match(statement: Statement, header: Mapping[str, Any]) -> list[MatchLine]:
    """What the file says about its account, beside what the account says."""
    account = statement.account
    pairs = [
        (_("Number"), header.get("number"), account.number if account else None),
        (_("Server"), header.get("server"), account.server if account else None),
        (_("Currency"), header.get("currency"), account.currency if account else None),
        (
            _("Margin mode"),
            _margin_words(header.get("margin_mode")),
            account.get_margin_mode_display() if account else None,
        ),
    ]
    lines = [_match_line(label, str(stated or ""), own) for label, stated, own in pairs]
    guessed = statement.zone_is_guessed
    zone = statement.server_time_zone
    words = _("%(zone)s, guessed") % {"zone": zone} if guessed else zone
    lines.append(MatchLine(_("Time zone"), words, "warning" if guessed else "healthy", is_zone=True))
    return lines


def _margin_words(mode: str | None) -> str:
    return str(MarginMode(mode).label) if mode in MarginMode.values else ""


def _match_line(label: str, stated: str, own: str | None) -> MatchLine:
    if not stated:
        return MatchLine(
            label, _("%(own)s (the file does not say)") % {"own": own} if own else _("the file does not say"), ""
        )
    if own is None:
        return MatchLine(label, stated, "")
    same = stated.lower() == own.lower()
    if same:
        return MatchLine(label, stated, "healthy")
    differs = _("%(stated)s, the account has %(own)s") if own else _("%(stated)s, the account has none")
    return MatchLine(label, differs % {"stated": stated, "own": own}, "warning")


def _segments(statement: Statement, formats: Formats) -> list[Segment]:
    """Every row of the file by its kind, as parts of one bar."""
    counts = statement.counts or {}
    trades = counts.get("positions", counts.get("closed_trades", 0))
    executions = max(0, counts.get("deals", 0) - counts.get("cash_flows", 0))
    orders = counts.get("orders", 0) + counts.get("cancelled_orders", 0)
    flows = counts.get("cash_flows", 0)
    opened = counts.get("open_positions", counts.get("open_trades", 0))
    working, totals, problems = counts.get("working_orders", 0), len(statement.stated), len(statement.problems)
    kinds = [
        (trades, formats.count(trades, "trade")),
        (executions, formats.count(executions, "execution")),
        (orders, formats.count(orders, "order")),
        (flows, formats.count(flows, "cash flow")),
        (opened, formats.count(opened, "open position")),
        (working, formats.count(working, "working order")),
        (totals, formats.count(totals, "total")),
        (problems, formats.count(problems, "problem")),
    ]
    whole = sum(number for number, _words in kinds) or 1
    segments, at = [], 0
    for number, words in kinds:
        if number:
            segments.append(Segment(words, number, at * 1000 // whole, max(2, number * 1000 // whole)))
            at += number
    return segments


def _sentence(statement: Statement, outcome: Mapping[str, Any]) -> str:
    """What a commit would do, in one sentence or two."""
    if outcome.get("changes_nothing"):
        return _("Everything in this file is in your history already: committing it changes nothing.")
    parts = []
    added, corrected = _number(outcome, "trades", "added"), _number(outcome, "trades", "corrected")
    if added:
        parts.append(ngettext("adds %(number)s trade", "adds %(number)s trades", added) % {"number": f"{added:,}"})
    if corrected:
        parts.append(_("corrects %(number)s") % {"number": f"{corrected:,}"})
    if noted := int(outcome.get("journal_added", 0)):
        words = ngettext("adds what you noted on %(number)s trade", "adds what you noted on %(number)s trades", noted)
        parts.append(words % {"number": f"{noted:,}"})
    if not parts:
        changed = _total(outcome, "added") + _total(outcome, "corrected")
        parts.append(
            ngettext("changes %(number)s row", "changes %(number)s rows", changed) % {"number": f"{changed:,}"}
        )
    if outcome.get("creates_account"):
        parts.append(_("makes the account"))
    sentences = [_("Committing %(acts)s.") % {"acts": _(" and ").join(parts)}]
    if left := len(statement.problems):
        sentences.append(
            ngettext("%(number)s line stays open.", "%(number)s lines stay open.", left) % {"number": left}
        )
    return " ".join([*sentences, _("The import can be undone whole.")])


def _undo_sentence(outcome: Mapping[str, Any]) -> str:
    added, corrected = _total(outcome, "added"), _total(outcome, "corrected") + _total(outcome, "removed")
    return ngettext(
        "Undo takes the %(added)s added row away and puts back the old values of %(corrected)s. Your notes and tags stay.",
        "Undo takes the %(added)s added rows away and puts back the old values of %(corrected)s. Your notes and tags stay.",
        added,
    ) % {"added": f"{added:,}", "corrected": f"{corrected:,}"}


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
