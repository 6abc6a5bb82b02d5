"""Sentences about shared records and chains, for their owner and for readers."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trading.formatting import Formats
from trading.models import SharedRecord
from trading.queries.chain import ChainCheck, ChainSummary


@dataclass(frozen=True, slots=True)
class ChainLines:
    """`head` is "" where nothing is sealed yet. `amended` holds a line for each day that was amended."""

    head: str
    sealed: str
    late: str
    amended_title: str
    amended: list[str]


def hidden_words(record: SharedRecord) -> str:
    """ "amounts, sizes, prices", or that nothing is hidden."""
    hidden = [
        word
        for word, is_hidden in (
            (_("amounts"), record.hides_amounts),
            (_("sizes"), record.hides_size),
            (_("symbols"), record.hides_symbols),
            (_("prices"), record.hides_prices),
        )
        if is_hidden
    ]
    return ", ".join(hidden) or _("nothing")


def chain_lines(told: ChainSummary, formats: Formats) -> ChainLines:
    amended = len(told.amended)
    return ChainLines(
        head=told.head,
        sealed=_span(told, formats),
        late=ngettext(
            "%(n)s day was sealed more than two days after its end, as by the import of an old history: "
            "its seal proves nothing about the time before.",
            "%(n)s days were sealed more than two days after their end, as by the import of an old history: "
            "their seal proves nothing about the time before.",
            told.late,
        )
        % {"n": formats.number(told.late)}
        if told.late
        else "",
        amended_title=ngettext("%(n)s day was amended after sealing", "%(n)s days were amended after sealing", amended)
        % {"n": formats.number(amended)},
        amended=[
            ngettext("%(day)s, on %(last)s", "%(day)s, %(n)s times, last on %(last)s", day.times)
            % {"day": formats.day(day.day), "n": day.times, "last": formats.clock(day.last_at, seconds=False)}
            for day in told.amended
        ],
    )


def _span(told: ChainSummary, formats: Formats) -> str:
    """How many days are sealed, and from when to when that was done."""
    if told.first_sealed_at is None or told.last_sealed_at is None:
        return ""
    days = ngettext("%(n)s day sealed", "%(n)s days sealed", told.days) % {"n": formats.number(told.days)}
    first, last = formats.clock(told.first_sealed_at, seconds=False), formats.clock(told.last_sealed_at, seconds=False)
    if told.first_sealed_at == told.last_sealed_at:
        return _("%(days)s, all on %(first)s") % {"days": days, "first": first}
    values = {"days": days, "first": first, "last": last}
    return _("%(days)s, the first on %(first)s, the last on %(last)s") % values


def check_lines(found: ChainCheck, formats: Formats) -> list[tuple[str, str]]:
    """What the check found: kind of the badge's state and a sentence, the worst first."""
    lines: list[tuple[str, str]] = []
    if found.broken:
        text = _("The chain breaks at link %(position)s: somebody rewrote it.")
        lines.append(("critical", text % {"position": formats.number(found.broken.position)}))
    else:
        lines.append(("healthy", _("Every link follows from the one before.")))
    if found.differing:
        days = ", ".join(formats.day(day) for day in found.differing)
        text = _("The book is no longer what was sealed of: %(days)s. An import of the last hour does this too; its days are sealed as amended within the hour.")  # fmt: skip
        lines.insert(0, ("critical", text % {"days": days}))
    else:
        lines.append(("healthy", _("The book of each sealed day is what was sealed last.")))
    if found.unsealed:
        waiting = len(found.unsealed)
        text = ngettext("%(n)s day waits for its seal.", "%(n)s days wait for their seal.", waiting)
        lines.append(("info", text % {"n": formats.number(waiting)}))
    if found.moved:
        text = ngettext(
            "The balance at the end of %(n)s day is another than when it was sealed, as after an amendment of a day before.",
            "The balance at the end of %(n)s days is another than when they were sealed, as after an amendment of a day before.",
            found.moved,
        )
        lines.append(("info", text % {"n": formats.number(found.moved)}))
    return lines
