"""One trade as texts: what the detail page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from trading.formatting import DASH, Formats, unknown
from trading.models import Execution, Trade
from trading.notes import render_notes
from trading.queries.positions import floating
from trading.queries.trade_detail import CORRECTABLE, Change, TradeStory
from trading.views.trade_plan import PlanLines, plan_lines
from trading.views.trade_rows import held

_MONEY = frozenset({"commission", "swap", "fee", "gross_profit"})


@dataclass(frozen=True, slots=True)
class FillLine:
    at: SafeString
    direction: str
    side: str
    lots: str
    price: str
    gross: str
    commission: str
    swap: str
    fee: str
    net: SafeString
    deal: str
    comment: str
    is_derived: bool


@dataclass(frozen=True, slots=True)
class ChangeLine:
    at: SafeString
    field: str
    old: str
    new: str
    difference: SafeString | str


@dataclass(frozen=True, slots=True)
class ChainLine:
    trade: Trade
    is_this: bool
    lots: str
    closed: SafeString
    net: SafeString


@dataclass(frozen=True, slots=True)
class Told:
    """Everything the page shows, formatted. `money` adds up: its last line is the sum of the others."""

    trade: Trade
    currency: str
    net: SafeString
    lots: str
    closed_lots: str
    entry: str
    exit: SafeString | str
    held: str
    opened: SafeString
    closed: SafeString
    money: Sequence[tuple[str, SafeString | str]]
    levels: Sequence[tuple[str, SafeString | str]]
    plan: PlanLines
    fills: Sequence[FillLine]
    changes: Sequence[ChangeLine]
    chain: Sequence[ChainLine]
    notes: SafeString | None
    tags: Sequence[str]
    rating: str
    floating: SafeString | None
    reported: SafeString | None


def tell(story: TradeStory, formats: Formats) -> Told:
    trade, currency = story.trade, story.trade.account.currency
    position = story.position
    return Told(
        trade=trade,
        currency=currency,
        net=formats.amount(trade.net_profit, currency, unit=True),
        lots=formats.lots(trade.volume_lots),
        closed_lots=formats.lots(trade.closed_volume_lots),
        entry=formats.price(trade.open_price),
        exit=_price(formats, trade.close_price, _("The trade is open.")),
        held=held(trade.opened_at, trade.closed_at) if trade.closed_at else "",
        opened=formats.moment(trade.opened_at, trade.opened_text),
        closed=formats.moment(trade.closed_at, trade.closed_text)
        if trade.closed_at
        else unknown(_("The trade is open.")),
        money=_money(trade, currency, formats),
        levels=_levels(story, formats),
        plan=plan_lines(story, formats),
        fills=[_fill(fill, currency, formats) for fill in story.executions],
        changes=[_change(change, currency, formats) for change in story.changes],
        chain=[_link(other, trade, currency, formats) for other in story.chain],
        notes=render_notes(story.journal.notes) if story.journal and story.journal.notes else None,
        tags=story.tags,
        rating=_("%(number)s of 5") % {"number": story.journal.rating}
        if story.journal and story.journal.rating
        else "",
        floating=formats.amount(floating(position), currency, unit=True) if position else None,
        reported=formats.moment(position.reported_at, seconds=False) if position else None,
    )


def _money(trade: Trade, currency: str, formats: Formats) -> list[tuple[str, SafeString | str]]:
    parts = (
        (_("Gross profit"), trade.gross_profit),
        (_("Commission"), trade.commission),
        (_("Swap"), trade.swap),
        (_("Fee"), trade.fee),
    )
    return [(label, formats.money(amount, currency, exact=True)) for label, amount in parts]


def _levels(story: TradeStory, formats: Formats) -> list[tuple[str, SafeString | str]]:
    """Statements tell the levels at the end; those at the open stand here only where the broker told them."""
    trade = story.trade
    own = story.journal.initial_stop_loss if story.journal else None
    at_the_open = [(_("Stop at the open"), trade.open_stop_loss), (_("Target at the open"), trade.open_take_profit)]
    return [
        (_("Initial stop"), _price(formats, own, _("You have not said where your first stop was."))),
        *((label, formats.price(value)) for label, value in at_the_open if value is not None),
        (_("Last stop"), _price(formats, trade.stop_loss, _("There was none."))),
        (_("Last target"), _price(formats, trade.take_profit, _("There was none."))),
    ]


def _price(formats: Formats, value: Decimal | None, reason: str) -> SafeString | str:
    return unknown(reason) if value is None else formats.price(value)


def _fill(fill: Execution, currency: str, formats: Formats) -> FillLine:
    return FillLine(
        at=formats.moment(fill.executed_at, fill.executed_text),
        direction=fill.get_direction_display(),
        side=fill.side,
        lots=formats.lots(fill.volume_lots),
        price=formats.price(fill.price),
        gross=formats.money(fill.gross_profit, currency),
        commission=formats.money(fill.commission, currency),
        swap=formats.money(fill.swap, currency),
        fee=formats.money(fill.fee, currency),
        net=formats.amount(fill.net_profit, currency),
        deal="" if fill.is_derived else fill.deal_id,
        comment=fill.comment,
        is_derived=fill.is_derived,
    )


def _link(other: Trade, this: Trade, currency: str, formats: Formats) -> ChainLine:
    return ChainLine(
        trade=other,
        is_this=other.pk == this.pk,
        lots=formats.lots(other.volume_lots),
        closed=formats.moment(other.closed_at, other.closed_text) if other.closed_at else unknown(_("Still open.")),
        net=formats.amount(other.net_profit, currency),
    )


def _change(change: Change, currency: str, formats: Formats) -> ChangeLine:
    return ChangeLine(
        at=formats.moment(change.at),
        field=str(CORRECTABLE[change.field]),
        old=_value(change.field, change.old, currency, formats),
        new=_value(change.field, change.new, currency, formats),
        difference=_difference(change, currency, formats),
    )


def _value(field: str, value: Any, currency: str, formats: Formats) -> str:
    if value is None or value == "":
        return DASH
    if isinstance(value, datetime):
        return formats.clock(value)
    if isinstance(value, Decimal):
        return formats.money(value, currency, exact=True) if field in _MONEY else formats.price(value)
    return str(value)


def _difference(change: Change, currency: str, formats: Formats) -> SafeString | str:
    """What the correction moved, where it moved money."""
    if change.field not in _MONEY or not isinstance(change.old, Decimal) or not isinstance(change.new, Decimal):
        return ""
    return formats.amount(change.new - change.old, currency)
