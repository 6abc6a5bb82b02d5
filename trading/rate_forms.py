"""Exchange rates that a trader hands in, checked."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models.trader import validate_currency
from trading.calc.exchange import Rate
from trading.ratefiles.reader import MAX_BYTES


class CurrencyField(forms.CharField):
    """A code, in any case."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=10, validators=[validate_currency], **more)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.upper() if isinstance(text, str) else text


class RateForm(forms.Form):
    """One rate: what one unit of a currency was worth in another on a day. `today` is the last day that may be given."""

    base = CurrencyField(label=_("One"), widget=forms.TextInput(attrs={"placeholder": "EUR", "autocomplete": "off"}))
    rate = forms.DecimalField(
        label=_("is worth"),
        max_digits=24,
        decimal_places=12,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "1.0834", "autocomplete": "off"}),
    )
    quote = CurrencyField(label=_("in"), widget=forms.TextInput(attrs={"placeholder": "USD", "autocomplete": "off"}))
    day = forms.DateField(label=_("on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data, initial={"day": today})
        self.today = today

    def clean_rate(self) -> Any:
        rate = self.cleaned_data["rate"]
        if rate <= 0:
            raise ValidationError(_("A rate is above zero."), code="rate_not_positive")
        return rate

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if not date(1970, 1, 1) <= day <= self.today:
            raise ValidationError(_("Choose a day that has been."), code="day_not_been")
        return day

    def clean(self) -> Any:
        given = super().clean() or {}
        if given.get("base") and given.get("base") == given.get("quote"):
            self.add_error("quote", ValidationError(_("A rate is between two currencies."), code="one_currency"))
        return given

    @property
    def given(self) -> Rate:
        of = self.cleaned_data
        return Rate(of["base"], of["quote"], of["day"], of["rate"])


class RateFileForm(forms.Form):
    """A file of rates, no larger than one can be."""

    file = forms.FileField(
        label=_("File"),
        max_length=255,
        help_text=_(
            "CSV, XML or ZIP of the European Central Bank, or your own CSV with the columns day, base, quote, rate."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.xml,.zip,.txt"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise ValidationError(
                _("This file is larger than %(limit)d MB."),
                params={"limit": MAX_BYTES // 1024 // 1024},
                code="too_large",
            )
        return file
