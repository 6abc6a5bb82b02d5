"""What a kept alert says, in the language of who reads it.

The sentence that an alert keeps is English, as programs get it. The figures that it keeps tell the same in other words.
"""

from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trading.calc.guard_texts import reading_of
from trading.calc.guard_types import Level, Rule, Verdict
from trading.calc.guard_words import PLAIN, Words, sentence
from trading.formatting import Formats
from trading.models import Alert


def alert_sentence(alert: Alert, formats: Formats) -> str:
    """As it was kept in English; told anew in other languages, where the alert keeps all that this takes."""
    kept = alert.figures
    words = words_of(formats)
    if words is PLAIN or "rule_name" not in kept:
        return alert.sentence
    return sentence(_verdict(alert), Decimal(kept["equity"]), kept["currency"], words)


def words_of(formats: Formats) -> Words:
    """English is written as alerts keep it, every other language with the reader's own numbers."""
    return PLAIN if get_language() in (None, "en") else Words(_, formats.number)


def _verdict(alert: Alert) -> Verdict:
    kept = alert.figures
    rule = Rule(
        id=str(alert.rule_id),
        kind=alert.kind,
        critical=Decimal(kept["rule_critical"]),
        warning=None if kept["rule_warning"] is None else Decimal(kept["rule_warning"]),
        unit=kept["unit"],
        name=kept["rule_name"],
    )
    return Verdict(rule, alert.symbol, Level(alert.level), reading_of(kept), is_reached=kept["is_reached"])
