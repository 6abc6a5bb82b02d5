""" "Would this have stopped me?": rules replayed over what was recorded of an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts.models import BrokerAccount
from trading.calc import guards
from trading.calc.guard_presets import presets
from trading.calc.guard_types import CLOSING_KINDS, MARKET_KINDS, Observation, Verdict
from trading.calc.guard_words import PLAIN, Words, sentence
from trading.context import Frame
from trading.formatting import Formats, duration
from trading.models import GuardRule
from trading.queries.guard_replay import Recorded, recorded
from trading.services.alert_words import words_of
from trading.services.guard_rules import as_rule
from trading.views.guard_rows import amount_words, rule_hint, rule_name, word
from trading.views.guards import own

SPANS: dict[str, tuple[Promise, timedelta | None]] = {
    "day": (gettext_lazy("24 hours"), timedelta(days=1)),
    "week": (gettext_lazy("7 days"), timedelta(days=7)),
    "quarter": (gettext_lazy("90 days"), timedelta(days=90)),
    "all": (gettext_lazy("All"), None),
}
_POINTS = 600
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """An alert that there would have been."""

    at: datetime
    level: str
    rule_id: str
    sentence: str
    should_close: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """`floors` holds, by rule, the equity at which it would have broken, at each observation."""

    past: Recorded
    events: Sequence[Event]
    worst: dict[str, Verdict]
    floors: dict[str, Sequence[Decimal | None]]


@login_required
@require_safe
def guard_replay(request: HttpRequest, account_id: UUID) -> HttpResponse:
    account = own(request, account_id)
    frame = Frame(request)
    span, key = _asked(request)
    rows = _rows(account, key)
    found = run(account, rows, span, timezone.now(), words_of(frame.formats))
    context = {
        "frame": frame,
        "account": account,
        "rules": [_rule_line(row, found, account, frame.formats) for row in rows],
        "events": [_event_line(event, frame.formats) for event in found.events],
        "summary": _summary(found, rows, account, frame.formats),
        "resolution": _resolution(found.past),
        "has_data": bool(found.past.observations),
        "spans": [
            {"name": name, "label": str(label), "is_chosen": name == span, "url": f"?span={name}&rules={key}"}
            for name, (label, _length) in SPANS.items()
        ],
        "choices": [("", _("The rules of this account")), *((one.key, _(one.name)) for one in presets().values())],
        "chosen": key,
        "span": span,
    }
    return render(request, "trading/guard_replay.html", context)


@login_required
@require_safe
def guard_replay_points(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """The equity, the nearest floor and the alerts, for the chart."""
    account = own(request, account_id)
    span, key = _asked(request)
    formats = Frame(request).formats
    found = run(account, _rows(account, key), span, timezone.now(), words_of(formats))
    response = JsonResponse(_chart(found, account, formats))
    response["Cache-Control"] = "private, no-cache"
    return response


def run(account: BrokerAccount, rows: Sequence[GuardRule], span: str, now: datetime, words: Words = PLAIN) -> Replay:
    """The rules over the span, from a clean start: peak and day begin with its first snapshot."""
    rules = [as_rule(row) for row in rows]
    length = SPANS[span][1]
    past = recorded(account.pk, now - length if length else _BEGINNING, now + timedelta(seconds=1), rules)
    events: list[Event] = []
    worst: dict[str, Verdict] = {}
    floors: dict[str, list[Decimal | None]] = {rule.id: [] for rule in rules}
    for seen, verdicts in guards.replay(rules, past.observations):
        for verdict in verdicts:
            if verdict.fired:
                events.append(_event(verdict, seen, account.currency, words))
            _take(verdict, worst)
            floors[verdict.rule.id].append(verdict.reading.floor if verdict.rule.kind in CLOSING_KINDS else None)
    return Replay(past, events, worst, dict(floors))


def _event(verdict: Verdict, seen: Observation, currency: str, words: Words) -> Event:
    assert verdict.fired is not None
    told = sentence(verdict, seen.equity, currency, words)
    return Event(seen.at, str(verdict.fired.level), verdict.rule.id, told, verdict.should_close)


def _take(verdict: Verdict, worst: dict[str, Verdict]) -> None:
    """Keeps the verdict where it is the furthest of its rule."""
    rule = verdict.rule
    used, before = verdict.reading.used, worst.get(rule.id)
    if used is not None and (before is None or before.reading.used is None or used > before.reading.used):
        worst[rule.id] = verdict


def _asked(request: HttpRequest) -> tuple[str, str]:
    span, key = request.GET.get("span", ""), request.GET.get("rules", "")
    return (span if span in SPANS else "week"), (key if key in presets() else "")


def _rows(account: BrokerAccount, key: str) -> list[GuardRule]:
    """The account's own rules, or those of a preset as if they had been its own. Markets are not recorded."""
    if not key:
        own_rules = GuardRule.objects.filter(account=account, enabled=True).order_by("kind", "id")
        return [row for row in own_rules if row.kind not in MARKET_KINDS]
    fresh = [GuardRule(id=uuid4(), account=account, **rule) for rule in presets()[key].rules]
    return [_cleaned(row) for row in fresh if row.kind not in MARKET_KINDS]


