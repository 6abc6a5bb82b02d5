"""The grade of an account's data in words: a chip for lists, and each reason with the place where it is mended."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import BrokerAccount
from trading.calc.data_quality import Defect, Grade, QualityFacts, Reason
from trading.formatting import Formats
from trading.queries.data_quality import Graded

#: The look of each grade: a state of the badges.
_STATES: Mapping[Grade, str] = {
    "A": "healthy",
    "B": "healthy",
    "C": "info",
    "D": "warning",
    "E": "warning",
    "F": "critical",
}
_SYMBOLS = 5


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """`text` says what is amiss and what follows from it; `url` leads to where it is mended, `action` is the word on it."""

    title: str
    text: str
    cost: str
    url: str
    action: str


@dataclass(frozen=True, slots=True)
class QualityPart:
    """`grade` is "" where there is nothing to grade; `title` says the grade and its reasons in one sentence."""

    grade: str
    state: str
    points: str
    title: str
    reasons: Sequence[ReasonLine]


def quality_part(account: BrokerAccount, of: Graded, formats: Formats) -> QualityPart:
    quality = of.quality
    if quality.grade is None:
        return QualityPart("", "idle", "", _("There is no data to grade yet."), ())
    reasons = [_line(reason, account, of.facts, formats) for reason in quality.reasons]
    named = ", ".join(reason.title for reason in reasons) or _("nothing is amiss")
    return QualityPart(
        grade=quality.grade,
        state=_STATES[quality.grade],
        points=formats.number(quality.points, 0),
        title=_("Data quality %(grade)s: %(reasons)s") % {"grade": quality.grade, "reasons": named},
        reasons=reasons,
    )


def reason_text(reason: Reason, account: BrokerAccount, facts: QualityFacts, formats: Formats) -> str:
    """What is amiss, and what follows from it."""
    return _TEXTS[reason.defect](account, facts, formats)


def _line(reason: Reason, account: BrokerAccount, facts: QualityFacts, formats: Formats) -> ReasonLine:
    url, action = _mended(reason.defect, account, facts)
    cost = formats.number(-reason.cost, 0 if reason.cost >= 1 else 1)
    return ReasonLine(_title(reason.defect), reason_text(reason, account, facts, formats), cost, url, action)


def _title(defect: Defect) -> str:
    return {
        "opening_unknown": _("unknown opening balance"),
        "untied": _("balance does not tie"),
        "feed_failing": _("feed fails"),
        "feed_stale": _("feed is quiet"),
        "missing_stops": _("trades without a stop"),
        "snapshot_gaps": _("days without a snapshot"),
        "unknown_instruments": _("unknown instruments"),
        "begins_midway": _("history begins midway"),
        "nothing_stated": _("no balance to compare with"),
    }[defect]


def _mended(defect: Defect, account: BrokerAccount, facts: QualityFacts) -> tuple[str, str]:
    """Where a defect is mended, and the word of the link there."""
    of_account = f"?account={account.pk}"
    if defect in ("opening_unknown", "begins_midway", "nothing_stated"):
        return reverse("statement_upload") + of_account, _("Import statement")
    if defect == "untied":
        month = f"?month={facts.untied_on:%Y-%m}" if facts.untied_on else ""
        return reverse("balance_proof", args=[account.pk]) + month, _("Proof")
    if defect in ("missing_stops", "unknown_instruments"):
        return reverse("trade_list") + of_account, _("Trades")
    return reverse("reconciliation") + of_account, _("Reconcile")


def _opening_unknown(account: BrokerAccount, facts: QualityFacts, formats: Formats) -> str:
    return _(
        "No statement tells what the account held before its first trade, so balances and percentages are not known."
    )


def _untied(account: BrokerAccount, facts: QualityFacts, formats: Formats) -> str:
    words = {
        "days": formats.number(facts.untied_days),
        "stated": formats.number(facts.stated_days),
        "on": formats.day(facts.untied_on) if facts.untied_on else "",
        "difference": formats.signed(facts.difference, account.currency) if facts.difference is not None else "",
        "currency": account.currency,
    }
    return (
        _(
            "Our balance differs from the broker’s on %(days)s of %(stated)s days, first on %(on)s by %(difference)s "
            "%(currency)s: something may be missing."
        )
        % words
    )


def _feed_stale(account: BrokerAccount, facts: QualityFacts, formats: Formats) -> str:
    if facts.last_sync_at is None:
        return _("No sync was taken yet, so what is open is not known.")
    return _("The last good sync came %(at)s: what is open, and the equity, may be others by now.") % {
        "at": formats.clock(facts.last_sync_at, seconds=False)
    }


def _feed_failing(account: BrokerAccount, facts: QualityFacts, formats: Formats) -> str:
    return _("What the bridge sends can’t be taken, so what is open, and the equity, may be others by now.")


def _missing_stops(account: BrokerAccount, facts: QualityFacts, formats: Formats) -> str:
    words = {"without": formats.number(facts.without_stop), "trades": formats.number(facts.trades)}
    return (
        ngettext(
            "%(without)s of %(trades)s closed trades has no stop: what it put at risk is not known. Figures in R need the "
            "initial stop, which can be entered on the trade’s page.",
            "%(without)s of %(trades)s closed trades have no stop: what they put at risk is not known. Figures in R need the "
            "initial stop, which can be entered on each trade’s page.",
            facts.without_stop,
        )
        % words
    )


def _snapshot_gaps(account: BrokerAccount, facts: QualityFacts, formats: Formats) -> str:
    words = {"missing": formats.number(facts.missing_days), "days": formats.number(facts.snapshot_days)}
    return (
        ngettext(
            "On %(missing)s of %(days)s working days of the last month no sync came: falls of the equity on it are not seen.",
            "On %(missing)s of %(days)s working days of the last month no sync came: falls of the equity on them are not seen.",
            facts.missing_days,
        )
        % words
    )


def _unknown_instruments(account: BrokerAccount, facts: QualityFacts, formats: Formats) -> str:
    shown = ", ".join(facts.unknown_symbols[:_SYMBOLS])
    more = len(facts.unknown_symbols) - _SYMBOLS
    names = _("%(names)s and %(count)d more") % {"names": shown, "count": more} if more > 0 else shown
    return _(
        "No pip is known for %(names)s: pips are taken from how prices are printed. Staff can add the instrument."
    ) % {"names": names}


def _begins_midway(account: BrokerAccount, facts: QualityFacts, formats: Formats) -> str:
    opening = formats.money(facts.opening, account.currency) if facts.opening is not None else ""
    return _(
        "The history begins with a balance of %(opening)s %(currency)s: how it came about is not in the figures. "
        "A statement that reaches further back tells."
    ) % {"opening": opening, "currency": account.currency}


def _nothing_stated(account: BrokerAccount, facts: QualityFacts, formats: Formats) -> str:
    return _("No statement and no sync tells a balance, so there is nothing to compare ours with.")


_TEXTS: Mapping[Defect, Callable[[BrokerAccount, QualityFacts, Formats], str]] = {
    "opening_unknown": _opening_unknown,
    "untied": _untied,
    "feed_failing": _feed_failing,
    "feed_stale": _feed_stale,
    "missing_stops": _missing_stops,
    "snapshot_gaps": _snapshot_gaps,
    "unknown_instruments": _unknown_instruments,
    "begins_midway": _begins_midway,
    "nothing_stated": _nothing_stated,
}
