"""Which exchange rates count for a trader: their own and everybody's."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet

from accounts.models import BrokerAccount
from trading.calc.exchange import MAX_AGE, PIVOT, Rate, RateTable
from trading.models import ExchangeRate, RateUpload

#: The newest day; of it the trader's own before everybody's, and what was applied last.
_WHICH_COUNTS = ("-day", F("upload__trader").asc(nulls_last=True), "-upload__applied_at", "-upload_id")


def rate_uploads(trader: Any) -> QuerySet[RateUpload]:
    """What the trader brought and lets count, newest first."""
    return RateUpload.objects.for_trader(trader).applied()


def everybodys_uploads() -> QuerySet[RateUpload]:
    return RateUpload.objects.filter(trader=None).applied()


def counting_rates(trader: Any) -> QuerySet[ExchangeRate]:
    """Every rate that counts for this trader, replaced ones included: the newest day first, and of a day the one that counts."""
    uploads = RateUpload.objects.applied().filter(
        Q(pk__in=RateUpload.objects.for_trader(trader).values("pk")) | Q(trader=None)
    )
    rates = ExchangeRate.objects.filter(upload__in=uploads)
    return rates.order_by(*_WHICH_COUNTS)


def rate_table(trader: Any, currencies: Iterable[str], on: date) -> RateTable:
    """What is needed to turn these currencies into each other on this day. One query."""
    wanted = {PIVOT, *currencies}
    rates = counting_rates(trader).filter(day__range=(on - MAX_AGE, on), base__in=wanted, quote__in=wanted)
    return RateTable(Rate(*row) for row in rates.values_list("base", "quote", "day", "rate"))


def newest_rates(trader: Any, on: date) -> list[Rate]:
    """The rate of each pair that counts on this day, by pair."""
    rates = counting_rates(trader).filter(day__range=(on - MAX_AGE, on))
    newest = rates.order_by("base", "quote", *_WHICH_COUNTS).distinct("base", "quote")
    return [Rate(*row) for row in newest.values_list("base", "quote", "day", "rate")]


def rates_stamp(trader: Any) -> tuple[int, datetime | None]:
    """Differs as soon as other rates count for the trader: what shows converted amounts is kept under it."""
    own = Q(pk__in=RateUpload.objects.for_trader(trader).values("pk")) | Q(trader=None)
    found = RateUpload.objects.applied().filter(own).aggregate(count=Count("pk"), newest=Max("applied_at"))
    return found["count"], found["newest"]


def own_currencies(trader: Any) -> Sequence[str]:
    """The currencies of the trader's accounts in use, each once."""
    accounts = BrokerAccount.objects.for_trader(trader).active().order_by("currency")
    return list(accounts.values_list("currency", flat=True).distinct())
