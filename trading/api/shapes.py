"""The shapes of the answers, for the API's description. Rows go from the query to JSON without passing these."""

from typing import Any

from rest_framework import serializers

from trading.models import Direction, FlowKind, Side


def money(text: str = "", *, optional: bool = False) -> serializers.DecimalField:
    """An exact decimal as text, in the decimals that the broker printed."""
    return serializers.DecimalField(max_digits=38, decimal_places=18, help_text=text or None, allow_null=optional)


class _AccountRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    account = serializers.UUIDField()
    currency = serializers.CharField(help_text="Of every amount in this row.")


class _Costs(serializers.Serializer[Any]):
    gross_profit = money()
    commission = money("A cost is negative.")
    swap = money()
    fee = money()
    net_profit = money("gross_profit + commission + swap + fee")


class TradeRow(_Costs, _AccountRow):
    ticket = serializers.CharField()
    symbol = serializers.CharField()
    side = serializers.ChoiceField(choices=Side.choices)
    volume_lots = money()
    opened_at = serializers.DateTimeField()
    opened_text = serializers.CharField(help_text="The broker's own wording, in its server's time.")
    open_price = money()
    closed_at = serializers.DateTimeField(allow_null=True, help_text="null while the trade is open.")
    closed_text = serializers.CharField()
    close_price = money(optional=True)
    strategy_id = serializers.CharField()
    comment = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())


class ExecutionRow(_Costs, _AccountRow):
    trade = serializers.UUIDField(allow_null=True)
    deal_id = serializers.CharField()
    order_id = serializers.CharField()
    symbol = serializers.CharField()
    direction = serializers.ChoiceField(choices=Direction.choices)
    side = serializers.ChoiceField(choices=Side.choices, help_text="The fill's own: the exit of a buy is a sell.")
    volume_lots = money()
    price = money()
    executed_at = serializers.DateTimeField()
    executed_text = serializers.CharField()
    balance_after = money("The broker's running balance, where it states one.", optional=True)
    comment = serializers.CharField()
    is_derived = serializers.BooleanField(help_text="Not listed by the broker, but derived from its trade.")


def _computed(text: str) -> serializers.CharField:
    """What we worked out of the broker's numbers."""
    return serializers.CharField(allow_null=True, help_text=f"{text} A decimal in all its digits.")


class Planned(serializers.Serializer[Any]):
    """What the trade put at stake and aimed for, beside what came of it. Null where a reason says why, or it is open."""

    risk = _computed("|entry - initial stop| x what a unit of price is worth to the whole volume.")
    reward = _computed("The same to the take profit: that of the open, else the last one.")
    ratio = _computed("reward / risk.")
    net = money(optional=True)
    r_multiple = _computed("net / risk.")
    beyond_stop = _computed("By how much, in price, the exit was worse than the initial stop.")
    slippage = _computed("The same in money.")
    locks_in = serializers.BooleanField(help_text="The initial stop stood on the side of profit.")
    risk_reason = serializers.CharField(help_text="Empty, no_stop, stop_at_entry or no_worth.")
    reward_reason = serializers.CharField(help_text="Empty, no_target, target_at_entry or no_worth.")


class Trade(TradeRow):
    closed_volume_lots = money("More than zero and less than volume_lots: partly closed.")
    open_stop_loss = money("Where the source says what it was at the open.", optional=True)
    open_take_profit = money(optional=True)
    stop_loss = money(optional=True)
    take_profit = money(optional=True)
    parent_ticket = serializers.CharField(help_text="The ticket whose partial close left this one.")
    source = serializers.CharField()  # type: ignore[assignment]  # a name of the base class as well
    notes = serializers.CharField()
    initial_stop_loss = money("The trader's own.", optional=True)
    rating = serializers.IntegerField(allow_null=True, help_text="1 to 5: how well it was traded.")
    planned = Planned()
    executions = ExecutionRow(many=True)


class CashFlowRow(_AccountRow):
    reference = serializers.CharField()
    kind = serializers.ChoiceField(choices=FlowKind.choices)
    amount = money("Out of the account is negative.")
    booked_at = serializers.DateTimeField()
    booked_text = serializers.CharField()
    balance_after = money(optional=True)
    comment = serializers.CharField()


class _Page(serializers.Serializer[Any]):
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


class TradePage(_Page):
    results = TradeRow(many=True)


class ExecutionPage(_Page):
    results = ExecutionRow(many=True)


class CashFlowPage(_Page):
    results = CashFlowRow(many=True)
