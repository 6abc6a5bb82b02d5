"""The tolerances of an account and the reason of an act, as a trader types them."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trading.models import AccountRules
from trading.services.breaks import REASON_LENGTH
from trading.services.reconciliation_rules import EDITABLE

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_RATIOS = ("match_volume_ratio", "volume_break_ratio")
_MOST = Decimal(1_000_000)


def _number(label: "StrOrPromise", help_text: "StrOrPromise", most: Decimal = _MOST) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        help_text=help_text,
        min_value=0,
        max_value=most,
        max_digits=20,
        decimal_places=10,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


class RulesForm(forms.Form):
    """Tolerances. Units: the two shares are typed in percent and kept as ratios."""

    match_price_pips = _number(
        _("Same trade: price within, pips"), _("For positions without a ticket that the book knows.")
    )
    match_volume_ratio = _number(_("Same trade: volume within, %"), _("Of the book's volume."), Decimal(100))
    slippage_pips = _number(_("Entry may differ by, pips"), _("More than this is a break."))
    volume_break_ratio = _number(
        _("Volume may differ by, %"), _("Of the book's volume. More is a break."), Decimal(100)
    )
    balance_tolerance = _number(_("Balance may differ by"), _("In the account's currency."))
    stale_after_s = forms.IntegerField(
        label=_("Feed may be quiet for, seconds"),
        help_text=_("After that the account is degraded. At least 10, at most a week."),
        min_value=10,
        max_value=604_800,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, rules: AccountRules) -> None:
        super().__init__(data, initial={name: _shown(name, getattr(rules, name)) for name in EDITABLE})

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        return {name: value / 100 if name in _RATIOS else value for name, value in values.items()}


def _shown(name: str, value: Any) -> str:
    number = Decimal(value) * 100 if name in _RATIOS else Decimal(value)
    return f"{number.normalize():f}"


class ReasonForm(forms.Form):
    reason = forms.CharField(required=False, max_length=REASON_LENGTH)