def _cleaned(row: GuardRule) -> GuardRule:
    """Texts of column defaults as the values that they stand for."""
    row.clean_fields(exclude=["account"])
    return row


def _rule_line(row: GuardRule, found: Replay, account: BrokerAccount, formats: Formats) -> dict[str, Any]:
    key, currency = str(row.pk), account.currency
    own_events = [event for event in found.events if event.rule_id == key]
    worst = found.worst.get(key)
    return {
        "name": rule_name(row),
        "hint": rule_hint(row, formats, currency),
        "limits": amount_words(row.critical, row, currency, formats),
        "worst": _worst_words(worst, row, currency, formats),
        "warnings": sum(event.level == "warning" for event in own_events),
        "criticals": sum(event.level == "critical" for event in own_events),
        "stopped": next((formats.moment(event.at) for event in own_events if event.should_close), ""),
    }


def _worst_words(worst: Verdict | None, row: GuardRule, currency: str, formats: Formats) -> str:
    if worst is None or worst.reading.used is None:
        return _("not measurable")
    if row.kind == "minimum_equity" and worst.reading.line is not None:
        return f"{formats.money(worst.reading.line - worst.reading.used, currency)} {currency}"
    return amount_words(max(worst.reading.used, Decimal(0)), row, currency, formats)


def _event_line(event: Event, formats: Formats) -> dict[str, Any]:
    return {
        "at": formats.moment(event.at),
        "level": event.level,
        "word": word(event.level),
        "sentence": event.sentence,
        "should_close": event.should_close,
    }


def _summary(found: Replay, rows: Sequence[GuardRule], account: BrokerAccount, formats: Formats) -> str:
    if not found.past.observations:
        return _("Nothing is recorded in this span.")
    if not rows:
        return _("This account has no rules that can be replayed.")
    first_stop = next((event for event in found.events if event.should_close), None)
    warnings = sum(event.level == "warning" for event in found.events)
    told = ngettext(
        "There would have been %(number)s warning.", "There would have been %(number)s warnings.", warnings
    ) % {"number": warnings}
    if first_stop is None:
        return _("No, nothing would have been closed. %(told)s") % {"told": told}
    last = found.past.observations[-1]
    at_stop = next(seen for seen in found.past.observations if seen.at == first_stop.at)
    after = last.equity - at_stop.equity
    return _(
        "Yes, on %(at)s: %(sentence)s From there to the end of the span the equity moved by %(amount)s. %(told)s"
    ) % {
        "at": formats.clock(first_stop.at),
        "sentence": first_stop.sentence,
        "amount": f"{formats.signed(after, account.currency)} {account.currency}",
        "told": told,
    }


def _resolution(past: Recorded) -> str:
    if past.width is None:
        return ngettext(
            "Replayed over the %(number)s snapshot of this span.",
            "Replayed over all %(number)s snapshots of this span.",
            past.snapshots,
        ) % {"number": f"{past.snapshots:,}"}
    return _(
        "Replayed over %(kept)s of %(number)s snapshots: of every %(length)s the lowest, the highest and the last equity."
    ) % {"kept": f"{len(past.observations):,}", "number": f"{past.snapshots:,}", "length": duration(past.width)}


def _chart(found: Replay, account: BrokerAccount, formats: Formats) -> dict[str, Any]:
    """Numbers are drawn, never computed with; texts are what a reader sees."""
    observations = found.past.observations
    kept = _thinned(observations, {event.at for event in found.events})
    points = []
    for number in kept:
        seen = observations[number]
        floor = max((line for floors in found.floors.values() if (line := floors[number]) is not None), default=None)
        points.append(
            [
                int(seen.at.timestamp() * 1000),
                float(seen.equity),
                None if floor is None else float(floor),
                formats.clock(seen.at),
                formats.money(seen.equity, account.currency),
                "" if floor is None else formats.money(floor, account.currency),
            ]
        )
    marks = [[int(event.at.timestamp() * 1000), event.level, event.sentence] for event in found.events]
    return {
        "points": points,
        "marks": marks,
        "currency": account.currency,
        "group": formats.group,
        "point": formats.point,
    }


def _thinned(observations: Sequence[Observation], marked: set[datetime]) -> list[int]:
    """The numbers of what is drawn: of each stretch the lowest and highest equity, and every moment with an alert."""
    total = len(observations)
    if total <= _POINTS:
        return list(range(total))
    kept = {0, total - 1, *(number for number, seen in enumerate(observations) if seen.at in marked)}
    stretches = _POINTS // 2
    for part in range(stretches):
        inside = range(part * total // stretches, (part + 1) * total // stretches)
        kept.add(min(inside, key=lambda number: observations[number].equity))
        kept.add(max(inside, key=lambda number: observations[number].equity))
    return sorted(kept)
