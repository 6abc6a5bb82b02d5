"""Forms about traders and their accounts."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import BrokerAccount, Scope, Trader
from accounts.services.accounts import EDITABLE
from accounts.services.api_keys import DEFAULT_DAYS, MAX_DAYS
from accounts.services.settings import CHOSEN, change_settings
from accounts.zones import zone_names

_MAX_LEVERAGE = 5000


def zone_choices() -> list[tuple[str, str]]:
    """Every zone by its name, UTC first."""
    names = sorted(zone_names() - {"UTC"})
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class ZoneField(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("choices", zone_choices)
        super().__init__(**kwargs)


class TypedZoneField(forms.ChoiceField):
    """A zone that is typed, with suggestions that its page loads when they are wanted (components/_zones.html)."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid_choice": _("%(value)s is no time zone; one is called Europe/Berlin.")
    }

    def __init__(self, *, placeholder: Any = "", **kwargs: Any) -> None:
        words = {"placeholder": placeholder} if placeholder else {}
        attrs = {"list": "zones", "autocomplete": "off", "spellcheck": "false", **words}
        kwargs.setdefault("choices", lambda: [(name, name) for name in zone_names()])
        super().__init__(widget=forms.TextInput(attrs=attrs), **kwargs)


class CurrencyField(forms.CharField):
    """A currency code in capitals, however it was typed."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).strip().upper()


class SignUpExtras(forms.Form):
    """What sign-up asks besides e-mail and password: the time zone, guessed by the browser where it can."""

    field_order = ("email", "password1", "password2", "time_zone")

    time_zone = ZoneField(
        label=_("Time zone"),
        initial="UTC",
        help_text=_("Times and days are shown in it. You can change it later."),
        widget=forms.Select(attrs={"data-guess-zone": ""}),
    )

    def signup(self, request: HttpRequest, user: Trader) -> None:
        change_settings(user, time_zone=self.cleaned_data["time_zone"])


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """A broker account of one trader. `instance.trader` is the owner, also of a new one."""

    currency = CurrencyField(label=_("Currency"), max_length=10, help_text=_("Such as EUR, USD or USDT."))
    server_time_zone = ZoneField(
        label=_("Time zone of the broker's server"),
        help_text=_("Times in a statement are the server's. Many brokers use Europe/Athens."),
    )

    class Meta:
        model = BrokerAccount
        fields = EDITABLE
        labels: ClassVar[dict[str, Any]] = {
            "label": _("Name"),
            "platform": _("Platform"),
            "broker": _("Broker"),
            "server": _("Server"),
            "number": _("Account number"),
            "margin_mode": _("Margin mode"),
            "leverage": _("Leverage"),
            "is_demo": _("This is a demo account"),
            "phase": _("Phase"),
            "opened_on": _("Opened on"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "label": _("How you call it."),
            "number": _("As the broker writes it. A statement finds its account by it."),
            "leverage": _("100 for 1:100."),
        }
        widgets: ClassVar[dict[str, Any]] = {
            "opened_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        twins = BrokerAccount.objects.for_trader(self.instance.trader).exclude(pk=self.instance.pk)
        same = {name: cleaned.get(name) for name in ("platform", "server", "number")}
        if None not in same.values() and twins.filter(**same).exists():
            self.add_error("number", _("You already have an account with this number at this server."))
        return cleaned


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    time_zone = ZoneField(label=_("Time zone"), help_text=_("Days and times are shown in it."))
    display_currency = CurrencyField(
        label=_("Currency"),
        max_length=10,
        help_text=_("New accounts start with it, and totals of several currencies are told in it."),
    )
    definition = forms.ChoiceField(
        label=_("Definition of figures"),
        choices=Trader.Definition.choices,
        help_text=_(
            "By whose rules trades are counted and drawdown, Sharpe ratio and the others computed. The top of each page "
            "switches it for that page. Under MetaTrader, an account of MetaTrader 4 follows MetaTrader 4."
        ),
    )

    class Meta:
        model = Trader
        fields = CHOSEN
        labels: ClassVar[dict[str, Any]] = {
            "name": _("Name"),
            "language": _("Language"),
            "theme": _("Light or dark"),
            "palette": _("Profit and loss"),
            "number_format": _("Numbers"),
            "mails_warnings": _("E-mail me at a warning"),
            "mails_criticals": _("E-mail me at a critical alert"),
            "hides_first_steps": _("Put the first steps on the dashboard away"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "mails_criticals": _("Pages and webhooks tell every alert all the same."),
        }
        widgets: ClassVar[dict[str, Any]] = {
            "language": forms.RadioSelect,
            "theme": forms.RadioSelect,
            "palette": forms.RadioSelect,
            "number_format": forms.RadioSelect,
        }


class ApiKeyForm(forms.Form):
    """What a new API key may do, for which of the trader's accounts, and for how long."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Where it will be used, such as the computer of the terminal.")
    )
    accounts = forms.ModelMultipleChoiceField(
        BrokerAccount.objects.none(), label=_("Accounts"), widget=forms.CheckboxSelectMultiple
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        initial=[Scope.SYNC],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(
        label=_("Expires after"),
        coerce=int,
        choices=[(30, _("30 days")), (DEFAULT_DAYS, _("90 days")), (180, _("180 days")), (MAX_DAYS, _("1 year"))],
        initial=DEFAULT_DAYS,
    )

    def __init__(self, trader: Trader, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["accounts"]
        assert isinstance(chosen, forms.ModelMultipleChoiceField)
        chosen.queryset = BrokerAccount.objects.for_trader(trader).active()
