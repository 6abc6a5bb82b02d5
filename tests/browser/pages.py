"""The pages that the browser tests open. A new page is one more line here; `Site` has what its address needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import BrokerAccount, Trader


@dataclass(frozen=True, slots=True)
class Site:
    """What stands in the database while the browser tests run: Ann's accounts, and Eve who has nothing yet.

    `sessions` holds the session keys of "trader" and "newcomer": a test that signed in itself would do so inside its own
    transaction, where the server can't see it.
    """

    trader: Trader
    newcomer: Trader
    account: BrokerAccount
    objects: dict[str, Any]
    sessions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """`who` is "trader", "newcomer" or "stranger"; `find` gives the arguments of the URL name; `note` tells likes apart.

    `of_account` puts the account with the most to show into the address.
    """

    url_name: str
    find: Callable[[Site], list[Any]] = lambda site: []
    query: dict[str, str] = field(default_factory=dict)
    who: str = "trader"
    status: int = 200
    of_account: bool = False
    note: str = ""

    @property
    def label(self) -> str:
        suffix = "" if self.who == "trader" else f"-{self.who}"
        suffix += "-account" if self.of_account else ""
        return "-".join([self.url_name, *self.query.values(), *filter(None, [self.note])]) + suffix

    def address(self, site: Site) -> str:
        path = reverse(self.url_name, args=self.find(site))
        query = self.query | ({"account": str(site.account.pk)} if self.of_account else {})
        return f"{path}?{urlencode(query)}" if query else path


def _account(site: Site) -> list[Any]:
    return [site.account.pk]


def one(name: str) -> Callable[[Site], list[Any]]:
    """The key of the object of that name."""
    return lambda site: [site.objects[name].pk]


def _token(site: Site) -> list[Any]:
    return [site.objects["shared_token"]]


PAGES = [
    Page("dashboard"),
    Page("dashboard", query={"period": "year"}),
    Page("dashboard", who="newcomer"),
    Page("account_list"),
    Page("account_list", who="newcomer"),
    Page("account_detail", _account),
    Page("account_figures", _account),
    Page("account_figures", _account, query={"compare": "1"}),
    Page("figure_list", query={"definition": "portal"}),
    Page("figure_list", who="newcomer"),
    Page("analysis"),
    Page("analysis", who="newcomer"),
    Page("analysis_depth"),
    Page("analysis_depth", who="newcomer"),
    Page("trade_list", query={"weekday": "2", "session": "london", "without": "r"}),
    Page("analysis_compare", query={"a.side": "buy", "b.side": "sell", "definition": "portal"}),
    Page("analysis_compare", query={"a.side": "buy", "show": "all"}),
    Page("analysis_compare", who="newcomer"),
    Page("monte_carlo", of_account=True),
    Page("figure_detail", lambda site: ["profit_factor"], of_account=True),
    Page("figure_detail", lambda site: ["day_best_percent"], query={"definition": "portal"}, of_account=True),
    Page("figure_detail", lambda site: ["equity_drawdown_maximal"], query={"definition": "portal"}, note="equity"),
    Page("share_list", _account),
    Page("share_revoke", one("shared")),
    Page("shared_record", _token, who="stranger"),
    Page("shared_record", lambda site: [site.objects["open_token"]], who="stranger", note="all"),
    Page("shared_record", lambda site: ["nothing"], who="stranger", status=404, note="gone"),
    Page("shared_verify", _token, who="stranger"),
    Page("account_create"),
    Page("account_edit", _account),
    Page("account_archive", _account),
    Page("settings"),
    Page("account_email"),
    Page("account_change_password"),
    Page("mfa_index"),
    Page("mfa_list_webauthn"),
    Page("session_list"),
    Page("security_log"),
    Page("account_logout"),
    Page("account_login", who="stranger"),
    Page("account_signup", who="stranger"),
    Page("account_reset_password", who="stranger"),
    Page("trade_list"),
    Page("trade_list", query={"q": "nothing is called so"}),
    Page("trade_detail", one("trade")),
    Page("calendar"),
    Page("calendar", query={"year": "2026"}),
    Page("journal_list"),
    Page("journal_list", who="newcomer"),
    Page("journal_day"),
    Page("position_list"),
    Page("api_key_list"),
    Page("api_key_list", who="newcomer"),
    Page("api_key_create"),
    Page("api_key_revoke", one("api_key")),
    Page("rate_list"),
    Page("rate_list", who="newcomer"),
    Page("reconciliation"),
    Page("reconciliation", of_account=True),
    Page("reconciliation", who="newcomer"),
    Page("reconciliation_log", query={"show": "all"}),
    Page("reconciliation_rules", _account),
    Page("cash_flow_list"),
    Page("statement_list"),
    Page("statement_list", who="newcomer"),
    Page("statement_upload"),
    Page("statement_detail", one("waiting"), note="waiting"),
    Page("statement_detail", one("refused"), note="refused"),
    Page("statement_detail", one("committed"), note="committed"),
    Page("balance_proof", _account),
    Page("monthly_report"),
    Page("monthly_report", who="newcomer"),
    Page("guard_list"),
    Page("guard_list", who="newcomer"),
    Page("guard_edit", _account),
    Page("guard_replay", _account, query={"span": "day"}),
    Page("alert_list"),
    Page("alert_list", who="newcomer"),
    Page("close_request_list"),
    Page("webhook_list"),
    Page("webhook_delete", one("webhook")),
]
