"""Where a row of the analysis leads: to the list of exactly the trades that it counts."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from trading.views.figure_choice import FigureChoice


def trades_url(choice: FigureChoice, currency: str, more: Mapping[str, str], instead_of: Sequence[str] = ()) -> str:
    """The list of the chosen trades in this currency, with `more` of the filter set, and nothing of `instead_of`."""
    return _url(choice, currency, [*more.items()], {*more, *instead_of})


def row_url(choice: FigureChoice, currency: str, dimension: str, value: Any) -> str:
    """The list of the chosen trades in one group."""
    if dimension in ("strategy", "tag") and not value:
        return without_url(choice, currency, dimension)
    asked = {name.lower() for name in choice.listing.parameters.getlist("tag")}
    if dimension == "tag":
        # A trade may carry several tags, so that a further one narrows what the filter asks for already.
        return _url(choice, currency, [] if value.lower() in asked else [("tag", value)], set())
    return trades_url(choice, currency, {dimension: str(value)})


def slot_url(choice: FigureChoice, currency: str, weekday: int, hour: int) -> str:
    return trades_url(choice, currency, {"weekday": str(weekday), "hour": str(hour)})


def without_url(choice: FigureChoice, currency: str, what: str) -> str:
    """The list of the chosen trades that lack it."""
    return _url(choice, currency, [("without", what)], set())


def _url(choice: FigureChoice, currency: str, more: Sequence[tuple[str, str]], replaced: set[str]) -> str:
    is_mixed = len({account.currency for account in choice.listing.chosen_accounts}) > 1
    own = [*more, *([("currency", currency)] if is_mixed else [])]
    kept = [pair for pair in choice.kept if pair[0] not in {*replaced, "bootstrap"} and pair not in own]
    return reverse("trade_list") + (f"?{urlencode([*kept, *own])}" if kept or own else "")
