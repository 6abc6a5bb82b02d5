"""What a trader chooses for a shared record, and what a reader asks of its chain."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from trading.services.sharing import DEFAULT_DAYS, MAX_DAYS, Choices

_DIGEST = re.compile(r"[0-9a-f]{64}")


class ShareForm(forms.Form):
    #: Not the account's label, which often holds its number.
    title = forms.CharField(
        label=_("Title"),
        max_length=80,
        initial=_("Trading record"),
        help_text=_("What readers see above the record. Any name will do."),
    )
    days = forms.TypedChoiceField(
        label=_("Expires after"),
        coerce=int,
        choices=[
            (7, _("7 days")),
            (30, _("30 days")),
            (DEFAULT_DAYS, _("90 days")),
            (180, _("180 days")),
            (MAX_DAYS, _("1 year")),
        ],
        initial=DEFAULT_DAYS,
    )
    hides_amounts = forms.BooleanField(
        label=_("Hide amounts"),
        required=False,
        initial=True,
        help_text=_("Results in percent, the curve as an index from 100. Sizes and prices are hidden with them."),
    )
    hides_size = forms.BooleanField(
        label=_("Hide sizes"),
        required=False,
        initial=True,
        help_text=_("Volumes, and the prices that would tell them."),
    )
    hides_symbols = forms.BooleanField(
        label=_("Hide symbols"),
        required=False,
        help_text=_("Symbol 1, Symbol 2 …; prices and times of day would tell them, so they are hidden too."),
    )
    names_broker = forms.BooleanField(
        label=_("Name broker and platform"), required=False, help_text=_("Never the account’s number or server.")
    )

    def choices(self) -> Choices:
        return Choices(**self.cleaned_data)


class HeadForm(forms.Form):
    """A head of the chain, as a reader noted it: upper case, spaces and line breaks of a mail do not matter."""

    head = forms.CharField(label=_("A head that you noted"), max_length=200)

    def clean_head(self) -> str:
        head = "".join(str(self.cleaned_data["head"]).split()).lower()
        if not _DIGEST.fullmatch(head):
            raise forms.ValidationError(_("A head has 64 characters: digits, and letters from a to f."))
        return head
