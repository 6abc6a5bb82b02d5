"""What a trader types about guards, checked. Shares are typed in percent."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.forms import TypedZoneField
from trading.calc.guard_presets import presets
from trading.models import GuardKind, GuardRule

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_KINDS_OF_UNIT = {GuardKind.MINIMUM_DAYS: "days", GuardKind.STALE_QUOTE: "seconds"}
_HUNDRED = Decimal(100)
_MOST = 40


def _number(label: "StrOrPromise", *, required: bool = False, help_text: "StrOrPromise" = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=required,
        min_value=Decimal("0.000001"),
        max_digits=20,
        decimal_places=8,
        help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


class RuleForm(forms.Form):
    """One rule. The unit of its thresholds is percent, money, days or seconds."""

    kind = forms.ChoiceField(label=_("Rule"), choices=[("", _("No rule")), *GuardKind.choices], required=False)
    name = forms.CharField(label=_("Name"), max_length=80, required=False)
    enabled = forms.BooleanField(label=pgettext_lazy("switch", "On"), required=False, initial=True)
    unit = forms.ChoiceField(
        label=pgettext_lazy("unit", "In"),
        choices=[("ratio", _("Percent")), ("money", _("Money")), ("days", _("Days")), ("seconds", _("Seconds"))],
        initial="ratio",
    )
    warning = _number(_("Warning from"))
    critical = _number(_("Critical from"))
    reference = forms.ChoiceField(label=_("Measured from"), choices=GuardRule.Reference.choices, initial="peak_equity")
    trailing = forms.ChoiceField(label=_("The line"), choices=GuardRule.Trailing.choices, initial="equity")
    share_of = forms.ChoiceField(label=_("Percent of"), choices=GuardRule.ShareOf.choices, initial="reference")
    initial_balance = _number(_("Initial balance"))
    lock_ratio = _number(_("Line stops at, % of initial"))
    reset_time = forms.TimeField(
        label=_("Daily reset"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}), initial="00:00"
    )
    reset_zone = TypedZoneField(label=_("Zone of the reset"), initial="UTC")
    rearm_ratio = _number(_("Re-arms after, points"))
    preset = forms.CharField(required=False, widget=forms.HiddenInput)
    remove = forms.BooleanField(label=_("Remove"), required=False)

    def __init__(self, *args: Any, currency: str = "", **kwargs: Any) -> None:
        initial = dict(kwargs.pop("initial", None) or {})
        shares = ["lock_ratio", "rearm_ratio", *(["warning", "critical"] if initial.get("unit") == "ratio" else [])]
        for name in shares:
            if initial.get(name) is not None:
                initial[name] = initial[name] * _HUNDRED
        for name in ("warning", "critical", "lock_ratio", "rearm_ratio", "initial_balance"):
            if initial.get(name) is not None:
                initial[name] = f"{initial[name].normalize():f}"
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.currency = currency

    @property
    def title(self) -> str:
        kind = self["kind"].value()
        name = self["name"].value()
        return str(name or dict(GuardKind.choices).get(kind or "") or gettext("Another rule"))

    @property
    def thresholds(self) -> str:
        """What is set now, for the line that stands while the rule is folded."""
        units = {"ratio": "%", "money": self.currency, "days": gettext("days"), "seconds": "s"}
        unit = units.get(str(self["unit"].value() or "ratio"), "")
        values = {name: f"{self[name].value()} {unit}".rstrip() for name in _WORDS if self[name].value()}
        return ", ".join(_WORDS[name] % {"value": value} for name, value in values.items())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_rule = cleaned.get("kind") and not cleaned.get("remove")
        if is_rule and cleaned.get("critical") is None and "critical" not in self.errors:
            self.add_error("critical", ValidationError(_("Say from where it is critical."), code="required"))
        return cleaned

    def as_values(self) -> dict[str, Any]:
        """The rule as it is stored: shares instead of percent."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "remove"}
        given["unit"] = _KINDS_OF_UNIT.get(given["kind"], given["unit"])
        shares = ["lock_ratio", "rearm_ratio", *(["warning", "critical"] if given["unit"] == "ratio" else [])]
        for name in shares:
            if given.get(name) is not None:
                given[name] = given[name] / _HUNDRED
        if given["rearm_ratio"] is None:
            given["rearm_ratio"] = Decimal("0.01")
        return given


_WORDS = {"warning": _("warning %(value)s"), "critical": _("critical %(value)s")}


class _Rules(forms.BaseFormSet):  # type: ignore[type-arg]
    form_problem: str = ""


RuleFormSet: Any = forms.formset_factory(RuleForm, formset=_Rules, extra=1, max_num=_MOST, validate_max=True)


def rules_of(formset: Any) -> list[dict[str, Any]]:
    """The rules that a valid formset describes."""
    kept = [form for form in formset.forms if form.cleaned_data.get("kind") and not form.cleaned_data.get("remove")]
    return [form.as_values() for form in kept]


class PresetForm(forms.Form):
    preset = forms.ChoiceField(
        label=_("Rule set"), choices=lambda: [(one.key, gettext(one.name)) for one in presets().values()], required=True
    )
    initial_balance = _number(
        _("Initial balance"),
        help_text=_("What the firm counts from. Only the TradePortal defaults and a daily loss go without."),
    )


class AutoCloseForm(forms.Form):
    """What is typed to switch auto-close on; the service compares it."""

    confirmation = forms.CharField(label=_("Number or name of the account"), max_length=200)
