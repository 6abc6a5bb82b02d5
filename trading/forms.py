"""What a trader types, checked."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.forms import TypedZoneField
from accounts.models import BrokerAccount, Trader
from trading.queries.trade_detail import TradeStory

_MAX_TAGS = 20
_MAX_TAG_LENGTH = 40
_MAX_NOTES = 20_000


def _stars(number: int) -> Promise:
    return format_lazy(_("{number} of 5"), number=number)


class TagsField(forms.CharField):
    """Names with commas between; each once, in any case."""

    def clean(self, value: Any) -> Any:
        names: dict[str, str] = {}
        for part in super().clean(value).split(","):
            name = " ".join(part.split())
            if len(name) > _MAX_TAG_LENGTH:
                raise ValidationError(
                    _("A tag has at most %(number)s characters."),
                    code="tag_too_long",
                    params={"number": _MAX_TAG_LENGTH},
                )
            if name:
                names.setdefault(name.lower(), name)
        if len(names) > _MAX_TAGS:
            raise ValidationError(
                _("A trade has at most %(number)s tags."), code="too_many_tags", params={"number": _MAX_TAGS}
            )
        return list(names.values())


class JournalForm(forms.Form):
    """A trader's notes, tags, initial stop and rating on one trade."""

    notes = forms.CharField(
        required=False,
        max_length=_MAX_NOTES,
        widget=forms.Textarea(attrs={"rows": 6, "class": "form-control"}),
        help_text=_("Markdown: **bold**, lists, links."),
    )
    tags = TagsField(
        required=False,
        max_length=1_000,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        help_text=_("With commas between."),
    )
    initial_stop_loss = forms.DecimalField(
        label=_("Initial stop"),
        required=False,
        min_value=0,
        max_digits=20,
        decimal_places=10,
        widget=forms.TextInput(attrs={"class": "form-control", "inputmode": "decimal"}),
        help_text=_("The stop you started with. It makes the R multiple; the broker's figures stay as they are."),
    )

    rating = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("None")), *((number, _stars(number)) for number in range(1, 6))],
        widget=forms.Select(attrs={"class": "form-select"}),
        help_text=_("How well you traded it, whatever it brought."),
    )

    def __init__(self, data: Any = None, *, story: TradeStory) -> None:
        journal = story.journal
        initial: dict[str, Any] = {"tags": ", ".join(story.tags)}
        if journal:
            initial |= {
                "notes": journal.notes,
                "initial_stop_loss": journal.initial_stop_loss,
                "rating": journal.rating,
            }
        super().__init__(data, initial=initial)


class CaptionForm(forms.Form):
    """What stands below a screenshot."""

    caption = forms.CharField(
        label=_("Caption"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )


class DayNoteForm(forms.Form):
    """A trader's note on a day; an empty one takes it away."""

    text = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=_MAX_NOTES,
        widget=forms.Textarea(attrs={"rows": 10, "class": "form-control"}),
        help_text=_("Markdown: **bold**, lists, links."),
    )


class StatementAccountForm(forms.Form):
    """Which account a statement belongs to: one that is there, or a new one with the zone of its server."""

    account = forms.ModelChoiceField(
        queryset=BrokerAccount.objects.none(),
        required=False,
        empty_label=_("A new account"),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    label = forms.CharField(
        label=_("Name of the new account"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        help_text=_("How you call it. Empty: its server and number."),
    )
    time_zone = TypedZoneField(
        label=_("Time zone of the broker's server"),
        required=False,
        placeholder=_("As it is"),
        help_text=_("The file prints times without one. Most MetaTrader servers run on Europe/Athens."),
    )

    def __init__(self, data: Any = None, *, trader: Trader, platform: str = "", initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        own = BrokerAccount.objects.for_trader(trader)
        accounts: Any = self.fields["account"]
        accounts.queryset = own.filter(platform=platform) if platform else own
