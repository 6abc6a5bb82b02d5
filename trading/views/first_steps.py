"""The first steps on the dashboard: what is done, what is next, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Trader
from trading.context import Frame
from trading.queries.first_steps import StepFacts, step_facts


@dataclass(frozen=True, slots=True)
class Step:
    """`key` names it in the page. `action` is the word on the link, which a step that is done keeps."""

    key: str
    label: str
    text: str
    is_done: bool
    url: str
    action: str
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class FirstSteps:
    steps: Sequence[Step]
    time_zone: str

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)


def first_steps(trader: Trader, frame: Frame) -> FirstSteps | None:
    """None once all are done, or the trader has put them away. Nothing is asked of the database then."""
    if trader.hides_first_steps:
        return None
    facts = step_facts(trader, frame.accounts, frame.formats.zone)
    found = FirstSteps(
        [_account(facts), _statement(facts), _proof(facts, frame), _zone(facts, frame), _feed(facts), _guard(facts)],
        trader.time_zone,
    )
    return found if found.done < len(found.steps) else None


def _account(facts: StepFacts) -> Step:
    text = _("Your accounts are there.") if facts.has_account else _("A statement makes it by itself, or you make one.")
    url = reverse("account_list" if facts.has_account else "account_create")
    action = _("Accounts") if facts.has_account else _("New account")
    return Step("account", _("An account"), text, facts.has_account, url, action)


def _statement(facts: StepFacts) -> Step:
    label = _("The first statement")
    if facts.has_statement:
        text, name, action = _("Its trades are in your book."), "statement_list", _("Statements")
    elif facts.is_waiting:
        text, name, action = _("Yours is being read, or waits for you to commit it."), "statement_list", _("Look")
    else:
        text, name, action = _("MetaTrader 4 or 5, HTML or XLSX."), "statement_upload", _("Upload")
    return Step("statement", label, text, facts.has_statement, reverse(name), action)


def _proof(facts: StepFacts, frame: Frame) -> Step:
    label = _("The balance proven")
    account = facts.proven or facts.untied or (frame.accounts[0] if frame.accounts else None)
    url = reverse("balance_proof", args=[account.pk]) if account else reverse("statement_upload")
    if facts.proven:
        text = _("%(account)s ties on every day, to the last cent.") % {"account": facts.proven.label}
    elif facts.untied:
        text = _("%(account)s does not tie yet: see from which day on.") % {"account": facts.untied.label}
    else:
        text = _("Follows from the first statement by itself.")
    return Step("proof", label, text, facts.proven is not None, url, _("Proof") if account else _("Upload"))


def _zone(facts: StepFacts, frame: Frame) -> Step:
    text = _("%(zone)s: days begin and end there.") % {"zone": frame.zone_label}
    return Step("zone", _("Your time zone"), text, facts.has_zone, reverse("settings"), _("Settings"))


def _feed(facts: StepFacts) -> Step:
    text = _("A sync has come.") if facts.has_feed else _("A bridge beside your terminal keeps positions up to date.")
    url = reverse("reconciliation" if facts.has_feed else "api_key_list")
    action = _("Reconciliation") if facts.has_feed else _("Make a key")
    return Step("feed", _("A live feed"), text, facts.has_feed, url, action, is_optional=True)


def _guard(facts: StepFacts) -> Step:
    text = _("Rules watch your equity.") if facts.has_guard else _("Warns you before a loss grows too large.")
    action = _("Guards") if facts.has_guard else _("Set one")
    return Step("guard", _("A guard"), text, facts.has_guard, reverse("guard_list"), action, is_optional=True)
