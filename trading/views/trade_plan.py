"""What a trade planned against what it brought, as texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trading.calc.trade_plan import Plan, Reason
from trading.formatting import Formats, unknown
from trading.queries.trade_detail import TradeStory

_REASONS: dict[Reason, Promise] = {
    "no_stop": gettext_lazy("There is no initial stop, so nothing says what was at stake."),
    "stop_at_entry": gettext_lazy("The initial stop stood at the entry: nothing was at stake."),
    "no_target": gettext_lazy("There was no take profit."),
    "target_at_entry": gettext_lazy("The take profit stood at the entry."),
    "no_worth": gettext_lazy("The price has not moved, so what a unit of it is worth is not known."),
}


@dataclass(frozen=True, slots=True)
class PlanLines:
    """`lines` are (label, value, what it rests on); `sentences` say what went otherwise than planned."""

    lines: Sequence[tuple[str, SafeString | str, str]]
    sentences: Sequence[str]
    r_multiple: SafeString | str


def plan_lines(story: TradeStory, formats: Formats) -> PlanLines:
    plan, currency = story.plan, story.trade.account.currency
    risk = None if plan.risk is None else -plan.risk
    return PlanLines(
        lines=[
            (_("Planned risk"), formats.amount(risk, currency, reason=_why(plan.risk_reason)), _stop(story, formats)),
            (
                _("Planned reward"),
                formats.amount(plan.reward, currency, reason=_why(plan.reward_reason)),
                _target(story, formats),
            ),
            (_("Reward to risk"), _ratio(plan, formats), ""),
            (_("Actual net"), formats.amount(plan.net, currency, reason=_("The trade is open.")), ""),
            (_("R multiple"), _r_multiple(plan, formats), ""),
        ],
        sentences=list(_sentences(plan, currency, formats)),
        r_multiple=_r_multiple(plan, formats),
    )


def _why(reason: Reason) -> str:
    return str(_REASONS[reason]) if reason else ""


def _stop(story: TradeStory, formats: Formats) -> str:
    stop = story.initial_stop
    return _("stop at %(price)s") % {"price": formats.price(stop)} if stop is not None else ""


def _target(story: TradeStory, formats: Formats) -> str:
    trade = story.trade
    if trade.open_take_profit:
        return _("target at %(price)s") % {"price": formats.price(trade.open_take_profit)}
    return _("last target at %(price)s") % {"price": formats.price(trade.take_profit)} if trade.take_profit else ""


def _ratio(plan: Plan, formats: Formats) -> SafeString | str:
    if plan.ratio is None:
        return unknown(_why(plan.risk_reason or plan.reward_reason))
    return formats.number(plan.ratio, 2)


def _r_multiple(plan: Plan, formats: Formats) -> SafeString | str:
    if plan.r_multiple is None:
        return unknown(_why(plan.risk_reason) or _("The trade is open."))
    text = formats.number(plan.r_multiple, 2)
    return f"+{text}" if plan.r_multiple > 0 else text


def _sentences(plan: Plan, currency: str, formats: Formats) -> list[str]:
    """What a plan does not show by itself."""
    if plan.locks_in:
        return [_("The initial stop stood on the side of profit, so it did not limit a loss.")]
    said = []
    if plan.beyond_stop is not None:
        price, money = formats.price(plan.beyond_stop), _money(plan.slippage, currency, formats)
        said.append(
            _("It closed %(price)s beyond the initial stop: %(money)s more than planned.")
            % {"price": price, "money": money}
            if money
            else _("It closed %(price)s beyond the initial stop.") % {"price": price}
        )
    over = _over(plan)
    if over is not None:
        said.append(
            _("Costs made the loss %(money)s larger than the planned risk.")
            % {"money": _money(over, currency, formats)}
        )
    return said


def _over(plan: Plan) -> Decimal | None:
    """By how much the costs alone carried the loss past the planned risk; None where they did not."""
    if plan.risk is None or plan.net is None:
        return None
    over = -plan.net - plan.risk - (plan.slippage or Decimal(0))
    return over if over > 0 else None


def _money(amount: Decimal | None, currency: str, formats: Formats) -> str:
    return "" if amount is None else f"{formats.money(amount, currency)} {currency}"
