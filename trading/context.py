"""What the frame of every page shows: who looks, at which account and period, and where one can go from here."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import BrokerAccount, Trader
from tradeportal.middleware import current_request_id
from trading import periods
from trading.calc.figure_types import DefinitionSet
from trading.calc.registry import DEFINITION_SETS
from trading.formatting import Formats
from trading.queries.figures import definition_of
from trading.queries.waiting import Waiting, waiting

THEME_COOKIE = "theme"

#: Pages that keep their place when the account changes; elsewhere a new account leads to the dashboard.
_OF_ACCOUNT = frozenset(
    {
        "dashboard",
        "trade_list",
        "figure_list",
        "figure_detail",
        "monte_carlo",
        "calendar",
        "journal_day",
        "position_list",
        "analysis",
        "analysis_depth",
        "cash_flow_list",
        "statement_list",
        "reconciliation",
        "guard_list",
        "alert_list",
        "close_request_list",
    }
)
_OF_PERIOD = frozenset(
    {
        "dashboard",
        "trade_list",
        "analysis",
        "analysis_depth",
        "cash_flow_list",
        "figure_list",
        "account_figures",
        "figure_detail",
        "monte_carlo",
    }
)


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the menu. `count` is what waits there; `letter` leads there after the key g."""

    label: str
    icon: str
    url: str
    is_current: bool
    count: int = 0
    letter: str = ""

    @property
    def is_apart(self) -> bool:
        """Whether a rule parts it from the places above."""
        return self.icon == "settings"


#: Label, icon, URL name, and the start of the URL names that belong to the place.
_PLACES = (
    (_("Dashboard"), "layout-dashboard", "dashboard", ("dashboard",)),
    (
        _("Accounts"),
        "building-bank",
        "account_list",
        ("account_list", "account_detail", "account_figures", "balance_proof", "monthly_report", "share_"),
    ),
    (_("Trades"), "list-details", "trade_list", ("trade_",)),
    (_("Figures"), "ruler-2", "figure_list", ("figure_", "monte_carlo")),
    (_("Calendar"), "calendar-event", "calendar", ("calendar",)),
    (_("Journal"), "note", "journal_list", ("journal_",)),
    (_("Positions"), "stack-2", "position_list", ("position_",)),
    (_("Analysis"), "chart-line", "analysis", ("analysis",)),
    (_("Cash flows"), "cash", "cash_flow_list", ("cash_flow_",)),
    (_("Reconciliation"), "arrows-left-right", "reconciliation", ("reconciliation", "break_")),
    (_("Guards"), "shield", "guard_list", ("guard_", "alert_", "close_request_", "webhook_")),
    (_("Statements"), "file-import", "statement_list", ("statement_",)),
    (_("Settings"), "settings", "settings", ("settings", "api_key_", "rate_", "session_", "security_")),
)
#: The letter that leads to a place, typed after g.
_LETTERS = {
    "dashboard": "d",
    "account_list": "a",
    "trade_list": "t",
    "position_list": "p",
    "analysis": "n",
    "calendar": "c",
    "journal": "j",
    "cash_flow_list": "f",
    "reconciliation": "r",
    "guard_list": "u",
    "statement_list": "s",
    "settings": "e",
}
#: What is counted beside a place.
_COUNTED = {"statement_list": "statements", "guard_list": "rules", "reconciliation": "breaks"}
_ON_PHONE = ("dashboard", "account_list", "trade_list", "position_list", "statement_list")


def read_definition(asked: str, otherwise: str) -> DefinitionSet:
    """The definition set of that name, else the other; an address that makes no sense chooses nothing."""
    for name in (asked, otherwise):
        for known in DEFINITION_SETS:
            if name == known:
                return known
    return "mt5"


def own_accounts(request: HttpRequest) -> Sequence[BrokerAccount]:
    """Every account of who looks, archived ones included: read once for the frame and for what it holds."""
    known: Sequence[BrokerAccount] | None = getattr(request, "_own_accounts", None)
    if known is None:
        user = getattr(request, "user", None)
        known = list(BrokerAccount.objects.for_trader(user)) if isinstance(user, Trader) else []
        request._own_accounts = known  # type: ignore[attr-defined]
    return known


