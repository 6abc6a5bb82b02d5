"""What an account's days came to, kept by triggers in the transaction that writes (migration 0014)."""

from typing import ClassVar

from django.db import models

from accounts.models import BrokerAccount
from tradeportal.fields import ExactDecimalField
from trading.models.common import AccountRowQuerySet


class AccountRollup(models.Model):
    """Says that the days of an account are rolled up, and in which zone. Without it, readers add up the trades themselves."""

    # The database deletes it along with its account, so that no trigger can bring it back in between.
    account = models.OneToOneField(
        BrokerAccount, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )
    time_zone = models.CharField(max_length=64)

    objects = AccountRowQuerySet["AccountRollup"].as_manager()

    def __str__(self) -> str:
        return f"{self.account_id} {self.time_zone}"


class DayRollup(models.Model):
    """A day of the account's zone. The first half is of trades closed on it, `booked_*` of the fills made on it.

    Units: money in the account's currency, costs negative. `best` and `worst` are null where no trade was closed.
    """

    pk = models.CompositePrimaryKey("account", "day")
    account = models.ForeignKey(
        BrokerAccount, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    day = models.DateField()
    trades = models.IntegerField()
    wins = models.IntegerField()
    losses = models.IntegerField()
    won = ExactDecimalField()
    lost = ExactDecimalField()
    gross = ExactDecimalField()
    commission = ExactDecimalField()
    swap = ExactDecimalField()
    fee = ExactDecimalField()
    net = ExactDecimalField()
    volume_lots = ExactDecimalField()
    best = ExactDecimalField(null=True)
    worst = ExactDecimalField(null=True)
    booked_net = ExactDecimalField()
    booked_exits = models.IntegerField()
    booked_wins = models.IntegerField()

    objects = AccountRowQuerySet["DayRollup"].as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["account", "day"]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}"
