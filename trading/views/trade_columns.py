"""Which columns of the closed trades a trader wants to see, and how high the rows are. Kept in a cookie of the browser."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

COOKIE = "trade_columns"
COOKIE_S = 31_536_000
COMFORTABLE = "comfortable"
#: Columns that can be left out, in the order of the table. When, what and how much always stay.
COLUMNS = {
    "entry": _("Entry"),
    "exit": _("Exit"),
    "held": _("Held"),
    "gross": _("Gross"),
    "commission": _("Commission"),
    "swap": _("Swap"),
    "fee": _("Fee"),
    "bar": _("Result drawn"),
    "account": _("Account"),
    "strategy": _("Strategy"),
    "marks": _("Tags and marks"),
}


@dataclass(frozen=True, slots=True)
class TableShape:
    hidden: frozenset[str]
    is_comfortable: bool

    @classmethod
    def of(cls, request: HttpRequest) -> "TableShape":
        """As the cookie says; anything in it that is not known is ignored."""
        words = frozenset(request.COOKIES.get(COOKIE, "").split("."))
        return cls(words & COLUMNS.keys(), COMFORTABLE in words)

    @property
    def shown(self) -> frozenset[str]:
        return frozenset(COLUMNS) - self.hidden

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Name, label and whether it is shown, of each column."""
        return [(name, str(label), name not in self.hidden) for name, label in COLUMNS.items()]


@login_required
@require_POST
def trade_columns(request: HttpRequest) -> HttpResponse:
    """Keeps the choice and goes back to the list."""
    hidden = [name for name in COLUMNS if name not in request.POST.getlist("column")]
    height = [COMFORTABLE] if request.POST.get("height") == COMFORTABLE else []
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = reverse("trade_list")
    response = redirect(target)
    response.set_cookie(
        COOKIE,
        ".".join([*height, *hidden]),
        max_age=COOKIE_S,
        samesite="Lax",
        httponly=True,
        secure=request.is_secure(),
    )
    return response