class Frame:
    """Computed only as far as a template asks, so that a fragment or an error page costs no query."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def trader(self) -> Trader | None:
        user = getattr(self.request, "user", None)
        return user if isinstance(user, Trader) else None

    @cached_property
    def url_name(self) -> str:
        match = self.request.resolver_match
        return (match.url_name or "") if match else ""

    @cached_property
    def theme(self) -> str:
        """ "light" or "dark" when chosen, "" when the system decides."""
        theme = self.trader.theme if self.trader else self.request.COOKIES.get(THEME_COOKIE, "")
        return theme if theme in (Trader.Theme.LIGHT, Trader.Theme.DARK) else ""

    @cached_property
    def palette(self) -> str:
        return self.trader.palette if self.trader else Trader.Palette.GREEN_RED

    @cached_property
    def formats(self) -> Formats:
        return Formats.of(self.trader or Trader())

    @cached_property
    def zone_label(self) -> str:
        """The trader's place and its distance from UTC now: "Berlin, UTC+1"."""
        now = timezone.now().astimezone(self.formats.zone)
        place = self.formats.zone.key.rsplit("/", 1)[-1].replace("_", " ")
        offset = now.strftime("%z")
        hours, minutes = f"{int(offset[:3]):+d}", offset[3:5]
        distance = hours if minutes == "00" else f"{hours}:{minutes}"
        return "UTC" if place == "UTC" else f"{place}, UTC{'' if distance == '+0' else distance}"

    @cached_property
    def accounts(self) -> Sequence[BrokerAccount]:
        """Those of the switcher, without the archived ones."""
        return [account for account in own_accounts(self.request) if account.archived_at is None]

    @cached_property
    def account(self) -> BrokerAccount | None:
        """The account that the page is about, or that ?account= names; None for all of them."""
        match = self.request.resolver_match
        chosen = str(match.kwargs.get("account_id", "")) if match else ""
        chosen = chosen or self.request.GET.get("account", "")
        return next((account for account in self.accounts if str(account.pk) == chosen), None)

    @cached_property
    def definition(self) -> DefinitionSet:
        """By whose rules the figures of this page are: the address says it, else the trader's choice."""
        chosen = self.trader.definition if self.trader else Trader.Definition.MT5
        return read_definition(self.request.GET.get("definition", ""), chosen)

    @cached_property
    def definition_label(self) -> str:
        """The definition by its name; MetaTrader's with the versions of the accounts, each of which follows its own."""
        if self.definition != "mt5":
            return DEFINITION_SETS[self.definition]
        shown = [self.account] if self.account else self.accounts
        versions = sorted({definition_of(account)[-1] for account in shown}) or ["5"]
        return f"MetaTrader {versions[0]}" if len(versions) == 1 else gettext("MetaTrader 4 and 5")

    @cached_property
    def definition_links(self) -> list[tuple[str, str, bool]]:
        """Name, address and whether it is the chosen one, with the other parameters of the page kept."""
        links = []
        for name, label in DEFINITION_SETS.items():
            parameters = self.request.GET.copy()
            parameters["definition"] = name
            parameters.pop("cursor", None)
            links.append((label, f"?{parameters.urlencode()}", self.definition == name))
        return links

    @cached_property
    def period(self) -> periods.Period:
        return periods.read_period(self.request.GET, timezone.now(), self.formats.zone)

    @cached_property
    def has_period(self) -> bool:
        return self.url_name in _OF_PERIOD

    @cached_property
    def account_path(self) -> str:
        return self.request.path if self.url_name in _OF_ACCOUNT else reverse("dashboard")

    @cached_property
    def period_links(self) -> list[tuple[str, str, bool]]:
        """Label, address and whether it is the chosen one, with the other parameters of the page kept."""
        kept = dict(self.kept_parameters)
        links = []
        for name, label in periods.NAMES.items():
            own = {} if name == "all" else {"period": name}
            links.append((str(label), f"?{urlencode(kept | own)}", self.period.name == name))
        return links

    @cached_property
    def kept_parameters(self) -> list[tuple[str, str]]:
        """The parameters that a from-to form must carry along."""
        return [(key, str(value)) for key, value in self.request.GET.items() if key not in _PERIOD_PARAMETERS]

    @cached_property
    def query(self) -> str:
        """The chosen account, period and definition as "?...", so that every link of the menu shows the same ones; or ""."""
        chosen = {"account": str(self.account.pk)} if self.account else {}
        asked = self.request.GET.get("definition", "")
        defined = {"definition": asked} if asked in DEFINITION_SETS else {}
        parameters = chosen | self.period.parameters | defined
        return f"?{urlencode(parameters)}" if parameters else ""

    @cached_property
    def waiting(self) -> Waiting:
        """What waits for the trader to look at it."""
        return waiting(self.trader) if self.trader else Waiting()

    @property
    def pressing(self) -> int:
        """How many rules stand at warning or critical now."""
        return self.waiting.rules

    @cached_property
    def places(self) -> list[Link]:
        return [self._link(*place) for place in _PLACES]

    @cached_property
    def phone_places(self) -> list[Link]:
        return [link for link, place in zip(self.places, _PLACES, strict=True) if place[2] in _ON_PHONE]

    def _link(self, label: Promise, icon: str, name: str, own: tuple[str, ...]) -> Link:
        count = getattr(self.waiting, _COUNTED[name]) if name in _COUNTED else 0
        keeps = name in _OF_ACCOUNT
        return Link(
            str(label),
            icon,
            reverse(name) + (self.query if keeps else ""),
            self.url_name.startswith(own),
            count,
            _LETTERS.get(name, ""),
        )


_PERIOD_PARAMETERS = frozenset({"period", "from", "to", "cursor"})


def portal(request: HttpRequest) -> dict[str, Any]:
    return {"request_id": current_request_id(), "frame": Frame(request)}
